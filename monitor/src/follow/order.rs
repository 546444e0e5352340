//! Signals in the order in which the kernel saw them: the ring of each CPU is read on its own, and a response may be
//! read before the INVITE that it answers.

use std::{collections::BTreeMap, time::Duration};

use crate::calls::Signal;

/// Signals that wait for those which were seen before them. All times are the kernel's, in nanoseconds of
/// `CLOCK_MONOTONIC`: two signals never change places because two readings of a clock differ.
#[derive(Debug)]
pub struct Order<T = Signal> {
    waiting: BTreeMap<(u64, u64), T>,
    taken: u64,
    rings: Vec<Ring>,
    /// The latest moment at which anybody said something.
    newest: u64,
    horizon: u64,
    /// Stamp of the last signal that was handed on.
    handed_on: u64,
}

/// How far one ring was read.
#[derive(Clone, Copy, Debug)]
struct Ring {
    /// What the kernel put in earlier was read.
    until: u64,
    /// How often time went on elsewhere while nothing was heard of this ring.
    overtaken: u32,
    /// When that was the last time.
    overtaken_at: u64,
    /// Whether it was said that nothing waits for it.
    is_told: bool,
}

impl<T> Order<T> {
    /// Nothing waits, and nothing was put into any of the `rings` before `since`.
    pub fn new(rings: usize, since: u64) -> Self {
        let ring = Ring { until: since, overtaken: 0, overtaken_at: since, is_told: false };
        let mut order = Self {
            waiting: BTreeMap::new(),
            taken: 0,
            rings: vec![ring; rings],
            newest: since,
            horizon: 0,
            handed_on: 0,
        };
        order.look();
        order
    }

    /// Takes in a signal that was seen at `stamp`; of those of one moment the first that is taken goes first. Says
    /// whether it comes in time: not after a later one was handed on.
    pub fn take(&mut self, stamp: u64, signal: T) -> bool {
        self.taken += 1;
        self.waiting.insert((stamp, self.taken), signal);
        stamp >= self.handed_on
    }

    /// What the kernel had put into a ring by `stamp` was read and taken. Says whether [`Order::time`] had given it up.
    pub fn read_until(&mut self, ring: usize, stamp: u64) -> bool {
        let Some(read) = self.rings.get_mut(ring) else { return false };
        let was_told = read.is_told;
        *read = Ring { until: stamp.max(read.until), overtaken: 0, overtaken_at: stamp, is_told: false };
        self.pass(stamp, Some(ring));
        was_told
    }

    /// Nobody reads a ring any more: nothing waits for it.
    pub fn ended(&mut self, ring: usize) {
        if let Some(ring) = self.rings.get_mut(ring) {
            ring.until = u64::MAX;
        }
        self.look();
    }

    /// Time has gone on to `now`, by a clock that is no ring. Gives the rings that nothing waits for from now on.
    pub fn time(&mut self, now: u64) -> Vec<usize> {
        self.pass(now, None);
        let new = |ring: &mut Ring| ring.is_stuck() && !std::mem::replace(&mut ring.is_told, true);
        self.rings.iter_mut().enumerate().filter_map(|(number, ring)| new(ring).then_some(number)).collect()
    }

    /// Everything that was seen before has been read; never goes back. The clock of those who take the signals.
    pub fn horizon(&self) -> u64 {
        self.horizon
    }

    /// Whether more wait than may; [`Order::next`] hands the oldest on then.
    pub fn is_too_long(&self) -> bool {
        self.waiting.len() > MOST
    }

    /// The next signal that nothing older can come before; where too many wait the oldest, however young.
    pub fn next(&mut self) -> Option<(u64, T)> {
        let (&(stamp, _), _) = self.waiting.first_key_value()?;
        let is_due = stamp < self.horizon || self.is_too_long();
        let ((stamp, _), signal) = is_due.then(|| self.waiting.pop_first())??;
        self.handed_on = self.handed_on.max(stamp);
        Some((stamp, signal))
    }

    fn pass(&mut self, now: u64, by: Option<usize>) {
        self.newest = self.newest.max(now);
        for (number, ring) in self.rings.iter_mut().enumerate() {
            if Some(number) != by && now >= ring.overtaken_at.saturating_add(nanos(ROUND)) {
                ring.overtaken = ring.overtaken.saturating_add(1);
                ring.overtaken_at = now;
            }
        }
        self.look();
    }

    fn look(&mut self) {
        let mut live = self.rings.iter().filter(|ring| ring.until != u64::MAX).peekable();
        let until = match live.peek() {
            None => u64::MAX,
            Some(_) => {
                live.filter(|ring| !ring.is_stuck()).map(|ring| ring.until).min().unwrap_or(self.newest)
            }
        };
        let horizon = if until == u64::MAX { until } else { until.saturating_sub(nanos(MARGIN)) };
        self.horizon = self.horizon.max(horizon);
    }
}

impl Ring {
    /// Counted in rounds, not in time: an agent that was stopped for a while as a whole finds no ring stuck.
    fn is_stuck(&self) -> bool {
        self.until != u64::MAX && self.overtaken >= PATIENCE
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What may lie between the kernel's stamp and the moment when the record is in the ring. The program stamps last of
/// all, so that it is the copy of one packet, less than a microsecond; but an interrupt, or a hypervisor that takes the
/// CPU away, may come between.
const MARGIN: Duration = Duration::from_millis(5);
/// A ring is read at least twice as often as it may be overtaken once.
const ROUND: Duration = Duration::from_millis(50);
/// Rounds after which nothing waits for a ring that nobody reads: a second.
const PATIENCE: u32 = 20;
/// Signals that wait at most: with 1 KiB each, 8 MiB.
const MOST: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: u64 = 1_000_000;

    fn due<T>(order: &mut Order<T>) -> Vec<(u64, T)> {
        std::iter::from_fn(|| order.next()).map(|(stamp, signal)| (stamp / MILLI, signal)).collect()
    }

    #[test]
    fn what_two_rings_hold_comes_in_the_order_in_which_it_was_seen() {
        let mut order = Order::new(2, 0);
        order.take(30 * MILLI, "ack");
        order.take(40 * MILLI, "invite again");
        order.read_until(0, 60 * MILLI);
        assert_eq!(due(&mut order), [], "the other ring was not read yet");
        for (at, name) in [(10, "invite"), (20, "401"), (20, "100")] {
            assert!(order.take(at * MILLI, name), "{name}");
        }
        order.read_until(1, 36 * MILLI);
        assert_eq!(due(&mut order), [(10, "invite"), (20, "401"), (20, "100"), (30, "ack")]);
        order.read_until(1, 45 * MILLI);
        assert_eq!(due(&mut order), [], "what is seen at the horizon may have an older one");
        order.read_until(1, 45 * MILLI + 1);
        assert_eq!(due(&mut order), [(40, "invite again")]);
    }

    #[test]
    fn a_ring_that_is_read_late_is_waited_for_however_late_it_is() {
        let mut order = Order::new(3, 0);
        order.take(20 * MILLI, "response");
        for now in [30, 900, 901, 902] {
            order.read_until(0, now * MILLI);
            order.read_until(2, now * MILLI);
            assert_eq!(due(&mut order), [], "at {now} ms");
        }
        assert!(order.take(10 * MILLI, "request"));
        order.read_until(1, 902 * MILLI);
        assert_eq!(due(&mut order), [(10, "request"), (20, "response")]);
        assert_eq!(order.horizon(), 897 * MILLI);
    }

    #[test]
    fn nanoseconds_apart_is_apart_and_equal_stamps_keep_the_order_in_which_they_came() {
        let mut order = Order::new(1, 0);
        for (stamp, name) in [(1_002, "third"), (1_001, "second"), (1_002, "fourth"), (1_000, "first")] {
            order.take(stamp, name);
        }
        order.read_until(0, 6 * MILLI);
        let names: Vec<_> = due(&mut order).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["first", "second", "third", "fourth"]);
    }

    #[test]
    fn a_ring_that_is_read_no_more_holds_nothing_up() {
        let mut order = Order::new(2, 0);
        order.take(10 * MILLI, "a");
        order.read_until(0, 100 * MILLI);
        assert_eq!(due(&mut order), []);
        order.ended(1);
        assert_eq!(due(&mut order), [(10, "a")]);
        order.take(200 * MILLI, "b");
        assert_eq!(due(&mut order), [], "the ring that lives is waited for");
        order.ended(0);
        assert_eq!((due(&mut order), order.horizon()), (vec![(200, "b")], u64::MAX));
    }

    #[test]
    fn nothing_waits_for_a_ring_that_is_stuck_for_more_than_a_second() {
        let mut order = Order::new(2, 0);
        order.take(10 * MILLI, "a");
        let mut given_up = Vec::new();
        let mut waited = 0;
        while given_up.is_empty() && waited < 10_000 {
            assert_eq!(due(&mut order), [], "after {waited} ms");
            waited += 50;
            order.read_until(0, waited * MILLI);
            given_up = order.time(waited * MILLI);
        }
        assert_eq!((given_up, waited), (vec![1], 1_000));
        assert_eq!(due(&mut order), [(10, "a")]);
        assert_eq!(order.time(2_000 * MILLI), [] as [usize; 0], "it is said once");
        assert!(!order.take(5 * MILLI, "late"), "what it held is late");
        let horizon = order.horizon();
        assert!(order.read_until(1, 20 * MILLI), "it is back");
        assert_eq!((due(&mut order), order.horizon()), (vec![(5, "late")], horizon));
    }

    #[test]
    fn an_agent_that_stood_still_gives_no_ring_up() {
        let mut order = Order::new(2, 0);
        order.take(50_000 * MILLI, "response");
        order.read_until(0, 60_000 * MILLI);
        assert_eq!(order.time(60_000 * MILLI), [] as [usize; 0]);
        assert_eq!(due(&mut order), []);
        order.take(40_000 * MILLI, "request");
        order.read_until(1, 60_000 * MILLI);
        assert_eq!(due(&mut order), [(40_000, "request"), (50_000, "response")]);
    }

    #[test]
    fn where_every_ring_is_stuck_time_goes_on() {
        let mut order: Order<&str> = Order::new(1, 0);
        let rounds = u64::from(PATIENCE);
        let given_up: Vec<_> = (1..=rounds).flat_map(|tick| order.time(tick * 100 * MILLI)).collect();
        assert_eq!((given_up, order.horizon()), (vec![0], (rounds * 100 - 5) * MILLI));
    }

    #[test]
    fn a_flood_does_not_pile_up_and_what_comes_too_late_is_known() {
        let mut order = Order::new(2, 0);
        let mut released = Vec::new();
        for stamp in 1..=(3 * MOST as u64) {
            assert!(order.take(stamp, stamp));
            released.extend(std::iter::from_fn(|| order.next()).map(|(_, signal)| signal));
        }
        let expected: Vec<_> = (1..=(2 * MOST as u64)).collect();
        assert_eq!(released, expected);
        assert!(!order.take(2 * MOST as u64 - 1, 0));
        assert!(order.take(2 * MOST as u64, 0));
    }
}
