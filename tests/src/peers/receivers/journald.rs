//! A journald of a namespace of its own (`systemd-journald NAMESPACE`), the real one, in a mount namespace where /run and
//! /var/log are its own: it needs no systemd as process 1, and leaves nothing behind.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::hosts::{Process, wait_until};

/// A running journald.
#[derive(Debug)]
pub struct Journald {
    process: Process,
}

impl Journald {
    /// Starts it beside the hosts, as `ip netns exec` hides the control groups that it wants; a path leads to its socket from
    /// every host. Waits until it listens.
    pub fn start(folder: &Path) -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", OWN_FOLDERS]);
        let mut journald = Self { process: Process::start(command, &folder.join("journald.log"))? };
        let ready = wait_until(PATIENCE, || {
            ensure!(journald.process.ended()?.is_none(), "it ended (apt-get install systemd?)");
            Ok(journald.socket().exists())
        });
        ready.with_context(|| format!("journald does not listen:\n{}", journald.process.output()))?;
        Ok(journald)
    }

    /// Its socket, as other processes of this machine reach it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root/run/systemd/journal.{NAMESPACE}/socket", self.process.id()))
    }

    /// What `journalctl` shows of Ringfence, at least `count` entries, the oldest first.
    pub fn entries(&self, count: usize) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        let waited = wait_until(PATIENCE, || {
            let mut command = Command::new("nsenter");
            command.args(["--mount", "--target", &self.process.id().to_string(), "journalctl", "--quiet"]);
            command.args([
                &format!("--namespace={NAMESPACE}"),
                "--output=json",
                "SYSLOG_IDENTIFIER=ringfence",
            ]);
            let output = command.output().context("cannot run nsenter")?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            found = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
            Ok(found.len() >= count)
        });
        waited.with_context(|| format!("{} of {count} entries\n{}", found.len(), self.process.output()))?;
        Ok(found)
    }
}

const NAMESPACE: &str = "ringfence";
const OWN_FOLDERS: &str = "mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir -p /run/systemd /run/log \
                           && exec /lib/systemd/systemd-journald ringfence";
/// What an entry may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
