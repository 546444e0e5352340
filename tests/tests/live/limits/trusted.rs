//! What no limit blocks: trusted addresses, trunks, this host.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{
    hosts::wait_until,
    peers::{Guard, Mode},
};

use super::{
    super::office::{Office, PARIS, POLICY},
    acts::{LONDON, OUT_BERLIN, OUT_LONDON, OUT_PARIS, PATIENCE, alerts, comes_in, enters, json, leaves},
};

#[test]
fn trusted_sources_trunks_and_the_host_are_not_blocked() -> Result<()> {
    let office = Office::open()?;
    let trusting = POLICY.replacen("[network]\n", "[network]\ntrusted = [\"10.1.0.0/24\"]\n", 1);
    let guard = office.guard(Mode::Native, &format!("{trusting}{LIMITS}"))?;
    // In this order nothing looks like a call that is put through.
    ensure!(leaves(&office, OUT_BERLIN)? && enters(&office, LONDON)? && comes_in(&office, "142345678")?);
    for (origin, why) in [
        ("extension", "10.1.0.2 is trusted: `[network] trusted` has 10.1.0.0/24"),
        ("trunk", "10.2.0.2 is a trunk: incoming calls would be lost"),
        ("pbx", "the PBX itself began the call: it came from no other host"),
    ] {
        let told = about(&guard, origin)?;
        let not_blocked = &told["not_blocked"][0];
        ensure!(not_blocked["kind"] == "source" && not_blocked["why"] == why, "{told}");
        ensure!(told["blocked"].as_array().is_some_and(Vec::is_empty), "{told}");
    }
    let status = json(&office, &["status"])?;
    ensure!(status["blocks"].as_array().is_some_and(Vec::is_empty), "{status}");
    ensure!(enters(&office, PARIS)?, "a trusted phone is blocked");
    ensure!(comes_in(&office, "142345678")?, "the trunk is blocked");
    ensure!(leaves(&office, OUT_PARIS)?, "the PBX is blocked");
    Ok(())
}

#[test]
fn a_source_that_nobody_trusts_is_blocked() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, &format!("{POLICY}{LIMITS}"))?;
    ensure!(enters(&office, LONDON)?, "the first call is dropped");
    let told = about(&guard, "extension")?;
    ensure!(told["blocked"][0]["target"] == "10.1.0.2" && told["blocked"][0]["kind"] == "source", "{told}");
    ensure!(!enters(&office, PARIS)?, "a blocked source calls Paris");
    ensure!(enters(&office, "0112")?, "a blocked source does not reach the emergency services");
    ensure!(leaves(&office, OUT_LONDON)?, "a call of another source is dropped");
    Ok(())
}

/// Waits for the alert about a call of such an origin.
fn about(guard: &Guard<'_>, origin: &str) -> Result<Value> {
    let mut found = None;
    let waited = wait_until(PATIENCE, || {
        found = alerts(guard)?.into_iter().find(|told| told["origin"] == origin);
        Ok(found.is_some())
    });
    waited.with_context(|| format!("no alert about a call of the {origin} in\n{}", guard.log()))?;
    found.context("an alert that was found")
}

const LIMITS: &str = r#"
[[limit]]
name = "to-a-destination"
counts = "calls"
scope = "destination"
directions = ["incoming", "outgoing"]
window = "1h"
critical = 1
block = "source"
"#;
