//! A spend cap that one long call exceeds in the middle: told within two seconds, while the call goes on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use tests::peers::Mode;

use super::{
    super::office::{Office, PARIS},
    acts::{
        LONDON, OUT_BERLIN, OUT_LONDON, OUT_PARIS, alert, callee, enters, leaves, pbx_calls, policy, spent,
    },
};

#[test]
fn a_cap_is_noticed_in_the_middle_of_a_call() -> Result<()> {
    let office = Office::open()?;
    let _callee = callee(&office)?;
    let guard = office.guard(Mode::Native, &policy(CAP))?;
    let mut call = pbx_calls(&office, OUT_LONDON, Duration::from_secs(8))?;
    let reached = alert(&guard, "cap", "critical", 1)?;
    ensure!(reached["blocked"][0]["kind"] == "international", "{reached}");
    ensure!(reached["calls_active"] == 1 && reached["unit"] == "EUR", "{reached}");
    ensure!(!leaves(&office, OUT_BERLIN)? && !enters(&office, LONDON)?, "a call abroad passes after the cap");
    ensure!(leaves(&office, OUT_PARIS)? && enters(&office, PARIS)?, "a national call is dropped");
    ensure!(!call.over()?, "the call was over before all that was seen");

    let told = call.told()?;
    let told = told.first().context("SIPp tells no call")?;
    let answered = told.answered.context("nobody answered")?;
    let at: DateTime<Utc> = reached["time"].as_str().unwrap_or_default().parse()?;
    let at = Duration::from_micros(u64::try_from(at.timestamp_micros())?);
    // 10 € at the answer and at each second after it: the third of them, two seconds after the answer, makes 30 €.
    let due = answered + Duration::from_secs(2);
    let late = at.as_secs_f64() - due.as_secs_f64();
    println!("the cap was exceeded {:?} after the answer and told {late:.3} s later", due - answered);
    ensure!((-0.1..2.0).contains(&late), "told {late:.3} s after the cap was exceeded");
    ensure!(at < told.ended, "told after the call");
    let (cost, wanted) = (spent(&office)?, told.talk().as_secs_f64().ceil() * 10.0);
    ensure!((cost - wanted).abs() <= 10.0, "{:?} cost {wanted} €, counted are {cost}", told.talk());
    Ok(())
}

/// So dear that three seconds are too much.
pub const CAP: &str = r#"
[calendar]
time_zone = "Europe/Paris"

[money]
currency = "EUR"

[[tariff]]
name = "dear"
per_minute = "600"

[[limit]]
name = "cap"
counts = "spend"
international = true
window = "day"
critical = "30"
block = "international"
"#;
