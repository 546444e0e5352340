//! Another policy, the same counts.

use anyhow::{Context, Result, ensure};
use tests::{hosts::wait_until, peers::Mode};

use super::{
    super::office::Office,
    acts::{LONDON, PATIENCE, alert, alerts, enters, json, policy, reaches, series},
};

#[test]
fn new_thresholds_keep_the_counts() -> Result<()> {
    let office = Office::open()?;
    let two = format!("{}{}", limit("abroad", 10), limit("also", 10));
    let guard = office.guard(Mode::Native, &policy(&two))?;
    for _ in 0..4 {
        ensure!(enters(&office, LONDON)?, "a call is dropped");
    }
    reaches(&office, "abroad", "4")?;
    let ratio = |limit: &str| series(&guard, &format!("ringfence_limit_used_ratio{{limit=\"{limit}\"}}"));
    let near = |value: Option<f64>, wanted: f64| value.is_some_and(|value| (value - wanted).abs() < 0.001);
    ensure!(near(ratio("abroad")?, 0.4) && near(ratio("also")?, 0.4), "{}", guard.metrics()?.text);

    guard.reload(&policy(&limit("abroad", 5)))?;
    let changed = wait_until(PATIENCE, || Ok(near(ratio("abroad")?, 0.8)));
    changed.with_context(|| format!("the ratio is {:?}\n{}", ratio("abroad"), guard.log()))?;
    ensure!(ratio("also")?.is_none(), "a limit that is gone has a ratio: {:?}", ratio("also")?);
    let said = json(&office, &["limits"])?;
    ensure!(said["limits"].as_array().is_some_and(|limits| limits.len() == 1), "{said}");
    ensure!(alerts(&guard)?.is_empty(), "{}", guard.log());
    ensure!(enters(&office, LONDON)?, "the fifth call is dropped");
    let told = alert(&guard, "abroad", "critical", 1)?;
    ensure!(told["value"] == "5" && told["threshold"] == "5", "{told}");
    ensure!(!enters(&office, LONDON)?, "a call passes after the limit is reached:\n{}", guard.log());
    Ok(())
}

fn limit(name: &str, critical: u32) -> String {
    format!(
        "\n[[limit]]\nname = \"{name}\"\ncounts = \"calls\"\nscope = \"country\"\ninternational = true\n\
         window = \"1h\"\ncritical = {critical}\nblock = \"country\"\n"
    )
}
