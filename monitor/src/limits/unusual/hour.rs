//! Hours: which one it is, and which hour of the week it is like.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Offset, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use crate::policy::schedule::Schedule;

/// The hour of the clock in which `at` lies, counted from 1970: hours that follow each other are numbers that do, also
/// where the clock is put forward or back by an hour.
pub(super) fn number(at: DateTime<Utc>, zone: Tz) -> i64 {
    let ahead = i64::from(at.with_timezone(&zone).offset().fix().local_minus_utc());
    (at.timestamp() + ahead.rem_euclid(HOUR)).div_euclid(HOUR)
}

/// The hour of the week, from Monday 0 o'clock, that the hour of `at` is like: a Sunday's where the house is closed and
/// in other weeks is not.
pub(super) fn slot(at: DateTime<Utc>, zone: Tz, open: Option<&Arc<Schedule>>) -> usize {
    let local = at.with_timezone(&zone);
    let hour = local.hour() as usize;
    let day = local.weekday().num_days_from_monday() as usize;
    let is_off = open.is_some_and(|open| is_off(at, zone, open));
    24 * if is_off { SUNDAY } else { day } + hour
}

fn is_off(at: DateTime<Utc>, zone: Tz, open: &Schedule) -> bool {
    let wall = at.with_timezone(&zone).naive_local();
    let in_another_week = |weeks: i64| {
        let there = (wall + TimeDelta::weeks(weeks)).and_local_timezone(zone).earliest();
        there.is_some_and(|there| open.holds(there.to_utc()))
    };
    !open.holds(at) && (1..=OTHER_WEEKS).any(|weeks| in_another_week(weeks) || in_another_week(-weeks))
}

/// Hours of a week.
pub(super) const SLOTS: usize = 168;
/// Seconds.
const HOUR: i64 = 3600;
const SUNDAY: usize = 6;
/// Weeks before and after that tell whether an hour is usually open.
const OTHER_WEEKS: i64 = 4;

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::policy::compile;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn hours_go_on_where_clocks_are_put_back_or_forward() {
        let zone = Tz::Europe__Paris;
        for day in ["2026-10-24T12:00:00Z", "2026-03-28T12:00:00Z"] {
            let first = number(utc(day), zone);
            for hour in 0..48 {
                let at = utc(day) + TimeDelta::hours(hour);
                assert_eq!(number(at, zone), first + hour);
            }
        }
        assert_eq!(slot(utc("2026-10-24T22:30:00Z"), zone, None), 6 * 24, "Sunday 0:30");
        assert_eq!(slot(utc("2026-10-25T00:30:00Z"), zone, None), 6 * 24 + 2, "2:30, and");
        assert_eq!(slot(utc("2026-10-25T01:30:00Z"), zone, None), 6 * 24 + 2, "2:30 again");
        let kolkata = Tz::Asia__Kolkata;
        let half_past = kolkata.with_ymd_and_hms(2026, 11, 2, 9, 59, 59).unwrap().to_utc();
        assert_eq!(slot(half_past, kolkata, None), 9);
        assert_eq!(number(half_past, kolkata) + 1, number(half_past + TimeDelta::seconds(1), kolkata));
    }

    #[test]
    fn a_holiday_is_a_sunday() {
        let text = "[dialplan]\ncountry_code = \"33\"\n[calendar]\ntime_zone = \"Europe/Paris\"\n\
                    [[schedule]]\nname = \"open\"\nhours = \"Mo-Fr 08:00-19:00; PH off\"\n";
        let open = Arc::clone(&compile(text).policy.unwrap().schedules[0]);
        let like = |text: &str| slot(utc(text), Tz::Europe__Paris, Some(&open));
        assert_eq!(like("2026-04-06T08:00:00Z"), 6 * 24 + 10, "Easter Monday, 10 o'clock");
        assert_eq!(like("2026-04-13T08:00:00Z"), 10, "a Monday");
        assert_eq!(like("2026-04-06T01:00:00Z"), 3, "closed on every Monday");
        assert_eq!(like("2026-04-04T08:00:00Z"), 5 * 24 + 10, "a Saturday");
    }
}
