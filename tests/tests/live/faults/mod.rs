//! Faults, on purpose: what breaks around a running agent, and what must hold then. docs/RELIABILITY.md has a row for each.

mod agents;
mod clock;
mod day;
mod disk;
mod full;
mod interfaces;
mod packets;
mod policy;
mod ring;
mod scrapes;
mod storm;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{Host, wait_until},
    peers::{Family, Guard, ringfence},
};

use super::office::{CUBA, Office, PARIS, dial};

/// Blocked INVITEs are dropped, and others pass.
fn guards(office: &Office) -> Result<()> {
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    for call in 0..5 {
        socket.send_to(dial(CUBA, &format!("cuba{call}")).as_bytes(), sink.address())?;
        socket.send_to(dial(PARIS, &format!("paris{call}")).as_bytes(), sink.address())?;
    }
    let received = sink.finish();
    let calls: Vec<_> = received.iter().filter_map(|datagram| datagram.header("Call-ID")).collect();
    ensure!(calls.iter().all(|call| call.starts_with("paris")), "blocked calls pass: {calls:?}");
    ensure!(calls.len() == 5, "of five calls that are not blocked these arrive: {calls:?}");
    Ok(())
}

/// Waits for something in the agent's log.
fn says(guard: &Guard<'_>, words: &str) -> Result<()> {
    wait_until(PATIENCE, || Ok(guard.log().contains(words)))
        .with_context(|| format!("the log does not say `{words}`:\n{}", guard.log()))
}

/// Waits until a metric is as wanted.
fn shows(guard: &Guard<'_>, name: &str, labels: &[(&str, &str)], is: impl Fn(u64) -> bool) -> Result<()> {
    let mut last = 0;
    let waited = wait_until(PATIENCE, || {
        last = guard.metrics()?.sum(name, labels);
        Ok(is(last))
    });
    waited.with_context(|| format!("{name}{labels:?} is {last}\n{}", guard.log()))
}

/// Nothing panicked in the agent, and it serves.
fn is_well(guard: &Guard<'_>) -> Result<()> {
    let answer = guard.ask("/readyz")?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "/readyz answers {answer}\n{}", guard.log());
    ensure!(!guard.log().contains("panicked"), "something panicked:\n{}", guard.log());
    Ok(())
}

/// A command of `ringfence`, asked of the agent with this state directory.
fn ask(host: &Host, state: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = host.command(&ringfence()?);
    Ok(command.args(arguments).arg("--state").arg(state).output()?)
}

/// `ringfence run` on the PBX, after `script` was run by a shell in a mount namespace of the agent's own; `$0` is
/// `folder`.
fn run_behind(office: &Office, script: &str, folder: &Path, state: &Path, policy: &Path) -> Result<Command> {
    let mut command = office.hosts.pbx.command("unshare");
    command.args(["--mount", "sh", "-c", &format!("{script} && exec \"$@\"")]).arg(folder);
    command.arg(ringfence()?).arg("run").arg("--policy").arg(policy).arg("--state").arg(state);
    command.args(["--mode", "native", "--interface", "lan", "--interface", "wan"]);
    Ok(command)
}

/// The agent's own memory, kilobytes: what is no file's.
fn memory(guard: &Guard<'_>) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", guard.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no RssAnon in the status")?;
    Ok(number.trim().parse()?)
}

/// Packets of the phones that their cable dropped (proc_pid_net(5)).
fn vanished(office: &Office) -> Result<u64> {
    let text = office.hosts.phones.within(|| fs::read_to_string("/proc/thread-self/net/dev"))??;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("eth0:")).context("no eth0")?;
    let fields: Vec<u64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    fields.get(TRANSMIT_DROPPED).copied().context("no such field")
}

/// What a busy machine may take.
const PATIENCE: Duration = Duration::from_secs(45);
/// Of the fields of an interface, the fourth of those for what is sent.
const TRANSMIT_DROPPED: usize = 11;
