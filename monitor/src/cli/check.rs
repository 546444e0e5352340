//! `ringfence check`: every error of a policy at once.

use std::{io, io::IsTerminal, path::Path, process::ExitCode};

use super::INPUT;
use crate::policy;

/// Reports on standard error; what a sound policy holds goes to standard output.
pub(super) fn check(path: &Path) -> ExitCode {
    let text = match policy::read(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(INPUT);
        }
    };
    let compilation = policy::compile(&text);
    let report = compilation.render(&text, &path.display().to_string(), io::stderr().is_terminal());
    if !report.is_empty() {
        eprintln!("{report}");
    }
    let Some(policy) = compilation.policy else {
        eprintln!("\n{}: {} to put right", path.display(), errors(compilation.errors.count()));
        return ExitCode::from(INPUT);
    };
    let (prefixes, destinations) = (policy.named_rules(), policy.named_destinations);
    println!("{}: sound; {destinations} destinations name {prefixes} prefixes", path.display());
    ExitCode::SUCCESS
}

fn errors(count: usize) -> String {
    if count == 1 { "1 error".into() } else { format!("{count} errors") }
}
