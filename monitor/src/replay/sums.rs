//! Calls in numbers: how many, how long, to where, and at what cost.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    calls::{Call, CallResult, Route, Timestamp},
    vocabulary::Origin,
};

/// Some calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// All of them.
    pub calls: u64,
    /// Those that were answered.
    pub answered: u64,
    /// From answer to end.
    pub talk: Duration,
}

/// Calls and where they went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// Together.
    pub all: Sum,
    /// By the name of the destination.
    pub destinations: BTreeMap<Arc<str>, Sum>,
}

/// The calls that took place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    /// Calls and where they went.
    pub sums: Sums,
    /// Those that went on when the capture ended.
    pub active: u64,
    /// By direction.
    pub routes: BTreeMap<Route, u64>,
    /// By who began them.
    pub origins: BTreeMap<Origin, u64>,
    /// By how they ended.
    pub results: BTreeMap<CallResult, u64>,
}

impl Sum {
    fn take(&mut self, call: &Call, end: Timestamp) {
        self.calls += 1;
        self.answered += u64::from(call.answered.is_some());
        self.talk += call.talk(end);
    }
}

impl Sums {
    /// Counts a call that is over, or that goes on at `end`.
    pub(super) fn take(&mut self, call: &Call, end: Timestamp) {
        self.all.take(call, end);
        self.destinations.entry(Arc::clone(&call.destination)).or_default().take(call, end);
    }
}

impl Calls {
    /// Counts a call that is over, or that goes on at `end`.
    pub(super) fn take(&mut self, call: &Call, end: Timestamp) {
        self.sums.take(call, end);
        *self.routes.entry(call.route).or_default() += 1;
        *self.origins.entry(call.origin).or_default() += 1;
        match call.result {
            Some(result) => *self.results.entry(result).or_default() += 1,
            None => self.active += 1,
        }
    }
}
