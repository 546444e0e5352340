//! An agent that is stopped while a flood goes on: what its rings lose is counted, and the kernel's counters miss nothing.

use anyhow::{Result, ensure};
use rustix::process::Signal;
use tests::peers::{Family, Mode};

use super::{
    super::office::{CUBA, Office, PARIS, POLICY, dial},
    guards, is_well, shows, vanished,
};

#[test]
fn a_stopped_agent_misses_events_and_no_count() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Generic, POLICY)?;
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    socket.connect(sink.address())?;
    let padding = "x".repeat(900);
    let [cuba, paris] = [CUBA, PARIS].map(|number| {
        dial(number, "flood").replacen("\r\n\r\n", &format!("\r\nX-Pad: {padding}\r\n\r\n"), 1)
    });
    let before = vanished(&office)?;
    guard.signal(Signal::STOP)?;
    for _ in 0..EACH {
        socket.send(cuba.as_bytes())?;
        socket.send(paris.as_bytes())?;
    }
    drop(sink.finish());
    guard.signal(Signal::CONT)?;

    let scrape = guard.metrics()?;
    // What a veth could not hand over is in nobody's counters.
    let arrived = 2 * EACH - (vanished(&office)? - before);
    let [dropped, passed] = [("cuba", "drop"), ("FR", "pass")]
        .map(|(destination, verdict)| scrape.invites("ingress", destination, verdict));
    ensure!(
        dropped + passed == arrived && dropped <= EACH && passed <= EACH,
        "{EACH} of each were sent, {arrived} arrived; {dropped} dropped and {passed} passed are counted\n{}",
        guard.log()
    );
    let lost = scrape.sum("ringfence_events_lost_total", &[]);
    let held = scrape.sum("ringfence_events_held_back_total", &[])
        + scrape.sum("ringfence_signals_held_back_total", &[]);
    println!("{lost} events lost, {held} held back");
    ensure!(lost > 0, "two rings of 4 MiB hold {EACH} messages of a kilobyte");
    let followed = arrived - lost - held;
    shows(&guard, "ringfence_call_signals_total", &[], |signals| signals == followed)?;
    guards(&office)?;
    shows(&guard, "ringfence_call_signals_total", &[], |signals| signals >= followed + 10)?;
    is_well(&guard)
}

/// INVITEs of each kind: of those that pass, 16 MB.
const EACH: u64 = 15_000;
