//! How often and for how long a message is tried: exponential back-off with full jitter.

use std::time::{Duration, SystemTime};

use rustix::rand::{GetRandomFlags, getrandom};

/// The times of the outbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The longest wait after the first failure.
    pub(super) first: Duration,
    /// The longest wait at all, but for what a receiver asks for.
    pub(super) longest: Duration,
    /// A try that takes longer has failed.
    pub(super) patience: Duration,
    /// For how long a message is tried.
    pub(super) give_up: Duration,
    /// How long the writer waits after a failure of the disk.
    pub(super) disk: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(15 * 60),
            patience: Duration::from_secs(120),
            give_up: Duration::from_secs(7 * 24 * 3600),
            disk: Duration::from_secs(1),
        }
    }
}

impl Pace {
    /// How long to wait after so many failures in a row: anything up to the doubled bound, so that hosts which failed
    /// together do not come back together (full jitter), but never less than the receiver asked for.
    pub(super) fn wait(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
        let bound = doubled.min(self.longest);
        bound.mul_f64(fraction()).max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }

    /// Whether a message that was put into the outbox then, and was tried so often, is given up. The wall clock alone does
    /// not decide: one that was set must not throw away what was hardly tried, nor keep anything for ever.
    pub(super) fn is_over(&self, queued: SystemTime, now: SystemTime, tries: u32) -> bool {
        let age = now.duration_since(queued).unwrap_or_default();
        (age >= self.give_up && tries >= LEAST_TRIES) || tries >= MOST_TRIES
    }
}

/// What is left of a wait that an earlier agent began, by the wall clock: never more than it was as a whole.
pub(super) fn rest(tried: Option<SystemTime>, next: Option<SystemTime>, now: SystemTime) -> Duration {
    let (Some(tried), Some(next)) = (tried, next) else { return Duration::ZERO };
    let whole = next.duration_since(tried).unwrap_or_default();
    next.duration_since(now).unwrap_or_default().min(whole).min(LONGEST_ASKED)
}

/// Anything from 0 to 1; 1 where the kernel has no random numbers yet.
fn fraction() -> f64 {
    let mut octets = [0; 4];
    match getrandom(&mut octets, GetRandomFlags::NONBLOCK) {
        Ok(4) => f64::from(u32::from_ne_bytes(octets)) / f64::from(u32::MAX),
        _ => 1.0,
    }
}

/// A receiver that asks for more is tried earlier.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);
/// Tries after which a message may be given up for its age: some two hours of a running agent.
const LEAST_TRIES: u32 = 24;
/// Tries after which it is given up whatever the clock says: more than seven days have on average.
const MOST_TRIES: u32 = 3000;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_a_bound_and_are_spread_below_it() {
        let pace = Pace::default();
        for (failures, bound) in [(1, 1), (2, 2), (5, 16), (10, 512), (11, 900), (40, 900), (u32::MAX, 900)] {
            let waits: Vec<_> = (0..500).map(|_| pace.wait(failures, None)).collect();
            let (least, most) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
            let bound = Duration::from_secs(bound);
            assert!(most <= bound && most > bound / 2, "{failures}: {most:?}");
            assert!(least < bound / 2, "{failures}: {least:?}");
        }
    }

    #[test]
    fn what_a_receiver_asks_for_is_the_least_and_bounded() {
        let pace = Pace::default();
        assert!((0..100).all(|_| pace.wait(1, Some(30 * SECOND)) >= 30 * SECOND));
        assert_eq!(pace.wait(1, Some(9999 * SECOND)), 3600 * SECOND);
    }

    #[test]
    fn a_clock_that_was_set_keeps_nothing_longer_than_the_wait_itself() {
        let tried = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_311_000);
        let next = Some(tried + 600 * SECOND);
        let day = 86_400 * SECOND;
        for (now, left) in [(tried, 600), (tried + 200 * SECOND, 400), (tried + day, 0), (tried - day, 600)] {
            assert_eq!(rest(Some(tried), next, now), left * SECOND);
        }
        assert_eq!(rest(None, None, tried), Duration::ZERO);
    }

    #[test]
    fn a_message_is_given_up_after_seven_days_but_not_by_a_jump_of_the_clock() {
        let (pace, queued) = (Pace::default(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_311_000));
        let day = 86_400 * SECOND;
        for (age, tries, over) in [
            (7 * day, 24, true),
            (7 * day - SECOND, 2999, false),
            (700 * day, 23, false),
            (Duration::ZERO, 3000, true),
        ] {
            assert_eq!(pace.is_over(queued, queued + age, tries), over, "{age:?} {tries}");
        }
        assert!(!pace.is_over(queued, queued - 700 * day, 500), "set back");
    }
}
