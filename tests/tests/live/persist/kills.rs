//! SIGKILL, at any moment.

use std::{thread, time::Duration};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tests::{
    hosts::{LAN, Process, WAN, patience},
    peers::{Family, Guard, Mode, ringfence},
    random::Random,
};

use super::{
    super::{
        blocking::passes,
        office::{Office, POLICY},
    },
    Flood, Kept, dropped,
};

#[test]
fn a_killed_agent_without_persist_fails_open_and_the_next_one_says_so() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    guard.signal(Signal::STOP)?;
    guard.signal(Signal::CONT)?;
    guard.kill()?;
    thread::sleep(Duration::from_secs(1));
    let guard = office.guard(Mode::Native, POLICY)?;
    let log = guard.log();
    let line = log.lines().find(|line| line.contains("\"alert\":\"gap\"")).context(log.clone())?;
    for says in ["\"cause\":\"killed\"", "\"interfaces\":[\"lan\",\"wan\"]", "\"policy_held\":false"] {
        ensure!(line.contains(says), "{line}");
    }
    ensure!(log.contains("did not end by itself: nothing guarded on lan, wan"), "{log}");
    let seconds = unguarded(&guard, "killed")?;
    ensure!(seconds >= 1, "nothing guarded for at least 1 s, {seconds} are counted");
    guard.stop()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(
        !guard.log().contains("\"alert\":\"gap\""),
        "a stop that was asked for is no alert:\n{}",
        guard.log()
    );
    ensure!(unguarded(&guard, "killed")? == 0, "a stop counts as a kill");
    Ok(())
}

#[test]
fn a_killed_agent_with_persist_leaves_the_policy_in_force() -> Result<()> {
    let kept = Kept::open()?;
    let guard = kept.guard(&[])?;
    ensure!(kept.heard(5)? == 0, "a blocked INVITE passes");
    guard.kill()?;
    ensure!(kept.heard(20)? == 0, "a blocked INVITE passes once the agent is killed");
    let status = kept.command("status", &[])?;
    let said = String::from_utf8_lossy(&status.stderr);
    ensure!(said.contains("is still on lan, wan") && said.contains("ringfence detach"), "{said}");
    thread::sleep(Duration::from_secs(1));
    let guard = kept.guard(&[])?;
    let counted = dropped(&guard)?;
    ensure!(counted == 25, "25 INVITEs were blocked, {counted} are counted");
    ensure!(guard.log().contains("\"policy_held\":true"), "{}", guard.log());
    ensure!(unguarded(&guard, "killed")? == 0, "a guard that stood counts as none");
    let status = kept.command("status", &[])?;
    let said = String::from_utf8_lossy(&status.stdout);
    ensure!(said.contains("persisted") && said.contains("abi-"), "{said}");
    Ok(())
}

/// The kernel keeps the block while no agent runs, and the next one goes on with it.
#[test]
fn a_temporary_block_holds_from_agent_to_agent() -> Result<()> {
    let kept = Kept::open()?;
    let guard = kept.guard(&[])?;
    let block = kept.command("block", &["+44", "--for", "1h"])?;
    ensure!(block.status.success(), "{}", String::from_utf8_lossy(&block.stderr));
    // A record is written within a second.
    thread::sleep(Duration::from_secs(1));
    guard.kill()?;
    ensure!(!passes(&kept.office, LONDON)?, "a temporary block ends with the agent");
    let guard = kept.guard(&[])?;
    ensure!(!passes(&kept.office, LONDON)?, "a temporary block is lost at the take-over:\n{}", guard.log());
    kept.command("unblock", &["+44"])?;
    ensure!(passes(&kept.office, LONDON)?, "a block from before the take-over cannot be lifted");
    Ok(())
}

/// Whatever an agent was about to do: what is pinned is always a guard that holds, and counts.
#[test]
fn kills_at_random_moments_leave_a_guard_that_can_be_taken_over() -> Result<()> {
    let kept = Kept::open()?;
    kept.guard(&[])?.kill()?;
    let sink = kept.office.pbx_sink(Family::V4)?;
    let flood = Flood::start(&kept.office)?;
    let mut random = Random::new(SEED);
    for turn in 0..KILLS {
        let mut agent = begin(&kept)?;
        // Loading, pinning, attaching and settling all lie within the first second or two.
        thread::sleep(patience(Duration::from_millis(random.below(1500))));
        agent.signal(Signal::KILL)?;
        agent.wait(Duration::from_secs(10)).with_context(|| format!("kill {turn}:\n{}", agent.output()))?;
    }
    let guard = kept.guard(&[])?;
    let sent = flood.stop()?;
    ensure!(sink.finish().is_empty(), "blocked INVITEs pass (seed {SEED})");
    let counted = dropped(&guard)?;
    ensure!(
        counted == sent,
        "{sent} INVITEs were sent, {counted} are counted (seed {SEED}):\n{}",
        guard.log()
    );
    kept.generation().map(drop)
}

/// An agent that nobody waits for.
fn begin(kept: &Kept) -> Result<Process> {
    let folder = kept.office.folder.path();
    let mut command = kept.office.hosts.pbx.command(&ringfence()?);
    command
        .arg("run")
        .arg("--policy")
        .arg(folder.join("policy.toml"))
        .arg("--state")
        .arg(folder.join("state"));
    command.arg("--pins").arg(kept.pins()).args(["--persist", "--interface", LAN, WAN]);
    Process::start(command, &folder.join("killed.log"))
}

fn unguarded(guard: &Guard<'_>, cause: &str) -> Result<u64> {
    Ok(guard.metrics()?.sum("ringfence_unguarded_seconds_total", &[("cause", cause)]))
}

/// A number as a phone of the house dials it.
const LONDON: &str = "000442079460000";
const KILLS: usize = 12;
const SEED: u64 = 0x5246_2026;
