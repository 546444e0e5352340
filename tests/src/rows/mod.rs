//! The rows: what a frame is and what becomes of it, a table or a loop for each rule.

mod blocks;
mod classes;
mod dialling;
mod headers;
mod legs;
mod messages;
mod policies;
mod run;
mod spelling;
mod start_lines;
mod to_headers;
mod unreadable;

use monitor_common::abi::{Reason, Verdict};

pub use messages::{invite, invite_to};
pub use policies::PolicyName;
pub use run::run;

use crate::case::{Call, Case};

/// Every row, those without a policy first: once a policy is in force in a kernel, none takes it back.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = [
        blocks::rows(),
        classes::rows(),
        dialling::rows(),
        headers::rows(),
        legs::rows(),
        spelling::rows(),
        start_lines::rows(),
        to_headers::rows(),
        unreadable::rows(),
    ]
    .concat();
    cases.sort_by_key(|case| (case.policy, case.blocks.clone()));
    cases
}

/// Dropped by a rule for Cuba.
fn cuba(dialled: &str, number: &str) -> Call {
    Call::new(Verdict::Drop, Reason::Policy, dialled, number, "cuba")
}

/// Passes, for a reason that needs no rule.
fn passes(reason: Reason, dialled: &str, number: &str, destination: &str) -> Call {
    Call::new(Verdict::Pass, reason, dialled, number, destination)
}

/// Not an outside number.
fn internal(dialled: &str) -> Call {
    passes(Reason::Internal, dialled, "", "internal")
}

/// No number that the PBX could dial was found.
fn no_number() -> Call {
    passes(Reason::NoNumber, "", "", "internal")
}

/// An emergency call.
fn emergency(dialled: &str) -> Call {
    passes(Reason::Emergency, dialled, "", "emergency")
}

/// A number in Cuba as it is dialled in France, and its E.164 digits.
const DIALLED: &str = "0053781234";
const NUMBER: &str = "53781234";
