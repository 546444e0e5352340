//! What every test of limits does: calls that only knock, calls that talk, the alerts, and the commands.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    process::Output,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{
    hosts::{Host, PHONES_PBX, TRUNK_PBX, wait_until},
    peers::{Callee, Dialler, Dialling, Family, Guard, Manner, Sink, Wire, ringfence},
};

use super::super::office::{Office, POLICY, dial};

/// The policy of the office with more in it.
pub fn policy(more: &str) -> String {
    format!("{POLICY}{more}")
}

/// Whether an INVITE of a phone reaches the PBX.
pub fn enters(office: &Office, number: &str) -> Result<bool> {
    let sink = office.pbx_sink(Family::V4)?;
    office.phone(Family::V4)?.send_to(dial(number, &fresh()).as_bytes(), sink.address())?;
    Ok(!sink.finish().is_empty())
}

/// Whether an INVITE that the PBX begins itself reaches the trunk.
pub fn leaves(office: &Office, number: &str) -> Result<bool> {
    reaches_trunk(office, &office.hosts.pbx, Family::V4.of(TRUNK_PBX.pbx()), number)
}

/// Whether an INVITE of a phone to the trunk gets through the PBX, which is a router for it.
pub fn crosses(office: &Office, number: &str) -> Result<bool> {
    reaches_trunk(office, &office.hosts.phones, Family::V4.of(PHONES_PBX.outer()), number)
}

fn reaches_trunk(office: &Office, host: &Host, from: IpAddr, number: &str) -> Result<bool> {
    let sink = Sink::start(&office.hosts.trunk, SocketAddr::new(Family::V4.of(TRUNK_PBX.outer()), 5070))?;
    let socket = host.within(|| UdpSocket::bind((from, 0)))??;
    // What a tc program drops on its way out is an error to who sends it.
    let sent = socket.send_to(dial(number, &fresh()).as_bytes(), sink.address());
    let has_arrived = !sink.finish().is_empty();
    ensure!(sent.is_ok() || !has_arrived, "{sent:?}, and it arrived");
    Ok(has_arrived)
}

/// Whether an INVITE of the trunk reaches the PBX.
pub fn comes_in(office: &Office, number: &str) -> Result<bool> {
    let at = SocketAddr::new(Family::V4.of(TRUNK_PBX.pbx()), 5070);
    let sink = Sink::start(&office.hosts.pbx, at)?;
    let from = (Family::V4.of(TRUNK_PBX.outer()), 0);
    let socket = office.hosts.trunk.within(|| UdpSocket::bind(from))??;
    socket.send_to(dial(number, &fresh()).as_bytes(), at)?;
    Ok(!sink.finish().is_empty())
}

/// Everybody who is called through the trunk.
pub fn callee(office: &Office) -> Result<Callee> {
    let at = SocketAddr::new(Family::V4.of(TRUNK_PBX.outer()), 5060);
    Callee::start(&office.hosts.trunk, at, Wire::Udp, office.folder.path())
}

/// The PBX itself calls through the trunk, and talks for so long.
pub fn pbx_calls(office: &Office, number: &str, talk: Duration) -> Result<Dialler> {
    let dialling = dialling("pbx", number, talk, Family::V4.of(TRUNK_PBX.pbx()));
    Dialler::start(&office.hosts.pbx, &dialling, office.folder.path())
}

/// An extension calls through the PBX, which here is a router between it and the trunk, and talks for so long.
pub fn phone_calls(office: &Office, caller: &str, number: &str, talk: Duration) -> Result<Dialler> {
    let dialling = dialling(caller, number, talk, Family::V4.of(PHONES_PBX.outer()));
    Dialler::start(&office.hosts.phones, &dialling, office.folder.path())
}

fn dialling<'a>(caller: &'a str, number: &'a str, talk: Duration, from: IpAddr) -> Dialling<'a> {
    Dialling {
        from,
        to: SocketAddr::new(Family::V4.of(TRUNK_PBX.outer()), 5060),
        caller,
        number,
        manner: Manner::HangsUp,
        pause: talk,
        count: 1,
        rate: 1,
        wire: Wire::Udp,
        password: "secret",
        lost: 0,
    }
}

/// The alerts about limits so far.
pub fn alerts(guard: &Guard<'_>) -> Result<Vec<Value>> {
    let log = guard.log();
    // The last line may be half written.
    let whole = log.rfind('\n').map_or("", |end| &log[..end]);
    let lines = whole.lines().filter(|line| line.starts_with('{') && line.contains("\"alert\":\"limit\""));
    lines.map(|line| serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))).collect()
}

/// Waits for the alert number `count`, from 1, about this limit and severity.
pub fn alert(guard: &Guard<'_>, limit: &str, severity: &str, count: usize) -> Result<Value> {
    let mut found = None;
    let waited = wait_until(PATIENCE, || {
        let mut of_limit =
            alerts(guard)?.into_iter().filter(|it| it["limit"] == limit && it["severity"] == severity);
        found = of_limit.nth(count.saturating_sub(1));
        Ok(found.is_some())
    });
    waited.with_context(|| format!("no alert {count}, {severity}, of `{limit}` in\n{}", guard.log()))?;
    found.context("an alert that was found")
}

/// Waits until a limit has a key with this value, and gives its row.
pub fn reaches(office: &Office, limit: &str, value: &str) -> Result<Value> {
    let mut row = Value::Null;
    let waited = wait_until(PATIENCE, || {
        row = limit_row(office, limit)?;
        Ok(row["highest"][0]["value"] == value)
    });
    waited.with_context(|| format!("`{limit}` never has the value {value}: {row}"))?;
    Ok(row)
}

/// What `ringfence limits NAME --json` says of the one limit.
pub fn limit_row(office: &Office, limit: &str) -> Result<Value> {
    let said = json(office, &["limits", limit])?;
    said["limits"].get(0).cloned().with_context(|| format!("no limit `{limit}`: {said}"))
}

/// What calls have cost, over all destinations.
pub fn spent(office: &Office) -> Result<f64> {
    let said = json(office, &["limits"])?;
    let rows = said["spend"].as_array().with_context(|| format!("no `spend`: {said}"))?;
    rows.iter().try_fold(0.0, |sum, row| Ok(sum + decimal(&row["amount"])?))
}

/// A decimal in quotes.
pub fn decimal(value: &Value) -> Result<f64> {
    let text = value.as_str().with_context(|| format!("no decimal in quotes: {value}"))?;
    text.parse().with_context(|| format!("no decimal: {text}"))
}

/// The value of the one series that begins so, if it is there.
pub fn series(guard: &Guard<'_>, begins: &str) -> Result<Option<f64>> {
    let text = guard.metrics()?.text;
    let line = text.lines().find(|line| line.starts_with(begins));
    let value = line.and_then(|line| line.rsplit(' ').next());
    value.map(|value| value.parse().with_context(|| format!("no number: {value}"))).transpose()
}

/// What a command prints with `--json`.
pub fn json(office: &Office, arguments: &[&str]) -> Result<Value> {
    Ok(serde_json::from_str(&done(office, &[arguments, &["--json"]].concat())?)?)
}

/// Has the agent do something, and wants it done; gives what the command said.
pub fn done(office: &Office, arguments: &[&str]) -> Result<String> {
    let output = ask(office, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn ask(office: &Office, arguments: &[&str]) -> Result<Output> {
    let mut command = office.hosts.pbx.command(&ringfence()?);
    Ok(command.args(arguments).arg("--state").arg(office.folder.path().join("state")).output()?)
}

/// A Call-ID that no other call has.
fn fresh() -> String {
    static KNOCKS: AtomicU32 = AtomicU32::new(0);
    format!("knock{}-{}", std::process::id(), KNOCKS.fetch_add(1, Ordering::Relaxed))
}

/// What a busy machine may take to notice something.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Numbers as a phone of the house dials them.
pub const LONDON: &str = "000442079460000";
pub const BERLIN: &str = "000493012345678";
/// A London number as the PBX writes it to the trunk.
pub const OUT_LONDON: &str = "+442079460010";
/// A Berlin number as the PBX writes it to the trunk.
pub const OUT_BERLIN: &str = "+493012345610";
/// A Paris number as the PBX writes it to the trunk.
pub const OUT_PARIS: &str = "+33142345610";
