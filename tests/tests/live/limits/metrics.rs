//! The metrics of limits and money, by the names that docs/METRICS.md gives them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tests::{hosts::wait_until, peers::Mode};

use super::{
    super::office::Office,
    acts::{OUT_LONDON, OUT_PARIS, PATIENCE, alert, callee, pbx_calls, policy, series, spent},
};

#[test]
fn money_and_breaches_are_in_the_metrics() -> Result<()> {
    let office = Office::open()?;
    let _callee = callee(&office)?;
    let guard = office.guard(Mode::Native, &policy(LIMITS))?;
    for severity in ["warning", "critical"] {
        ensure!(series(&guard, &breaches(severity))? == Some(0.0), "{severity} is not there from the start");
    }
    let calls = [OUT_LONDON, OUT_LONDON, OUT_PARIS]
        .map(|number| pbx_calls(&office, number, Duration::from_millis(500)));
    for call in calls {
        call?.told()?;
    }
    alert(&guard, "abroad", "warning", 1)?;
    let of =
        |name| series(&guard, &format!("ringfence_spend_total{{destination=\"{name}\",currency=\"EUR\"}}"));
    // 1.50 € and a minute at 2 €, twice; to France ten seconds at 0.06 €.
    let is = |value: Option<f64>, wanted: f64| value.is_some_and(|value| (value - wanted).abs() < 1e-6);
    let counted = wait_until(PATIENCE, || Ok(is(of("GB")?, 7.0) && is(of("FR")?, 0.01)));
    counted.with_context(|| format!("{:?} and {:?}", of("GB"), of("FR")))?;
    let all = spent(&office)?;
    ensure!((all - 7.01).abs() < 1e-6, "`ringfence limits` says {all} €");
    ensure!(is(series(&guard, "ringfence_limit_used_ratio{limit=\"abroad\"}")?, 0.7));
    ensure!(series(&guard, &breaches("warning"))? == Some(1.0));
    ensure!(series(&guard, &breaches("critical"))? == Some(0.0));
    Ok(())
}

fn breaches(severity: &str) -> String {
    format!("ringfence_limit_breaches_total{{limit=\"abroad\",severity=\"{severity}\"}}")
}

const LIMITS: &str = r#"
[money]
currency = "EUR"

[[tariff]]
name = "abroad"
per_minute = "2"
per_call = "1.50"
first_increment = "60s"

[[tariff]]
name = "france"
countries = ["FR"]
per_minute = "0.06"
first_increment = "10s"

[[limit]]
name = "abroad"
counts = "spend"
international = true
window = "1h"
warning = "7"
critical = "10"
"#;
