//! Calls whose events were lost: the kernel counts every INVITE, whatever becomes of its event, and what it counted
//! beyond the events that were read counts in the limits as calls.

use std::{collections::HashMap, sync::Arc};

use monitor_common::abi::{Direction, Misc, Verdict, slot};

use super::calls::Calls;
use crate::{
    calls::Route,
    kernel::Counters,
    limits::Lost,
    policy::SlotTable,
    sync::{InForce, PolicyMetrics},
};

/// Looks for calls whose events were lost.
pub struct Missing {
    calls: Calls,
    counters: Arc<Counters>,
    policy: PolicyMetrics,
    /// Events and messages that could not be followed when it looked last.
    losses: u64,
    /// What was told already.
    told: Told,
}

impl Missing {
    pub(super) fn new(calls: Calls, counters: Arc<Counters>, policy: PolicyMetrics) -> Self {
        Self { calls, counters, policy, losses: 0, told: Told::default() }
    }

    /// To be called once a second; waits until what the kernel has counted is followed.
    pub fn look(&mut self) {
        let losses = self.losses();
        if losses == self.losses {
            return;
        }
        let InForce { slots, policy, .. } = self.policy.in_force();
        // Where trunks are named, a call counts as it leaves for one; else it may pass both ways.
        let has_trunks = policy.is_some_and(|policy| !policy.trunks.is_empty());
        let ways = if has_trunks { &[Direction::Egress][..] } else { Direction::ALL };
        // Read before what was seen: the difference is then never more than what was lost.
        let passed: Vec<_> = outside(&slots)
            .map(|(slot, name)| {
                (slot, name, ways.iter().map(|way| self.passed(slot, *way)).collect::<Vec<_>>())
            })
            .collect();
        // What waits to be read is not lost: it is looked at again when all of it is.
        if !self.calls.follower.settle() {
            return;
        }
        self.losses = losses;
        for (slot, name, passed) in passed {
            let missing = ways
                .iter()
                .zip(passed)
                .map(|(way, passed)| passed.saturating_sub(self.calls.follower.seen(*way, slot)));
            let calls = self.told.news(slot, missing.max().unwrap_or(0));
            if calls > 0 {
                tracing::warn!(destination = %name, calls, "events were lost: limits count these calls by the kernel's counters");
                self.calls.limits.inferred(calls);
                self.calls.limiting.lost(&Lost {
                    destination: name,
                    direction: Some(Route::Outgoing),
                    calls,
                });
            }
        }
    }

    fn losses(&self) -> u64 {
        let misc = |counter| self.counters.misc.read_own(counter).unwrap_or_default();
        [misc(Misc::EventsLost), misc(Misc::SignalsHeldBack), self.calls.metrics.unreadable_so_far()]
            .into_iter()
            .fold(0, u64::wrapping_add)
    }

    fn passed(&self, slot: u16, direction: Direction) -> u64 {
        let totals = self.counters.invites.read_own(slot);
        totals.map_or(0, |totals| totals.count(direction, Verdict::Pass))
    }
}

/// What was told already, by slot.
#[derive(Default)]
struct Told(HashMap<u16, u64>);

impl Told {
    /// What of `missing` was not told yet; it is told from now on.
    fn news(&mut self, slot: u16, missing: u64) -> u64 {
        if missing == 0 {
            return 0;
        }
        let told = self.0.entry(slot).or_default();
        let news = missing.saturating_sub(*told);
        *told += news;
        news
    }
}

/// Slots of destinations that calls cost something to.
fn outside(slots: &SlotTable) -> impl Iterator<Item = (u16, Arc<str>)> {
    slots
        .iter()
        .filter(|(slot, _)| ![slot::INTERNAL, slot::EMERGENCY].contains(slot))
        .map(|(slot, name)| (slot, name.shared()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_once() {
        let mut told = Told::default();
        assert_eq!(told.news(7, 3), 3);
        assert_eq!(told.news(7, 3), 0);
        assert_eq!(told.news(7, 2), 0, "what came late takes nothing back");
        assert_eq!(told.news(7, 5), 2);
        assert_eq!(told.news(8, 1), 1);
    }
}
