//! Calls whose events were lost still count, by the kernel's own counters.

use std::net::UdpSocket;

use anyhow::{Context, Result, ensure};
use rustix::{
    process::Signal,
    thread::{CpuSet, sched_setaffinity},
};
use tests::{
    hosts::TRUNK_PBX,
    peers::{Family, Mode},
};

use super::{
    super::office::{Office, dial},
    acts::{OUT_BERLIN, OUT_LONDON, alert, leaves, limit_row, policy, series},
};

/// A stopped agent reads nothing: its ring is full after some thousand messages, and what comes then is lost to it.
#[test]
fn a_limit_is_reached_by_calls_whose_events_were_lost() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, &policy(LIMIT))?;
    ensure!(leaves(&office, OUT_LONDON)?, "the first call is dropped");
    guard.signal(Signal::STOP)?;
    let flooded = flood(&office);
    guard.signal(Signal::CONT)?;
    flooded?;

    let told = alert(&guard, "abroad", "critical", 1)?;
    let (inferred, value) = (told["inferred"].as_u64().unwrap_or_default(), told["value"].as_str());
    let lost = series(&guard, "ringfence_events_lost_total")?;
    println!("{lost:?} events were lost; the limit has {value:?}, {inferred} of them inferred");
    ensure!(lost.is_some_and(|lost| lost > 0.0), "nothing was lost");
    ensure!(inferred > 0 && told["blocked"][0]["target"] == "country:GB", "{told}");
    ensure!(!leaves(&office, OUT_LONDON)?, "a call passes after the limit is reached:\n{}", guard.log());
    ensure!(leaves(&office, OUT_BERLIN)?, "another country is blocked");
    let counted = series(&guard, "ringfence_limit_calls_inferred_total")?.context("no such metric")?;
    ensure!(
        counted >= inferred as f64 && counted <= f64::from(CALLS),
        "{counted} calls were inferred: {told}"
    );
    let row = limit_row(&office, "abroad")?;
    let all = (CALLS + 1).to_string();
    ensure!(row["highest"][0]["value"] == all.as_str(), "{all} calls were placed: {row}");
    Ok(())
}

/// Fills the ring of one CPU with messages of no call, and then places calls.
fn flood(office: &Office) -> Result<()> {
    let from = (Family::V4.of(TRUNK_PBX.pbx()), 0);
    let to = (Family::V4.of(TRUNK_PBX.outer()), 5060);
    let _sink = office.trunk_sink(Family::V4)?;
    office.hosts.pbx.within(|| -> Result<()> {
        let mut one = CpuSet::new();
        one.set(0);
        sched_setaffinity(None, &one)?;
        let socket = UdpSocket::bind(from)?;
        let padding = "x".repeat(1200);
        let padded =
            |message: String| message.replacen("\r\n\r\n", &format!("\r\nX-Pad: {padding}\r\n\r\n"), 1);
        let filler = padded(dial("101", "filler").replace("INVITE", "BYE"));
        for _ in 0..FILLERS {
            socket.send_to(filler.as_bytes(), to)?;
        }
        for call in 0..CALLS {
            socket.send_to(padded(dial(OUT_LONDON, &format!("lost{call}"))).as_bytes(), to)?;
        }
        Ok(())
    })?
}

/// Of 1.4 kB each: more than a ring of 4 MB holds.
const FILLERS: u32 = 8_000;
const CALLS: u32 = 30;
const LIMIT: &str = r#"
[[limit]]
name = "abroad"
counts = "calls"
scope = "country"
international = true
window = "1h"
critical = 20
block = "country"
"#;
