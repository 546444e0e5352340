//! Schedules: what counts at this time, and what does not.

use anyhow::{Result, ensure};
use chrono::{Duration, Utc};
use tests::peers::Mode;

use super::{
    super::office::Office,
    acts::{LONDON, alert, enters, limit_row, policy},
};

#[test]
fn a_limit_counts_when_its_schedule_says() -> Result<()> {
    let office = Office::open()?;
    let now = Utc::now();
    let hour = |hours: i64| (now + Duration::hours(hours)).format("%H:%M").to_string();
    // From an hour ago to in two hours, every day.
    let open = format!("{}-{}", hour(-1), hour(2));
    let guard = office.guard(Mode::Native, &policy(&LIMITS.replace("OPEN", &open)))?;
    for _ in 0..2 {
        ensure!(enters(&office, LONDON)?, "a call is dropped before the limit is reached");
    }
    let told = alert(&guard, "by-day", "critical", 1)?;
    ensure!(told["value"] == "2", "{told}");
    for (limit, counts) in [("by-day", true), ("by-night", false)] {
        let row = limit_row(&office, limit)?;
        ensure!(row["counts_now"] == counts, "{open}: {row}");
        let keys = if counts { 1 } else { 0 };
        ensure!(row["keys"] == keys, "{open}: {row}");
    }
    let others = super::acts::alerts(&guard)?.into_iter().filter(|told| told["limit"] == "by-night").count();
    ensure!(others == 0, "a limit is told when its schedule does not hold:\n{}", guard.log());
    Ok(())
}

const LIMITS: &str = r#"
[calendar]
time_zone = "UTC"

[[schedule]]
name = "open"
hours = "OPEN"

[[limit]]
name = "by-day"
counts = "calls"
international = true
during = "open"
window = "1h"
critical = 2
block = "international"

[[limit]]
name = "by-night"
counts = "calls"
international = true
outside = "open"
window = "1h"
critical = 1
block = "international"
"#;
