//! `ringfence alerts`: what it asks, and what it prints.

use std::process::ExitCode;

mod trials;

use super::{arguments, ask};
use crate::control::Request;

pub(super) fn alerts(command: &arguments::Alerts) -> ExitCode {
    match command {
        arguments::Alerts::Ack(ack) => {
            ask::conclude(&ack.agent.state, Request::Acknowledge(ack.wanted()), ask::say)
        }
        arguments::Alerts::Test(test) => trials::test(test),
    }
}
