//! A real Alertmanager: an incident is an alert there, a silence takes it up, its end resolves it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{
    hosts::wait_until,
    peers::{Alertmanager, Family, Guard, Mode, ringfence},
};

use super::super::office::{CUBA, Office, POLICY, dial};

#[test]
fn an_incident_reaches_alertmanager_is_taken_up_by_a_silence_and_ends_there() -> Result<()> {
    let office = Office::open()?;
    let alertmanager = Alertmanager::start(&office.hosts.pbx, office.folder.path())?;
    let sink = format!("[[sink]]\nname = \"am\"\nkind = \"alertmanager\"\nurl = \"{}\"\n", Alertmanager::URL);
    // As long as it takes until the silences are looked at, and a little more.
    let guard = office.guard(Mode::Native, &format!("{POLICY}[alerts]\nquiet = \"45s\"\n{sink}"))?;
    tested(&office, &alertmanager)?;

    let (socket, sink) = (office.phone(Family::V4)?, office.pbx_sink(Family::V4)?);
    for call in 0..40 {
        socket.send_to(dial(CUBA, &format!("am-{call}")).as_bytes(), sink.address())?;
    }
    let alert = there(&guard, &alertmanager)?;
    let labels = &alert["labels"];
    ensure!(labels["alertname"] == "RingfenceBlockedInvites" && labels["severity"] == "warning", "{alert}");
    ensure!(labels["destination"] == "cuba" && labels["host"].is_string(), "{alert}");
    ensure!(alert["annotations"]["journal"].as_str().is_some_and(|it| it.len() > 64), "{alert}");

    alertmanager.silence("eve", "I look", &["incident=1"])?;
    let taken = taken_up(&office, &guard)?;
    ensure!(taken["by"] == "eve" && taken["through"] == "alertmanager", "{taken}");
    ensure!(taken["comment"] == "I look", "{taken}");

    let is_over = || Ok(alertmanager.alerts(&["incident=1"])?.is_empty());
    wait_until(PATIENCE, is_over).with_context(|| format!("it goes on\n{}", guard.log()))
}

/// `alerts test` says that it arrived, and it did.
fn tested(office: &Office, alertmanager: &Alertmanager<'_>) -> Result<()> {
    let said = ask(office, &["test", "--json"])?;
    let said: Value = serde_json::from_str(&said)?;
    ensure!(said["trials"][0]["result"] == "delivered", "{said}");
    let alerts = alertmanager.alerts(&["alertname=RingfenceTest"])?;
    ensure!(alerts.len() == 1, "{alerts:?}");
    Ok(())
}

fn there(guard: &Guard<'_>, alertmanager: &Alertmanager<'_>) -> Result<Value> {
    let mut found = Vec::new();
    let waited = wait_until(PATIENCE, || {
        found = alertmanager.alerts(&["incident=1"])?;
        Ok(!found.is_empty())
    });
    waited.with_context(|| format!("no alert\n{}", guard.log()))?;
    found.pop().context("an alert")
}

fn taken_up(office: &Office, guard: &Guard<'_>) -> Result<Value> {
    let mut taken = Value::Null;
    let waited = wait_until(PATIENCE, || {
        let incident: Value = serde_json::from_str(&ask(office, &["show", "1", "--json"])?)?;
        taken = incident["incident"]["acknowledged"].clone();
        Ok(taken.is_object())
    });
    waited.with_context(|| format!("nobody took it up\n{}", guard.log()))?;
    Ok(taken)
}

/// What a command about alerts prints.
fn ask(office: &Office, words: &[&str]) -> Result<String> {
    let state = office.folder.path().join("state");
    let state = state.to_str().context("the folder's name is not UTF-8")?;
    let all: Vec<_> = ["alerts"].into_iter().chain(words.iter().copied()).chain(["--state", state]).collect();
    office.hosts.pbx.run(&ringfence()?, &all)
}

const PATIENCE: Duration = Duration::from_secs(120);
