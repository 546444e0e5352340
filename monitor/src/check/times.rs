//! The times of a policy in words: its time zone, and for each schedule whether it holds now and until when.

use chrono::{DateTime, Utc};

use crate::policy::Compiled;
use crate::policy::schedule::{HORIZON, Schedule};

/// A row for the time zone and one for each schedule; none where the policy has no times.
pub(super) fn in_words(policy: &Compiled, now: DateTime<Utc>) -> Vec<(String, String)> {
    let zone = policy.calendar.zone;
    if policy.schedules.is_empty() && zone == chrono_tz::Tz::UTC {
        return Vec::new();
    }
    let clock = now.with_timezone(&zone).format(MOMENT);
    let first = ("days and months".to_owned(), format!("by the clock of {zone}: now {clock}"));
    let schedule = |schedule: &Schedule| (format!("\"{}\"", schedule.name), state(schedule, now));
    std::iter::once(first).chain(policy.schedules.iter().map(|it| schedule(it))).collect()
}

fn state(schedule: &Schedule, now: DateTime<Utc>) -> String {
    let (is, until) =
        if schedule.holds(now) { ("holds now", "until") } else { ("does not hold now", "begins") };
    let change = match schedule.next_change(now, now + HORIZON) {
        Some(change) => format!("{until} {}", change.with_timezone(&schedule.zone()).format(MOMENT)),
        None => "and that does not change within a year".to_owned(),
    };
    format!("{}: {is}, {change}", schedule.hours())
}

/// A day of the week, a date, a time and a zone: `Mon 27 Oct 2025 08:00 CET`.
const MOMENT: &str = "%a %d %b %Y %H:%M %Z";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::compile;

    fn rows(policy: &str, now: &str) -> Vec<String> {
        let policy = compile(&format!("[dialplan]\ncountry_code = \"33\"\n{policy}")).policy.unwrap();
        let now = DateTime::parse_from_rfc3339(now).unwrap().to_utc();
        in_words(&policy, now).into_iter().map(|(label, value)| format!("{label} {value}")).collect()
    }

    #[test]
    fn a_schedule_says_whether_it_holds_and_until_when() {
        let policy = "[calendar]\ntime_zone = \"Europe/Paris\"\n\
                      [[schedule]]\nname = \"open\"\nhours = \"Mo-Fr 08:00-19:00; PH off\"\n\
                      [[schedule]]\nname = \"past\"\nhours = \"2020 Mo-Fr\"\n";
        assert_eq!(
            rows(policy, "2025-10-24T16:59:59Z"),
            [
                "days and months by the clock of Europe/Paris: now Fri 24 Oct 2025 18:59 CEST",
                "\"open\" Mo-Fr 08:00-19:00; PH closed: holds now, until Fri 24 Oct 2025 19:00 CEST",
                "\"past\" 2020 Mo-Fr: does not hold now, and that does not change within a year",
            ]
        );
        assert_eq!(
            rows(policy, "2025-10-24T17:00:00Z")[1],
            "\"open\" Mo-Fr 08:00-19:00; PH closed: does not hold now, begins Mon 27 Oct 2025 08:00 CET"
        );
        assert!(rows("", "2025-10-24T17:00:00Z").is_empty());
    }
}
