//! What a replay found: counts, and the INVITEs. Memory grows by 200 octets an INVITE at most.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use monitor_common::abi::{Class, Direction, SipRecord, Verdict};

use super::{
    course::Account,
    engine::{EngineKind, Judged},
    policy::Loaded,
    totals::Totals,
};
use crate::{
    capture::{Broken, Frame, Unreadable},
    policy::{DestinationName, SlotTable},
};

/// Everything that is printed of a replay.
#[derive(Debug)]
pub struct Report {
    /// The engine that was asked for.
    pub engine: EngineKind,
    /// Frames in the capture, the unreadable ones included.
    pub frames: u64,
    /// Frames that the capture holds only a part of.
    pub cut: u64,
    /// Frames that the host engine judged although the kernel was asked.
    pub on_host: u64,
    /// Frames whose link type or interface cannot be read, by what it is.
    pub unreadable: BTreeMap<Unreadable, u64>,
    /// Time of the first frame that has one, and of the last.
    pub times: Option<(Duration, Duration)>,
    /// Counts by class and reason.
    pub totals: Totals,
    /// INVITEs in the order of the frames: all of them for JSON, the first dropped ones for the tables.
    pub invites: Vec<Inspected>,
    /// INVITEs by destination slot.
    pub destinations: BTreeMap<u16, Tally>,
    /// What became of the calls.
    pub account: Account,
    /// Where the capture breaks off, if it does.
    pub broken: Option<Broken>,
    /// What the policy is.
    pub policy: PolicySummary,
    /// ISO 4217 code of what calls cost; empty where the policy has no tariff.
    pub currency: String,
    keeps_all: bool,
    slots: Arc<SlotTable>,
}

/// One INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Frame that carried it.
    pub frame: u64,
    /// Time since 1970-01-01 00:00 UTC.
    pub time: Option<Duration>,
    /// What was judged, and how.
    pub judgement: SipRecord,
    /// Who judged.
    pub by: EngineKind,
}

impl Inspected {
    /// What became of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::from_slot(self.judgement.verdict).unwrap_or(Verdict::Pass)
    }

    /// Whether the policy blocks it, dry run or not.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.verdict() != Verdict::Pass
    }
}

/// INVITEs to one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub invites: u64,
    /// Those that passed.
    pub passed: u64,
    /// Those that were dropped.
    pub dropped: u64,
    /// Those that would have been dropped without `--dry-run`.
    pub would_drop: u64,
}

/// What a policy is, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicySummary {
    /// Prefixes that the policy's own destinations cover.
    pub prefixes: usize,
    /// Destinations that it names.
    pub destinations: usize,
    /// Networks of trunks.
    pub trunks: usize,
    /// Networks of the host's own addresses.
    pub local: usize,
}

impl Report {
    pub(super) fn new(engine: EngineKind, keeps_all: bool) -> Self {
        Self {
            engine,
            frames: 0,
            cut: 0,
            on_host: 0,
            unreadable: BTreeMap::new(),
            times: None,
            totals: Totals::default(),
            invites: Vec::new(),
            destinations: BTreeMap::new(),
            account: Account::default(),
            broken: None,
            policy: PolicySummary::default(),
            currency: String::new(),
            keeps_all,
            slots: Arc::new(SlotTable::new()),
        }
    }

    /// A frame was read from the capture.
    pub(super) fn frame(&mut self, frame: &Frame<'_>) {
        self.frames = frame.number;
        self.cut += u64::from(frame.cut);
        if let Some(time) = frame.time {
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
        }
    }

    /// The frame cannot be read: a header that could not be read, whatever lies behind it.
    pub(super) fn unreadable(&mut self, reason: Unreadable) {
        *self.unreadable.entry(reason).or_default() += 1;
    }

    /// The frame was judged.
    pub(super) fn judged(&mut self, frame: &Frame<'_>, judged: Judged) {
        self.on_host += u64::from(judged.by != self.engine);
        let Some(judgement) = judged.invite else { return };
        let invite = Inspected { frame: frame.number, time: frame.time, judgement, by: judged.by };
        let tally = self.destinations.entry(judgement.slot).or_default();
        tally.invites += 1;
        match invite.verdict() {
            Verdict::Pass => tally.passed += 1,
            Verdict::Drop => tally.dropped += 1,
            Verdict::WouldDrop => tally.would_drop += 1,
        }
        if self.keeps_all || (invite.is_blocked() && self.invites.len() < SHOWN) {
            self.invites.push(invite);
        }
    }

    /// The capture has been read.
    pub(super) fn finish(
        &mut self,
        mut totals: Totals,
        account: Account,
        policy: &Loaded,
        broken: Option<Broken>,
    ) {
        totals.add(Direction::Ingress, Class::OtherIp, self.unreadable.values().sum());
        let compiled = policy.compiled();
        self.totals = totals;
        self.account = account;
        self.currency = compiled.tariffs.currency().to_owned();
        self.broken = broken;
        self.slots = Arc::clone(policy.slots());
        self.policy = PolicySummary {
            prefixes: compiled.named_rules(),
            destinations: compiled.named_destinations,
            trunks: compiled.trunks.len(),
            local: compiled.local.len(),
        };
    }

    /// Name of a destination slot.
    #[must_use]
    pub fn destination(&self, slot: u16) -> &str {
        self.slots.name(slot).map_or("unknown", DestinationName::as_str)
    }
}

/// Dropped INVITEs that the tables show.
pub(super) const SHOWN: usize = 20;
