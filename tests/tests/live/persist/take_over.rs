//! One agent after another: newer, older, with other options; nothing passes meanwhile, and every packet is counted.

use std::fs;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tests::{
    hosts::{LAN, WAN},
    peers::Family,
};

use super::{
    super::office::{CUBA, POLICY},
    Flood, Kept, dropped, end, stop,
};

/// Every way in which two agents may differ, and both ways in which one ends, twenty in a row.
#[test]
fn twenty_agents_take_over_under_a_flood_without_a_gap() -> Result<()> {
    let kept = Kept::open()?;
    let options: [&[&str]; 5] = [
        &["--max-prefixes", "1000", "--media-slots", "64"],
        &["--max-prefixes", "1000", "--media-slots", "64"],
        &["--max-prefixes", "200000", "--media-slots", "65536"],
        &["--max-prefixes", "1000", "--media-slots", "1024"],
        &["--max-prefixes", "5000", "--interface", "lo"],
    ];
    let mut guard = kept.guard(options[0])?;
    let sink = kept.office.pbx_sink(Family::V4)?;
    let flood = Flood::start(&kept.office)?;
    let mut least = 0;
    for turn in 1..=20 {
        end(guard, if turn % 2 == 0 { Signal::TERM } else { Signal::KILL })?;
        guard = kept.guard(options[turn % options.len()])?;
        let counted = dropped(&guard)?;
        ensure!(
            counted > least,
            "take-over {turn}: {least} were counted before, {counted} now:\n{}",
            guard.log()
        );
        least = counted;
    }
    let sent = flood.stop()?;
    ensure!(sink.finish().is_empty(), "blocked INVITEs pass at a take-over");
    let counted = dropped(&guard)?;
    ensure!(counted == sent, "{sent} INVITEs were sent, {counted} are counted:\n{}", guard.log());
    let packets =
        guard.metrics()?.sum("ringfence_sip_requests_total", &[("interface", LAN), ("method", "INVITE")]);
    ensure!(packets == sent, "{sent} INVITEs were sent, as packets {packets} are counted");
    let generation = guard.metrics()?.sum("ringfence_policy_generation", &[]);
    ensure!(generation == 21, "21 agents put a policy in force, the generation is {generation}");
    kept.generation().map(drop)
}

/// Native and generic XDP are taken over where the mode stays; where another is asked for, it changes and says so.
#[test]
fn the_mode_stays_unless_another_is_asked_for() -> Result<()> {
    let kept = Kept::open()?;
    for (options, mode) in [
        (["--mode", "generic"], "generic"),
        (["--mode", "auto"], "generic"),
        (["--mode", "native"], "native"),
    ] {
        let guard = kept.guard(&options)?;
        let is = guard.metrics()?.sum("ringfence_up_mode", &[("interface", LAN), ("mode", mode)]);
        ensure!(is == 1, "{options:?}: not {mode}:\n{}", guard.log());
        ensure!(kept.heard(2)? == 0, "{options:?}: a blocked INVITE passes");
        stop(guard)?;
        ensure!(kept.heard(2)? == 0, "{options:?}: a blocked INVITE passes without the agent");
    }
    Ok(())
}

/// The older policy holds until the newer one is good, and what it blocked is counted on under its name.
#[test]
fn a_faulty_policy_leaves_the_guard_as_it_is() -> Result<()> {
    let kept = Kept::open()?;
    let guard = kept.guard(&[])?;
    ensure!(kept.heard(3)? == 0, "a blocked INVITE passes");
    stop(guard)?;
    let refused = kept.guard_by("nonsense = 1", &["--persist", "--interface", LAN, WAN]);
    let said = format!("{:#}", refused.err().context("an agent with a faulty policy starts")?);
    ensure!(said.contains("nonsense"), "{said}");
    ensure!(kept.heard(3)? == 0, "a blocked INVITE passes after a start that failed");
    let before = kept.generation()?;
    ensure!(before.join("INVITES").exists(), "the pins are gone");
    let renamed = POLICY.replace("\"cuba\"", "\"kuba\"");
    let guard = kept.guard_by(&renamed, &["--persist", "--interface", LAN, WAN])?;
    ensure!(kept.heard(2)? == 0, "a blocked INVITE passes");
    let metrics = guard.metrics()?;
    let counted = [metrics.invites("ingress", "cuba", "drop"), metrics.invites("ingress", "kuba", "drop")];
    ensure!(counted == [6, 2], "6 and 2 INVITEs were blocked, {counted:?} are counted");
    ensure!(!before.exists(), "the pins of the agent before are left");
    Ok(())
}

#[test]
fn interfaces_may_differ_from_agent_to_agent() -> Result<()> {
    let kept = Kept::open()?;
    stop(kept.guard_by(POLICY, &["--persist", "--interface", WAN])?)?;
    ensure!(kept.heard(2)? == 2, "an interface is guarded that nobody named");
    stop(kept.guard(&[])?)?;
    ensure!(kept.heard(2)? == 0, "the interface that was added is not guarded");
    let guard = kept.guard_by(POLICY, &["--persist", "--interface", WAN])?;
    ensure!(kept.heard(2)? == 2, "the interface that was taken out is guarded still:\n{}", guard.log());
    ensure!(guard.log().contains("not to be guarded any more"), "{}", guard.log());
    kept.office.hosts.cut(WAN)?;
    guard.kill()?;
    // The pin of an interface that is gone leads nowhere.
    let guard = kept.guard_by(POLICY, &["--persist", "--interface", LAN])?;
    ensure!(kept.heard(2)? == 0, "{} passes:\n{}", CUBA, guard.log());
    let hooks = fs::read_dir(kept.instance()?.join("hooks"))?.count();
    ensure!(hooks == 2, "{hooks} hooks are pinned for one interface");
    Ok(())
}

/// Without `--persist` the guard is taken over all the same, and goes with its agent again.
#[test]
fn an_agent_that_leaves_nothing_takes_over_too() -> Result<()> {
    let kept = Kept::open()?;
    let guard = kept.guard(&[])?;
    ensure!(kept.heard(4)? == 0, "a blocked INVITE passes");
    guard.kill()?;
    let guard = kept.guard_by(POLICY, &["--interface", LAN, WAN])?;
    ensure!(guard.log().contains("without --persist it goes with this agent"), "{}", guard.log());
    ensure!(kept.heard(3)? == 0, "a blocked INVITE passes");
    let counted = dropped(&guard)?;
    ensure!(counted == 7, "7 INVITEs were blocked, {counted} are counted");
    ensure!(kept.instance().is_err(), "pins are left");
    guard.stop()?;
    ensure!(kept.heard(2)? == 2, "something still drops INVITEs after the agent's end");
    Ok(())
}
