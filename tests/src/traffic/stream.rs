//! The messages of all calls of a plan, in the order of their times; never more in memory than calls that go on.

use std::collections::BTreeMap;

use monitor::calls::{Signal, Timestamp};

use super::{Plan, signals::signals};

/// A message of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Which call of the plan it belongs to.
    pub call: usize,
    /// The message.
    pub signal: Signal,
}

/// Goes through a plan message by message.
#[derive(Debug)]
pub struct Stream<'a> {
    plan: &'a Plan,
    next: usize,
    waiting: BTreeMap<(Timestamp, u64), (usize, Signal)>,
    order: u64,
}

impl<'a> Stream<'a> {
    pub(super) const fn new(plan: &'a Plan) -> Self {
        Self { plan, next: 0, waiting: BTreeMap::new(), order: 0 }
    }

    /// The rest of this call does not happen.
    pub fn stop(&mut self, call: usize) {
        self.waiting.retain(|_, (of, _)| *of != call);
    }

    fn begin(&mut self, start: Timestamp) {
        for (wait, signal) in signals(&self.plan.calls[self.next], self.next as u64 + 1) {
            self.order += 1;
            self.waiting.insert((start.after(wait), self.order), (self.next, signal));
        }
        self.next += 1;
    }
}

impl Iterator for Stream<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        while let Some(call) = self.plan.calls.get(self.next)
            && self.waiting.first_key_value().is_none_or(|((at, _), _)| call.start <= *at)
        {
            self.begin(call.start);
        }
        let ((at, _), (call, signal)) = self.waiting.pop_first()?;
        Some(Step { at, call, signal })
    }
}
