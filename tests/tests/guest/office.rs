//! Hosts, policy and calls of the tests here, and a comparison of what was heard with what was counted.

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tests::{
    hosts::{Host, Hosts, patience},
    peers::{Guard, Mode, Scrape, Sink, invite},
};

/// Three hosts and a folder for files.
pub struct Office {
    pub hosts: Hosts,
    pub folder: TempDir,
}

/// Where calls go along one link: from which host to which, and what the guarded PBX sees of them.
pub struct Path<'a> {
    pub from: (&'a Host, &'a str),
    pub to: (&'a Host, &'a str),
    pub direction: &'static str,
}

impl Office {
    pub fn open() -> Result<Self> {
        Ok(Self { hosts: Hosts::start()?, folder: tempfile::tempdir()? })
    }

    /// `ringfence run` on one interface of the PBX.
    pub fn guard(&self, mode: Mode, interface: &str) -> Result<Guard<'_>> {
        let options = ["--mode", mode.word(), "--interface", interface];
        Guard::start_with(&self.hosts.pbx, POLICY, self.folder.path(), &options)
    }
}

impl Path<'_> {
    /// Sends calls to Cuba, to Paris and for help; how many of each were heard.
    pub fn call(&self, times: usize) -> Result<Heard> {
        let sink = Sink::start(self.to.0, address(self.to.1)?)?;
        let from = address(self.from.1)?;
        let socket = self.from.0.within(|| UdpSocket::bind(from))??;
        for turn in 0..times {
            // Slowly: with native XDP each packet on a veth takes a page, and a socket has room for some 48 of them.
            std::thread::sleep(patience(PAUSE));
            for number in [CUBA, PARIS, HELP] {
                let message = invite(&format!("sip:{number}@pbx.example"), &format!("{number}-{turn}"), None);
                socket.send_to(message.as_bytes(), sink.address())?;
            }
        }
        let received = sink.finish();
        let heard = |number: &str| {
            let start = format!("{number}-");
            received
                .iter()
                .filter(|datagram| datagram.header("Call-ID").is_some_and(|id| id.starts_with(&start)))
                .count()
        };
        Ok(Heard { cuba: heard(CUBA), paris: heard(PARIS), help: heard(HELP) })
    }

    /// Every call to Cuba is dropped and counted, every other heard and counted.
    pub fn is_guarded(&self, guard: &Guard<'_>) -> Result<()> {
        let before = guard.metrics()?;
        let heard = self.call(CALLS)?;
        let after = guard.metrics()?;
        let about = || format!("{}: {heard:?}\n{}\n{}", self.direction, after.text, guard.log());
        ensure!(heard == Heard { cuba: 0, paris: CALLS, help: CALLS }, "not guarded, {}", about());
        let counted = |verdict| self.counted(&before, &after, verdict);
        ensure!(counted("drop") == CALLS as u64, "{} counted as dropped, {}", counted("drop"), about());
        ensure!(counted("pass") == 2 * CALLS as u64, "{} counted as passed, {}", counted("pass"), about());
        Ok(())
    }

    /// INVITEs that were counted between two scrapes.
    pub fn counted(&self, before: &Scrape, after: &Scrape, verdict: &str) -> u64 {
        let labels = [("direction", self.direction), ("verdict", verdict)];
        after.sum(INVITES, &labels) - before.sum(INVITES, &labels)
    }
}

/// How many calls of each kind came through.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard {
    pub cuba: usize,
    pub paris: usize,
    pub help: usize,
}

fn address(text: &str) -> Result<SocketAddr> {
    text.parse().with_context(|| format!("no address: {text}"))
}

const INVITES: &str = "ringfence_invites_total";
pub const CALLS: usize = 20;
const PAUSE: Duration = Duration::from_millis(2);
/// As a phone of the house dials, and as the PBX writes to its trunk: both readings are the same.
const CUBA: &str = "+5355512345";
const PARIS: &str = "+33142345678";
const HELP: &str = "112";
/// No trunk is named, so that every INVITE is judged, in both directions.
pub const POLICY: &str = r#"
[dialplan]
country_code = "33"
international_prefixes = ["00"]
national_prefix = "0"

[[destination]]
name = "cuba"
prefixes = ["+53"]
action = "block"
"#;
