//! A storm of reloads while a flood comes in as fast as it can be sent. Two policies block the flood's number, each
//! by a destination of its own: whatever passes was judged by half of one.

use std::{
    net::UdpSocket,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::wait_until,
    peers::{Family, Guard, Mode},
};

use super::{
    super::office::{CUBA, Office, POLICY, dial},
    PATIENCE, guards, is_well, vanished,
};

#[test]
fn a_storm_of_reloads_lets_nothing_through() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    socket.connect(sink.address())?;
    let before = vanished(&office)?;
    let began = Instant::now();
    let sent = flood_while(&socket, || (1..=RELOADS).try_for_each(|turn| reload(&guard, turn)))?;
    let took = began.elapsed();

    let heard = sink.finish().len();
    ensure!(heard == 0, "{heard} of {sent} blocked INVITEs passed:\n{}", guard.log());
    // A veth that is not read fast enough drops before any program sees the packet.
    let arrived = sent - (vanished(&office)? - before);
    let scrape = guard.metrics()?;
    let [cuba, island] =
        ["cuba", "the-island"].map(|destination| scrape.invites("ingress", destination, "drop"));
    println!(
        "{RELOADS} reloads in {took:?}: {sent} INVITEs sent, {arrived} arrived, {cuba} + {island} dropped"
    );
    ensure!(cuba > 0 && island > 0, "one of the policies judged nothing: {cuba} and {island}");
    ensure!(cuba + island == arrived, "{arrived} arrived, and {cuba} + {island} are counted as dropped");
    ensure!(scrape.sum("ringfence_invites_total", &[]) == arrived, "some have another verdict");
    let reloads = scrape.sum("ringfence_policy_reloads_total", &[("result", "success")]);
    // The change of the file is noticed as well, where there is a pause.
    ensure!(reloads >= u64::from(RELOADS), "{RELOADS} reloads, {reloads} are counted");
    guards(&office)?;
    is_well(&guard)
}

/// The two policies in turn, each with other rules around the one that matters.
fn reload(guard: &Guard<'_>, turn: u32) -> Result<()> {
    let policy = if turn.is_multiple_of(2) {
        POLICY.to_owned()
    } else {
        let many: Vec<_> = (0..200).map(|n| format!("\"+4989{:05}\"", n * 7 + turn)).collect();
        let munich = format!(
            "[[destination]]\nname = \"munich\"\nprefixes = [{}]\naction = \"block\"\n",
            many.join(",")
        );
        POLICY.replace("\"cuba\"", "\"the-island\"").replace("\"+53\"", "\"+5355\"") + &munich
    };
    guard.reload(&policy)?;
    // The log costs less than a scrape.
    wait_until(PATIENCE, || Ok(guard.log().matches(RELOADED).count() >= turn as usize))
        .with_context(|| format!("reload {turn} is not told\n{}", guard.log()))
}

/// Sends blocked INVITEs without a pause for as long as `work` takes; returns how many.
fn flood_while(socket: &UdpSocket, work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let (text, mut sent) = (dial(CUBA, "storm"), 0);
            while !over.load(Ordering::Relaxed) {
                socket.send(text.as_bytes())?;
                sent += 1;
            }
            Ok::<u64, anyhow::Error>(sent)
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        let sent = sender.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        done.and(sent)
    })
}

const RELOADED: &str = "the policy is reloaded";
const RELOADS: u32 = 100;
