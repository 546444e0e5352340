//! How soon a command takes hold in the kernel, seen from outside: INVITEs a few hundred microseconds apart, and
//! which of them the PBX heard.

use std::{
    net::{SocketAddr, UdpSocket},
    process::{Command, Output},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{Sink, invite};

/// What a command did, and how soon.
#[derive(Debug)]
pub struct Reaction {
    /// What the command said.
    pub output: Output,
    /// From the command's start to the first INVITE that was dropped; no later one passed.
    pub held_after: Duration,
    /// From the command's start to its end.
    pub command_took: Duration,
}

/// Runs `command` while `phone` dials `number` without pause; `sink` is where the INVITEs arrive.
pub fn reaction(phone: &UdpSocket, sink: Sink, number: &str, mut command: Command) -> Result<Reaction> {
    let target: SocketAddr = sink.address();
    let over = AtomicBool::new(false);
    let (began, output, took, sent) = std::thread::scope(|scope| {
        let sender = scope.spawn(|| dial(phone, target, number, &over));
        std::thread::sleep(BEFORE);
        let began = Instant::now();
        let output = command.output();
        let took = began.elapsed();
        std::thread::sleep(AFTER);
        over.store(true, Ordering::Relaxed);
        let sent = sender.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (began, output, took, sent)
    });
    let (output, sent) = (output.context("the command cannot be started")?, sent?);
    let received = sink.finish();
    let heard = |call: usize| received.iter().any(|one| one.header("Call-ID") == Some(&call.to_string()));
    let last =
        (0..sent.len()).rev().find(|&call| heard(call)).context("no INVITE arrived, not even before")?;
    let first_dropped = sent.get(last + 1).context("the command does not hold: the last INVITE passed")?;
    ensure!((0..=last).all(heard), "an INVITE was lost before the last one that passed");
    Ok(Reaction { output, held_after: first_dropped.saturating_duration_since(began), command_took: took })
}

/// When each INVITE was sent; its Call-ID is its place in the list.
fn dial(phone: &UdpSocket, target: SocketAddr, number: &str, over: &AtomicBool) -> Result<Vec<Instant>> {
    let mut sent = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let message = invite(&format!("sip:{number}@pbx.example"), &sent.len().to_string(), None);
        sent.push(Instant::now());
        phone.send_to(message.as_bytes(), target)?;
        std::thread::sleep(PACE);
    }
    Ok(sent)
}

const PACE: Duration = Duration::from_micros(400);
const BEFORE: Duration = Duration::from_millis(50);
const AFTER: Duration = Duration::from_millis(50);
