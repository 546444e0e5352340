//! `ringfence explain`: how a dialled number is read, where it leads, which rule decides, the verdict, and what the call
//! would cost.

mod decision;
mod input;
mod tariff;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use monitor_common::abi::{Direction, Reason};
use serde::Serialize;

use self::decision::{Decision, Judge};
use self::input::Input;
use crate::check::wants_colour;
use crate::policy;

/// What to explain, and how.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// Dialled numbers, or SIP and tel URIs.
    pub numbers: Vec<String>,
    /// The policy file.
    pub policy: PathBuf,
    /// Whether to write one JSON document instead of text.
    pub json: bool,
    /// Only this direction; without it both, ingress first.
    pub direction: Option<Direction>,
}

/// Explains the numbers on standard output, unmasked. Exit code 0, or 1 where the policy is at fault or an
/// argument is no number.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    // A reader that closed its end of the pipe wants no more: that is no failure.
    explain(arguments).unwrap_or(ExitCode::SUCCESS)
}

fn explain(arguments: &Arguments) -> io::Result<ExitCode> {
    let text = match policy::read(&arguments.policy) {
        Ok(text) => text,
        Err(error) => {
            writeln!(io::stderr(), "error: {error}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let name = arguments.policy.display().to_string();
    let compilation = policy::compile(&text);
    let Some(policy) = &compilation.policy else {
        let findings = compilation.render(&text, &name, wants_colour(&io::stderr()));
        writeln!(io::stderr(), "{findings}\n\n{name}: no number can be explained before this is put right")?;
        return Ok(ExitCode::FAILURE);
    };
    let judge = match Judge::new(policy, &text, SystemTime::now().into()) {
        Ok(judge) => judge,
        Err(error) => {
            writeln!(io::stderr(), "error: {name}: {error}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let explained: Vec<_> = arguments
        .numbers
        .iter()
        .map(|number| Explanation::new(&judge, number, arguments.direction))
        .collect();
    let mut output = io::stdout().lock();
    if arguments.json {
        serde_json::to_writer(&mut output, &Document { numbers: &explained })?;
        writeln!(output)?;
    } else {
        for explanation in &explained {
            write!(output, "{}", words::text(explanation, &name))?;
        }
    }
    let all_dial =
        explained.iter().all(|explanation| explanation.decision.reason != Reason::NoNumber.label());
    Ok(if all_dial { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What `--json` writes.
#[derive(Serialize)]
struct Document<'a> {
    numbers: &'a [Explanation],
}

/// One number explained.
#[derive(Debug, Serialize)]
struct Explanation {
    /// The argument as given.
    input: String,
    /// The symbols that the PBX would dial; none where there are none.
    dialled: Option<String>,
    /// What the owner should know of the argument itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    /// The direction asked for, or ingress.
    #[serde(flatten)]
    decision: Decision,
    /// The other direction, where none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    egress: Option<Decision>,
}

impl Explanation {
    fn new(judge: &Judge<'_>, number: &str, direction: Option<Direction>) -> Self {
        let Input { dialled, note } = input::read(number);
        let decide = |direction| judge.decide(dialled, direction);
        Self {
            input: number.to_owned(),
            dialled: input::symbols(dialled),
            note,
            decision: decide(direction.unwrap_or(Direction::Ingress)),
            egress: direction.is_none().then(|| decide(Direction::Egress)),
        }
    }
}

#[cfg(test)]
mod tests;
