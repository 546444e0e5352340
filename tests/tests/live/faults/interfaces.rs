//! Interfaces that go down, are renamed, move to another namespace, or are taken away while calls come in.

use std::{
    net::UdpSocket,
    process::Command,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{LAN, PHONES_PBX, wait_until},
    peers::{Family, Guard, Mode},
};

use super::{
    super::office::{CUBA, Office, POLICY, dial},
    PATIENCE, guards, is_well, says,
};

#[test]
fn an_interface_that_goes_down_and_up_stays_guarded() -> Result<()> {
    let office = Office::open()?;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, POLICY)?;
        for _ in 0..5 {
            link(&office, &["link", "set", LAN, "down"])?;
            link(&office, &["link", "set", LAN, "up"])?;
            heal(&office)?;
        }
        guards(&office)?;
        ensure!(!guard.log().contains("is gone"), "it was let go:\n{}", guard.log());
        is_well(&guard)?;
        guard.stop()?;
    }
    Ok(())
}

/// Renaming takes no hook off.
#[test]
fn a_renamed_interface_stays_guarded() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    for (from, to) in [(LAN, "renamed"), ("renamed", LAN)] {
        link(&office, &["link", "set", from, "down"])?;
        link(&office, &["link", "set", from, "name", to])?;
        link(&office, &["link", "set", to, "up"])?;
        heal(&office)?;
        guards(&office)?;
        says(&guard, if to == LAN { "has its name again" } else { "now=\"renamed\"" })?;
        is_well(&guard)?;
    }
    let counted =
        guard.metrics()?.sum("ringfence_packets_total", &[("interface", LAN), ("class", "sip_request")]);
    ensure!(counted == 20, "20 INVITEs arrived at the one interface, {counted} are counted under its name");
    Ok(())
}

#[test]
fn an_interface_that_was_elsewhere_is_taken_up_again() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    link(&office, &["link", "set", LAN, "netns", office.hosts.trunk.name()])?;
    wait_until(PATIENCE, || Ok(guard.ask("/readyz")?.starts_with("HTTP/1.1 503")))
        .with_context(|| format!("the agent is ready without `{LAN}`\n{}", guard.log()))?;
    let shown = Command::new("ip").args(["-n", office.hosts.trunk.name(), "link", "show", LAN]).output()?;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    ensure!(shown.contains(LAN) && !shown.contains("xdp"), "the program went along:\n{shown}");
    let back = ["-n", office.hosts.trunk.name(), "link", "set", LAN, "netns", office.hosts.pbx.name()];
    run(&back)?;
    wait_until(PATIENCE, || Ok(guard.ask("/readyz")?.starts_with("HTTP/1.1 200")))
        .with_context(|| format!("`{LAN}` is not taken up again\n{}", guard.log()))?;
    for address in PHONES_PBX.pbx().into_iter().filter(std::net::IpAddr::is_ipv4) {
        office.hosts.pbx.set_up(LAN, &format!("{address}/24"))?;
    }
    heal(&office)?;
    guards(&office)?;
    is_well(&guard)
}

/// Blocked calls come in all the while; the interface is guarded again before it has an address.
#[test]
fn an_interface_that_is_removed_under_load_lets_nothing_through() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let sink = office.pbx_sink(Family::V4)?;
    let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let text = dial(CUBA, "flood");
            while !over.load(Ordering::Relaxed) {
                // While there is no cable there is no address either, and a socket of before is of no use.
                let Ok(socket) = office.phone(Family::V4) else {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                };
                let mut is_there = true;
                while is_there && !over.load(Ordering::Relaxed) {
                    sent.fetch_add(1, Ordering::Relaxed);
                    is_there = socket.send_to(text.as_bytes(), sink.address()).is_ok();
                }
            }
        });
        let cut = (0..ROUNDS).try_for_each(|_| cut_and_mend(&office, &guard, &sent));
        over.store(true, Ordering::Relaxed);
        flood.join().map_err(|_| anyhow::anyhow!("the flood panicked"))?;
        cut
    })?;
    let heard = sink.finish().len();
    let (sent, dropped) = (sent.load(Ordering::Relaxed), guard.metrics()?.invites("ingress", "cuba", "drop"));
    println!("{sent} blocked INVITEs over {ROUNDS} removals, {dropped} dropped, {heard} heard");
    ensure!(heard == 0, "{heard} blocked INVITEs passed while the interface came back:\n{}", guard.log());
    ensure!(dropped > 0 && dropped <= sent, "{sent} were sent and {dropped} counted");
    guards(&office)?;
    is_well(&guard)
}

fn cut_and_mend(office: &Office, guard: &Guard<'_>, sent: &AtomicU64) -> Result<()> {
    let more = |least: u64| {
        let from = sent.load(Ordering::Relaxed);
        wait_until(PATIENCE, || Ok(sent.load(Ordering::Relaxed) >= from + least))
    };
    more(1000).context("the flood does not begin")?;
    office.hosts.cut(LAN)?;
    wait_until(PATIENCE, || Ok(guard.ask("/readyz")?.starts_with("HTTP/1.1 503")))?;
    office.hosts.cable(&office.hosts.phones, LAN, PHONES_PBX)?;
    wait_until(PATIENCE, || Ok(guard.ask("/readyz")?.starts_with("HTTP/1.1 200")))?;
    more(1000).context("the flood does not go on")
}

/// Waits until the cable carries something again.
fn heal(office: &Office) -> Result<()> {
    let [address, _] = PHONES_PBX.pbx();
    let peer = office.hosts.pbx.within(|| UdpSocket::bind((address, 5071)))??;
    peer.set_read_timeout(Some(Duration::from_millis(50)))?;
    let (socket, mut octets) = (office.phone(Family::V4)?, [0; 64]);
    wait_until(PATIENCE, || {
        // There is no way to the host at first.
        let _ = socket.send_to(b"is there anybody", peer.local_addr()?);
        Ok(peer.recv(&mut octets).is_ok())
    })
    .context("the cable does not carry anything again")
}

fn link(office: &Office, arguments: &[&str]) -> Result<()> {
    run(&[&["-n", office.hosts.pbx.name()], arguments].concat())
}

fn run(arguments: &[&str]) -> Result<()> {
    let output = Command::new("ip").args(arguments).output().context("cannot run `ip`: install iproute2")?;
    ensure!(output.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

const ROUNDS: u32 = 3;
