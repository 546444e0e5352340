//! `ringfence detach`: takes a guard off that an agent left behind.

use std::process::ExitCode;

use super::{HOST, arguments};
use crate::kernel::detach;

pub(super) fn run(arguments: arguments::Detach) -> ExitCode {
    match detach(&arguments.into()) {
        Ok(done) if done.is_empty() => {
            println!("nothing is pinned: nothing to do");
            ExitCode::SUCCESS
        }
        Ok(done) => {
            for one in done {
                let interfaces =
                    if one.interfaces.is_empty() { "no interface".into() } else { one.interfaces.join(", ") };
                println!("not guarded any more: {interfaces} ({})", one.folder.display());
            }
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(HOST)
        }
    }
}
