//! Calls a second: a phone's call through a PBX to a trunk, 14 messages, read from their octets and followed to the end.

use std::time::Duration;

use anyhow::{Result, ensure};
use monitor::{
    calls::{Settings, Signal, Timestamp, Tracker},
    sip,
};
use serde_json::{Value, json};
use tests::simulation::{Simulation, octets};

use super::{BEGIN, cpu_time};
use crate::figures::Spread;

/// What was measured beside so many other calls.
pub struct Speed {
    others: usize,
    /// Calls a second of CPU.
    calls: Spread,
    /// Share of the time that reading the messages takes, in µs a call.
    reading: Spread,
}

/// Follows [`CALLS`] calls a round, all of them at the same step at once.
pub fn run(others: usize, rounds: u32) -> Result<Speed> {
    let mut simulation = Simulation::new(7);
    let mut tracker = Tracker::new(Settings { most_calls: others + 2 * CALLS, ..Settings::default() });
    let mut clock = BEGIN;
    let mut facts = Vec::new();
    for _ in 0..others {
        for signal in simulation.through().0 {
            clock = clock.after(Duration::from_micros(20));
            tracker.signal(&signal, clock, &mut facts);
        }
        facts.clear();
    }
    let (mut calls, mut reading) = (Vec::new(), Vec::new());
    // The first round warms the caches, and does not count.
    for round in 0..=rounds {
        let messages = messages(&mut simulation);
        let before = cpu_time();
        for (signal, octets) in &messages {
            std::hint::black_box(
                sip::message(std::hint::black_box(octets)).is_ok_and(|read| read == signal.message),
            );
        }
        let read = cpu_time().saturating_sub(before);
        let before = cpu_time();
        let told = follow(&mut tracker, &messages, &mut clock)?;
        let spent = cpu_time().saturating_sub(before);
        ensure!(told == FACTS * CALLS, "{told} facts were told of {CALLS} calls");
        ensure!(tracker.active().count() == others, "calls are left that ended");
        if round > 0 {
            calls.push(CALLS as f64 / spent.as_secs_f64());
            reading.push(read.as_secs_f64() * 1e6 / CALLS as f64);
        }
        // What is kept of ended calls is gone before the next round.
        clock = clock.after(Duration::from_secs(40));
        tracker.tick(clock, &mut facts);
        facts.clear();
    }
    Ok(Speed { others, calls: Spread::of(&calls), reading: Spread::of(&reading) })
}

impl Speed {
    pub fn row(&self) -> [String; 5] {
        [
            self.others.to_string(),
            format!("{:.0}", self.calls.median),
            format!("({:.0} to {:.0})", self.calls.min, self.calls.max),
            format!("{:.1}", 1e6 / self.calls.median),
            format!("{:.1}", self.reading.median),
        ]
    }

    pub fn json(&self) -> Value {
        let spread = |spread: Spread| json!({"median": spread.median, "min": spread.min, "max": spread.max});
        json!({
            "active_calls_beside": self.others,
            "calls_a_second": spread(self.calls),
            "reading_us_a_call": spread(self.reading),
        })
    }
}

/// From the octets to what is told.
fn follow(tracker: &mut Tracker, messages: &[(Signal, Vec<u8>)], clock: &mut Timestamp) -> Result<usize> {
    let mut told = 0;
    let mut facts = Vec::new();
    for (known, octets) in messages {
        *clock = clock.after(Duration::from_micros(10));
        let message = sip::message(octets)?;
        let signal = Signal { message, customer: None, judged: known.judged.clone(), ..*known };
        tracker.signal(&signal, *clock, &mut facts);
        told += facts.drain(..).filter(|fact| fact.happened != monitor::calls::Happened::Updated).count();
    }
    Ok(told)
}

/// The messages of a round's calls: the first of all, then the second of all, and so on.
fn messages(simulation: &mut Simulation) -> Vec<(Signal, Vec<u8>)> {
    let calls: Vec<_> = (0..CALLS).map(|_| simulation.through()).collect();
    let steps = (0..MESSAGES).flat_map(|step| {
        calls.iter().filter_map(move |(begin, end)| begin.iter().chain(end).nth(step).cloned())
    });
    steps
        .map(|signal| {
            let octets = octets(&signal);
            (signal, octets)
        })
        .collect()
}

/// Calls a round.
const CALLS: usize = 2_000;
/// Messages of a call.
pub const MESSAGES: usize = 14;
/// It began, rang, was answered and ended.
const FACTS: usize = 4;
