//! Counts, blocks and the budget of a running call are there again after a kill.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tests::{hosts::wait_until, peers::Mode};

use super::{
    super::office::Office,
    acts::{
        OUT_BERLIN, OUT_LONDON, PATIENCE, alert, alerts, callee, decimal, leaves, limit_row, pbx_calls,
        policy, reaches,
    },
};

#[test]
fn a_kill_takes_nothing_from_what_is_counted() -> Result<()> {
    let office = Office::open()?;
    let _callee = callee(&office)?;
    let guard = office.guard(Mode::Native, &policy(LIMITS))?;
    let call = pbx_calls(&office, NEW_YORK, Duration::from_secs(9))?;
    for _ in 0..3 {
        ensure!(leaves(&office, OUT_LONDON)?, "a call is dropped before the limit is reached");
    }
    alert(&guard, "to-a-country", "critical", 1)?;
    reaches(&office, "calls", "4")?;
    wait_until(PATIENCE, || Ok(value(&office, "budget")? >= 20.0))?;
    // What is counted is written within a second.
    std::thread::sleep(Duration::from_millis(1100));
    let before = value(&office, "budget")?;
    guard.kill()?;

    let guard = office.guard(Mode::Native, &policy(LIMITS))?;
    ensure!(!leaves(&office, OUT_LONDON)?, "the block is gone after a kill:\n{}", guard.log());
    ensure!(leaves(&office, OUT_BERLIN)?, "another country is blocked after a kill");
    let after = value(&office, "budget")?;
    ensure!(after >= before - 10.0, "{before} € before the kill, {after} € after it");
    let row = limit_row(&office, "to-a-country")?;
    let gb = row["highest"].as_array().into_iter().flatten().find(|key| key["key"] == "GB");
    ensure!(gb.is_some_and(|key| key["value"] == "3" && key["state"] == "critical"), "{row}");

    let told = call.told()?;
    let talk = told.first().context("SIPp tells no call")?.talk();
    let wanted = talk.as_secs_f64().ceil() * 10.0;
    let over = wait_until(PATIENCE, || Ok((value(&office, "budget")? - wanted).abs() <= 10.0));
    over.with_context(|| format!("{talk:?} cost {wanted} €, counted are {:?}", value(&office, "budget")))?;
    reaches(&office, "calls", "5").context("the call that went on, three, and one after the kill")?;
    ensure!(alerts(&guard)?.is_empty(), "what was told is told again:\n{}", guard.log());
    Ok(())
}

fn value(office: &Office, limit: &str) -> Result<f64> {
    let row = limit_row(office, limit)?;
    row["highest"].get(0).map_or(Ok(0.0), |key| decimal(&key["value"]))
}

const NEW_YORK: &str = "+12125550110";
/// Ten euros for each second that begins.
const LIMITS: &str = r#"
[money]
currency = "EUR"

[[tariff]]
name = "dear"
per_minute = "600"

[[limit]]
name = "to-a-country"
counts = "calls"
scope = "country"
international = true
window = "1h"
critical = 3
block = "country"

[[limit]]
name = "calls"
counts = "calls"
window = "1h"
critical = 100

[[limit]]
name = "budget"
counts = "spend"
prefixes = ["+1212"]
window = "day"
critical = "100000"
"#;
