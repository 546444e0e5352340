//! The scene of the demo: hosts, PBX, guard and trunk; and the calls that are played on it.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use monitor::control::view::CallRow;
use tempfile::TempDir;
use tests::{
    hosts::{Capture, Datagram, Hosts, LAN, PHONES_PBX, Side, TRUNK_PBX, WAN, wait_until},
    interrupt::Interrupt,
    peers::{
        AnsweringAgent, Calls, Family, Guard, Kamailio, Mode, Outcome, Reaction, Scenario, Scrape, Sipp,
    },
};

use super::control;

/// Hosts and folder; processes live only within [`Scene::play`].
pub struct Scene {
    hosts: Hosts,
    folder: TempDir,
}

/// A PBX that runs.
enum Pbx {
    Kamailio { _running: Kamailio },
    Answering { _running: AnsweringAgent },
}

/// Calls of one kind.
#[derive(Clone, Copy)]
pub struct Group {
    /// Whose calls, in a newcomer's words.
    pub story: &'static str,
    /// What the phone dials.
    pub dialled: &'static str,
    /// How many calls.
    pub count: u32,
    /// How they are to go.
    pub scenario: Scenario,
    /// What leaves the PBX for the trunk when it forwards or takes the access digit off.
    pub leaves_as: &'static str,
}

/// All that was seen.
pub struct Seen {
    /// Name of the PBX.
    pub pbx: &'static str,
    /// Whether it forwards calls to the trunk.
    pub forwards: bool,
    /// Each group and how it went.
    pub groups: Vec<(Group, Outcome)>,
    /// UDP that the phones sent.
    pub sent: Vec<Datagram>,
    /// UDP that the PBX received from the phones.
    pub received: Vec<Datagram>,
    /// UDP that left the PBX for the trunk.
    pub left: Vec<Datagram>,
    /// `/metrics` after the calls.
    pub scrape: Scrape,
    /// What `ringfence calls` lists.
    pub calls: Vec<CallRow>,
    /// What became of a block that was typed at the end.
    pub block: Reaction,
}

impl Scene {
    /// Makes the hosts.
    pub fn set(interrupt: &Interrupt, say: &dyn Fn(&str)) -> Result<Self> {
        let scene = Self { hosts: Hosts::start()?, folder: tempfile::tempdir()? };
        interrupt.check()?;
        say("three hosts and their cables are there");
        Ok(scene)
    }

    /// Starts everything, places the calls, and reads what was seen.
    pub fn play(&self, interrupt: &Interrupt, say: &dyn Fn(&str)) -> Result<Seen> {
        let folder = self.folder.path();
        let pbx = self.pbx(say)?;
        let _trunk = Sipp::answer(&self.hosts.trunk, Family::V4.of(TRUNK_PBX.outer()), 5060, folder)?;
        interrupt.check()?;
        let guard =
            Guard::start_with(&self.hosts.pbx, POLICY, folder, &["--interface", LAN, "--interface", WAN])?;
        say(&format!(
            "ringfence run --policy policy.toml --interface lan --interface wan ({})",
            modes(&guard)?
        ));
        let sent = Capture::start(&self.hosts.phones, "eth0", Side::Left, folder)?;
        let received = Capture::start(&self.hosts.pbx, LAN, Side::Arrived, folder)?;
        let left = Capture::start(&self.hosts.pbx, WAN, Side::Left, folder)?;
        interrupt.check()?;
        let (pbx, forwards, groups) = match pbx {
            Pbx::Kamailio { .. } => ("Kamailio", true, &GROUPS[..]),
            Pbx::Answering { .. } => ("the answering agent", false, &GROUPS[..GROUPS.len() - 1]),
        };
        let groups = self.call(groups, interrupt, say)?;
        let (sent, received, left) = (sent.finish()?, received.finish()?, left.finish()?);
        let scrape = guard.metrics()?;
        let calls = control::calls(&self.hosts, folder)?;
        let block = control::block(&self.hosts, folder)?;
        say(&format!("ringfence block {} --for 1h: dropped from then on", control::BLOCKED));
        let seen = Seen { pbx, forwards, groups, sent, received, left, scrape, calls, block };
        let (status, took) = guard.stop()?;
        ensure!(status.success(), "ringfence ended with {status}");
        say(&format!("ringfence detached and ended {} ms after SIGTERM", took.as_millis()));
        Ok(seen)
    }

    fn pbx(&self, say: &dyn Fn(&str)) -> Result<Pbx> {
        if Kamailio::installed() {
            let running = Kamailio::start(&self.hosts, self.folder.path())?;
            say("the PBX answers: Kamailio");
            return Ok(Pbx::Kamailio { _running: running });
        }
        let address = SocketAddr::new(Family::V4.of(PHONES_PBX.pbx()), 5060);
        let running = AnsweringAgent::start(&self.hosts.pbx, address)?;
        say("Kamailio is not installed: a small answering agent takes its place, and nothing is forwarded");
        Ok(Pbx::Answering { _running: running })
    }

    /// Places all calls at once; says how each group went as soon as it is over.
    fn call(
        &self,
        groups: &[Group],
        interrupt: &Interrupt,
        say: &dyn Fn(&str),
    ) -> Result<Vec<(Group, Outcome)>> {
        let calls: u32 = groups.iter().map(|group| group.count).sum();
        say(&format!("SIPp places {calls} calls, those that are answered with voice"));
        let mut running = Vec::new();
        for group in groups {
            running.push((*group, self.start(group)?));
        }
        let mut over = Vec::new();
        wait_until(LIMIT, || {
            interrupt.check()?;
            let mut waiting = Vec::new();
            for (group, mut sipp) in running.drain(..) {
                if !sipp.over()? {
                    waiting.push((group, sipp));
                    continue;
                }
                let outcome = sipp.outcome()?;
                say(&progress(&group, &outcome));
                over.push((group, outcome));
            }
            running = waiting;
            Ok(running.is_empty())
        })?;
        over.sort_by_key(|(group, _)| groups.iter().position(|other| other.dialled == group.dialled));
        Ok(over)
    }

    fn start(&self, group: &Group) -> Result<Sipp> {
        let calls = Calls {
            scenario: group.scenario,
            from: Family::V4.of(PHONES_PBX.outer()),
            to: Family::V4.of(PHONES_PBX.pbx()),
            number: group.dialled,
            count: group.count,
            rate: 4,
        };
        Sipp::call(&self.hosts.phones, &calls, self.folder.path())
    }
}

fn progress(group: &Group, outcome: &Outcome) -> String {
    let how = match group.scenario {
        Scenario::Caller | Scenario::Reinviter => "talked and hung up",
        Scenario::Blocked => "heard nothing, for the INVITE was dropped",
        Scenario::Refused => "got no further than the PBX",
    };
    let all = if outcome.failed == 0 { "all" } else { "ONLY" };
    format!("{}: {} calls, {all} {} {how}", group.story, group.count, outcome.successful)
}

/// How each interface is guarded.
fn modes(guard: &Guard<'_>) -> Result<String> {
    let scrape = guard.metrics()?;
    let mode = |interface| {
        let modes = [Mode::Native, Mode::Generic];
        let is = |mode: &Mode| {
            scrape.sum("ringfence_up_mode", &[("interface", interface), ("mode", mode.word())]) == 1
        };
        modes.into_iter().find(is).map_or("not attached", Mode::word)
    };
    Ok(format!("lan: {} XDP, wan: {} XDP, tc on both", mode(LAN), mode(WAN)))
}

/// The calls of a Saturday night. The last group needs a PBX that forwards.
const GROUPS: [Group; 6] = [
    Group {
        story: "calls to Paris",
        dialled: "00142345678",
        count: 8,
        scenario: Scenario::Caller,
        leaves_as: "0142345678",
    },
    Group {
        story: "emergency calls",
        dialled: "0112",
        count: 4,
        scenario: Scenario::Caller,
        leaves_as: "112",
    },
    Group {
        story: "their own office in Cuba",
        dialled: "0005378301234",
        count: 4,
        scenario: Scenario::Caller,
        leaves_as: "005378301234",
    },
    Group {
        story: "a stolen extension to Cuba",
        dialled: "0005355512345",
        count: 12,
        scenario: Scenario::Blocked,
        leaves_as: "005355512345",
    },
    Group {
        story: "the same to the Caymans",
        dialled: "00013459491234",
        count: 12,
        scenario: Scenario::Blocked,
        leaves_as: "0013459491234",
    },
    Group {
        story: "a cracked mailbox, to Cuba",
        dialled: "199",
        count: 4,
        scenario: Scenario::Refused,
        leaves_as: "+5355512345",
    },
];

/// The policy of the demo.
pub const POLICY: &str = include_str!("policy.toml");

const LIMIT: Duration = Duration::from_secs(60);
