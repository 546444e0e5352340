//! `reload --confirm`: a policy on trial goes back by itself unless it is confirmed; and who may ask for it.

use std::{
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Result, ensure};
use tests::{
    hosts::{LAN, wait_until},
    peers::{Family, Guard, Mode, ringfence},
};

use super::office::{CUBA, Office, POLICY, dial};

#[test]
fn an_unconfirmed_policy_goes_back_and_stays_away() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    std::fs::write(guard.policy(), allowing())?;
    ask(&office, &["reload", "--confirm", "2s"])?;
    ensure!(passes(&office)?, "the policy on trial is not in force");
    wait_until(PATIENCE, || Ok(reloads(&guard, "rolled_back")? == 1))?;
    ensure!(!passes(&office)?, "the policy from before the trial is not in force again");

    // The file still holds what was taken back: touching it must not bring it back.
    let generation = guard.metrics()?.sum("ringfence_policy_generation", &[]);
    std::fs::write(guard.policy(), allowing())?;
    std::thread::sleep(Duration::from_secs(1));
    ensure!(guard.metrics()?.sum("ringfence_policy_generation", &[]) == generation, "it came back by itself");
    ensure!(!passes(&office)?, "what was taken back is in force");
    ask(&office, &["reload"])?;
    ensure!(passes(&office)?, "`reload` does not load what was taken back");
    Ok(())
}

#[test]
fn a_confirmed_policy_stays() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let output = run(&office, &["confirm"])?;
    ensure!(output.status.code() == Some(1), "`confirm` without a trial ends with {}", output.status);
    std::fs::write(guard.policy(), allowing())?;
    // The agent takes the change up by itself; the trial begins all the same.
    wait_until(PATIENCE, || Ok(reloads(&guard, "success")? == 1))?;
    ask(&office, &["reload", "--confirm", "2s"])?;
    ask(&office, &["confirm"])?;
    std::thread::sleep(Duration::from_secs(3));
    ensure!(reloads(&guard, "rolled_back")? == 0, "a confirmed policy went back");
    ensure!(passes(&office)?, "a confirmed policy is not in force");
    Ok(())
}

#[test]
fn a_second_agent_needs_a_state_directory_of_its_own() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let policy = guard.policy().display().to_string();
    let output =
        run(&office, &["run", "--policy", &policy, "--interface", LAN, "--listen", "127.0.0.1:9465"])?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(3), "ends with {}:\n{said}", output.status);
    ensure!(said.contains(&format!("process {}", pid(&office)?)), "does not name the first agent:\n{said}");
    Ok(())
}

#[test]
fn another_user_cannot_ask() -> Result<()> {
    let office = Office::open()?;
    let _guard = office.guard(Mode::Native, POLICY)?;
    let folder = office.folder.path();
    let binary = folder.join("ringfence-copy");
    std::fs::copy(ringfence()?, &binary)?;
    for open in [folder.to_path_buf(), folder.join("state"), folder.join("state/control.sock")] {
        std::fs::set_permissions(open, PermissionsExt::from_mode(0o777))?;
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary);
    let output = command.arg("status").arg("--state").arg(folder.join("state")).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1) && said.contains("only root"), "{}: {said}", output.status);
    Ok(())
}

#[test]
fn a_killed_agent_locks_nobody_out() -> Result<()> {
    let office = Office::open()?;
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(!passes(&office)?, "a blocked INVITE passes");
    ensure!(
        Command::new("kill").args(["-KILL", &pid(&office)?]).status()?.success(),
        "cannot kill the agent"
    );
    wait_until(PATIENCE, || passes(&office))?;
    drop(guard);
    let guard = office.guard(Mode::Native, POLICY)?;
    ensure!(!passes(&office)?, "an agent that starts after a killed one does not guard");
    drop(guard);
    Ok(())
}

/// The policy that lets Cuba through.
fn allowing() -> String {
    POLICY.replace("\"block\"", "\"allow\"")
}

/// Whether an INVITE to Cuba reaches the PBX.
fn passes(office: &Office) -> Result<bool> {
    let sink = office.pbx_sink(Family::V4)?;
    office.phone(Family::V4)?.send_to(dial(CUBA, "cuba").as_bytes(), sink.address())?;
    Ok(!sink.finish().is_empty())
}

fn reloads(guard: &Guard<'_>, result: &str) -> Result<u64> {
    Ok(guard.metrics()?.sum("ringfence_policy_reloads_total", &[("result", result)]))
}

/// Has the agent do something, and wants it done.
fn ask(office: &Office, arguments: &[&str]) -> Result<()> {
    let output = run(office, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn run(office: &Office, arguments: &[&str]) -> Result<Output> {
    let mut command = office.hosts.pbx.command(&ringfence()?);
    Ok(command.args(arguments).arg("--state").arg(office.folder.path().join("state")).output()?)
}

/// Process id of the agent, as its lock has it.
fn pid(office: &Office) -> Result<String> {
    Ok(std::fs::read_to_string(office.folder.path().join("state/lock"))?.trim().to_owned())
}

const PATIENCE: Duration = Duration::from_secs(15);
