//! A limit on calls a country: told twice, then the kernel drops the calls to that country, and no others.

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use tests::peers::Mode;

use super::{
    super::office::{Office, PARIS},
    acts::{
        BERLIN, LONDON, OUT_BERLIN, OUT_LONDON, OUT_PARIS, alert, alerts, enters, json, leaves, limit_row,
        policy,
    },
};

#[test]
fn too_many_calls_to_a_country_block_that_country() -> Result<()> {
    let office = Office::open()?;
    for mode in [Mode::Native, Mode::Generic] {
        // What the first agent counted is the second's as well.
        std::fs::remove_dir_all(office.folder.path().join("state")).or_else(absent)?;
        let guard = office.guard(mode, &policy(BY_COUNTRY))?;
        let told = || guard.log();
        ensure!(enters(&office, LONDON)? && alerts(&guard)?.is_empty(), "one call is told:\n{}", told());
        ensure!(enters(&office, LONDON)?, "a call is dropped before the limit is reached:\n{}", told());
        let warning = alert(&guard, "abroad", "warning", 1)?;
        ensure!(warning["value"] == "2" && warning["threshold"] == "2", "{warning}");
        ensure!(
            warning["key"] == "GB" && warning["blocked"].as_array().is_some_and(Vec::is_empty),
            "{warning}"
        );
        ensure!(enters(&office, LONDON)? && leaves(&office, OUT_LONDON)?, "a warning blocks:\n{}", told());
        let critical = alert(&guard, "abroad", "critical", 1)?;
        ensure!(critical["value"] == "4" && critical["country"] == "GB", "{critical}");
        let blocked = &critical["blocked"][0];
        ensure!(blocked["target"] == "country:GB" && blocked["kind"] == "country", "{critical}");
        let (at, until) = (time(&critical["time"])?, time(&blocked["until"])?);
        let lasts = (until - at).num_seconds();
        ensure!(
            (1795..=1800).contains(&lasts),
            "a block of 30 min ends {lasts} s after the alert: {critical}"
        );

        ensure!(!enters(&office, LONDON)?, "a call passes after the limit is reached:\n{}", told());
        ensure!(!leaves(&office, OUT_LONDON)?, "a call of the PBX passes after it:\n{}", told());
        ensure!(enters(&office, BERLIN)? && leaves(&office, OUT_BERLIN)?, "another country is blocked");
        ensure!(enters(&office, PARIS)? && leaves(&office, OUT_PARIS)?, "the own country is blocked");
        ensure!(limit_row(&office, "abroad")?["highest"][0]["value"] == "4", "dropped calls count");
        let of_britain = alerts(&guard)?.into_iter().filter(|alert| alert["key"] == "GB").count();
        ensure!(
            of_britain == 2,
            "more than two alerts:
{}",
            told()
        );
        let status = json(&office, &["status"])?;
        ensure!(status["blocks"][0]["target"] == "country:GB", "{status}");
        guard.stop()?;
    }
    Ok(())
}

#[test]
fn emergency_calls_pass_where_a_limit_blocks_everything() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, &policy(EVERYTHING))?;
    for number in ["112", "0112", "15"] {
        ensure!(enters(&office, number)? && leaves(&office, number)?, "{number} is dropped");
    }
    ensure!(alerts(&guard)?.is_empty(), "emergency calls count in a limit:\n{}", guard.log());
    ensure!(enters(&office, PARIS)?, "the first call is dropped");
    let critical = alert(&guard, "all", "critical", 1)?;
    ensure!(critical["blocked"][0]["kind"] == "everything", "{critical}");
    ensure!(!enters(&office, PARIS)? && !enters(&office, LONDON)?, "a call arrives:\n{}", guard.log());
    ensure!(!leaves(&office, OUT_PARIS)? && !leaves(&office, OUT_LONDON)?, "a call leaves:\n{}", guard.log());
    for number in ["112", "0112", "15"] {
        ensure!(enters(&office, number)?, "{number} does not arrive under a block of everything");
    }
    for number in ["112", "15"] {
        ensure!(leaves(&office, number)?, "{number} does not leave under a block of everything");
    }
    ensure!(alerts(&guard)?.len() == 1, "more than one alert:\n{}", guard.log());
    Ok(())
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn time(text: &serde_json::Value) -> Result<DateTime<Utc>> {
    Ok(text.as_str().unwrap_or_default().parse()?)
}

const BY_COUNTRY: &str = r#"
[[limit]]
name = "abroad"
counts = "calls"
scope = "country"
international = true
window = "1h"
warning = 2
critical = 4
block = "country"
block_for = "30m"
"#;
const EVERYTHING: &str = r#"
[[limit]]
name = "all"
counts = "calls"
window = "1h"
critical = 1
block = "everything"
"#;
