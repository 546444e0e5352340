//! What `run` refuses, with which exit code and which words.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{LAN, patience},
    peers::{Guard, Mode, ringfence},
};

use super::office::{Office, POLICY};

#[test]
fn a_missing_interface_is_named() -> Result<()> {
    let office = Office::open()?;
    let output = run(office.hosts.pbx.command(&ringfence()?), &office, "nosuch0")?;
    refused(&output, &["nosuch0"])
}

#[test]
fn a_second_program_on_the_interface_is_refused_and_the_first_stays() -> Result<()> {
    let office = Office::open()?;
    for mode in [Mode::Native, Mode::Generic] {
        let options = ["--mode", mode.word(), "--interface", LAN];
        let guard = Guard::start_with(&office.hosts.pbx, POLICY, office.folder.path(), &options)?;
        let output = run(office.hosts.pbx.command(&ringfence()?), &office, LAN)?;
        refused(&output, &["XDP", LAN])?;
        let up = guard.metrics()?.sum("ringfence_up_mode", &[("interface", LAN), ("mode", mode.word())]);
        ensure!(up == 1, "the refused agent took the first one's interface");
        guard.stop()?;
    }
    Ok(())
}

#[test]
fn no_privilege_is_said() -> Result<()> {
    let office = Office::open()?;
    let binary = office.folder.path().join("ringfence");
    std::fs::copy(ringfence()?, &binary)?;
    std::fs::set_permissions(office.folder.path(), Permissions::from_mode(0o777))?;
    let mut command = office.hosts.pbx.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary);
    refused(&run(command, &office, LAN)?, &["CAP_"])
}

/// Runs the agent until it refuses; a limit keeps one that does not from staying.
fn run(mut command: Command, office: &Office, interface: &str) -> Result<Output> {
    let policy = office.folder.path().join("refused.toml");
    std::fs::write(&policy, POLICY)?;
    command.arg("run").arg("--policy").arg(&policy).args([
        "--interface",
        interface,
        "--listen",
        "127.0.0.1:9465",
    ]);
    command.arg("--state").arg(office.folder.path().join("refused"));
    let program = command.get_program().to_owned();
    let mut limited = Command::new("timeout");
    limited.arg(patience(LIMIT).as_secs().to_string()).arg(program).args(command.get_args());
    limited.output().context("cannot run `timeout`: install coreutils")
}

/// Exit code 3, and each of `words` in what it says.
fn refused(output: &Output, words: &[&str]) -> Result<()> {
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(3), "ends with {} and not with 3:\n{said}", output.status);
    for word in words {
        ensure!(said.contains(word), "does not say `{word}`:\n{said}");
    }
    Ok(())
}

const LIMIT: Duration = Duration::from_secs(20);
