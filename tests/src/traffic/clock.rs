//! The clock on the wall of the house: French time, as microseconds since 1970.

use chrono::{Datelike, Days, NaiveDate, TimeZone, Weekday};
use chrono_tz::{Europe::Paris, Tz};
use monitor::calls::Timestamp;

/// A moment of a day, seconds since midnight by the clock on the wall.
///
/// # Panics
/// Where the clock skips that moment (the last Sunday of March, from 2 to 3 o'clock).
#[must_use]
pub fn moment(day: NaiveDate, second: u32) -> Timestamp {
    let midnight = day.and_hms_opt(0, 0, 0).expect("midnight is a time");
    let local = midnight + chrono::Duration::seconds(i64::from(second));
    let at = ZONE.from_local_datetime(&local).earliest().expect("a time that the clock shows");
    Timestamp(u64::try_from(at.timestamp_micros()).expect("after 1970"))
}

/// So many days later.
///
/// # Panics
/// At the end of the calendar.
#[must_use]
pub fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).expect("a day of the calendar")
}

/// Whether an office works: Monday to Friday, but for the public holidays among [`HOLIDAYS`].
#[must_use]
pub fn is_workday(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
        && !HOLIDAYS.contains(&(day.year(), day.month(), day.day()))
}

/// A day of the calendar.
///
/// # Panics
/// Where it has no such day.
#[must_use]
pub const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar")
}

/// Hours and minutes as seconds since midnight.
#[must_use]
pub const fn hours(hours: u32, minutes: u32) -> u32 {
    hours * 3600 + minutes * 60
}

/// Where the house stands.
const ZONE: Tz = Paris;
/// Public holidays of France on the workdays of the weeks that are made here (Code du travail, L3133-1).
const HOLIDAYS: [(i32, u32, u32); 1] = [(2025, 11, 11)];
