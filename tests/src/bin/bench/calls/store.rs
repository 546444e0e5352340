//! Records a second that the store writes: beginnings with what it takes to follow a call, answers, and ends.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use monitor::{
    calls::{Call, CallId, CallResult, Settings, Timestamp, Tracker},
    policy::Privacy,
    store::{self, Query, Store},
};
use prometheus_client::registry::Registry;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tests::simulation::Simulation;

use super::BEGIN;
use crate::figures::Spread;

/// Records a second of CPU, all threads of the store together.
pub struct Written(Spread);

/// Writes three records of each of [`CALLS`] calls a round, in portions that the store's channel holds.
pub fn run(rounds: u32) -> Result<Written> {
    let folder = tempfile::tempdir()?;
    let clock = store::Clock { wall: Arc::new(store::wall), now: Arc::new(|| store::wall(BEGIN)) };
    let store = Store::open(folder.path(), Privacy::default(), clock, &mut Registry::default());
    let call = call()?;
    let (mut rates, mut next) = (Vec::new(), 1);
    for round in 0..=rounds {
        let before = process_time();
        for first in (next..next + CALLS).step_by(PORTION) {
            for step in 0..RECORDS {
                for id in first..first + PORTION as u64 {
                    let (record, resume) = record(&call, id, step);
                    store.call(&record, resume);
                }
                // Answered when everything before it is written.
                store.calls(&Query { limit: 1, ..Query::default() }).map_err(anyhow::Error::msg)?;
            }
        }
        let spent = process_time().saturating_sub(before);
        next += CALLS;
        let status = store.status();
        ensure!(status.calls == next - 1 && status.lost == 0, "not every record was written: {status:?}");
        if round > 0 {
            rates.push((RECORDS * CALLS) as f64 / spent.as_secs_f64());
        }
    }
    Ok(Written(Spread::of(&rates)))
}

impl Written {
    pub fn line(&self) -> String {
        let Spread { median, min, max } = self.0;
        format!(
            "The store writes {median:.0} ({min:.0} to {max:.0}) records a second of CPU; a call has {RECORDS}: beginning, answer, end."
        )
    }

    pub fn json(&self) -> Value {
        json!({"records_a_second": {"median": self.0.median, "min": self.0.min, "max": self.0.max}})
    }
}

/// A call as the tracker tells it.
fn call() -> Result<Call> {
    let (mut tracker, mut facts) = (Tracker::new(Settings::default()), Vec::new());
    for signal in Simulation::new(5).through().0 {
        tracker.signal(&signal, BEGIN, &mut facts);
    }
    let call = tracker.active().next().context("the simulated call does not begin")?;
    Ok(Call { answered: None, ..(**call).clone() })
}

/// The call's record of a step, and what it takes to follow it further.
fn record(call: &Call, id: u64, step: u64) -> (Call, Option<String>) {
    let begun = Timestamp(BEGIN.0 + id);
    let call = Call { id: CallId(id), started: begun, ..call.clone() };
    let resume = Some("x".repeat(RESUME));
    let (answered, ended) = (Some(begun.after(TALK)), Some(begun.after(2 * TALK)));
    match step {
        0 => (call, resume),
        1 => (Call { answered, ..call }, resume),
        _ => (Call { answered, ended, result: Some(CallResult::Answered), ..call }, None),
    }
}

/// CPU time of the whole process: the store has a thread of its own.
fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Calls a round.
const CALLS: u64 = 20_000;
/// Calls that are handed over at once.
const PORTION: usize = 5_000;
/// Records of a call.
const RECORDS: u64 = 3;
/// Octets that it takes to follow a call of two legs.
const RESUME: usize = 1_500;
const TALK: Duration = Duration::from_secs(1);
