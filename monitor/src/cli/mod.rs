//! The command line. Exit codes: 0 done; 1 the input is at fault; 2 wrong usage; 3 the host refuses.

mod alerts;
mod arguments;
mod ask;
mod calls;
mod detach;
mod init;
mod journal;
mod limits;
mod report;
mod run;
mod status;
mod table;
mod top;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Check, Command};

/// Reads the arguments and does what they ask.
#[must_use]
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => run::run(arguments),
        Command::Detach(arguments) => detach::run(arguments),
        Command::Check(arguments) => check(&arguments),
        Command::Init(arguments) => init::init(&arguments.into()),
        Command::Explain(arguments) => crate::explain::run(&arguments.into()),
        Command::Replay(arguments) => crate::replay::run(&arguments.into()),
        Command::Reload(arguments) => ask::reload(&arguments),
        Command::Confirm(arguments) => ask::confirm(&arguments),
        Command::Status(arguments) => ask::status(&arguments),
        Command::Calls(arguments) => ask::calls(&arguments),
        Command::Limits(arguments) => ask::limits(&arguments),
        Command::Alerts(command) => alerts::alerts(&command),
        Command::Journal(command) => journal::journal(&command),
        Command::Report(arguments) => report::report(&arguments),
        Command::Block(arguments) => ask::block(&arguments),
        Command::Unblock(arguments) => ask::unblock(arguments),
        Command::Top(arguments) => top::top(arguments.state),
    }
}

/// A good policy may be tried on a capture, too.
fn check(arguments: &Check) -> ExitCode {
    let is_good = crate::check::run(&arguments.policy);
    match &arguments.capture {
        Some(capture) if is_good == ExitCode::SUCCESS => crate::replay::account(&arguments.policy, capture),
        _ => is_good,
    }
}

/// The input is at fault: policy, capture, number.
const INPUT: u8 = 1;
/// Wrong usage, as clap has it.
const USAGE: u8 = 2;
/// The host refuses: no privilege, no interface, old kernel, no agent.
const HOST: u8 = 3;
