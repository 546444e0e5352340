//! What the peers say of each other, without a guard: where this fails, Ringfence is not at fault.

use std::time::Duration;

use anyhow::{Result, ensure};
use tests::peers::Told;

use super::{asterisk, office::Peers, proxy};
use crate::office::Office;

#[test]
fn asterisk_and_sipp_tell_the_same_calls() -> Result<()> {
    let office = Office::open()?;
    let peers = Peers::start(&office)?;
    let truth = asterisk::day(&peers)?;
    let placed: Vec<_> = truth.placed.into_iter().chain(truth.arrived).collect();
    alike(&placed, &truth.records)
}

#[test]
fn kamailio_and_sipp_tell_the_same_calls() -> Result<()> {
    let office = Office::open()?;
    let proxy = proxy::Proxy::start(&office)?;
    let placed = proxy.day()?;
    alike(&placed, &proxy.kamailio.calls()?)
}

/// Every call that a caller proved to be its own is in the PBX's log, and nothing else is.
pub fn alike(placed: &[Told], records: &[Told]) -> Result<()> {
    let proven: Vec<_> = placed.iter().filter(|call| !matches!(call.status, Some(401 | 407))).collect();
    ensure!(
        proven.len() == records.len(),
        "SIPp tells {} calls that the PBX took, the PBX {}: {records:#?}",
        proven.len(),
        records.len(),
    );
    for call in proven {
        let is_it = |other: &&Told| {
            other.dialled == call.dialled
                && other.answered.is_some() == call.answered.is_some()
                && other.started.abs_diff(call.started) < CLOSE
                && other.talk().abs_diff(call.talk()) < CLOSE
        };
        ensure!(records.iter().any(|other| is_it(&other)), "{call:?} is none of {records:#?}");
    }
    Ok(())
}

/// Between two logs of one machine.
const CLOSE: Duration = Duration::from_millis(500);
