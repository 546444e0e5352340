//! The wall clock jumps by a year, forth and back, under a running agent (libfaketime stands between it and the kernel).

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{
    hosts::wait_until,
    peers::{Guard, ringfence},
};

use super::{
    super::{
        limits::acts::{OUT_BERLIN, OUT_LONDON, alerts, leaves, limit_row},
        office::{Office, POLICY},
    },
    PATIENCE, ask, guards, is_well, shows,
};

#[test]
fn a_clock_that_jumps_a_year_and_back_ends_no_block_and_empties_no_limit() -> Result<()> {
    let office = Office::open()?;
    let (clock, state) = (office.folder.path().join("clock"), office.folder.path().join("state"));
    let guard = start(&office, &clock)?;
    ensure!(ask(&office.hosts.pbx, &state, &["block", "+44", "--for", "1h"])?.status.success(), "no block");
    for call in 0..3 {
        ensure!(leaves(&office, OUT_BERLIN)?, "call {call} to Berlin is blocked");
    }
    counted(&office, "3")?;
    let began = ends(&office, &state)?;

    for (jump, days) in [("+365d", 365), ("-365d", -365), ("+0", 0)] {
        set(&clock, jump)?;
        wait_until(PATIENCE, || Ok(days_between(began, ends(&office, &state)?) == days))
            .with_context(|| format!("the agent does not see {jump}\n{}", guard.log()))?;
        // Longer than the agent lets anything wait that it looks after.
        std::thread::sleep(Duration::from_secs(2));
        counted(&office, "3").with_context(|| format!("the limit after {jump}"))?;
        ensure!(!leaves(&office, OUT_LONDON)?, "the block does not hold after {jump}");
        let uptime = status(&office, &state)?["uptime_seconds"].as_u64();
        ensure!(uptime.is_some_and(|uptime| uptime < 600), "it runs for {uptime:?} s after {jump}");
        let left = block(&office, &state)?["seconds_left"].as_u64();
        ensure!(
            left.is_some_and(|left| (3_400..=3_600).contains(&left)),
            "the block lasts {left:?} s after {jump}"
        );
        guards(&office)?;
        is_well(&guard)?;
    }
    ensure!(alerts(&guard)?.is_empty(), "a limit is reached by a jump: {:?}", alerts(&guard)?);
    // The limit goes on where it was: the sixth call reaches it.
    for _ in 0..3 {
        leaves(&office, OUT_BERLIN)?;
    }
    shows(&guard, "ringfence_limit_breaches_total", &[("severity", "critical")], |breaches| breaches == 1)
}

fn start<'a>(office: &'a Office, clock: &Path) -> Result<Guard<'a>> {
    let policy = office.folder.path().join("policy.toml");
    fs::write(&policy, format!("{POLICY}{LIMIT}"))?;
    set(clock, "+0")?;
    let mut command = office.hosts.pbx.command("env");
    command.arg(format!("LD_PRELOAD={}", library()?.display()));
    command.arg(format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()));
    // The clock that goes on is another one, which no administrator sets.
    command.args(["FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_CACHE_DURATION=1"]);
    command.arg(ringfence()?).arg("run").arg("--policy").arg(&policy);
    command.args(["--mode", "native", "--interface", "lan", "--interface", "wan", "--state"]);
    command.arg(office.folder.path().join("state"));
    Guard::spawn(&office.hosts.pbx, command, &policy, &office.folder.path().join("ringfence.log"))
}

/// How far the agent's wall clock is off.
fn set(clock: &Path, offset: &str) -> Result<()> {
    let new = clock.with_extension("new");
    fs::write(&new, format!("{offset}\n"))?;
    Ok(fs::rename(new, clock)?)
}

fn library() -> Result<PathBuf> {
    let folders = fs::read_dir("/usr/lib")?.filter_map(Result::ok).map(|folder| folder.path());
    folders
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|file| file.exists())
        .context("libfaketime is missing: apt-get install faketime")
}

/// When the block ends, as the agent's wall clock has it now.
fn ends(office: &Office, state: &Path) -> Result<SystemTime> {
    let block = block(office, state)?;
    Ok(humantime::parse_rfc3339(block["until"].as_str().context("a block without an end")?)?)
}

/// Whole days, rounded.
fn days_between(from: SystemTime, to: SystemTime) -> i64 {
    let seconds = match to.duration_since(from) {
        Ok(later) => later.as_secs() as i64,
        Err(earlier) => -(earlier.duration().as_secs() as i64),
    };
    (seconds as f64 / 86_400.0).round() as i64
}

fn block(office: &Office, state: &Path) -> Result<Value> {
    let status = status(office, state)?;
    status["blocks"].get(0).cloned().with_context(|| format!("no block: {status}"))
}

fn status(office: &Office, state: &Path) -> Result<Value> {
    let output = ask(&office.hosts.pbx, state, &["status", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn counted(office: &Office, value: &str) -> Result<()> {
    let mut row = Value::Null;
    wait_until(PATIENCE, || {
        row = limit_row(office, "abroad")?;
        Ok(row["highest"][0]["value"] == value)
    })
    .with_context(|| format!("{value} calls were placed: {row}"))
}

const LIMIT: &str = r#"
[[limit]]
name = "abroad"
counts = "calls"
scope = "country"
international = true
window = "1h"
critical = 6
"#;
