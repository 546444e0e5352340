//! `ringfence run` on the PBX, as its operator would start it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::Scrape;
use crate::hosts::{Host, LAN, Process, WAN, patience, wait_until};

/// How the XDP program is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By the driver.
    Native,
    /// By the network stack.
    Generic,
}

impl Mode {
    /// The word on the command line and in the metric.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Generic => "generic",
        }
    }
}

/// A running agent.
#[derive(Debug)]
pub struct Guard<'a> {
    host: &'a Host,
    process: Process,
    policy: PathBuf,
}

impl<'a> Guard<'a> {
    /// Starts it on both interfaces and waits until it is ready.
    pub fn start(host: &'a Host, mode: Mode, policy: &str, folder: &Path) -> Result<Self> {
        Self::start_with(
            host,
            policy,
            folder,
            &["--mode", mode.word(), "--interface", LAN, "--interface", WAN],
        )
    }

    /// Starts it with `options` beside policy, state and the default of `--listen`; waits until it is ready.
    pub fn start_with(host: &'a Host, policy: &str, folder: &Path, options: &[&str]) -> Result<Self> {
        let file = folder.join("policy.toml");
        std::fs::write(&file, policy)?;
        let mut command = host.command(&ringfence()?);
        command.arg("run").arg("--policy").arg(&file).arg("--state").arg(folder.join("state")).args(options);
        Self::spawn(host, command, &file, &folder.join("ringfence.log"))
    }

    /// Starts what somebody made a command of, with the default of `--listen`; waits until it is ready.
    pub fn spawn(host: &'a Host, command: Command, policy: &Path, log: &Path) -> Result<Self> {
        let process = Process::start(command, log)?;
        let mut guard = Self { host, process, policy: policy.to_owned() };
        let ready = wait_until(READY, || {
            ensure!(guard.process.ended()?.is_none(), "it ended");
            Ok(guard.ask("/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")))
        });
        ready.with_context(|| format!("`ringfence run` does not become ready:\n{}", guard.log()))?;
        Ok(guard)
    }

    /// What `/metrics` says now.
    pub fn metrics(&self) -> Result<Scrape> {
        let answer = self.ask("/metrics")?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "/metrics answers {head}");
        Ok(Scrape { text: body.to_owned() })
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.output()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The policy file that it follows.
    #[must_use]
    pub fn policy(&self) -> &Path {
        &self.policy
    }

    /// Puts another policy in its place and sends SIGHUP.
    pub fn reload(&self, policy: &str) -> Result<()> {
        let new = self.policy.with_extension("new");
        std::fs::write(&new, policy)?;
        std::fs::rename(new, &self.policy)?;
        self.process.signal(Signal::HUP)
    }

    /// Sends it any signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill(mut self) -> Result<()> {
        self.process.signal(Signal::KILL)?;
        self.process.wait(READY)?;
        Ok(())
    }

    /// Sends SIGTERM; returns how it ended and how long that took.
    pub fn stop(mut self) -> Result<(ExitStatus, Duration)> {
        let begin = Instant::now();
        self.process.signal(Signal::TERM)?;
        let status = self.process.wait(READY)?;
        Ok((status, begin.elapsed()))
    }

    /// The whole answer to a GET.
    pub fn ask(&self, path: &str) -> Result<String> {
        let mut stream = self.host.within(|| TcpStream::connect(LISTEN))??;
        stream.set_read_timeout(Some(patience(READY)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {LISTEN}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

/// The agent's binary beside the running one: `target/{debug,release}/ringfence`.
pub fn ringfence() -> Result<String> {
    let here = std::env::current_exe()?;
    let folders = here.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join("ringfence")).find(|file| file.is_file());
    let file =
        found.with_context(|| format!("no `ringfence` beside {}: cargo build -p monitor", here.display()))?;
    Ok(file.to_str().context("the build's path is not UTF-8")?.to_owned())
}

/// The default of `--listen`; each PBX is alone in its namespace.
const LISTEN: &str = "127.0.0.1:9464";
/// What the agent may take to start or to end on a busy machine.
const READY: Duration = Duration::from_secs(15);
