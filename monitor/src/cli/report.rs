//! `ringfence report`, with its exit codes.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use super::{
    HOST, INPUT, USAGE,
    arguments::{Report, WantedIncident as Wanted},
};
use crate::{
    control,
    evidence::{Archive, Filter},
    incidents::IncidentId,
    init,
    report::{
        self, GatherError, OutputError, PageError, ReportDocument, Sources,
        output::{check, is_standard_output, write},
    },
};

/// Writes the report; what went wrong goes to standard error.
pub(super) fn report(arguments: &Report) -> ExitCode {
    let Err(error) = make(arguments) else { return ExitCode::SUCCESS };
    // Nobody is left to be told.
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::from(error.code())
}

fn make(arguments: &Report) -> Result<(), Fault> {
    let files = [&arguments.html, &arguments.json].map(Option::as_deref);
    if files.into_iter().flatten().filter(|path| is_standard_output(path)).count() > 1 {
        return Err(Fault::OneOutput);
    }
    for path in files.into_iter().flatten() {
        check(path, arguments.force)?;
    }
    let document = document(arguments)?;
    if let Some(path) = &arguments.json {
        let mut text = serde_json::to_string_pretty(&document)?;
        text.push('\n');
        write(path, &text, arguments.force)?;
    }
    if let Some(path) = &arguments.html {
        write(path, &report::html(&document, arguments.lang.into())?, arguments.force)?;
    }
    Ok(())
}

fn document(arguments: &Report) -> Result<ReportDocument, Fault> {
    let archive = Archive::open(&arguments.agent.state).map_err(GatherError::from)?;
    let id = match arguments.incident {
        Wanted::Number(number) => IncidentId(number),
        Wanted::Last => {
            let newest = Filter { limit: Some(1), ..Filter::default() };
            let newest = archive.incidents(&newest).map_err(GatherError::from)?;
            newest.first().ok_or(Fault::NoneSoFar)?.id
        }
    };
    let sources = Sources {
        archive: &archive,
        policy: arguments.policy.clone(),
        now: SystemTime::now(),
        zone: init::zone_of_this_host(),
        revealed: revealed(arguments, id)?,
    };
    Ok(report::gather(id, &sources)?)
}

/// Whole numbers, where they are asked for: the agent has it in its journal before it answers.
fn revealed(arguments: &Report, id: IncidentId) -> Result<Option<Vec<(String, String)>>, Fault> {
    if !arguments.reveal {
        return Ok(None);
    }
    let numbers = control::reveal(&arguments.agent.state, id).map_err(Fault::Hidden)?;
    Ok(Some(numbers.0.into_iter().collect()))
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("both cannot go to standard output: name a file for --html or --json")]
    OneOutput,
    #[error("no incident was recorded so far")]
    NoneSoFar,
    #[error("{0}")]
    Hidden(String),
    #[error(transparent)]
    Gather(#[from] GatherError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("the report cannot be written as JSON: {0}; please report this fault")]
    Json(#[from] serde_json::Error),
}

impl Fault {
    const fn code(&self) -> u8 {
        match self {
            Self::OneOutput | Self::Output(OutputError::Exists(_)) => USAGE,
            Self::NoneSoFar | Self::Gather(GatherError::NoIncident { .. }) => INPUT,
            _ => HOST,
        }
    }
}
