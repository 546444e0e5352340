//! The far end of a tun interface: a link without Ethernet headers.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

use super::shipped;
use crate::hosts::{Host, Process};

/// A running far end.
#[derive(Debug)]
pub struct Tunnel {
    process: Process,
    queue: PathBuf,
}

impl Tunnel {
    /// Makes the interface `name` with `address` (with its prefix length) on the host, and takes its far end.
    pub fn start(host: &Host, name: &str, address: &str, folder: &Path) -> Result<Self> {
        let queue = folder.join("tunnel.queue");
        let mut command = host.command("python3");
        command.arg(shipped("tunnel.py")).arg(name).arg(&queue);
        let mut process = Process::start(command, &folder.join("tunnel.log"))?;
        process
            .wait_for("attached", START)
            .context("no tun interface: python3 and /dev/net/tun are needed")?;
        host.set_up(name, address)?;
        Ok(Self { process, queue })
    }

    /// Sends messages as UDP over IPv4 to port 5070, each with its source and target; once.
    pub fn send(&self, messages: &[(&str, &str, String)]) -> Result<()> {
        let lines = messages.iter().map(|message| serde_json::json!(message).to_string() + "\n");
        let whole = self.queue.with_extension("new");
        std::fs::write(&whole, lines.collect::<String>())?;
        Ok(std::fs::rename(whole, &self.queue)?)
    }

    /// UDP messages that left the host through the tunnel so far.
    #[must_use]
    pub fn received(&self) -> Vec<String> {
        self.process.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

const START: Duration = Duration::from_secs(10);
