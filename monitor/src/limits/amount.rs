//! What there is to count, and what counts of it.

use super::{entry::Entry, told::Thresholds, window::Frame};
use crate::policy::limits::{Counted, Limit};

/// What there is to count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount {
    /// So many units.
    Of(u64),
    /// So many calls that were only inferred.
    Inferred(u64),
    /// A call to a number.
    Number(u64),
    /// A call to a country; it is told where learning is over.
    Country(&'static str, bool),
    /// A call that goes on, or its end.
    Running(bool),
}

/// What counts now; calls that go on count while the schedule holds.
pub(super) fn value(entry: &Entry, limit: &Limit, frame: Frame, holds: bool) -> u64 {
    match limit.counts {
        Counted::ConcurrentCalls if !holds => 0,
        counts => entry.value(counts, frame),
    }
}

/// Counts an amount; says whether there was anything to count.
pub(super) fn put(entry: &mut Entry, amount: Amount, frame: Frame, most_numbers: usize) -> bool {
    match amount {
        Amount::Of(units) => entry.steps.add(frame, units),
        Amount::Inferred(calls) => {
            entry.steps.add(frame, calls);
            entry.rare_mut().inferred.add(frame, calls);
        }
        Amount::Number(number) => entry.rare_mut().numbers.add(frame, number, most_numbers),
        Amount::Country(country, is_told) => {
            let is_new = entry.rare_mut().countries.insert(country.into());
            entry.steps.add(frame, u64::from(is_new && is_told));
            return is_new && is_told;
        }
        Amount::Running(begins) => {
            entry.running = if begins { entry.running + 1 } else { entry.running.saturating_sub(1) };
            return begins;
        }
    }
    true
}

/// Numbers of a key beyond which their count need not be exact.
pub(super) fn most_numbers(thresholds: &Thresholds) -> usize {
    usize::try_from(thresholds.highest().saturating_mul(2)).unwrap_or(usize::MAX).max(LEAST_NUMBERS)
}

const LEAST_NUMBERS: usize = 100;
