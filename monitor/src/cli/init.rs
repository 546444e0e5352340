//! `ringfence init`, with its exit codes.

use std::io::{self, Write};
use std::process::ExitCode;

use super::{HOST, INPUT, USAGE};
use crate::init::{self, Arguments, InitError};

/// Writes the policy; what went wrong goes to standard error.
pub(super) fn init(arguments: &Arguments) -> ExitCode {
    let Err(error) = init::run(arguments) else { return ExitCode::SUCCESS };
    // Nobody is left to be told.
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::from(match error {
        InitError::Country { .. } => INPUT,
        InitError::Exists(_) => USAGE,
        InitError::Io { .. } => HOST,
    })
}
