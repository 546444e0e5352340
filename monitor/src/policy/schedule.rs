//! Times that repeat: opening hours in a time zone with the public holidays of a country, and the days and months of a
//! calendar.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use opening_hours::{Context, ContextHolidays, OpeningHours, RuleKind};

/// Where the days of calls begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// IANA time zone.
    pub zone: Tz,
}

/// Times that have a name: `[[schedule]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: Arc<str>,
    /// OpenStreetMap's `opening_hours`, with the holidays, for a clock on the wall of `zone`. The library's own time
    /// zones would call the last minute before a clock goes back closed.
    hours: OpeningHours,
    /// The time zone.
    zone: Tz,
}

impl Schedule {
    /// Hours as the clocks of `zone` show them, with the holidays of its country.
    #[must_use]
    pub fn new(name: &str, hours: OpeningHours, zone: Tz, holidays: ContextHolidays) -> Self {
        Self {
            name: name.into(),
            hours: hours.with_context(Context::default().with_holidays(holidays)),
            zone,
        }
    }

    /// Whether `at` lies within its times. What the hours call unknown does not.
    #[must_use]
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        YEARS.contains(&at.year()) && self.hours.is_open(self.on_the_wall(at))
    }

    /// When it begins or ends to hold next, if that is before `end`; nobody waits for more than [`HORIZON`].
    #[must_use]
    pub fn next_change(&self, at: DateTime<Utc>, end: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !YEARS.contains(&at.year()) {
            return None;
        }
        let holds = self.holds(at);
        let end = end.min(at + HORIZON);
        let mut from = at;
        while from < end {
            let wall = self.on_the_wall(from);
            let state = self.hours.iter_range(wall, wall + (end - from) + SHORTEST).next()?;
            let time = (state.range.end - wall).max(SHORTEST);
            let next = self.clock_change(from, time).unwrap_or(from + time);
            if next < end && self.holds(next) != holds {
                return Some(next);
            }
            from = next;
        }
        None
    }

    /// How long it is from `at` until it begins to hold, and not how long it holds already: to the
    /// minute, and [`HORIZON`] at most.
    #[must_use]
    pub fn begins_in(&self, at: DateTime<Utc>) -> Duration {
        let end = at + HORIZON;
        let change = self.next_change(at, end);
        let begins = change.and_then(|it| if self.holds(it) { Some(it) } else { self.next_change(it, end) });
        (begins.unwrap_or(end) - at).to_std().unwrap_or_default()
    }

    /// Whether it always holds, or never, in this century; `None` where it does neither.
    #[must_use]
    pub fn never_changes(&self) -> Option<bool> {
        let mut states =
            self.hours.iter_range(first_of(2000), first_of(2100)).map(|range| range.kind == RuleKind::Open);
        let first = states.next().unwrap_or(false);
        states.all(|state| state == first).then_some(first)
    }

    /// The hours as they were understood.
    #[must_use]
    pub fn hours(&self) -> String {
        self.hours.to_string()
    }

    /// The time zone of its clock.
    #[must_use]
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    fn on_the_wall(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.zone).naive_local()
    }

    /// The moment within `time` after `from` at which the clock is first put forward or back: hours end by it earlier,
    /// later, or twice.
    fn clock_change(&self, from: DateTime<Utc>, time: TimeDelta) -> Option<DateTime<Utc>> {
        let ahead = |at: DateTime<Utc>| self.on_the_wall(at) - at.naive_utc();
        let end = from + time;
        let (mut low, mut high) = (from.trunc_subsecs(0), from);
        let before = ahead(low);
        while ahead(high) == before {
            if high >= end {
                return None;
            }
            low = high.trunc_subsecs(0);
            high = (high + CLOCK_STEP).min(end);
        }
        while high - low > TimeDelta::seconds(1) {
            let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
            if ahead(middle) == before { low = middle } else { high = middle }
        }
        Some(low + TimeDelta::seconds(1)).filter(|change| *change <= end)
    }
}

impl Calendar {
    /// The day of `at`, counted from 1 January of the year 1: days that follow each other are numbers that do.
    #[must_use]
    pub fn day(&self, at: DateTime<Utc>) -> i64 {
        i64::from(at.with_timezone(&self.zone).num_days_from_ce())
    }

    /// How long it is from `at` to the next midnight.
    #[must_use]
    pub fn rest_of_day(&self, at: DateTime<Utc>) -> Duration {
        self.until(at, at.with_timezone(&self.zone).date_naive().succ_opt())
    }

    /// How long it is from `at` to the beginning of the next month.
    #[must_use]
    pub fn rest_of_month(&self, at: DateTime<Utc>) -> Duration {
        let first = at.with_timezone(&self.zone).date_naive().with_day(1);
        self.until(at, first.and_then(|first| first.checked_add_months(Months::new(1))))
    }

    /// The month of `at`, counted from January of the year 0.
    #[must_use]
    pub fn month(&self, at: DateTime<Utc>) -> i64 {
        let local = at.with_timezone(&self.zone);
        i64::from(local.year()) * 12 + i64::from(local.month0())
    }

    /// To the first moment of a day; where the clocks skip midnight, to the hour after it.
    fn until(&self, at: DateTime<Utc>, day: Option<NaiveDate>) -> Duration {
        let begins = (0..24).find_map(|hour| {
            let time = day?.and_hms_opt(hour, 0, 0)?;
            self.zone.from_local_datetime(&time).earliest()
        });
        begins.and_then(|begins| (begins.with_timezone(&Utc) - at).to_std().ok()).unwrap_or(A_DAY)
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: Tz::UTC }
    }
}

fn first_of(year: i32) -> NaiveDateTime {
    NaiveDate::from_yo_opt(year, 1).unwrap_or_default().into()
}

/// Years that OpenStreetMap's opening hours know, less one for the zones.
const YEARS: RangeInclusive<i32> = 1901..=9998;
/// How far ahead a change is looked for.
pub const HORIZON: TimeDelta = TimeDelta::days(366);
/// Where the calendar ends.
const A_DAY: Duration = Duration::from_secs(24 * 3600);
/// The least that hours are apart.
const SHORTEST: TimeDelta = TimeDelta::minutes(1);
/// No clock was ever put forward and back again within so long.
const CLOCK_STEP: TimeDelta = TimeDelta::days(3);

#[cfg(test)]
mod tests;
