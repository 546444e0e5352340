//! The folder of the policy: gone, back as another one, and read-only.

use std::fs;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tests::peers::{Family, Guard, Mode, ringfence};

use super::{
    super::office::{CUBA, Office, POLICY, dial},
    guards, is_well, run_behind, shows,
};

#[test]
fn a_policy_folder_that_goes_and_comes_back() -> Result<()> {
    let office = Office::open()?;
    let etc = office.folder.path().join("etc");
    fs::create_dir(&etc)?;
    fs::write(etc.join("policy.toml"), POLICY)?;
    let mut command = office.hosts.pbx.command(&ringfence()?);
    command.arg("run").arg("--policy").arg(etc.join("policy.toml"));
    command.args(["--mode", Mode::Native.word(), "--interface", "lan"]);
    command.arg("--state").arg(office.folder.path().join("state"));
    let log = office.folder.path().join("ringfence.log");
    let guard = Guard::spawn(&office.hosts.pbx, command, &etc.join("policy.toml"), &log)?;

    fs::rename(&etc, office.folder.path().join("away"))?;
    shows(&guard, ERRORS, &[("result", "error")], |errors| errors >= 1)?;
    let noticed = guard.metrics()?.sum(ERRORS, &[("result", "error")]);
    guard.signal(Signal::HUP)?;
    shows(&guard, ERRORS, &[("result", "error")], |errors| errors > noticed)?;
    ensure!(guard.log().contains("policy.toml"), "the log does not name the file:\n{}", guard.log());
    guards(&office)?;
    is_well(&guard)?;

    // Another folder under the name, whose file allows what was blocked.
    fs::create_dir(&etc)?;
    fs::write(etc.join("policy.toml"), POLICY.replace("\"block\"", "\"allow\""))?;
    shows(&guard, ERRORS, &[("result", "success")], |reloads| reloads >= 1)?;
    let sink = office.pbx_sink(Family::V4)?;
    office.phone(Family::V4)?.send_to(dial(CUBA, "allowed").as_bytes(), sink.address())?;
    ensure!(sink.finish().len() == 1, "the policy of the new folder is not in force");
    // And that folder is watched from here on.
    fs::write(etc.join("policy.toml"), POLICY)?;
    shows(&guard, ERRORS, &[("result", "success")], |reloads| reloads >= 2)?;
    guards(&office)
}

#[test]
fn a_policy_folder_that_cannot_be_written_is_enough() -> Result<()> {
    let office = Office::open()?;
    let (etc, log) = (office.folder.path().join("etc"), office.folder.path().join("ringfence.log"));
    fs::create_dir(&etc)?;
    fs::write(etc.join("policy.toml"), POLICY)?;
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
    let state = office.folder.path().join("state");
    let command = run_behind(&office, script, &etc, &state, &etc.join("policy.toml"))?;
    let guard = Guard::spawn(&office.hosts.pbx, command, &etc.join("policy.toml"), &log)?;
    let seen = format!("/proc/{}/root{}/new", guard.id(), etc.display());
    let error = fs::write(&seen, "x").err().context("the agent could write the folder")?;
    ensure!(error.kind() == std::io::ErrorKind::ReadOnlyFilesystem, "{error}");
    guards(&office)?;
    // Whoever may write it elsewhere changes it.
    fs::write(etc.join("policy.toml"), POLICY.replace("cuba\"", "caribbean\""))?;
    shows(&guard, ERRORS, &[("result", "success")], |reloads| reloads >= 1)?;
    guards(&office)?;
    is_well(&guard)
}

const ERRORS: &str = "ringfence_policy_reloads_total";
