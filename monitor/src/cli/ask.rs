//! `ringfence reload`, `confirm` and `status`: the commands that ask the running agent.

use std::{io, path::Path, process::ExitCode, time::Duration};

use super::{HOST, INPUT};
use crate::control::{Reply, Request, Status, ask};

pub(super) fn reload(state: &Path, confirm: Option<Duration>) -> ExitCode {
    tell(state, Request::Reload { confirm_seconds: confirm.map(|time| time.as_secs()) })
}

pub(super) fn confirm(state: &Path) -> ExitCode {
    tell(state, Request::Confirm {})
}

pub(super) fn status(state: &Path, json: bool) -> ExitCode {
    match ask(state, Request::Status {}) {
        Ok(Reply { status: Some(status), .. }) => {
            if json {
                println!("{}", serde_json::to_string(&status).unwrap_or_default());
            } else {
                print(&status);
            }
            ExitCode::SUCCESS
        }
        Ok(reply) => refused(&reply),
        Err(error) => no_agent(state, &error),
    }
}

fn tell(state: &Path, request: Request) -> ExitCode {
    match ask(state, request) {
        Ok(reply) if reply.ok => {
            println!("{}", reply.message);
            ExitCode::SUCCESS
        }
        Ok(reply) => refused(&reply),
        Err(error) => no_agent(state, &error),
    }
}

fn print(status: &Status) {
    for (interface, mode) in &status.interfaces {
        println!("{interface:<16} {mode}");
    }
    println!(
        "policy           {} prefixes named, generation {}",
        status.policy_rules, status.policy_generation
    );
    if let Some(seconds) = status.confirm_within_seconds {
        println!("on trial         `ringfence confirm` within {seconds} s keeps it");
    }
    if status.dry_run {
        println!("dry run          nothing is dropped");
    }
}

fn refused(reply: &Reply) -> ExitCode {
    eprintln!("{}", reply.message);
    ExitCode::from(INPUT)
}

fn no_agent(state: &Path, error: &io::Error) -> ExitCode {
    eprintln!(
        "no agent answers in {}: {error}; is it running, is it this `--state`, and may this user ask it (sudo)?",
        state.display()
    );
    ExitCode::from(HOST)
}
