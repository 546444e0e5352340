//! A process that somebody started and that ends with its handle, and how to wait for what it does.

use std::{
    fs::File,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// A running program with its output in a file. Dropping it ends the program and all that it started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts `command` in a process group of its own; stdout and stderr go to `log`.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdout(file.try_clone()?).stderr(file).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { child, log: log.to_owned(), status: None })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote so far.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read(&self.log)
            .map(|octets| String::from_utf8_lossy(&octets).into_owned())
            .unwrap_or_default()
    }

    /// Whether it ended, and how.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }

    /// Waits for its end, `limit` at most.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let mut status = None;
        let waited = wait_until(limit, || {
            status = self.ended()?;
            Ok(status.is_some())
        });
        waited.with_context(|| format!("still running: {}", self.log.display()))?;
        status.context("the process ended without a status")
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid()?, signal).context("cannot signal the process")
    }

    /// Waits for `text` in its output; fails as soon as the program ends without it.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> Result<()> {
        let waited = wait_until(limit, || {
            if self.output().contains(text) {
                return Ok(true);
            }
            match self.ended()? {
                Some(status) => bail!("it ended with {status}"),
                None => Ok(false),
            }
        });
        waited.with_context(|| format!("waited for `{text}` in its output, which is:\n{}", self.output()))
    }

    fn pid(&self) -> Result<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no such process id")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Ok(pid) = self.pid() else { return };
        if !matches!(self.ended(), Ok(Some(_))) {
            let _ = kill_process(pid, Signal::TERM);
            let _ = self.wait(GRACE);
        }
        // Its children share its process group; an empty group needs no signal.
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Asks again every few milliseconds until `done` or the limit, which is an error.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let limit = patience(limit);
    let end = Instant::now() + limit;
    while !done()? {
        if Instant::now() > end {
            bail!("not within {limit:?}");
        }
        std::thread::sleep(STEP);
    }
    Ok(())
}

/// A limit on this machine: `RINGFENCE_PATIENCE` times as long where it is set, as it is on an emulated CPU.
#[must_use]
pub fn patience(limit: Duration) -> Duration {
    let factor = std::env::var("RINGFENCE_PATIENCE").ok().and_then(|factor| factor.parse().ok());
    limit * factor.unwrap_or(1)
}

/// What a program may take to end by itself after SIGTERM.
const GRACE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(10);
