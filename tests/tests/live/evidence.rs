//! The packets of incidents: an attack is played, and what is kept of it is opened with tshark, also after a SIGKILL.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use monitor::{
    evidence::{Archive, Filter},
    incidents::{Incident, Kind},
};
use tests::{
    hosts::wait_until,
    peers::{Family, Guard, Mode, Scenario, Sipp, ringfence},
};

use super::{
    limits::{
        acts::{OUT_LONDON, alert, callee, pbx_calls, policy},
        cap::CAP,
    },
    office::{CUBA, Office},
};

/// Blocked INVITEs are one incident, over a SIGKILL and a restart; a limit that is reached is another, with the whole of the call that
/// reached it.
#[test]
fn an_attack_leaves_packets_that_wireshark_opens_and_nobody_is_named_in() -> Result<()> {
    let office = Office::open()?;
    let (_callee, state) = (callee(&office)?, office.folder.path().join("state"));
    let policy = policy(&format!("{CAP}\n[alerts]\nquiet = \"10s\"\n"));
    let guard = office.guard(Mode::Native, &policy)?;
    attack(&office)?;
    let call = pbx_calls(&office, OUT_LONDON, Duration::from_secs(4))?;
    alert(&guard, "cap", "critical", 1)?;
    call.told()?;
    let file = |incident: &Incident| state.join(format!("packets/{}.pcapng", incident.id.0));
    let blocked = incident(&state, Kind::BlockedInvites, |incident| file(incident).exists())?;
    wait_until(PATIENCE, || Ok(shown(&file(&blocked))?.len() >= 2))?;
    guard.kill()?;
    let before = shown(&file(&blocked))?.len();

    let guard = Guard::start(&office.hosts.pbx, Mode::Native, &policy, office.folder.path())?;
    attack(&office)?;
    for kind in [Kind::BlockedInvites, Kind::Limit] {
        let over = incident(&state, kind, |incident| incident.ended.is_some())?;
        let kept = over.packets.as_ref().with_context(|| format!("no packets of {over:?}"))?;
        let path = state.join(&kept.file);
        ensure!(sha256(&path)?.starts_with(&kept.sha256), "the hash in the journal is another: {kept:?}");
        let frames = shown(&path)?;
        ensure!(frames.len() as u64 == kept.packets, "{kept:?}: {frames:?}");
        let wanted: &[&str] =
            if kind == Kind::Limit { &["INVITE", "200", "ACK", "BYE"] } else { &["INVITE"] };
        for part in wanted {
            ensure!(frames.iter().any(|frame| frame.contains(&format!("|{part}|"))), "no {part}: {frames:?}");
        }
        let comment = if kind == Kind::Limit { "limit cap" } else { "dropped: policy, destination cuba" };
        ensure!(frames.iter().all(|frame| frame.contains(comment)), "no {comment}: {frames:?}");
        for wrong in ["_ws.malformed", "sdp"] {
            ensure!(!frames.iter().any(|frame| frame.contains(wrong)), "{wrong}: {frames:?}");
        }
        let content = std::fs::read(&path)?;
        for number in [&CUBA[CUBA.len() - 7..], &OUT_LONDON[OUT_LONDON.len() - 7..], "v=0"] {
            let is_there = content.windows(number.len()).any(|window| window == number.as_bytes());
            ensure!(!is_there, "{number} is in {}", path.display());
        }
        ensure!(kind == Kind::Limit || frames.len() > before, "nothing was added after the restart");
        let replayed = Command::new(ringfence()?)
            .args(["replay", "--engine", "host", "--json", "--policy"])
            .arg(guard.policy())
            .arg(&path)
            .output()?;
        let said = String::from_utf8_lossy(&replayed.stdout);
        ensure!(replayed.status.success() && said.contains("\"INVITE\""), "replay: {said}");
    }
    guard.stop()?;
    Ok(())
}

/// Calls to Cuba, which are dropped.
fn attack(office: &Office) -> Result<()> {
    let calls = office.calls(Family::V4, Scenario::Blocked, CUBA, 2);
    Sipp::call(&office.hosts.phones, &calls, office.folder.path())?.outcome()?.all(2)
}

/// Waits for an incident of this kind for which `is_so` holds.
fn incident(state: &Path, kind: Kind, is_so: impl Fn(&Incident) -> bool) -> Result<Incident> {
    let mut found = None;
    let waited = wait_until(PATIENCE, || {
        let Ok(archive) = Archive::open(state) else { return Ok(false) };
        let incidents = archive.incidents(&Filter::default())?;
        found = incidents.into_iter().find(|incident| incident.kind == kind && is_so(incident));
        Ok(found.is_some())
    });
    waited.with_context(|| format!("no such incident of kind {kind:?}"))?;
    found.context("an incident that was found")
}

/// Each frame as tshark shows it, fields apart by `|`.
fn shown(file: &Path) -> Result<Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-T", "fields", "-E", "separator=|"]);
    for field in ["frame.protocols", "sip.Method", "sip.Status-Code", "sip.Call-ID", "frame.comment"] {
        command.args(["-e", field]);
    }
    let output = command.output().context("tshark cannot be run; `cargo xtask setup --tests` brings it")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && !said.contains("cut short"), "tshark: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// As coreutils say it.
fn sha256(file: &Path) -> Result<String> {
    Ok(String::from_utf8(Command::new("sha256sum").arg(file).output()?.stdout)?)
}

/// Longer than the quiet that ends an incident.
const PATIENCE: Duration = Duration::from_secs(40);
