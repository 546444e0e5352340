//! The end of the scene: what the agent recorded, and how soon a block that an admin types takes hold.

use std::{
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use monitor::control::{Calls, view::CallRow};
use tests::{
    hosts::{Hosts, PHONES_PBX, wait_until},
    peers::{Family, Reaction, Sink, reaction, ringfence},
};

/// What `ringfence calls` lists, once every call is over and written down.
pub fn calls(hosts: &Hosts, folder: &Path) -> Result<Vec<CallRow>> {
    let mut rows = Vec::new();
    let outcome = wait_until(SETTLED, || {
        let output = command(hosts, folder, &["calls", "--since", "1h", "--json"])?.output()?;
        ensure!(output.status.success(), "ringfence calls: {}", String::from_utf8_lossy(&output.stderr));
        rows = serde_json::from_slice::<Calls>(&output.stdout)?.calls;
        Ok(rows.iter().all(|row| row.ended.is_some()))
    });
    outcome.context("calls go on that are over")?;
    Ok(rows)
}

/// A phone dials London again and again while an admin blocks Great Britain.
pub fn block(hosts: &Hosts, folder: &Path) -> Result<Reaction> {
    let sink = Sink::start(&hosts.pbx, SocketAddr::new(Family::V4.of(PHONES_PBX.pbx()), 5070))?;
    let phone = hosts.phones.within(|| UdpSocket::bind((Family::V4.of(PHONES_PBX.outer()), 0)))??;
    let command = command(hosts, folder, &["block", BLOCKED, "--for", "1h", "--reason", "demo"])?;
    let reaction = reaction(&phone, sink, LONDON, command)?;
    let words = String::from_utf8_lossy(&reaction.output.stderr);
    ensure!(reaction.output.status.success(), "ringfence block: {words}");
    Ok(reaction)
}

fn command(hosts: &Hosts, folder: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = hosts.pbx.command(&ringfence()?);
    command.args(arguments).arg("--state").arg(folder.join("state"));
    Ok(command)
}

/// What the admin blocks.
pub const BLOCKED: &str = "+44";
/// London as a phone of the house dials it.
const LONDON: &str = "000442079460000";
/// A forwarded call whose INVITE was dropped ends when Kamailio gives up.
const SETTLED: Duration = Duration::from_secs(15);
