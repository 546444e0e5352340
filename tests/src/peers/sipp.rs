//! SIPp as phone and as trunk, with the scenarios in `tests/peers`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::shipped;
use crate::hosts::{Host, Process};

/// What SIPp plays; each has its file in `tests/peers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Calls, sends G.711, hangs up.
    Caller,
    /// Calls, re-INVITEs within the call, hangs up.
    Reinviter,
    /// Calls, and fails if it hears anything at all.
    Blocked,
    /// Calls, and is refused in the end by a PBX that could not reach its trunk.
    Refused,
}

impl Scenario {
    fn file(self) -> PathBuf {
        shipped(match self {
            Self::Caller => "caller.xml",
            Self::Reinviter => "reinviter.xml",
            Self::Blocked => "blocked.xml",
            Self::Refused => "refused.xml",
        })
    }
}

/// Calls to place.
#[derive(Clone, Debug)]
pub struct Calls<'a> {
    /// How each goes.
    pub scenario: Scenario,
    /// The caller's address, without port.
    pub from: std::net::IpAddr,
    /// The PBX's address; port 5060.
    pub to: std::net::IpAddr,
    /// User part of the Request-URI.
    pub number: &'a str,
    /// How many.
    pub count: u32,
    /// New calls a second.
    pub rate: u32,
}

/// A running SIPp.
#[derive(Debug)]
pub struct Sipp {
    process: Process,
    errors: PathBuf,
    messages: PathBuf,
}

/// How a SIPp ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Calls that went as the scenario says.
    pub successful: u32,
    /// Calls that did not.
    pub failed: u32,
    /// What SIPp says about the failed ones.
    pub errors: String,
}

impl Outcome {
    /// An error with SIPp's own words unless all `count` calls went as they should.
    pub fn all(&self, count: u32) -> Result<()> {
        ensure!(
            self.successful == count && self.failed == 0,
            "of {count} calls {} went as they should and {} did not; SIPp says:\n{}",
            self.successful,
            self.failed,
            self.errors
        );
        Ok(())
    }
}

impl Sipp {
    /// Starts a SIPp that answers every call at `address`, each with media on a port of its own, until dropped.
    pub fn answer(host: &Host, address: std::net::IpAddr, port: u16, folder: &Path) -> Result<Self> {
        let mut command = host.command("sipp");
        command.arg("-sf").arg(shipped("answerer.xml"));
        command.args(["-i", &address.to_string(), "-p", &port.to_string(), "-mp", "7000"]);
        let sipp = Self::start(command, folder)?;
        crate::hosts::wait_until(START, || host.within(|| listens(address, port)))
            .with_context(|| format!("SIPp does not listen:\n{}", sipp.process.output()))?;
        Ok(sipp)
    }

    /// Starts to place calls.
    pub fn call(host: &Host, calls: &Calls<'_>, folder: &Path) -> Result<Self> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let target = std::net::SocketAddr::new(calls.to, 5060).to_string();
        let mut command = host.command("sipp");
        command.arg(target).arg("-sf").arg(calls.scenario.file());
        command.args(["-i", &calls.from.to_string(), "-s", calls.number]);
        // Several SIPps share a host: each has its own ports, for SIP and for media.
        command.args(["-p", &(20_000 + number % 5_000).to_string()]);
        command.args(["-mp", &(30_000 + number % 100 * 300).to_string()]);
        command.args(["-m", &calls.count.to_string(), "-r", &calls.rate.to_string(), "-timeout", "30"]);
        Self::start(command, folder)
    }

    /// What it sent and received so far, as `-trace_shortmsg` has it.
    #[must_use]
    pub fn messages(&self) -> String {
        std::fs::read_to_string(&self.messages).unwrap_or_default()
    }

    /// Whether the last call is over.
    pub fn over(&mut self) -> Result<bool> {
        Ok(self.process.ended()?.is_some())
    }

    /// Waits for the last call's end.
    pub fn outcome(mut self) -> Result<Outcome> {
        self.figures()
    }

    pub(super) fn figures(&mut self) -> Result<Outcome> {
        let status = self.process.wait(CALLS)?;
        let screen = self.process.output();
        let figure = |row: &str| {
            let line = screen.lines().rev().find(|line| line.contains(row));
            line.and_then(|line| line.rsplit('|').next()).and_then(|figure| figure.trim().parse().ok())
        };
        let (Some(successful), Some(failed)) = (figure("Successful call"), figure("Failed call")) else {
            anyhow::bail!(
                "SIPp ended with {status} and without figures (apt-get install sip-tester?):\n{screen}"
            );
        };
        let errors = std::fs::read(&self.errors).unwrap_or_default();
        let errors =
            String::from_utf8_lossy(&errors).lines().take(ERROR_LINES).collect::<Vec<_>>().join("\n");
        Ok(Outcome { successful, failed, errors })
    }

    pub(super) fn start(mut command: Command, folder: &Path) -> Result<Self> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        // Another SIPp may be reading it: put in place whole.
        let tone_file = folder.join(format!("tone-{number}"));
        std::fs::write(&tone_file, tone())?;
        std::fs::rename(tone_file, folder.join("tone.ulaw"))?;
        let errors = folder.join(format!("sipp-{number}.errors"));
        let messages = folder.join(format!("sipp-{number}.messages"));
        command.current_dir(folder).args(["-nostdin", "-trace_err", "-error_file"]).arg(&errors);
        command.args(["-trace_shortmsg", "-shortmessage_file"]).arg(&messages);
        let process = Process::start(command, &folder.join(format!("sipp-{number}.log")))?;
        Ok(Self { process, errors, messages })
    }
}

/// Whether somebody holds the UDP port.
pub(super) fn listens(address: std::net::IpAddr, port: u16) -> bool {
    std::net::UdpSocket::bind((address, port)).is_err()
}

/// A second of G.711 µ-law: a triangle wave, for what is heard does not matter.
fn tone() -> Vec<u8> {
    (0..8000_u32).map(|sample| (sample % 32 * 4) as u8 | if sample % 64 < 32 { 0x80 } else { 0 }).collect()
}

pub(super) static STARTED: AtomicU32 = AtomicU32::new(0);
/// The first failed call says enough.
const ERROR_LINES: usize = 20;
pub(super) const START: Duration = Duration::from_secs(10);
const CALLS: Duration = Duration::from_secs(40);
