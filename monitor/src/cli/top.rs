//! `ringfence top`: the view, and its refusals as exit codes.

use std::{path::PathBuf, process::ExitCode};

use super::{HOST, USAGE};
use crate::top::{self, Refusal, Running};

/// Shows the agent of a state directory until the user leaves.
pub(super) fn top(state: PathBuf) -> ExitCode {
    let Err(refusal) = top::run(Box::new(Running::new(state))) else { return ExitCode::SUCCESS };
    eprintln!("{refusal}");
    ExitCode::from(match refusal {
        Refusal::NoTerminal => USAGE,
        Refusal::NoAgent(_) | Refusal::Failed(_) | Refusal::Asking(_) => HOST,
    })
}
