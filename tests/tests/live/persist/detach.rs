//! `ringfence detach`: nothing is left, and it may be said again.

use std::{process::Output, time::Duration};

use anyhow::{Context, Result, ensure};
use aya::programs::{SchedClassifier, TcAttachType, loaded_programs};
use tests::{
    hosts::{LAN, WAN, wait_until},
    peers::Guard,
};

use super::{super::office::POLICY, Kept, stop};

#[test]
fn detach_leaves_nothing_behind() -> Result<()> {
    let kept = Kept::open()?;
    let guard = kept.guard(&[])?;
    let refused = kept.command("detach", &[])?;
    ensure!(code(&refused) == 3, "it takes a running agent's guard off");
    ensure!(said(&refused.stderr).contains("stop it first"), "{}", said(&refused.stderr));
    let ours = programs(&kept)?;
    stop(guard)?;
    ensure!(kept.heard(2)? == 0, "SIGTERM takes a persistent guard off");
    let done = kept.command("detach", &[])?;
    ensure!(code(&done) == 0, "{}", said(&done.stderr));
    ensure!(said(&done.stdout).contains("not guarded any more: lan, wan"), "{}", said(&done.stdout));
    ensure!(kept.heard(2)? == 2, "something still drops INVITEs");
    ensure!(kept.instance().is_err(), "pins are left");
    let qdiscs = kept.office.hosts.pbx.command("tc").args(["qdisc", "show"]).output()?;
    ensure!(!said(&qdiscs.stdout).contains("clsact"), "{}", said(&qdiscs.stdout));
    let is_gone =
        || Ok(!loaded_programs().filter_map(Result::ok).any(|program| ours.contains(&program.id())));
    wait_until(Duration::from_secs(10), is_gone).context("programs are loaded still")?;
    let again = kept.command("detach", &[])?;
    ensure!(code(&again) == 0 && said(&again.stdout).contains("nothing to do"), "{}", said(&again.stdout));
    Ok(())
}

#[test]
fn one_interface_or_all_are_let_go() -> Result<()> {
    let kept = Kept::open()?;
    kept.guard(&[])?.kill()?;
    ensure!(code(&kept.command("detach", &["--interface", WAN])?) == 0, "detach fails");
    ensure!(kept.heard(2)? == 0, "another interface is let go, too");
    let left = kept.office.hosts.pbx.within(|| SchedClassifier::query_tcx(WAN, TcAttachType::Egress))??;
    ensure!(left.1.is_empty(), "a program still sees what leaves {WAN}");
    let guard = kept.guard(&[])?;
    ensure!(kept.heard(2)? == 0, "a blocked INVITE passes");
    stop(guard)?;
    ensure!(code(&kept.command("detach", &["--all"])?) == 0, "detach fails");
    ensure!(kept.heard(2)? == 2, "something still drops INVITEs");
    ensure!(!kept.pins().exists(), "pins are left");
    Ok(())
}

/// Each has its own state directory, and so its own pins.
#[test]
fn two_agents_on_two_interfaces_do_not_meet() -> Result<()> {
    let (kept, other) = (Kept::open()?, tempfile::tempdir()?);
    let pins = kept.pins().display().to_string();
    let guard = kept.guard_by(POLICY, &["--persist", "--interface", LAN])?;
    let options = ["--pins", &pins, "--persist", "--listen", "127.0.0.1:0", "--interface"];
    let second = |interface| {
        let options = [&options[..], &[interface]].concat();
        // Its metrics are elsewhere: ready is when the first one answers.
        Guard::start_with(&kept.office.hosts.pbx, POLICY, other.path(), &options)
    };
    let refused = second(LAN).map_or_else(|error| Ok(format!("{error:#}")), settled)?;
    ensure!(refused.contains("another XDP program holds"), "{refused}");
    let beside = second(WAN)?;
    wait_until(Duration::from_secs(15), || Ok(beside.log().contains("guarding")))
        .with_context(|| beside.log())?;
    beside.kill()?;
    stop(guard)?;
    ensure!(std::fs::read_dir(kept.pins())?.count() == 2, "two agents have not two places");
    ensure!(code(&kept.command("detach", &["--all"])?) == 0, "detach fails");
    Ok(())
}

/// What an agent says that ends by itself.
fn settled(guard: Guard<'_>) -> Result<String> {
    wait_until(Duration::from_secs(15), || Ok(guard.log().contains("holds")))?;
    Ok(guard.log())
}

/// Ids of the programs on the interfaces of the PBX.
fn programs(kept: &Kept) -> Result<Vec<u32>> {
    let on = |interface| SchedClassifier::query_tcx(interface, TcAttachType::Egress);
    let found = kept.office.hosts.pbx.within(|| [on(LAN), on(WAN)])?;
    let mut ids = Vec::new();
    for found in found {
        ids.extend(found?.1.iter().map(aya::programs::ProgramInfo::id));
    }
    ensure!(!ids.is_empty(), "no program sees what leaves");
    Ok(ids)
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn said(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
