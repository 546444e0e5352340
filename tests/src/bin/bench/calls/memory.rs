//! What an active call takes of the memory: both legs answered, read from octets.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use monitor::{
    calls::{Settings, Signal, Tracker},
    sip,
};
use serde_json::{Value, json};
use tests::simulation::{Simulation, octets};

use super::BEGIN;

/// What was measured.
pub struct Memory {
    before: u64,
    after: u64,
    entries: usize,
}

/// Holds [`CALLS`] calls.
pub fn run() -> Result<Memory> {
    let mut simulation = Simulation::new(3);
    let mut facts = Vec::with_capacity(64);
    let mut clock = BEGIN;
    let before = resident()?;
    let mut tracker = Tracker::new(Settings::default());
    for _ in 0..CALLS {
        for known in simulation.through().0 {
            clock = clock.after(Duration::from_micros(10));
            let message = sip::message(&octets(&known))?;
            tracker.signal(&Signal { message, ..known }, clock, &mut facts);
        }
        facts.clear();
    }
    let after = resident()?;
    ensure!(tracker.active().count() == CALLS, "not every call is followed");
    Ok(Memory { before, after, entries: tracker.entries() })
}

impl Memory {
    /// Octets a call.
    fn of_call(&self) -> u64 {
        self.after.saturating_sub(self.before) / CALLS as u64
    }

    pub fn line(&self) -> String {
        format!(
            "{CALLS} active calls of two legs take {} MiB resident, {} octets and {:.1} entries each.",
            self.after.saturating_sub(self.before) >> 20,
            self.of_call(),
            self.entries as f64 / CALLS as f64,
        )
    }

    pub fn json(&self) -> Value {
        json!({
            "active_calls": CALLS,
            "resident_octets": self.after.saturating_sub(self.before),
            "octets_a_call": self.of_call(),
            "entries": self.entries,
        })
    }
}

/// Octets of this process that are in memory (`proc_pid_statm(5)`).
pub fn resident() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/statm").context("/proc/self/statm")?;
    let pages: u64 = text.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// Calls that are held.
pub const CALLS: usize = 100_000;
