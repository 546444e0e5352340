//! The commands on a running agent: what they refuse, what they say, their JSON, and the codes that they end with.

use std::{
    net::{SocketAddr, UdpSocket},
    process::Output,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{PHONES_PBX, TRUNK_PBX},
    peers::{Family, Mode, Sink, ringfence},
};

use super::office::{CUBA, Office, PARIS, POLICY, dial};

#[test]
fn what_was_done_is_shown_and_logged() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let blocking = json(&office, &["block", "+44", "--for", "1h", "--reason", "a bad night"])?;
    let again = json(&office, &["block", "+44"])?;
    ensure!(again["replaced"]["reason"] == "a bad night" && again["block"]["until"].is_null(), "{again}");
    let status = json(&office, &["status"])?;
    let block = &status["blocks"][0];
    ensure!(block["target"] == "+44" && block["kind"] == "prefix", "{status}");
    ensure!(block["by"].as_str().is_some_and(|by| by.starts_with("root (uid 0, pid ")), "{status}");
    ensure!(blocking["block"]["since"].as_str() <= block["since"].as_str(), "{blocking} then {status}");
    let modes: Vec<_> = status["interfaces"].as_array().into_iter().flatten().map(|pair| &pair[1]).collect();
    ensure!(modes == ["native", "native"], "{status}");
    ensure!(passes(&office, PARIS)?, "what nobody blocks is dropped");
    let calls = json(&office, &["calls", "--destination", "FR"])?;
    let call = &calls["calls"][0];
    ensure!(call["number"] == "+3314234xxxx", "{calls}");
    ensure!(calls["truncated"] == false, "{calls}");
    let text = done(&office, &["calls"])?;
    ensure!(text.contains("+3314234xxxx") && !text.contains("5678"), "{text}");
    let log = guard.log();
    let asked =
        log.lines().filter(|line| line.contains("command=\"block\"") && line.contains("uid=0")).count();
    ensure!(asked == 2, "the log has {asked} of 2 blocks:\n{log}");
    Ok(())
}

#[test]
fn the_longest_prefix_wins_over_policy_and_blocks() -> Result<()> {
    let office = Office::open()?;
    let _guard = office.guard(Mode::Native, &POLICY.replace("\"block\"", "\"watch\""))?;
    ensure!(passes(&office, CUBA)? && passes(&office, CUBA_OFFICE)?, "a watched destination does not pass");
    let said = done(&office, &["block", "+53"])?;
    ensure!(said.contains("`cuba-office` stay open"), "the exception is not told: {said}");
    ensure!(!passes(&office, CUBA)?, "a blocked prefix passes");
    ensure!(passes(&office, CUBA_OFFICE)?, "a longer prefix that the policy allows is blocked");
    done(&office, &["block", "cuba-office"])?;
    ensure!(!passes(&office, CUBA_OFFICE)?, "a blocked destination passes");
    Ok(())
}

#[test]
fn a_blocked_source_reaches_nobody_but_the_emergency_services() -> Result<()> {
    let office = Office::open()?;
    let _guard = office.guard(Mode::Native, POLICY)?;
    let phone = Family::V4.of(PHONES_PBX.outer()).to_string();
    done(&office, &["block", &phone])?;
    ensure!(!passes(&office, PARIS)? && !passes(&office, "101")?, "a blocked source reaches somebody");
    ensure!(passes(&office, "015")?, "a blocked source does not reach the emergency services");
    ensure!(comes_in(&office)?, "a call from the trunk does not come in");
    let trunk = Family::V4.of(TRUNK_PBX.outer()).to_string();
    let output = ask(&office, &["block", &trunk])?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1) && said.contains("incoming calls would be lost"), "{said}");
    let own = Family::V4.of(PHONES_PBX.pbx()).to_string();
    let said = String::from_utf8_lossy(&ask(&office, &["block", &own])?.stderr).into_owned();
    ensure!(said.contains("is this host itself"), "{said}");
    Ok(())
}

#[test]
fn the_commands_end_with_the_codes_that_they_promise() -> Result<()> {
    let office = Office::open()?;
    for command in [&["status"][..], &["calls"], &["block", "cuba"], &["unblock", "cuba"]] {
        let code = ask(&office, command)?.status.code();
        ensure!(code == Some(3), "without an agent {command:?} ends with {code:?}");
    }
    let _guard = office.guard(Mode::Native, POLICY)?;
    for (command, expected) in [
        (&["status"][..], 0),
        (&["status", "--json"], 0),
        (&["calls"], 0),
        (&["calls", "--active", "--json"], 0),
        (&["block", "atlantis"], 1),
        (&["block", "emergency"], 1),
        (&["block", "+"], 1),
        (&["unblock", "FR"], 1),
        (&["block", "FR", "--for", "20years"], 1),
        (&["block", "FR", "--json"], 0),
        (&["block", "FR", "--for", "1h"], 0),
        (&["unblock", "fr"], 0),
        (&["block"], 2),
        (&["calls", "--since", "yesterday"], 2),
    ] {
        let output = ask(&office, command)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(expected), "{command:?} ends with {}: {said}", output.status);
        ensure!(said.is_empty() == (expected == 0), "{command:?} says: {said}");
        if command.contains(&"--json") {
            serde_json::from_slice::<serde_json::Value>(&output.stdout)
                .with_context(|| format!("{command:?} prints no JSON"))?;
        }
    }
    Ok(())
}

/// Whether an INVITE of a phone reaches the PBX.
fn passes(office: &Office, number: &str) -> Result<bool> {
    let sink = office.pbx_sink(Family::V4)?;
    office.phone(Family::V4)?.send_to(dial(number, "call").as_bytes(), sink.address())?;
    Ok(!sink.finish().is_empty())
}

/// Whether an INVITE of the trunk reaches the PBX.
fn comes_in(office: &Office) -> Result<bool> {
    let at = SocketAddr::new(Family::V4.of(TRUNK_PBX.pbx()), 5070);
    let sink = Sink::start(&office.hosts.pbx, at)?;
    let from = (Family::V4.of(TRUNK_PBX.outer()), 0);
    let socket = office.hosts.trunk.within(|| UdpSocket::bind(from))??;
    socket.send_to(dial("142345678", "incoming").as_bytes(), at)?;
    Ok(!sink.finish().is_empty())
}

/// What a command prints with `--json`.
fn json(office: &Office, arguments: &[&str]) -> Result<serde_json::Value> {
    Ok(serde_json::from_str(&done(office, &[arguments, &["--json"]].concat())?)?)
}

/// Has the agent do something, and wants it done; gives what the command said.
fn done(office: &Office, arguments: &[&str]) -> Result<String> {
    let output = ask(office, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn ask(office: &Office, arguments: &[&str]) -> Result<Output> {
    let mut command = office.hosts.pbx.command(&ringfence()?);
    Ok(command.args(arguments).arg("--state").arg(office.folder.path().join("state")).output()?)
}

/// The office in Cuba that the policy allows.
const CUBA_OFFICE: &str = "0005378301234";
