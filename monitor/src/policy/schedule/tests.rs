//! Times over changes of the clock, over holidays, and at the ends of the calendar.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use opening_hours::localization::Country;
use proptest::prelude::*;

use super::*;

const WORK: &str = "Mo-Fr 08:00-19:00; PH off";

fn schedule(hours: &str, zone: Tz, country: &str) -> Schedule {
    let holidays = country.parse::<Country>().map(Country::holidays).unwrap_or_default();
    Schedule::new("open", hours.parse().unwrap(), zone, holidays)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// The beginnings and ends, as UTC, between two moments.
fn changes(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
    let (mut moment, end) = (at(from), at(to));
    std::iter::from_fn(|| {
        moment = schedule.next_change(moment, end)?;
        Some(format!(
            "{} {}",
            moment.format("%d %H:%M:%S"),
            if schedule.holds(moment) { "holds" } else { "ends" }
        ))
    })
    .collect()
}

#[test]
fn office_hours_follow_the_clock_of_paris() {
    let open = schedule(WORK, Tz::Europe__Paris, "FR");
    for (moment, holds) in [
        // Friday before and Monday after the clock goes back on 25 October 2026: 08:00 is 06:00 UTC, then 07:00.
        ("2026-10-23T05:59:59Z", false),
        ("2026-10-23T06:00:00Z", true),
        ("2026-10-23T16:59:59Z", true),
        ("2026-10-23T17:00:00Z", false),
        ("2026-10-26T06:59:59Z", false),
        ("2026-10-26T07:00:00Z", true),
        ("2026-10-26T17:59:59Z", true),
        ("2026-10-26T18:00:00Z", false),
        // And before and after it goes forward on 29 March 2026.
        ("2026-03-27T06:59:59Z", false),
        ("2026-03-27T07:00:00Z", true),
        ("2026-03-30T05:59:59Z", false),
        ("2026-03-30T06:00:00Z", true),
        // A Saturday, a Sunday, and the night of the case: Friday to Monday.
        ("2026-10-24T10:00:00Z", false),
        ("2026-10-25T10:00:00Z", false),
    ] {
        assert_eq!(open.holds(at(moment)), holds, "{moment}");
    }
}

#[test]
fn the_night_that_the_clock_goes_back_has_its_hour_twice() {
    // 03:00 CEST is 02:00 CET: 01:00 UTC on 25 October 2026.
    let half = schedule("Mo-Su 02:15-02:45", Tz::Europe__Paris, "FR");
    assert_eq!(
        changes(&half, "2026-10-24T20:00:00Z", "2026-10-25T20:00:00Z"),
        ["25 00:15:00 holds", "25 00:45:00 ends", "25 01:15:00 holds", "25 01:45:00 ends"]
    );
    // Hours that begin at 02:30 hold, end where 02:00 comes again, and begin again.
    let from = schedule("Su 02:30-12:00", Tz::Europe__Paris, "FR");
    assert_eq!(
        changes(&from, "2026-10-24T20:00:00Z", "2026-10-25T20:00:00Z"),
        ["25 00:30:00 holds", "25 01:00:00 ends", "25 01:30:00 holds", "25 11:00:00 ends"]
    );
    let whole = schedule("Sa-Su 00:00-24:00", Tz::Europe__Paris, "FR");
    assert!(whole.holds(at("2026-10-25T00:59:59Z")), "the last second before the clock goes back");
    assert_eq!(changes(&whole, "2026-10-24T12:00:00Z", "2026-10-27T00:00:00Z"), ["25 23:00:00 ends"]);
}

#[test]
fn the_night_that_the_clock_goes_forward_lacks_an_hour() {
    // 02:00 CET is 03:00 CEST: 01:00 UTC on 29 March 2026.
    let (from, to) = ("2026-03-28T20:00:00Z", "2026-03-29T20:00:00Z");
    let lost = schedule("Mo-Su 02:15-02:45", Tz::Europe__Paris, "FR");
    assert_eq!(changes(&lost, from, to), [""; 0], "no clock showed it");
    let half = schedule("Mo-Su 02:30-12:00", Tz::Europe__Paris, "FR");
    assert_eq!(changes(&half, from, to), ["29 01:00:00 holds", "29 10:00:00 ends"]);
}

#[test]
fn lord_howe_moves_its_clock_by_half_an_hour() {
    // 5 April 2026: 02:00 +11 is 01:30 +10:30, which is 15:00 UTC of the 4th; 4 October: 02:00 is 02:30.
    let zone = Tz::Australia__Lord_Howe;
    let night = schedule("Mo-Su 01:40-02:10", zone, "AU");
    assert_eq!(
        changes(&night, "2026-04-04T12:00:00Z", "2026-04-04T20:00:00Z"),
        ["04 14:40:00 holds", "04 15:00:00 ends", "04 15:10:00 holds", "04 15:40:00 ends"]
    );
    assert_eq!(
        changes(&night, "2026-10-03T12:00:00Z", "2026-10-03T20:00:00Z"),
        ["03 15:10:00 holds", "03 15:30:00 ends"]
    );
}

#[test]
fn a_zone_without_summer_time_has_days_alike() {
    let days = schedule("Mo-Su 08:00-19:00", Tz::Africa__Abidjan, "CI");
    for month in ["01", "04", "07", "11"] {
        let (from, to) = (format!("2026-{month}-06T00:00:00Z"), format!("2026-{month}-07T00:00:00Z"));
        assert_eq!(changes(&days, &from, &to), ["06 08:00:00 holds", "06 19:00:00 ends"], "{month}");
    }
}

#[test]
fn hours_may_cross_midnight() {
    let night = schedule("Mo-Fr 19:00-08:00; Sa,Su 00:00-24:00", Tz::Europe__Paris, "FR");
    for (moment, holds) in [
        ("2026-11-16T05:00:00Z", false), // Monday 06:00: the hours of Sunday ended at midnight
        ("2026-11-17T06:59:59Z", true),  // Tuesday 07:59:59, the end of Monday's night
        ("2026-11-17T07:00:00Z", false), // Tuesday 08:00
        ("2026-11-17T18:00:00Z", true),  // Tuesday 19:00
        ("2026-11-21T06:00:00Z", true),  // Saturday 07:00
        ("2026-11-22T22:59:59Z", true),  // Sunday 23:59:59
    ] {
        assert_eq!(night.holds(at(moment)), holds, "{moment}");
    }
}

#[test]
fn public_holidays_are_those_of_the_country() {
    let rows = [
        // France: Easter Monday, Ascension and Whit Monday move.
        ("FR", Tz::Europe__Paris, "2026-04-06", true),
        ("FR", Tz::Europe__Paris, "2026-05-14", true),
        ("FR", Tz::Europe__Paris, "2026-05-25", true),
        ("FR", Tz::Europe__Paris, "2027-03-29", true),
        ("FR", Tz::Europe__Paris, "2027-05-06", true),
        ("FR", Tz::Europe__Paris, "2026-07-14", true),
        ("FR", Tz::Europe__Paris, "2026-11-11", true),
        ("FR", Tz::Europe__Paris, "2026-04-03", false),
        ("FR", Tz::Europe__Paris, "2026-07-15", false),
        // Germany keeps Good Friday, Belgium 21 July, Morocco 30 July.
        ("DE", Tz::Europe__Berlin, "2026-04-03", true),
        ("DE", Tz::Europe__Berlin, "2026-07-14", false),
        ("BE", Tz::Europe__Brussels, "2026-07-21", true),
        ("BE", Tz::Europe__Brussels, "2026-05-14", true),
        ("MA", Tz::Africa__Casablanca, "2026-07-30", true),
        // The tables end with 2076.
        ("FR", Tz::Europe__Paris, "2076-12-25", true),
        ("FR", Tz::Europe__Paris, "2080-12-25", false),
    ];
    for (country, zone, day, is_holiday) in rows {
        let noon = at(&format!("{day}T12:00:00Z"));
        assert!(schedule("Mo-Fr 08:00-19:00", zone, country).holds(noon), "{day} is no working day");
        assert_eq!(schedule(WORK, zone, country).holds(noon), !is_holiday, "{country} {day}");
        assert_eq!(schedule("PH", zone, country).holds(noon), is_holiday, "{country} {day}");
    }
}

#[test]
fn far_days_neither_hold_nor_panic() {
    let always = schedule("24/7", Tz::Pacific__Apia, "WS");
    let open = schedule(WORK, Tz::Europe__Paris, "FR");
    let calendar = Calendar { zone: Tz::Pacific__Apia };
    for (moment, holds) in [
        (DateTime::<Utc>::MIN_UTC, false),
        (at("1700-01-04T12:00:00Z"), false),
        (at("1901-01-01T00:00:00Z"), true),
        (at("2500-01-04T12:00:00Z"), true),
        (at("9990-01-04T12:00:00Z"), true),
        (at("9999-12-31T23:59:59Z"), false),
        (DateTime::<Utc>::MAX_UTC, false),
    ] {
        assert_eq!(always.holds(moment), holds, "{moment}");
        assert_eq!(always.next_change(moment, DateTime::<Utc>::MAX_UTC), None, "{moment}");
        let next = open.next_change(moment, DateTime::<Utc>::MAX_UTC);
        assert_eq!(next.is_some(), holds, "{moment}: {next:?}");
        assert!(calendar.month(moment).abs() < 4_000_000 && calendar.day(moment).abs() < 100_000_000);
    }
}

#[test]
fn days_have_23_24_and_25_hours_and_months_end_at_midnight_of_the_place() {
    let paris = Calendar { zone: Tz::Europe__Paris };
    let hours = |from: &str| {
        let first = at(from);
        (0..40).filter(|hour| paris.day(first + TimeDelta::hours(*hour)) == paris.day(first)).count()
    };
    assert_eq!(hours("2026-03-28T23:00:00Z"), 23);
    assert_eq!(hours("2026-10-24T22:00:00Z"), 25);
    assert_eq!(hours("2026-11-21T23:00:00Z"), 24);
    let day = |text| paris.day(at(text));
    assert_eq!(day("2026-11-21T23:00:00Z"), day("2026-11-21T22:59:59Z") + 1);
    assert_eq!(day("2025-12-31T23:00:00Z"), day("2025-12-31T22:59:59Z") + 1, "over the end of the year");
    let month = |text| paris.month(at(text));
    assert_eq!(month("2026-06-30T22:00:00Z"), month("2026-06-30T21:59:59Z") + 1);
    assert_eq!(month("2025-12-31T23:00:00Z"), month("2025-12-31T22:59:59Z") + 1);
    // Samoa left out 30 December 2011: the day's number jumps, and never goes back.
    let apia = Calendar { zone: Tz::Pacific__Apia };
    assert_eq!(apia.day(at("2011-12-30T10:00:00Z")), apia.day(at("2011-12-30T09:59:59Z")) + 2);
    assert_eq!(Calendar::default().zone, Tz::UTC);
}

#[test]
fn a_day_and_a_month_last_until_the_clock_of_the_place_says_so() {
    let rows = [
        (Tz::Europe__Paris, "2026-03-28T22:30:00Z", 1_800, 3 * 24 * 3600 - 3600 + 1_800),
        (Tz::Europe__Paris, "2026-03-28T23:00:00Z", 23 * 3600, 3 * 24 * 3600 - 3600),
        (Tz::Europe__Paris, "2026-10-24T22:00:00Z", 25 * 3600, 7 * 24 * 3600 + 3600),
        (Tz::UTC, "2026-12-31T23:59:59Z", 1, 1),
        // The clocks of Cairo skip the hour after this midnight.
        (Tz::Africa__Cairo, "2026-04-23T21:00:00Z", 3600, 7 * 24 * 3600),
    ];
    for (zone, from, day, month) in rows {
        let calendar = Calendar { zone };
        assert_eq!(calendar.rest_of_day(at(from)).as_secs(), day, "{zone} {from}");
        assert_eq!(calendar.rest_of_month(at(from)).as_secs(), month, "{zone} {from}");
    }
    assert_eq!(Calendar::default().rest_of_month(DateTime::<Utc>::MAX_UTC), A_DAY);
}

#[test]
fn it_begins_when_it_next_begins_to_hold() {
    let hours = |count: u64| Duration::from_secs(count * 3600);
    let begins = |text, from| schedule(text, Tz::Europe__Paris, "FR").begins_in(at(from));
    // Friday evening, the minute before opening, and while it is open: the next morning.
    assert_eq!(begins(WORK, "2026-11-20T19:00:00Z"), hours(60));
    assert_eq!(begins(WORK, "2026-11-23T06:59:00Z"), Duration::from_secs(60));
    assert_eq!(begins(WORK, "2026-11-23T07:00:00Z"), hours(24));
    assert_eq!(begins(WORK, "2026-11-27T17:00:00Z"), hours(62));
    // The clocks go forward on 29 March.
    assert_eq!(begins(WORK, "2026-03-27T18:00:00Z"), hours(60));
    for never in ["24/7", "off", "2040 Jan 01 10:00-10:01"] {
        assert_eq!(begins(never, "2026-11-20T19:00:00Z"), HORIZON.to_std().unwrap(), "{never}");
    }
}

#[test]
fn what_holds_always_or_never_is_known() {
    let of = |hours| schedule(hours, Tz::UTC, "FR").never_changes();
    assert_eq!(of("24/7"), Some(true));
    assert_eq!(of("24/7; PH off"), None);
    assert_eq!(of("off"), Some(false));
    assert_eq!(of(WORK), None);
    assert_eq!(of("2040 Jan 01 10:00-10:01"), None);
}

const HOURS: [&str; 10] = [
    WORK,
    "Mo-Su 02:15-02:45",
    "Su 02:30-12:00",
    "Mo-Fr 19:00-08:00; Sa,Su 00:00-24:00",
    "24/7; PH off",
    "PH,Sa,Su",
    "Mo-Su 01:40-02:10,23:00-26:00",
    "Mar 25-Apr 05 off; 22:00-03:30",
    "week 1-53/2 Mo-Fr 09:00-12:30,13:30-18:00",
    "easter -2 days-easter +1 day 00:00-24:00",
];
const ZONES: [Tz; 6] = [
    Tz::Europe__Paris,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Abidjan,
    Tz::Antarctica__Troll,
    Tz::America__St_Johns,
    Tz::Africa__Casablanca,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Minute by minute, a schedule holds as its changes say.
    #[test]
    fn changes_and_minutes_agree(hours in 0..HOURS.len(), zone in 0..ZONES.len(), week in 0..1560u32, second in 0..604_800i64) {
        let schedule = schedule(HOURS[hours], ZONES[zone], "FR");
        let from = at("2020-01-01T00:00:00Z") + TimeDelta::weeks(week.into()) + TimeDelta::seconds(second);
        let end = from + TimeDelta::days(2);
        let mut holds = schedule.holds(from);
        let mut next = schedule.next_change(from, end);
        let mut minute = from;
        while minute < end {
            while let Some(change) = next.filter(|change| *change <= minute) {
                holds = !holds;
                next = schedule.next_change(change, end);
            }
            prop_assert_eq!(schedule.holds(minute), holds, "{} in {} at {}", HOURS[hours], ZONES[zone], minute);
            minute += TimeDelta::minutes(1);
        }
    }

    /// No hours that can be read bring the agent down, wherever and whenever they are asked.
    #[test]
    fn no_hours_panic(
        text in "((Mo|Tu|Su|PH|SH|Mo-Fr|Sa-Mo|week 1-53/2|2026-2030|Feb 29|Dec 31-Jan 02|easter|Mo\\[-1\\]|PH -1 day)[ ,]?){0,3}(( |, ?)?([0-4][0-9]:[0-5][0-9]-[0-4][0-9]:[0-5][0-9]|sunset-dawn|24/7|10:00\\+)){0,2}( off| unknown|; | \\|\\| | \"x\")?(PH off)?",
        zone in 0..ZONES.len(),
        seconds in -4_000_000_000i64..300_000_000_000,
    ) {
        let Ok(hours) = text.parse::<OpeningHours>() else { return Ok(()) };
        let schedule = Schedule::new("s", hours, ZONES[zone], Country::FR.holidays());
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let next = schedule.next_change(at, at + TimeDelta::days(30));
        prop_assert!(next.is_none_or(|next| schedule.holds(next) != schedule.holds(at)));
        prop_assert!(schedule.never_changes().is_none_or(|always| !always || next.is_none()));
    }
}
