//! sipvicious, the scanner that real attackers use, against the PBX.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::hosts::{Host, Process};

/// The attacker's tool box.
#[derive(Debug)]
pub struct Sipvicious<'a> {
    host: &'a Host,
    folder: &'a Path,
}

impl<'a> Sipvicious<'a> {
    /// On this host; its sessions and output go to `folder`.
    #[must_use]
    pub fn new(host: &'a Host, folder: &'a Path) -> Self {
        Self { host, folder }
    }

    /// Finds SIP servers: `svmap`. Returns what it printed.
    pub fn map(&self, target: &str) -> Result<String> {
        self.run("sipvicious_svmap", &[target])
    }

    /// Guesses extensions or numbers: `svwar` with its own options before the target.
    pub fn war(&self, options: &[&str], target: &str) -> Result<String> {
        self.run("sipvicious_svwar", &[options, &[target]].concat())
    }

    /// Guesses the password of an extension from a list: `svcrack`.
    pub fn crack(&self, extension: &str, passwords: &[&str], target: &str) -> Result<String> {
        let list = self.folder.join("passwords");
        std::fs::write(&list, passwords.join("\n"))?;
        let list = list.to_str().context("the folder's name is not UTF-8")?;
        self.run("sipvicious_svcrack", &["-u", extension, "-d", list, target])
    }

    fn run(&self, tool: &str, arguments: &[&str]) -> Result<String> {
        let path = find(tool).with_context(|| format!("{tool} is missing: pip install sipvicious==0.3.8"))?;
        let mut command: Command = self.host.command(&path);
        command.args(arguments).env("HOME", self.folder).current_dir(self.folder);
        let number = RUN.fetch_add(1, Ordering::Relaxed);
        let mut process = Process::start(command, &self.folder.join(format!("{tool}-{number}.log")))?;
        process.wait(LIMIT)?;
        Ok(process.output())
    }
}

/// `sudo` resets PATH, and pip installs here and there.
fn find(tool: &str) -> Option<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').map(str::to_owned).chain(["/usr/local/bin".into(), "/usr/bin".into()]);
    folders.map(|folder| format!("{folder}/{tool}")).find(|file| Path::new(file).is_file())
}

static RUN: AtomicU32 = AtomicU32::new(0);
const LIMIT: Duration = Duration::from_secs(30);
