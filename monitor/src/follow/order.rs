//! Signals in the order in which the kernel saw them: the ring of each CPU is read on its own, and a response may be
//! read before the INVITE that it answers.

use std::{collections::BTreeMap, time::Duration};

use crate::calls::{Signal, Timestamp};

/// Signals that wait for those which were seen before them.
#[derive(Debug)]
pub struct Order<T = Signal> {
    waiting: BTreeMap<(Timestamp, u64), T>,
    taken: u64,
}

impl<T> Order<T> {
    /// Nothing waits.
    pub fn new() -> Self {
        Self { waiting: BTreeMap::new(), taken: 0 }
    }

    /// Takes in a signal that was seen at `at`; of those of one moment the first that is taken goes first.
    pub fn take(&mut self, at: Timestamp, signal: T) {
        self.taken += 1;
        self.waiting.insert((at, self.taken), signal);
    }

    /// The next signal that was seen [`HOLD`] before `now` or earlier; in a flood the oldest, however young.
    pub fn next(&mut self, now: Timestamp) -> Option<(Timestamp, T)> {
        let (&(at, _), _) = self.waiting.first_key_value()?;
        let is_due = now.since(at) >= HOLD || self.waiting.len() > MOST;
        let ((at, _), signal) = is_due.then(|| self.waiting.pop_first())??;
        Some((at, signal))
    }
}

/// Until when everything that was seen has been read, but for what is late: the clock of those who take the signals.
pub fn horizon(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(u64::try_from(HOLD.as_micros()).unwrap_or(u64::MAX)))
}

/// When everything that has been seen by `now` is due.
pub fn beyond(now: Timestamp) -> Timestamp {
    now.after(HOLD)
}

/// How far behind one ring may be read, beside another.
const HOLD: Duration = Duration::from_millis(250);
/// Signals that wait at most: with 1 KiB each, 32 MiB.
const MOST: usize = 32_768;

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: u64 = 1_000;

    #[test]
    fn what_two_rings_hold_comes_in_the_order_in_which_it_was_seen() {
        let mut order = Order::new();
        for (at, name) in [(30, "ack"), (40, "invite again"), (10, "invite"), (20, "401"), (20, "100")] {
            order.take(Timestamp(at * MILLI), name);
        }
        let now = Timestamp(285 * MILLI);
        let due: Vec<_> =
            std::iter::from_fn(|| order.next(now)).map(|(at, name)| (at.0 / MILLI, name)).collect();
        assert_eq!(due, [(10, "invite"), (20, "401"), (20, "100"), (30, "ack")]);
        assert_eq!(order.next(Timestamp(290 * MILLI)), Some((Timestamp(40 * MILLI), "invite again")));
        assert_eq!(order.next(Timestamp(900 * MILLI)), None);
    }

    #[test]
    fn a_flood_does_not_pile_up() {
        let mut order = Order::new();
        let mut released = 0;
        for number in 0..(3 * MOST as u64) {
            order.take(Timestamp(number), number);
            while order.next(Timestamp(number)).is_some() {
                released += 1;
            }
        }
        assert_eq!(released, 2 * MOST);
    }
}
