//! A series of fraud calls is one incident, whose account holds what took place, over a kill, and that somebody takes up.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{hosts::wait_until, peers::Mode};

use super::{
    limits::acts::{
        OUT_BERLIN, OUT_LONDON, PATIENCE, alert, callee, decimal, done, json, leaves, pbx_calls, policy,
    },
    office::Office,
};

#[test]
fn a_series_of_calls_is_one_incident_that_a_kill_keeps_and_that_somebody_takes_up() -> Result<()> {
    let office = Office::open()?;
    let log = office.folder.path().join("told.jsonl");
    let policy = policy(&RULES.replace("TOLD", &log.display().to_string()));
    let _callee = callee(&office)?;
    let guard = office.guard(Mode::Native, &policy)?;
    let mut calls = vec![pbx_calls(&office, LONDON, Duration::from_secs(5))?];
    wait_until(PATIENCE, || Ok(json(&office, &["calls", "--active"])?["calls"][0]["answered"].is_string()))?;
    for _ in 0..2 {
        calls.push(pbx_calls(&office, LONDON, Duration::from_secs(1))?);
    }
    alert(&guard, "to-a-country", "critical", 1)?;
    done(&office, &["alerts", "ack", "1", "--comment", "PIN of 214 changed"])?;
    for _ in 0..3 {
        ensure!(!leaves(&office, OUT_LONDON)?, "what the limit blocks gets through");
    }
    ensure!(leaves(&office, OUT_BERLIN)?, "another country is blocked");
    let blocked = |incident: &Value| {
        let account = &incident["account"];
        Ok(account["blocked"] == 3 && account["dropped_invites"] == 3)
    };
    let opened = becomes(&office, blocked).context("the blocked calls do not count in the incident")?;
    ensure!(opened["kind"] == "limit" && opened["severity"] == "critical", "{opened}");
    ensure!(opened["account"]["calls"] == 3 && opened["account"]["answered"] == 3, "{opened}");
    ensure!(opened["measures"][0]["target"] == "country:GB", "{opened}");

    // It is kept every five seconds, and with everything that is told.
    std::thread::sleep(Duration::from_millis(5500));
    guard.kill()?;
    let guard = office.guard(Mode::Native, &policy)?;
    let over = |incident: &Value| Ok(incident["ended"].is_string());
    let ended = becomes(&office, over).context("the incident does not end")?;
    let by = &ended["acknowledged"];
    ensure!(by["by"] == "root (uid 0)" && by["comment"] == "PIN of 214 changed", "{by}");
    let account = &ended["account"];
    ensure!(account["calls"] == 3 && account["blocked"] == 3 && account["active"] == 0, "{account}");
    let mut talk = 0.0;
    for call in calls {
        talk += call.told()?.first().context("SIPp tells no call")?.talk().as_secs_f64();
    }
    let (minutes, spend) = (decimal(&account["minutes"])?, decimal(&account["spend"])?);
    ensure!((minutes * 60.0 - talk).abs() < 1.0, "{minutes} minutes of {talk} s");
    ensure!((spend - minutes * 600.0).abs() <= 30.0, "{spend} EUR for {minutes} minutes at 600");
    let numbers = account["numbers"].to_string();
    ensure!(!numbers.contains("9460110") && numbers.contains("+44207946xxxx"), "{numbers}");

    let shown = done(&office, &["alerts", "show", "1"])?;
    ensure!(shown.contains("taken up") && shown.contains("to-a-country"), "{shown}");
    let told = |incident: u64| -> Result<Vec<String>> {
        let lines = std::fs::read_to_string(&log)?;
        let all = lines.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
        let its = all.iter().filter(|told| told["incident"]["id"] == incident);
        Ok(its.filter_map(|told| told["news"].as_str().map(Into::into)).collect())
    };
    wait_until(PATIENCE, || Ok(told(1)?.len() >= 3)).context("its end is not told")?;
    let news = told(1)?;
    ensure!(news == ["opened", "acknowledged", "ended"], "{news:?}: nobody is reminded of what was taken up");
    // The kill is an incident of its own, and goes on.
    let open = |severity| format!("ringfence_incidents_open{{severity=\"{severity}\"}}");
    let metrics = guard.metrics()?.text;
    ensure!(told(2)? == ["opened"] && metrics.contains(&format!("{} 1\n", open("critical"))), "{metrics}");
    ensure!(metrics.contains(&format!("{} 0\n", open("warning"))), "{metrics}");
    Ok(())
}

/// Waits until the first incident is as wanted.
fn becomes(office: &Office, is_so: impl Fn(&Value) -> Result<bool>) -> Result<Value> {
    let mut incident = Value::Null;
    let waited = wait_until(2 * PATIENCE, || {
        let all = json(office, &["alerts", "list", "--all"])?;
        let mut rows = all["incidents"].as_array().into_iter().flatten();
        incident = rows.rfind(|it| it["id"] == 1).cloned().unwrap_or_default();
        is_so(&incident)
    });
    waited.with_context(|| incident.to_string())?;
    Ok(incident)
}

const LONDON: &str = "+442079460110";
/// Ten euros for each second that begins. Whoever took it up in time is not reminded within the time that it takes to end.
const RULES: &str = r#"
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

[alerts]
quiet = "10s"
acknowledge_within = "15s"
escalate_factor = 1000

[[sink]]
name = "log"
kind = "file"
path = "TOLD"
"#;
