//! The engine's time: it never goes back, whatever the clocks do, and it knows the day and the month.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{calls::Timestamp, policy::schedule::Calendar};

/// A moment by both clocks: that of the calls, and the wall clock that days and schedules go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// By the clock of the calls.
    pub at: Timestamp,
    /// By the wall clock.
    pub wall: DateTime<Utc>,
}

/// A moment as windows see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// As it was given.
    pub(super) moment: Moment,
    /// By a clock that goes on over restarts and never goes back.
    pub(super) at: Timestamp,
    /// [`Calendar::day`].
    pub(super) day: u64,
    /// [`Calendar::month`].
    pub(super) month: u64,
}

/// What is known of the time; it is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    at: Timestamp,
    day: u64,
    month: u64,
    /// How far it is ahead of the clock of the calls, microseconds: that began before the last moment which was saved.
    #[serde(skip)]
    ahead: Option<u64>,
}

impl Clock {
    /// Time passes.
    pub(super) fn advance(&mut self, moment: Moment, calendar: &Calendar) -> Now {
        let ahead = *self.ahead.get_or_insert(self.at.0.saturating_sub(moment.at.0));
        self.at = self.at.max(Timestamp(moment.at.0.saturating_add(ahead)));
        self.day = later(self.day, calendar.day(moment.wall));
        self.month = later(self.month, calendar.month(moment.wall));
        Now { moment, ..self.now(moment) }
    }

    /// The latest moment that it knows of.
    pub(super) const fn last(&self) -> Timestamp {
        self.at
    }

    /// The same without letting time pass.
    pub(super) fn look(mut self, moment: Moment, calendar: &Calendar) -> Now {
        self.advance(moment, calendar)
    }

    /// The last moment that it knew.
    pub(super) const fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether days or months went back since then.
    pub(super) const fn was_set_back(&self, before: &Self) -> bool {
        self.day < before.day || self.month < before.month
    }

    /// What it knows, without asking again.
    pub(super) const fn now(&self, moment: Moment) -> Now {
        Now { moment, at: self.at, day: self.day, month: self.month }
    }
}

/// The period that it is. A clock that goes back a little begins no period anew; one that was far ahead is believed
/// when it is set right.
fn later(known: u64, current: i64) -> u64 {
    let current = u64::try_from(current).unwrap_or_default();
    if known == current + 1 { known } else { current }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn moment(seconds: u64, wall: &str) -> Moment {
        Moment { at: Timestamp(seconds * 1_000_000), wall: wall.parse().unwrap() }
    }

    #[test]
    fn it_never_goes_back() {
        let (mut clock, calendar) = (Clock::default(), Calendar::default());
        let first = clock.advance(moment(100, "2026-03-31T23:59:59Z"), &calendar);
        let next = clock.advance(moment(90, "2026-04-01T00:00:01Z"), &calendar);
        assert_eq!((next.at, next.day, next.month), (first.at, first.day + 1, first.month + 1));
        let back = clock.advance(moment(101, "2026-03-31T23:59:58Z"), &calendar);
        assert_eq!((back.day, back.month), (next.day, next.month));
        assert_eq!(back.at.since(first.at), Duration::from_secs(1));
    }

    #[test]
    fn a_clock_that_was_years_ahead_is_set_right() {
        let (mut clock, calendar) = (Clock::default(), Calendar::default());
        clock.advance(moment(100, "2037-01-01T00:00:00Z"), &calendar);
        let right = clock.advance(moment(101, "2026-04-01T00:00:00Z"), &calendar);
        assert_eq!(right.day, u64::try_from(calendar.day(right.moment.wall)).unwrap());
    }

    #[test]
    fn it_goes_on_after_a_restart_with_an_earlier_clock() {
        let (mut clock, calendar) = (Clock::default(), Calendar::default());
        clock.advance(moment(5_000, "2026-04-01T01:00:00Z"), &calendar);
        let saved = serde_json::to_string(&clock).unwrap();
        let mut clock: Clock = serde_json::from_str(&saved).unwrap();
        let first = clock.advance(moment(1_000, "2026-04-01T00:00:00Z"), &calendar);
        assert_eq!(first.at, Timestamp(5_000_000_000));
        assert_eq!(
            clock.advance(moment(1_001, "2026-04-01T00:00:01Z"), &calendar).at,
            Timestamp(5_001_000_000)
        );
    }
}
