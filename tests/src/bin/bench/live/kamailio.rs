//! Kamailio that drops by itself: what user space costs.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use tests::hosts::{Host, Process, wait_until};

use super::cable::output;

/// A running Kamailio that takes INVITEs to the blocked number and drops them.
pub struct Kamailio {
    _process: Process,
    control: String,
    ids: Vec<u32>,
}

impl Kamailio {
    /// Starts it on a receiving host, and waits until it answers on its control socket. The folder's path is short,
    /// as that of a socket must be.
    pub fn start(host: &Host, prefix: &str, folder: &Path) -> Result<Self> {
        let control = format!("unix:{}", folder.join("control").display());
        let mut command = host.command("kamailio");
        command
            .arg("-f")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/flooded.cfg"))
            .args(["-DD", "-E", "-m", "32", "-M", "4", "-Y"])
            .arg(folder)
            .args(["-A", &format!("CONTROL=\"{control}\""), "-A", &format!("DROP=\"^{prefix}\"")]);
        let mut process = Process::start(command, &folder.join("kamailio.log"))?;
        let answers = wait_until(START, || {
            ensure!(process.ended()?.is_none(), "it ended");
            Ok(invites(&control).is_ok())
        });
        answers.with_context(|| {
            format!("Kamailio does not start (apt-get install kamailio?):\n{}", process.output())
        })?;
        let ids = output(Command::new("ip").args(["netns", "pids", host.name()]))?;
        let ids = ids.lines().filter_map(|id| id.trim().parse().ok()).collect();
        Ok(Self { _process: process, control, ids })
    }

    /// Its processes.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// INVITEs that it took.
    pub fn invites(&self) -> Result<u64> {
        invites(&self.control)
    }
}

fn invites(control: &str) -> Result<u64> {
    let text = output(Command::new("kamcmd").args(["-s", control, "stats.get_statistics", COUNTER]))?;
    let value = text.split_once(" = ").and_then(|(_, value)| value.trim().parse().ok());
    value.with_context(|| format!("kamcmd says `{text}`"))
}

/// Of its group `core`, by the module `kex`.
const COUNTER: &str = "rcv_requests_invite";
const START: Duration = Duration::from_secs(15);
