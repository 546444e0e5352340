//! Reloads under load: no blocked INVITE passes, no allowed one is lost, every one is counted, nothing leaks.

use std::{
    net::UdpSocket,
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::wait_until,
    peers::{Family, Guard, Mode},
};

use super::office::{CUBA, Office, PARIS, POLICY, dial};

#[test]
fn reloads_lose_and_leak_nothing() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    socket.connect(sink.address())?;

    // What is blocked makes an incident, which has files open of its own while it goes on.
    let first = send_while(&socket, || reload_once(&guard, &variant(0)))?;
    let mut before = descriptors(&guard)?;
    let is_settled = || {
        sleep(Duration::from_secs(3));
        let now = descriptors(&guard)?;
        Ok(now == std::mem::replace(&mut before, now))
    };
    wait_until(PATIENCE, is_settled).context("files are opened and closed without an end")?;
    let sent = first
        + send_while(&socket, || (1..=RELOADS).try_for_each(|turn| reload_once(&guard, &variant(turn))))?;

    let received = sink.finish();
    let blocked =
        received.iter().filter(|datagram| datagram.invited().is_some_and(|uri| uri.contains(CUBA))).count();
    ensure!(blocked == 0, "{blocked} blocked INVITEs passed during {RELOADS} reloads");
    ensure!(received.len() as u64 == sent, "{sent} allowed INVITEs were sent, {} arrived", received.len());
    let scrape = guard.metrics()?;
    let (passed, dropped) =
        (scrape.invites("ingress", "FR", "pass"), scrape.invites("ingress", "cuba", "drop"));
    ensure!(
        passed == sent && dropped == sent,
        "{sent} of each sent; {passed} passed and {dropped} dropped are counted"
    );
    let all = scrape.sum("ringfence_invites_total", &[]);
    ensure!(all == 2 * sent, "{} INVITEs were sent, {all} are counted", 2 * sent);
    // A connection of the scrape may be open still, or may have been before.
    let is_clean = || descriptors(&guard).map(|(all, maps)| all <= before.0 && maps == before.1);
    wait_until(PATIENCE, is_clean).map_err(|error| {
        let after = descriptors(&guard);
        error.context(format!("descriptors and maps: {before:?} before, {after:?} after {RELOADS} reloads"))
    })?;
    Ok(())
}

#[test]
fn a_bad_policy_leaves_the_old_one_in_force() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let bad = guard.metrics()?.sum(RELOADS_TOTAL, &[]);
    guard.reload("[[destination]]\nname = 5\n")?;
    wait_until(PATIENCE, || Ok(guard.metrics()?.sum(RELOADS_TOTAL, &[]) > bad))?;
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    for (number, call) in [(CUBA, "cuba"), (PARIS, "paris")] {
        socket.send_to(dial(number, call).as_bytes(), sink.address())?;
    }
    let received = sink.finish();
    let calls: Vec<_> = received.iter().filter_map(|datagram| datagram.header("Call-ID")).collect();
    ensure!(calls == ["paris"], "with a bad policy on disk these arrived: {calls:?}");
    ensure!(guard.log().contains("policy.toml"), "the log does not say what is wrong:\n{}", guard.log());
    Ok(())
}

#[test]
fn a_change_of_the_file_is_enough() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let generation = guard.metrics()?.sum(GENERATION, &[]);
    std::fs::write(guard.policy(), POLICY.replace("\"block\"", "\"allow\""))?;
    wait_until(PATIENCE, || Ok(guard.metrics()?.sum(GENERATION, &[]) > generation))?;
    let sink = office.pbx_sink(Family::V4)?;
    office.phone(Family::V4)?.send_to(dial(CUBA, "allowed").as_bytes(), sink.address())?;
    ensure!(sink.finish().len() == 1, "what the new policy allows is dropped");
    Ok(())
}

/// Reloads and waits until the new policy is in force.
fn reload_once(guard: &Guard<'_>, policy: &str) -> Result<()> {
    let generation = guard.metrics()?.sum(GENERATION, &[]);
    guard.reload(policy)?;
    wait_until(PATIENCE, || Ok(guard.metrics()?.sum(GENERATION, &[]) > generation))
        .map_err(|error| error.context(format!("a reload is not told\n{}", guard.log())))
}

/// Sends allowed and blocked INVITEs in turn for as long as `work` takes; returns how many of each.
fn send_while(socket: &UdpSocket, work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let mut sent = 0;
            while !over.load(Ordering::Relaxed) {
                socket.send(dial(CUBA, &format!("blocked{sent}")).as_bytes())?;
                socket.send(dial(PARIS, &format!("allowed{sent}")).as_bytes())?;
                sent += 1;
                sleep(PACE);
            }
            Ok::<u64, anyhow::Error>(sent)
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        let sent = sender.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        done.and(sent)
    })
}

/// A policy with the same meaning for Cuba and France, and each time other rules around it.
fn variant(turn: u32) -> String {
    let prefixes: Vec<_> = (0..500 * (turn % 3)).map(|n| format!("\"+4989{:05}\"", n * 7 + turn)).collect();
    if prefixes.is_empty() {
        return POLICY.to_owned();
    }
    format!(
        "{POLICY}\n[[destination]]\nname = \"munich-{turn}\"\nprefixes = [{}]\naction = \"block\"\n",
        prefixes.join(", ")
    )
}

/// Open descriptors of the agent, and how many of them are BPF maps.
fn descriptors(guard: &Guard<'_>) -> Result<(usize, usize)> {
    let folder = format!("/proc/{}/fdinfo", guard.id());
    let mut counts = (0, 0);
    for entry in std::fs::read_dir(folder)? {
        // One that was closed in the meantime does not count.
        let Ok(information) = std::fs::read_to_string(entry?.path()) else { continue };
        counts.0 += 1;
        counts.1 += usize::from(information.contains("map_id:"));
    }
    Ok(counts)
}

const GENERATION: &str = "ringfence_policy_generation";
const RELOADS_TOTAL: &str = "ringfence_policy_reloads_total";
const RELOADS: u32 = 20;
const PACE: Duration = Duration::from_micros(500);
const PATIENCE: Duration = Duration::from_secs(15);
