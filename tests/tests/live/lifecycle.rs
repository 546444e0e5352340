//! From attaching to detaching: an interface that goes and comes back, SIGTERM, the endpoints.

use std::{io::Write, process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{LAN, PHONES_PBX, patience, wait_until},
    peers::{Family, Guard, Mode},
};

use super::office::{CUBA, Office, POLICY, dial};

#[test]
fn an_interface_that_comes_back_is_guarded_again() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(heard(&office, 5)? == 0, "blocked INVITEs pass from the start");
    office.hosts.cut(LAN)?;
    wait_until(PATIENCE, || is(&guard, "gone"))
        .with_context(|| format!("the metric does not say that the interface is gone\n{}", guard.log()))?;
    office.hosts.cable(&office.hosts.phones, LAN, PHONES_PBX)?;
    wait_until(PATIENCE, || is(&guard, "native"))
        .with_context(|| format!("the interface is not taken up again\n{}", guard.log()))?;
    ensure!(heard(&office, 20)? == 0, "blocked INVITEs pass after the interface came back");
    let dropped = guard.metrics()?.invites("ingress", "cuba", "drop");
    ensure!(dropped == 25, "25 INVITEs were dropped, {dropped} are counted");
    Ok(())
}

#[test]
fn sigterm_detaches_within_a_second() -> Result<()> {
    let office = Office::open()?;
    let mut fastest = Duration::MAX;
    // The promise is the agent's; two of three tries may meet a busy machine.
    for mode in [Mode::Native, Mode::Generic, Mode::Native] {
        let guard = office.guard(mode, POLICY)?;
        ensure!(heard(&office, 3)? == 0, "blocked INVITEs pass");
        let (status, took) = guard.stop()?;
        ensure!(status.success(), "SIGTERM ends the agent with {status}");
        ensure!(heard(&office, 3)? == 3, "something still drops INVITEs after the agent's end");
        fastest = fastest.min(took);
    }
    ensure!(fastest < patience(Duration::from_secs(1)), "the fastest of three ends took {fastest:?}");
    Ok(())
}

#[test]
fn promtool_accepts_the_scrape() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    heard(&office, 3)?;
    let scrape = guard.metrics()?;
    let mut promtool = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("promtool is missing: apt-get install prometheus")?;
    promtool.stdin.take().context("no pipe to promtool")?.write_all(scrape.text.as_bytes())?;
    let output = promtool.wait_with_output()?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && words.is_empty(), "promtool says:\n{words}\nabout\n{}", scrape.text);
    Ok(())
}

#[test]
fn health_is_told() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = guard.ask(path)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{path} answers {answer}");
    }
    let answer = guard.ask("/nothing")?;
    ensure!(answer.starts_with("HTTP/1.1 404"), "/nothing answers {answer}");
    Ok(())
}

/// Whether the metric tells this mode of `lan`.
fn is(guard: &Guard<'_>, mode: &str) -> Result<bool> {
    Ok(guard.metrics()?.sum("ringfence_up_mode", &[("interface", LAN), ("mode", mode)]) == 1)
}

/// How many of `count` blocked INVITEs the PBX hears.
fn heard(office: &Office, count: usize) -> Result<usize> {
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    for call in 0..count {
        socket.send_to(dial(CUBA, &format!("call{call}")).as_bytes(), sink.address())?;
    }
    Ok(sink.finish().len())
}

const PATIENCE: Duration = Duration::from_secs(20);
