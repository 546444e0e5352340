//! `ringfence block` and `unblock`: they hold when the command returns, the kernel itself keeps the deadline, and a
//! block outlives the agent.

use std::{process::Output, time::Duration};

use anyhow::{Result, ensure};
use rustix::process::Signal;
use tests::{
    hosts::wait_until,
    peers::{Family, Guard, Mode, invite, reaction, ringfence},
};

use super::office::{Office, PARIS, POLICY, dial};

#[test]
fn a_block_holds_once_the_command_returns() -> Result<()> {
    let office = Office::open()?;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, POLICY)?;
        for target in ["+44", "GB", "10.1.0.2"] {
            ensure!(passes(&office, LONDON)?, "a call to London is dropped before anybody blocks it");
            let (phone, sink) = (office.phone(Family::V4)?, office.pbx_sink(Family::V4)?);
            let reaction =
                reaction(&phone, sink, LONDON, command(&office, &["block", target, "--for", "1h"])?)?;
            succeeded(&reaction.output)?;
            println!(
                "{} block {target}: dropped {:?} after the command began, which took {:?}",
                mode.word(),
                reaction.held_after,
                reaction.command_took
            );
            ensure!(!passes(&office, LONDON)?, "a call passes after `block {target}` returned");
            ensure!(passes(&office, "112")?, "an emergency call is dropped by `block {target}`");
            ensure!(
                passes(&office, PARIS)? == (target != "10.1.0.2"),
                "`block {target}`, and a call to Paris"
            );
            ensure!(in_dialog_passes(&office)?, "`block {target}` drops a re-INVITE of a call that goes on");
            ask(&office, &["unblock", target])?;
            ensure!(passes(&office, LONDON)?, "a call is dropped after `unblock {target}` returned");
        }
        guard.stop()?;
    }
    Ok(())
}

/// A country, all that is abroad, everything: also what the policy allows there, and never a call for help.
#[test]
fn a_region_is_blocked_whole_and_calls_for_help_pass() -> Result<()> {
    let office = Office::open()?;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, POLICY)?;
        for (target, british, cuban, french) in [
            ("country:GB", true, false, false),
            ("country:CU", false, true, false),
            ("all:international", true, true, false),
            ("everything", true, true, true),
        ] {
            ensure!(passes(&office, LONDON)?, "before `block {target}` a call to London is dropped");
            ask(&office, &["block", target, "--for", "1h"])?;
            for (number, is_blocked) in [(LONDON, british), (CUBAN_OFFICE, cuban), (PARIS, french)] {
                ensure!(passes(&office, number)? != is_blocked, "`block {target}`, and a call to {number}");
            }
            for number in ["112", "0112", "15", "015", "0+33112", "00033112"] {
                ensure!(passes(&office, number)?, "`block {target}` drops a call for help, {number}");
            }
            ensure!(in_dialog_passes(&office)?, "`block {target}` drops a re-INVITE of a call that goes on");
            ask(&office, &["unblock", target])?;
            for number in [LONDON, CUBAN_OFFICE, PARIS] {
                ensure!(passes(&office, number)?, "{number} is dropped after `unblock {target}` returned");
            }
        }
        guard.stop()?;
    }
    Ok(())
}

/// Two blocks of one number: the one that stays holds it, over a restart too.
#[test]
fn blocks_that_share_numbers_are_taken_away_one_by_one() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    for target in ["+4", "international", "country:GB"] {
        ask(&office, &["block", target, "--for", "1h"])?;
    }
    ask(&office, &["unblock", "+4"])?;
    ensure!(!passes(&office, LONDON)?, "the blocks that are left do not hold");
    std::thread::sleep(Duration::from_secs(1));
    guard.kill()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ask(&office, &["unblock", "international"])?;
    ensure!(!passes(&office, LONDON)?, "the country is not blocked any more:\n{}", guard.log());
    ensure!(passes(&office, BERLIN)?, "what was unblocked is dropped still");
    ask(&office, &["unblock", "country:GB"])?;
    ensure!(passes(&office, LONDON)?, "the last block is gone, and a call is dropped");
    guard.stop().map(drop)
}

/// A stopped agent does nothing: it is the kernel that lets the block end.
#[test]
fn the_kernel_ends_a_block_by_itself() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ask(&office, &["block", "+44", "--for", "3s"])?;
    guard.signal(Signal::STOP)?;
    let outcome = (|| {
        ensure!(!passes(&office, LONDON)?, "a blocked call passes while the agent is stopped");
        wait_until(Duration::from_secs(10), || passes(&office, LONDON))
    })();
    guard.signal(Signal::CONT)?;
    outcome.map_err(|error| error.context("the block outlives its time"))?;
    wait_until(Duration::from_secs(10), || Ok(guard.metrics()?.sum("ringfence_blocks_active", &[]) == 0))
        .map_err(|error| error.context(format!("it still counts the block:\n{}", guard.log())))
}

#[test]
fn blocks_outlive_the_agent() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ask(&office, &["block", "+44", "--for", "1h", "--reason", "a cracked voicemail"])?;
    ask(&office, &["block", "+49", "--for", "2s"])?;
    // A record is written within a second.
    std::thread::sleep(Duration::from_secs(1));
    guard.kill()?;
    std::thread::sleep(Duration::from_secs(2));
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(!passes(&office, LONDON)?, "the block is gone after a kill:\n{}", guard.log());
    ensure!(passes(&office, BERLIN)?, "a block whose time was up came back with the agent");
    guard.stop()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(!passes(&office, LONDON)?, "the block is gone after a restart:\n{}", guard.log());
    let status = ask(&office, &["status"])?;
    ensure!(status.contains("a cracked voicemail"), "status does not say why it is blocked:\n{status}");
    ask(&office, &["unblock", "+44"])?;
    ensure!(passes(&office, LONDON)?, "`unblock` does not lift a block from before the restart");
    still_none(guard, &office)
}

/// What was taken away stays away.
fn still_none(guard: Guard<'_>, office: &Office) -> Result<()> {
    guard.stop()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(passes(office, LONDON)?, "a block that was taken away came back:\n{}", guard.log());
    Ok(())
}

/// Whether an INVITE to the number reaches the PBX.
/// Whether an INVITE from a phone reaches the PBX.
pub fn passes(office: &Office, number: &str) -> Result<bool> {
    let sink = office.pbx_sink(Family::V4)?;
    office.phone(Family::V4)?.send_to(dial(number, "call").as_bytes(), sink.address())?;
    Ok(!sink.finish().is_empty())
}

fn in_dialog_passes(office: &Office) -> Result<bool> {
    let sink = office.pbx_sink(Family::V4)?;
    let message = invite(&format!("sip:{LONDON}@pbx.example"), "old", Some("tag"));
    office.phone(Family::V4)?.send_to(message.as_bytes(), sink.address())?;
    Ok(!sink.finish().is_empty())
}

fn command(office: &Office, arguments: &[&str]) -> Result<std::process::Command> {
    let mut command = office.hosts.pbx.command(&ringfence()?);
    command.args(arguments).arg("--state").arg(office.folder.path().join("state"));
    Ok(command)
}

fn ask(office: &Office, arguments: &[&str]) -> Result<String> {
    let output = command(office, arguments)?.output()?;
    succeeded(&output).map_err(|error| error.context(format!("{arguments:?}")))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn succeeded(output: &Output) -> Result<()> {
    ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Numbers as a phone of the house dials them.
const LONDON: &str = "000442079460000";
const BERLIN: &str = "000493012345678";
/// What the policy allows within a country that it blocks.
const CUBAN_OFFICE: &str = "0005378301234";
