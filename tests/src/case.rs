//! A row of the tests: a frame, the policy in force, and what must become of it.

use std::time::Duration;

use monitor_common::{
    abi::{Class, Direction, Link, Reason, SipRecord, Uninspected, Verdict},
    number::{Digits, Symbols},
};

use crate::{packet::Packet, rows::PolicyName};

/// A row.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows; no two rows have the same.
    pub name: String,
    /// Frames that the engines see first.
    pub before: Vec<Vec<u8>>,
    /// The frame.
    pub frame: Vec<u8>,
    /// How it begins.
    pub link: Link,
    /// Octets of each datagram where the kernel will cut the payload later (GSO); else 0.
    pub segment: u16,
    /// The policy in force.
    pub policy: PolicyName,
    /// Temporary blocks that were set.
    pub blocks: Vec<Block>,
    /// Whether nothing is dropped.
    pub dry_run: bool,
    /// Which way it goes.
    pub direction: Direction,
    /// What it is.
    pub class: Class,
    /// Why it, or a part of it, could not be read.
    pub uninspected: Option<Uninspected>,
    /// What becomes of it, where it is an INVITE.
    pub call: Option<Call>,
}

/// A temporary block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// What it covers.
    pub covers: Covers,
    /// How long it was set for; with no time, its time is over when the frame comes.
    pub lasts: Option<Duration>,
}

/// What a temporary block covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Covers {
    /// Numbers with these first E.164 digits.
    Prefix(&'static str),
    /// Numbers of the destination with this name.
    Destination(&'static str),
    /// INVITEs from this network.
    Source(&'static str),
}

impl Block {
    /// Until it is taken away.
    #[must_use]
    pub const fn on(covers: Covers) -> Self {
        Self { covers, lasts: None }
    }

    /// For an hour.
    #[must_use]
    pub const fn for_an_hour(covers: Covers) -> Self {
        Self { covers, lasts: Some(Duration::from_secs(3600)) }
    }

    /// Its time is over.
    #[must_use]
    pub const fn over(covers: Covers) -> Self {
        Self { covers, lasts: Some(Duration::ZERO) }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.lasts == Some(Duration::ZERO)
    }
}

/// What becomes of an INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The symbols that the PBX would dial.
    pub dialled: String,
    /// E.164 digits; empty where there are none.
    pub number: String,
    /// What it is counted under.
    pub destination: String,
}

/// What an engine made of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it is.
    pub class: Class,
    /// Why it, or a part of it, could not be read.
    pub uninspected: Option<Uninspected>,
    /// Whether the frame is gone.
    pub is_dropped: bool,
    /// The record of an INVITE, without what only one engine knows (see [`shared`]).
    pub judgement: Option<SipRecord>,
}

impl Case {
    /// A row for a frame that arrives under the French policy and is no INVITE.
    #[must_use]
    pub fn new(name: impl Into<String>, packet: &Packet, class: Class) -> Self {
        Self {
            name: name.into(),
            before: Vec::new(),
            frame: packet.octets(),
            link: packet.link(),
            segment: 0,
            policy: PolicyName::French,
            blocks: Vec::new(),
            dry_run: false,
            direction: Direction::Ingress,
            class,
            uninspected: None,
            call: None,
        }
    }

    /// A row for an INVITE that arrives under the French policy.
    #[must_use]
    pub fn invite(name: impl Into<String>, packet: &Packet, call: Call) -> Self {
        Self { call: Some(call), ..Self::new(name, packet, Class::Invite) }
    }

    /// Under another policy.
    #[must_use]
    pub fn under(self, policy: PolicyName) -> Self {
        Self { policy, ..self }
    }

    /// On its way out.
    #[must_use]
    pub fn leaving(self) -> Self {
        Self { direction: Direction::Egress, ..self }
    }

    /// It, or a part of it, cannot be read.
    #[must_use]
    pub fn unread(self, reason: Uninspected) -> Self {
        Self { uninspected: Some(reason), ..self }
    }

    /// Other frames come first.
    #[must_use]
    pub fn after(self, packets: &[Packet]) -> Self {
        Self { before: packets.iter().map(Packet::octets).collect(), ..self }
    }

    /// The kernel will cut the payload into datagrams of so many octets.
    #[must_use]
    pub fn segmented(self, octets: u16) -> Self {
        Self { segment: octets, ..self }
    }

    /// While these temporary blocks are set.
    #[must_use]
    pub fn blocked(self, blocks: &[Block]) -> Self {
        Self { blocks: blocks.to_vec(), ..self }
    }

    /// With `--dry-run`.
    #[must_use]
    pub fn dry(self) -> Self {
        Self { dry_run: true, ..self }
    }

    /// The frame in hexadecimal digits, and how it is given to the engines.
    #[must_use]
    pub fn shown(&self) -> String {
        let octets: String = self.frame.iter().map(|octet| format!("{octet:02x}")).collect();
        format!(
            "from {:?} ({:?}, {:?}, {:?}, segments of {}, {:?}): {octets}",
            self.name, self.policy, self.direction, self.link, self.segment, self.blocks
        )
    }

    /// What differs between the row and an outcome; `name` gives the name of a destination slot.
    #[must_use]
    pub fn differs(&self, outcome: &Outcome, name: impl Fn(u16) -> String) -> Option<String> {
        let call = outcome.judgement.map(|judgement| Call::of(&judgement, name(judgement.slot)));
        let is_dropped = self.call.as_ref().is_some_and(|call| call.verdict == Verdict::Drop);
        let wanted = (self.class, self.uninspected, is_dropped, &self.call);
        let had = (outcome.class, outcome.uninspected, outcome.is_dropped, &call);
        (wanted != had).then(|| format!("{}\n   wanted {wanted:?}\n      had {had:?}", self.name))
    }
}

impl Call {
    /// A verdict, why, and what is dialled and counted.
    #[must_use]
    pub fn new(verdict: Verdict, reason: Reason, dialled: &str, number: &str, destination: &str) -> Self {
        Self {
            verdict,
            reason,
            dialled: dialled.into(),
            number: number.into(),
            destination: destination.into(),
        }
    }

    /// What a record says.
    #[must_use]
    pub fn of(judgement: &SipRecord, destination: String) -> Self {
        let [first, then] = judgement.dialled;
        let dialled = Symbols { first, then, len: u32::from(judgement.dialled_len) };
        Self {
            verdict: Verdict::from_slot(judgement.verdict).expect("a verdict"),
            reason: Reason::from_slot(judgement.reason).expect("a reason"),
            dialled: dialled.to_string(),
            number: Digits(judgement.number).to_string(),
            destination,
        }
    }
}

/// The record without what only one engine knows: its place in a sequence, the interface, the generation.
#[must_use]
pub fn shared(judgement: SipRecord) -> SipRecord {
    SipRecord { sequence: 0, at: 0, ifindex: 0, captured: 0, generation: 0, interface: 0, ..judgement }
}
