//! A syslog server: rsyslog with `tests/peers/rsyslog.conf`, which parses RFC 5424 with its structured data.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{super::shipped, lines};
use crate::hosts::{Host, Process, wait_until};

/// A running rsyslog on 127.0.0.1 of its host.
#[derive(Debug)]
pub struct Rsyslog {
    process: Process,
    folder: PathBuf,
}

impl Rsyslog {
    /// UDP and TCP.
    pub const PORT: u16 = 5514;
    /// TLS.
    pub const TLS: u16 = 6514;

    /// Starts it with the certificate of `folder`; waits until it listens.
    pub fn start(host: &Host, folder: &Path) -> Result<Self> {
        let shown = folder.to_str().context("the folder's name is not UTF-8")?;
        let text = std::fs::read_to_string(shipped("rsyslog.conf"))?.replace("FOLDER", shown);
        let file = folder.join("rsyslog.conf");
        std::fs::write(&file, text)?;
        let mut command = host.command("rsyslogd");
        command.arg("-n").arg("-f").arg(&file).arg("-i").arg(folder.join("rsyslog.pid"));
        let process = Process::start(command, &folder.join("rsyslog.log"))?;
        let mut server = Self { process, folder: folder.to_owned() };
        let ready = wait_until(PATIENCE, || {
            ensure!(server.process.ended()?.is_none(), "it ended (apt-get install rsyslog-gnutls?)");
            let connects = |port| host.within(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
            Ok(server.socket().exists() && connects(Self::PORT)? && connects(Self::TLS)?)
        });
        ready.with_context(|| format!("rsyslog does not listen:\n{}", server.process.output()))?;
        Ok(server)
    }

    /// Its socket on this host.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// What it got `by` an input (`udp`, `tcp`, `tls` or `imuxsock`), at least `count` of it.
    pub fn messages_by(&self, by: &str, count: usize) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        let waited = wait_until(PATIENCE, || {
            found =
                lines(&self.folder.join("messages.jsonl"))?.into_iter().filter(|it| it["by"] == by).collect();
            Ok(found.len() >= count)
        });
        waited.with_context(|| format!("{} of {count} by {by}\n{}", found.len(), self.process.output()))?;
        Ok(found)
    }
}

/// What a message may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
