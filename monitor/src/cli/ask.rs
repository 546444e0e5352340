//! The commands that ask the running agent: what they ask, what they print, and their exit codes.

use std::{
    io,
    path::Path,
    process::ExitCode,
    time::{Duration, UNIX_EPOCH},
};

use serde::Serialize;

use super::{HOST, INPUT, arguments, calls, limits, status, table::printable, table::terminal_width};
use crate::{
    control::{Reply, Request, ask},
    kernel::{Left, Place, left},
};

pub(super) fn reload(arguments: &arguments::Reload) -> ExitCode {
    let request = Request::Reload { confirm_seconds: arguments.confirm.map(|time| time.as_secs()) };
    conclude(&arguments.agent.state, request, say)
}

pub(super) fn confirm(agent: &arguments::State) -> ExitCode {
    conclude(&agent.state, Request::Confirm {}, say)
}

pub(super) fn status(arguments: &arguments::Status) -> ExitCode {
    let state = &arguments.agent.state;
    let code = conclude(state, Request::Status {}, |reply| {
        let status = reply.status?;
        Some(if arguments.json { json(&status) } else { status::render(&status, terminal_width()) })
    });
    let is_answered = code == ExitCode::SUCCESS;
    if let Some(left) = left(&Place::of(&arguments.pins, state)).filter(|_| !is_answered) {
        eprintln!("{}", of_left(&left));
    }
    code
}

pub(super) fn calls(arguments: &arguments::Calls) -> ExitCode {
    conclude(&arguments.agent.state, Request::Calls(arguments.wanted()), |reply| {
        let calls = reply.calls?;
        Some(if arguments.json { json(&calls) } else { calls::render(&calls, terminal_width()) })
    })
}

pub(super) fn limits(arguments: &arguments::Limits) -> ExitCode {
    let request = Request::Limits(arguments.wanted());
    conclude(&arguments.agent.state, request, |reply| {
        let shown = reply.limits?;
        Some(match (arguments.json, arguments.reset()) {
            (true, _) => json(&shown),
            (false, true) => format!("{}\n", printable(&reply.message)),
            (false, false) => limits::render(&shown, arguments.name.is_some(), terminal_width()),
        })
    })
}

pub(super) fn block(arguments: &arguments::Block) -> ExitCode {
    conclude(&arguments.agent.state, Request::Block(arguments.wanted()), |reply| {
        let blocking = reply.blocking?;
        if arguments.json {
            return Some(json(&blocking));
        }
        let notes = blocking.notes.iter().map(|note| format!("note: {}\n", printable(note)));
        Some(format!("{}\n{}", printable(&reply.message), notes.collect::<String>()))
    })
}

pub(super) fn unblock(arguments: arguments::Unblock) -> ExitCode {
    conclude(&arguments.agent.state, Request::Unblock { target: arguments.target }, say)
}

pub(super) fn say(reply: Reply) -> Option<String> {
    Some(format!("{}\n", reply.message))
}

pub(super) fn json(document: &impl Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default() + "\n"
}

/// Asks, and prints what `show` makes of the answer; `None` where the answer has not what was asked for.
pub(super) fn conclude(
    state: &Path,
    request: Request,
    show: impl FnOnce(Reply) -> Option<String>,
) -> ExitCode {
    match ask(state, request) {
        Ok(reply) if !reply.ok => {
            eprintln!("{}", reply.message);
            ExitCode::from(INPUT)
        }
        Ok(reply) => match show(reply) {
            Some(text) => print(&text),
            None => {
                eprintln!("the agent did not answer what was asked; it may be another version: restart it");
                ExitCode::from(HOST)
            }
        },
        Err(error) => {
            eprintln!("{}", no_agent(state, &error));
            ExitCode::from(HOST)
        }
    }
}

/// Prints all of it; a reader who has seen enough (`| head`) is no failure.
pub(super) fn print(text: &str) -> ExitCode {
    match io::Write::write_all(&mut io::stdout(), text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("standard output: {error}");
            ExitCode::from(HOST)
        }
        _ => ExitCode::SUCCESS,
    }
}

fn no_agent(state: &Path, error: &io::Error) -> String {
    let state = state.display();
    match error.kind() {
        io::ErrorKind::InvalidData => format!("the agent in {state} answered, but {error}"),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("the agent in {state} does not answer in time: look at its log")
        }
        io::ErrorKind::PermissionDenied => {
            format!("this user may not ask the agent in {state}: {error}; use sudo")
        }
        _ => format!("no agent answers in {state}: {error}; is it running, and is it this `--state`?"),
    }
}

/// A guard that stands without its agent.
fn of_left(left: &Left) -> String {
    let since = UNIX_EPOCH + Duration::from_secs(left.about.since);
    format!(
        "the guard that version {} (process {}, {}) left is still on {}: `ringfence run --persist` takes it over, \
         `ringfence detach` takes it off",
        left.about.version,
        left.about.process,
        humantime::format_rfc3339_seconds(since),
        left.interfaces.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_to_do() {
        for (kind, says) in [
            (io::ErrorKind::NotFound, "is it running"),
            (io::ErrorKind::ConnectionRefused, "is it running"),
            (io::ErrorKind::PermissionDenied, "use sudo"),
            (io::ErrorKind::InvalidData, "answered, but"),
            (io::ErrorKind::WouldBlock, "look at its log"),
        ] {
            let text = no_agent(Path::new("/var/lib/ringfence"), &kind.into());
            assert!(text.contains(says) && text.contains("/var/lib/ringfence"), "{text}");
        }
    }
}
