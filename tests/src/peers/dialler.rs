//! SIPp as a phone that does what a scene asks, and as everybody who is called; both tell what they saw.

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::atomic::Ordering,
    time::Duration,
};

use anyhow::{Context, Result};

use super::{
    shipped,
    sipp::{START, STARTED, Sipp, listens},
    told::{Told, short_messages},
};
use crate::hosts::{Host, wait_until};

/// What carries SIP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// UDP.
    #[default]
    Udp,
    /// TCP, one connection for each SIPp.
    Tcp,
}

impl Wire {
    const fn option(self) -> &'static str {
        match self {
            Self::Udp => "u1",
            Self::Tcp => "t1",
        }
    }
}

/// How a caller behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Talks, and hangs up.
    HangsUp,
    /// Gives up while it rings.
    Cancels,
    /// Puts the call on hold in the middle of it, and takes it back.
    Holds,
    /// Waits until the other side hangs up.
    Waits,
    /// Is gone without BYE.
    Vanishes,
}

impl Manner {
    const fn variable(self) -> Option<&'static str> {
        match self {
            Self::HangsUp => None,
            Self::Cancels => Some("cancels"),
            Self::Holds => Some("holds"),
            Self::Waits => Some("waits"),
            Self::Vanishes => Some("vanishes"),
        }
    }
}

/// Calls that one caller places.
#[derive(Clone, Debug)]
pub struct Dialling<'a> {
    /// Its own address.
    pub from: IpAddr,
    /// Where it sends its calls.
    pub to: SocketAddr,
    /// Its extension, or its number.
    pub caller: &'a str,
    /// What it dials.
    pub number: &'a str,
    /// How it behaves.
    pub manner: Manner,
    /// How long it talks, or lets it ring.
    pub pause: Duration,
    /// How many calls.
    pub count: u32,
    /// New calls a second.
    pub rate: u32,
    /// What carries SIP.
    pub wire: Wire,
    /// What it answers to a challenge; "secret" and its extension is right.
    pub password: &'a str,
    /// How many of a hundred messages get lost on their way from it or to it.
    pub lost: u32,
}

/// A caller at work.
#[derive(Debug)]
pub struct Dialler {
    sipp: Sipp,
    caller: String,
}

impl Dialler {
    /// Starts to place calls.
    pub fn start(host: &Host, dialling: &Dialling<'_>, folder: &Path) -> Result<Self> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let mut command = host.command("sipp");
        command.arg(dialling.to.to_string()).arg("-sf").arg(shipped("dialler.xml"));
        command.args(["-i", &dialling.from.to_string(), "-s", dialling.number, "-t", dialling.wire.option()]);
        command.args(["-p", &(20_000 + number % 5_000).to_string()]);
        command.args(["-mp", &(30_000 + number % 100 * 300).to_string()]);
        command.args(["-key", "caller", dialling.caller, "-au", dialling.caller, "-ap", dialling.password]);
        command.args(["-d", &dialling.pause.as_millis().to_string()]);
        command.args(["-m", &dialling.count.to_string(), "-r", &dialling.rate.to_string(), "-timeout", "60"]);
        if let Some(variable) = dialling.manner.variable() {
            command.args(["-set", variable, "yes"]);
        }
        if dialling.lost > 0 {
            command.args(["-lost", &dialling.lost.to_string()]);
        }
        Ok(Self { sipp: Sipp::start(command, folder)?, caller: dialling.caller.to_owned() })
    }

    /// Whether the last call is over.
    pub fn over(&mut self) -> Result<bool> {
        self.sipp.over()
    }

    /// Waits for the last call's end; an error unless every call went as the caller's manner has it.
    pub fn told(mut self) -> Result<Vec<Told>> {
        let outcome = self.sipp.figures()?;
        outcome.all(outcome.successful + outcome.failed)?;
        short_messages(&self.sipp.messages(), Some(&self.caller))
    }

    /// The calls that it placed so far, those that go on included.
    pub fn so_far(&self) -> Result<Vec<Told>> {
        short_messages(&self.sipp.messages(), Some(&self.caller))
    }

    /// Waits for the last call's end, however it went.
    pub fn told_anyhow(mut self) -> Result<Vec<Told>> {
        self.sipp.figures()?;
        short_messages(&self.sipp.messages(), Some(&self.caller))
    }
}

/// Everybody who is called at one address: the last two digits dialled say what happens (callee.xml).
#[derive(Debug)]
pub struct Callee {
    sipp: Sipp,
}

impl Callee {
    /// Answers at `address` until dropped.
    pub fn start(host: &Host, address: SocketAddr, wire: Wire, folder: &Path) -> Result<Self> {
        let mut command = host.command("sipp");
        command.arg("-sf").arg(shipped("callee.xml")).args(["-t", wire.option()]);
        // Two on one host keep their media apart.
        command.args(["-mp", &(address.port() + 2_000).to_string()]);
        command.args(["-i", &address.ip().to_string(), "-p", &address.port().to_string()]);
        let sipp = Sipp::start(command, folder)?;
        if wire == Wire::Udp {
            wait_until(START, || host.within(|| listens(address.ip(), address.port())))
                .context("SIPp does not listen")?;
        }
        Ok(Self { sipp })
    }

    /// The calls that it received so far.
    pub fn told(&self) -> Result<Vec<Told>> {
        short_messages(&self.sipp.messages(), None)
    }
}
