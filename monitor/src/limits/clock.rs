//! The engine's time: it never goes back, whatever the clocks do, and it knows the day and the month.

use std::time::Duration;

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
    /// Since when the wall clock has been behind by more than a day or a month: by its own time.
    #[serde(default)]
    behind: Option<Timestamp>,
    /// How far it is ahead of the clock of the calls, microseconds: that began before the last moment which was saved.
    #[serde(skip)]
    ahead: Option<u64>,
}

impl Clock {
    /// Time passes.
    pub(super) fn advance(&mut self, moment: Moment, calendar: &Calendar) -> Now {
        let ahead = *self.ahead.get_or_insert(self.at.0.saturating_sub(moment.at.0));
        self.at = self.at.max(Timestamp(moment.at.0.saturating_add(ahead)));
        let [day, month] = [calendar.day(moment.wall), calendar.month(moment.wall)].map(period);
        let is_behind = day.saturating_add(1) < self.day || month.saturating_add(1) < self.month;
        let behind = is_behind.then(|| self.behind.unwrap_or(self.at));
        self.behind = behind.filter(|behind| self.at.since(*behind) < DOUBTED);
        let is_believed = self.behind.is_none();
        self.day = later(self.day, day, is_believed);
        self.month = later(self.month, month, is_believed);
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

/// The period that it is. A clock that goes back a little begins no period anew.
const fn later(known: u64, current: u64, is_believed: bool) -> u64 {
    let is_kept = known == current.saturating_add(1) || (known > current && !is_believed);
    if is_kept { known } else { current }
}

fn period(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// For how long a wall clock that is far behind is not believed. A host without a clock of its own begins in the past
/// and is set right by NTP; one that was far ahead stays behind.
const DOUBTED: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
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
    fn a_clock_that_was_years_ahead_is_believed_a_day_after_it_was_set_right() {
        let (mut clock, calendar) = (Clock::default(), Calendar::default());
        let ahead = clock.advance(moment(100, "2037-01-01T00:00:00Z"), &calendar);
        let doubted = clock.advance(moment(101, "2026-04-01T00:00:00Z"), &calendar);
        assert_eq!((doubted.day, doubted.month), (ahead.day, ahead.month));
        let doubted = clock.advance(moment(101 + 86_399, "2026-04-01T23:59:59Z"), &calendar);
        assert_eq!((doubted.day, doubted.month), (ahead.day, ahead.month));
        let right = clock.advance(moment(101 + 86_400, "2026-04-02T00:00:00Z"), &calendar);
        assert_eq!(right.day, u64::try_from(calendar.day(right.moment.wall)).unwrap());
        let doubted = clock.advance(moment(101 + 86_400, "2019-01-01T00:00:00Z"), &calendar);
        assert_eq!(doubted.day, right.day, "each time it goes back anew");
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
