//! Nothing is dropped under `--dry-run` and `report_only`; the alert says what would be.

use anyhow::{Result, ensure};
use tests::peers::{Guard, Mode};

use super::{
    super::office::{Office, PARIS},
    acts::{LONDON, alert, enters, json, policy},
};

#[test]
fn a_dry_run_blocks_nothing_and_says_what_it_would() -> Result<()> {
    let office = Office::open()?;
    let options = ["--dry-run", "--interface", "lan", "--interface", "wan"];
    let guard = Guard::start_with(&office.hosts.pbx, &policy(LIMIT), office.folder.path(), &options)?;
    would_block(&office, &guard, "dry_run")
}

#[test]
fn a_limit_that_only_reports_blocks_nothing_and_says_what_it_would() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, &policy(&format!("{LIMIT}report_only = true\n")))?;
    would_block(&office, &guard, "report_only")
}

/// The alert tells blocks because of `flag` alone, and no call is lost.
fn would_block(office: &Office, guard: &Guard<'_>, flag: &str) -> Result<()> {
    ensure!(enters(office, LONDON)? && enters(office, LONDON)?, "a call is dropped");
    let told = alert(guard, "abroad", "critical", 1)?;
    for name in ["dry_run", "report_only"] {
        ensure!(told[name] == (name == flag), "{told}");
    }
    let targets: Vec<_> =
        told["blocked"].as_array().into_iter().flatten().map(|blocked| &blocked["target"]).collect();
    ensure!(targets == ["10.1.0.2", "country:GB"], "{told}");
    ensure!(told["blocked"][0]["until"].is_string(), "{told}");
    ensure!(enters(office, LONDON)? && enters(office, PARIS)?, "a call is dropped:\n{}", guard.log());
    let status = json(office, &["status"])?;
    ensure!(status["blocks"].as_array().is_some_and(Vec::is_empty), "{status}");
    let dropped = guard.metrics()?.sum("ringfence_invites_total", &[("verdict", "drop")]);
    ensure!(dropped == 0, "{dropped} INVITEs were dropped");
    Ok(())
}

const LIMIT: &str = r#"
[[limit]]
name = "abroad"
counts = "calls"
scope = "country"
international = true
window = "1h"
critical = 2
block = ["source", "country"]
"#;
