//! `ringfence alerts test`: asks the agent, or tries the sinks of a policy from here, and says what came back.

use std::{io, path::Path, process::ExitCode, sync::Arc, time::SystemTime};

use crate::{
    cli::{
        HOST, INPUT, arguments, ask,
        table::{self, Column, Kind, terminal_width},
    },
    control::Request,
    evidence::Setting,
    incidents::Head,
    policy,
    sinks::{
        Sinks,
        trial::{self, Trial, TrialResult},
    },
};

pub(super) fn test(wanted: &arguments::Test) -> ExitCode {
    match &wanted.policy {
        Some(file) => from_here(file, wanted),
        None => {
            let request = Request::TestAlerts { sinks: wanted.sinks.clone() };
            let mut has_failed = false;
            let code = ask::conclude(&wanted.agent.state, request, |reply| {
                let trials = reply.trials?;
                has_failed = is_failure(&trials);
                Some(shown(&trials, wanted.json))
            });
            if code == ExitCode::SUCCESS && has_failed { ExitCode::from(INPUT) } else { code }
        }
    }
}

/// The sinks of a policy that is not in force.
fn from_here(file: &Path, wanted: &arguments::Test) -> ExitCode {
    let tried = sinks(file).and_then(|sinks| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| (HOST, format!("no runtime: {error}")))?;
        let message = trial::message(&Setting::of_this_host().host, no_journal(), SystemTime::now());
        runtime.block_on(sinks.try_out(&wanted.sinks, &message)).map_err(|why| (INPUT, why))
    });
    match tried {
        Ok(trials) => match io::Write::write_all(&mut io::stdout(), shown(&trials, wanted.json).as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                eprintln!("standard output: {error}");
                ExitCode::from(HOST)
            }
            _ if is_failure(&trials) => ExitCode::from(INPUT),
            _ => ExitCode::SUCCESS,
        },
        Err((code, why)) => {
            eprintln!("{why}");
            ExitCode::from(code)
        }
    }
}

fn sinks(file: &Path) -> Result<Arc<Sinks>, (u8, String)> {
    let text = policy::read(file).map_err(|error| (INPUT, error.to_string()))?;
    let compilation = policy::compile(&text);
    let refused = || (INPUT, compilation.render(&text, &file.display().to_string(), false));
    let policy = compilation.policy.as_ref().ok_or_else(refused)?;
    // What is wrong with a sink's files is the answer of that sink.
    Ok(Arc::new(Sinks::open(policy).0))
}

/// Without an agent there is no journal whose head could go out: this is the head of an empty one.
fn no_journal() -> Head {
    Head { seq: 0, hash: "0".repeat(64) }
}

fn is_failure(trials: &[Trial]) -> bool {
    trials.iter().any(|trial| trial.result == TrialResult::Failed)
}

fn shown(trials: &[Trial], json: bool) -> String {
    if json {
        return serde_json::json!({ "trials": trials }).to_string() + "\n";
    }
    let width = terminal_width();
    let mut text = table::render(&COLUMNS, COLUMNS.len(), trials, width) + "\n";
    // A cell holds no whole sentence, and what went wrong is what matters.
    for trial in trials.iter().filter(|trial| trial.result == TrialResult::Failed && width.is_some()) {
        text += &format!("{}: {}\n", table::printable(&trial.sink), table::printable(&trial.answer));
    }
    text
}

fn to(trial: &Trial) -> String {
    trial.to.clone().unwrap_or_else(|| "-".into())
}

const COLUMNS: [Column<Trial>; 6] = [
    Column { name: "sink", cell: |trial| trial.sink.clone(), kind: Kind::Whole },
    Column { name: "kind", cell: |trial| trial.kind.clone(), kind: Kind::Whole },
    Column { name: "result", cell: |trial| trial.result.label().to_owned(), kind: Kind::Whole },
    Column { name: "ms", cell: |trial| trial.milliseconds.to_string(), kind: Kind::Amount },
    Column { name: "to", cell: to, kind: Kind::Elastic },
    Column { name: "answer", cell: |trial| trial.answer.clone(), kind: Kind::Elastic },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_is_a_table_or_one_document() {
        let trial = Trial {
            sink: "noc".into(),
            kind: "webhook".into(),
            to: Some("https://example.com/alerts".into()),
            result: TrialResult::Failed,
            answer: "HTTP 503".into(),
            milliseconds: 41,
        };
        let table = shown(std::slice::from_ref(&trial), false);
        for part in ["sink", "noc", "webhook", "failed", "41", "https://example.com/alerts", "HTTP 503"] {
            assert!(table.contains(part), "{part} is not in\n{table}");
        }
        assert_eq!(
            shown(&[trial], true),
            "{\"trials\":[{\"answer\":\"HTTP 503\",\"kind\":\"webhook\",\"milliseconds\":41,\"result\":\"failed\",\
             \"sink\":\"noc\",\"to\":\"https://example.com/alerts\"}]}\n"
        );
    }
}
