//! Emergency calls go through whatever else happens: a flood of blocked INVITEs, and reloads under it.

use std::{
    net::UdpSocket,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use anyhow::{Result, ensure};
use tests::{
    hosts::{Capture, LAN, PHONES_PBX, Side, TRUNK_PBX},
    peers::{Family, Guard, Kamailio, Mode, Scenario, Sipp},
};

use super::office::{CUBA, Office, POLICY, dial};

#[test]
fn emergency_calls_pass_during_a_flood_and_reloads() -> Result<()> {
    let office = Office::open()?;
    let _pbx = Kamailio::start(&office.hosts, office.folder.path())?;
    for (mode, family) in [(Mode::Native, Family::V4), (Mode::Generic, Family::V6)] {
        let _trunk =
            Sipp::answer(&office.hosts.trunk, family.of(TRUNK_PBX.outer()), 5060, office.folder.path())?;
        let guard = office.guard(mode, POLICY)?;
        let arrived = Capture::start(&office.hosts.pbx, LAN, Side::Arrived, office.folder.path())?;
        let socket = office.phone(family)?;
        socket.connect((family.of(PHONES_PBX.pbx()), 5060))?;
        let flooded = under_fire(&socket, &guard, || call_for_help(&office, family))?;

        let invited = arrived.finish()?;
        let through = invited
            .iter()
            .filter(|datagram| datagram.invited().is_some_and(|uri| uri.contains(CUBA)))
            .count();
        ensure!(through == 0, "{through} of {flooded} blocked INVITEs reached the PBX");
        let scrape = guard.metrics()?;
        let dropped = scrape.invites("ingress", "cuba", "drop");
        ensure!(dropped == flooded, "{flooded} blocked INVITEs were sent, {dropped} are counted");
        ensure!(scrape.invites("ingress", "emergency", "drop") == 0, "an emergency call was dropped");
        guard.stop()?;
    }
    Ok(())
}

/// 112, with the access digit and without, and 15: each with its media, to its end.
fn call_for_help(office: &Office, family: Family) -> Result<()> {
    let calls = ["112", "0112", "15", "015"].map(|number| {
        let calls = office.calls(family, Scenario::Caller, number, 5);
        Sipp::call(&office.hosts.phones, &calls, office.folder.path())
    });
    for call in calls {
        call?.outcome()?.all(5)?;
    }
    Ok(())
}

/// Floods with blocked INVITEs and reloads the policy for as long as `work` takes; returns the INVITEs sent.
fn under_fire(socket: &UdpSocket, guard: &Guard<'_>, work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let number = sent.load(Ordering::Relaxed);
                if socket.send(dial(CUBA, &format!("flood{number}")).as_bytes()).is_ok() {
                    sent.store(number + 1, Ordering::Relaxed);
                }
                std::thread::sleep(PACE);
            }
        });
        let reloads = scope.spawn(|| {
            for turn in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                guard.reload(&format!("{POLICY}# {turn}\n"))?;
                std::thread::sleep(BETWEEN_RELOADS);
            }
            Ok::<(), anyhow::Error>(())
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        let reloaded = reloads.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        done.and(reloaded)
    })?;
    Ok(sent.into_inner())
}

/// About 3,000 INVITEs a second where the machine is idle.
const PACE: Duration = Duration::from_micros(250);
const BETWEEN_RELOADS: Duration = Duration::from_millis(100);
