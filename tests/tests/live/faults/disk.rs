//! A state directory on a disk that is full, at the start or later, or that cannot be written at all.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{
    hosts::wait_until,
    peers::{Family, Guard},
};

use super::{
    super::office::{Office, POLICY, dial},
    PATIENCE, ask, guards, is_well, run_behind, says, shows,
};

#[test]
fn a_disk_that_fills_up_takes_nothing_from_the_guard() -> Result<()> {
    let office = Office::open()?;
    let guard = start(&office, SMALL)?;
    let state = seen(&office, &guard);
    calls(&office, "before", 5)?;
    fill(&state)?;
    calls(&office, "during", 20)?;
    wait_until(PATIENCE, || Ok(!status(&office, &state)?["store"]["problem"].is_null()))
        .with_context(|| format!("`status` does not say that the disk is full\n{}", guard.log()))?;
    let problem = status(&office, &state)?["store"]["problem"].to_string();
    ensure!(problem.contains("free some space"), "it says: {problem}");
    guards(&office)?;
    is_well(&guard)?;
    // What is asked for holds in the kernel, whether it can be written or not.
    let blocked = ask(&office.hosts.pbx, &state, &["block", "+44", "--for", "1h"])?;
    ensure!(blocked.status.success(), "{}", String::from_utf8_lossy(&blocked.stderr));
    ensure!(!arrives(&office, LONDON)?, "a block that cannot be written does not hold");

    fs::remove_file(state.join("junk"))?;
    says(&guard, "calls are recorded again")?;
    wait_until(PATIENCE, || Ok(status(&office, &state)?["store"]["problem"].is_null()))?;
    shows(&guard, "ringfence_store_lost_total", &[], |lost| lost == 0)?;
    let written = ask(&office.hosts.pbx, &state, &["calls", "--json"])?;
    let written: Value = serde_json::from_slice(&written.stdout)?;
    let rows = written["calls"].as_array().with_context(|| format!("no calls: {written}"))?.len();
    // Those of `guards`, which knocked as well, and the one that was blocked.
    ensure!(rows >= 25, "25 calls and more were placed, {rows} are there");
    is_well(&guard)
}

/// After a restart of a host whose disk is full.
#[test]
fn an_agent_that_starts_on_a_full_disk_guards() -> Result<()> {
    let office = Office::open()?;
    let guard =
        start(&office, &format!("{SMALL} && {{ cat /dev/zero > \"$0/junk\" || true; }} 2>/dev/null"))?;
    let state = seen(&office, &guard);
    guards(&office)?;
    is_well(&guard)?;
    ensure!(guard.log().contains("not recorded"), "the log says nothing of the store:\n{}", guard.log());
    fs::remove_file(state.join("junk"))?;
    says(&guard, "calls are recorded again")?;
    calls(&office, "after", 3)?;
    shows(&guard, "ringfence_store_calls", &[], |calls| calls >= 3)?;
    is_well(&guard)
}

#[test]
fn a_state_directory_that_cannot_be_written_is_refused() -> Result<()> {
    let office = Office::open()?;
    let script = format!("{SMALL} && mount -o remount,ro \"$0\"");
    let mut command = command(&office, &script)?;
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(3), "it ends with {}:\n{said}", output.status);
    ensure!(said.contains("state directory") && said.contains("Read-only file system"), "it says:\n{said}");
    Ok(())
}

fn start<'a>(office: &'a Office, script: &str) -> Result<Guard<'a>> {
    let folder = office.folder.path();
    Guard::spawn(
        &office.hosts.pbx,
        command(office, script)?,
        &folder.join("policy.toml"),
        &folder.join("log"),
    )
}

fn command(office: &Office, script: &str) -> Result<std::process::Command> {
    let (state, policy) = (office.folder.path().join("state"), office.folder.path().join("policy.toml"));
    fs::DirBuilder::new().mode(0o700).create(&state)?;
    fs::write(&policy, POLICY)?;
    run_behind(office, script, &state, &state, &policy)
}

/// The state directory as the agent has it: its disk is mounted where nobody else sees it.
fn seen(office: &Office, guard: &Guard<'_>) -> PathBuf {
    PathBuf::from(format!("/proc/{}/root{}/state", guard.id(), office.folder.path().display()))
}

fn fill(state: &Path) -> Result<()> {
    let (mut junk, zeros) = (File::create(state.join("junk"))?, [0; 4096]);
    loop {
        match junk.write_all(&zeros) {
            Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
            written => written?,
        }
    }
}

fn status(office: &Office, state: &Path) -> Result<Value> {
    let output = ask(&office.hosts.pbx, state, &["status", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Calls that nobody answers, each with a name of its own.
fn calls(office: &Office, name: &str, count: u32) -> Result<()> {
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    for call in 0..count {
        socket.send_to(dial(LONDON, &format!("{name}{call}")).as_bytes(), sink.address())?;
    }
    let heard = sink.finish().len();
    ensure!(heard == count as usize, "of {count} calls {heard} arrive");
    Ok(())
}

fn arrives(office: &Office, number: &str) -> Result<bool> {
    let sink = office.pbx_sink(Family::V4)?;
    office.phone(Family::V4)?.send_to(dial(number, "asked").as_bytes(), sink.address())?;
    Ok(!sink.finish().is_empty())
}

/// A disk of the agent's own, too small for much.
const SMALL: &str = "mount -t tmpfs -o size=2m,mode=0700 ringfence \"$0\"";
const LONDON: &str = "000442079460000";
