//! The end of the scene: what the agent recorded, and how soon a block that an admin types takes hold.

use std::{net::SocketAddr, net::UdpSocket, path::Path, process::Command};

use anyhow::{Result, ensure};
use tests::{
    hosts::{Hosts, PHONES_PBX},
    peers::{Family, Reaction, Sink, reaction, ringfence},
};

/// The table of `ringfence calls`.
pub fn calls(hosts: &Hosts, folder: &Path) -> Result<String> {
    let output = command(hosts, folder, &["calls", "--since", "1h"])?.output()?;
    ensure!(output.status.success(), "ringfence calls: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
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
