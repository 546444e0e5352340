//! Two agents that are started at the same moment: one guards, the other says which one.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::{LAN, Process, wait_until},
    peers::ringfence,
};

use super::{
    super::office::{Office, POLICY},
    PATIENCE, ask, guards,
};

#[test]
fn of_two_that_start_at_once_one_guards_and_the_other_names_it() -> Result<()> {
    let office = Office::open()?;
    for round in 0..3 {
        // The same state directory; then one each, and only the interface is the same.
        let states = if round < 2 { ["state", "state"] } else { ["one", "two"] };
        let mut agents = [start(&office, states[0], 9464)?, start(&office, states[1], 9465)?];
        let mut loser = None;
        wait_until(PATIENCE, || {
            for (place, agent) in agents.iter_mut().enumerate() {
                if agent.ended()?.is_some() {
                    loser = Some(place);
                }
            }
            Ok(loser.is_some())
        })
        .context("both of them run")?;
        let loser = loser.context("no loser")?;
        let (lost, said) = (agents[loser].wait(PATIENCE)?, agents[loser].output());
        ensure!(lost.code() == Some(3), "the second one ends with {lost}:\n{said}");
        let winner = &mut agents[1 - loser];
        winner.wait_for("serving /metrics", PATIENCE)?;
        let named =
            if round < 2 { format!("process {}", winner.id()) } else { "another Ringfence agent".to_owned() };
        ensure!(said.contains(&named), "it does not say `{named}`:\n{said}");
        guards(&office)?;
        let state = office.folder.path().join(states[1 - loser]);
        let status = ask(&office.hosts.pbx, &state, &["status"])?;
        ensure!(
            status.status.success(),
            "the socket does not answer: {}",
            String::from_utf8_lossy(&status.stderr)
        );
        ensure!(winner.ended()?.is_none(), "the winner ended:\n{}", winner.output());
    }
    Ok(())
}

fn start(office: &Office, state: &str, port: u16) -> Result<Process> {
    let folder = office.folder.path();
    std::fs::write(folder.join("policy.toml"), POLICY)?;
    let mut command = office.hosts.pbx.command(&ringfence()?);
    command.arg("run").arg("--policy").arg(folder.join("policy.toml")).args(["--interface", LAN]);
    command.args(["--max-prefixes", "1000", "--listen", &format!("127.0.0.1:{port}")]);
    command.arg("--state").arg(folder.join(state));
    Process::start(command, &Path::new(folder).join(format!("{port}.log")))
}
