//! The tracker: signals, media and time in; facts out. It holds the calls and the indexes that find them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{
    call::{Call, CallId, CallResult, Fact},
    entry::Entry,
    index::DialogIndex,
    leg::{End, Leg},
    matching::Offers,
    media::{MediaIndex, MediaSeen},
    remnant::Remnants,
    seen::Seen,
    signal::{Signal, Timestamp},
    timers::Timers,
};
use crate::sip::{Method, Start};

/// What the owner may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A call whose media stopped for so long, without a signal, is over.
    pub media_silence: Duration,
    /// A call without any signal or media for so long is over.
    pub longest_unheard: Duration,
    /// Calls that are followed at once; beyond it, the oldest that nobody answered gives way.
    pub most_calls: usize,
    /// How far apart the events of two CPUs may be.
    pub settle: Duration,
    /// Digits at the end of numbers that are hidden in what is saved: `privacy.hidden_digits`.
    pub hidden_digits: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            media_silence: Duration::from_secs(60),
            longest_unheard: Duration::from_secs(4 * 3600),
            most_calls: 200_000,
            settle: Duration::from_millis(200),
            hidden_digits: 4,
        }
    }
}

/// What the tracker could not do, and what healed. Each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls or legs that gave way, or were not followed, because too many went on.
    pub not_followed: u64,
    /// Signals of dialogs that are not known: their beginning was not seen, or nobody began them.
    pub unmatched: u64,
    /// Calls whose beginning was not seen.
    pub adopted: u64,
    /// Calls that a clock ended.
    pub timed_out: u64,
}

/// Follows calls.
#[derive(Debug)]
pub struct Tracker {
    pub(super) settings: Settings,
    pub(super) calls: BTreeMap<CallId, Box<Entry>>,
    pub(super) dialogs: DialogIndex,
    pub(super) unanswered: BTreeSet<CallId>,
    pub(super) offers: Offers,
    pub(super) remnants: Remnants,
    pub(super) media: MediaIndex,
    pub(super) counters: Counters,
    pub(super) timers: Timers,
    now: Timestamp,
    last_id: CallId,
}

impl Tracker {
    /// Follows no call yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            calls: BTreeMap::new(),
            dialogs: DialogIndex::default(),
            unanswered: BTreeSet::new(),
            offers: Offers::default(),
            remnants: Remnants::default(),
            media: MediaIndex::default(),
            counters: Counters::default(),
            timers: Timers::default(),
            now: Timestamp::default(),
            last_id: CallId::default(),
        }
    }

    /// Gives no call a name up to `id`: names are the microsecond of the beginning, and a clock may have been set back.
    pub fn begin_after(&mut self, id: CallId) {
        self.last_id = self.last_id.max(id);
    }

    /// Takes in a message.
    pub fn signal(&mut self, signal: &Signal, now: Timestamp, facts: &mut Vec<Fact>) {
        let now = self.advance(now, facts);
        let seen = Seen::new(signal);
        match &signal.message.start {
            Start::Request { method: Method::Invite, .. } if seen.to.is_none() => {
                self.invite(&seen, now, facts);
            }
            Start::Request { method, .. } => self.request(*method, &seen, now, facts),
            Start::Response { code } => self.response(*code, &seen, now, facts),
        }
    }

    /// Takes in all streams of the kernel's table, once a second.
    pub fn media(&mut self, streams: &[MediaSeen], now: Timestamp, facts: &mut Vec<Fact>) {
        let now = self.advance(now, facts);
        self.media.begin_round();
        for stream in streams {
            let Some((from, to)) = self.media.advance(stream) else { continue };
            let Some(call) = self.call_of(stream) else { continue };
            if let Some(entry) = self.calls.get_mut(&call) {
                // The kernel's clock may be a little ahead of the agent's.
                entry.hear(stream.direction, from.min(now), to.min(now), now);
                self.settle(call, now, facts);
            }
        }
        self.media.end_round();
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Timestamp, facts: &mut Vec<Fact>) {
        self.advance(now, facts);
    }

    /// Calls that go on, in the order in which they began.
    pub fn active(&self) -> impl DoubleEndedIterator<Item = &Arc<Call>> {
        self.calls.values().filter(|entry| entry.is_active()).map(|entry| &entry.call)
    }

    /// A call that goes on.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<&Arc<Call>> {
        self.calls.get(&id).filter(|entry| entry.is_active()).map(|entry| &entry.call)
    }

    /// The call that asked for a stream.
    #[must_use]
    pub fn call_of(&self, stream: &MediaSeen) -> Option<CallId> {
        let mut found = None;
        for id in self.media.calls(stream.local_port) {
            let fits = self.calls.get(&id)?.legs.iter().filter_map(|leg| leg.fits(stream)).max();
            if fits == Some(true) {
                return Some(id);
            }
            found = found.or_else(|| fits.map(|_| id));
        }
        found
    }

    /// Whether no call asked for a stream, and none that ended a moment ago.
    #[must_use]
    pub fn untied(&self, stream: &MediaSeen) -> bool {
        self.call_of(stream).is_none() && !self.media.is_released(stream.local_port)
    }

    /// What could not be done, and what healed.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Entries in memory, over all that the tracker holds.
    #[must_use]
    pub fn entries(&self) -> usize {
        let legs: usize = self.calls.values().map(|entry| entry.legs.len()).sum();
        let indexes = self.dialogs.len() + self.unanswered.len() + self.offers.len() + self.timers.len();
        self.calls.len() + legs + indexes + self.remnants.len() + self.media.len()
    }

    /// Entries that memory is held for beyond those that are there.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.remnants.capacity() + self.media.capacity()
    }

    /// The clock never goes back; what was due by now happens first.
    fn advance(&mut self, now: Timestamp, facts: &mut Vec<Fact>) -> Timestamp {
        self.now = self.now.max(now);
        while let Some(id) = self.timers.pop(self.now) {
            self.due(id, self.now, facts);
        }
        self.remnants.forget(self.now);
        self.media.forget(self.now);
        self.now
    }

    fn due(&mut self, id: CallId, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        entry.scheduled = None;
        let mut over = Vec::new();
        for index in (0..entry.legs.len()).rev() {
            let (deadline, end) = entry.leg_deadline(&entry.legs[index], &self.settings);
            if deadline <= now {
                over.push((entry.take(index, end), end));
            }
        }
        let was_active = entry.is_active();
        for (leg, end) in over {
            self.unlink(id, &leg, end, now);
        }
        self.settle(id, now, facts);
        let goes_on = self.calls.get(&id).is_some_and(|entry| entry.is_active());
        self.counters.timed_out += u64::from(was_active && !goes_on);
    }

    /// After anything happened to a call: ends it, tells of it, finds its place in the indexes, and sets its clock.
    pub(super) fn settle(&mut self, id: CallId, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        entry.conclude(now);
        entry.tell(now, facts);
        if entry.call.answered.is_some() || !entry.call.is_active() {
            self.unanswered.remove(&id);
        }
        if entry.is_done(now) {
            self.forget(id);
            return;
        }
        let wanted = entry.offer();
        if entry.offered != wanted {
            if let Some(side) = entry.offered {
                self.offers.remove(side, &entry.features, id);
            }
            if let Some(side) = wanted {
                self.offers.add(side, &entry.features, id);
            }
            entry.offered = wanted;
        }
        // A step ahead at least: what is due is looked at once, whatever comes of it.
        let deadline = entry.deadline(&self.settings).max(Timestamp(now.0 + 1));
        self.timers.no_later(id, &mut entry.scheduled, deadline);
    }

    /// Takes a leg that is over out of the indexes; its messages may still come again.
    pub(super) fn unlink(&mut self, id: CallId, leg: &Leg, end: End, now: Timestamp) {
        let entry = self.calls.get(&id);
        let legs = entry.map(|entry| entry.legs.as_slice()).unwrap_or_default();
        self.dialogs.remove(leg, legs, id);
        for port in &leg.local_ports {
            if !legs.iter().any(|other| other.local_ports.contains(port)) {
                self.media.release(*port, id, now);
            }
        }
        let was_blocked = end.result == CallResult::Blocked;
        self.remnants.keep(leg, was_blocked, end.is_sure || leg.is_answered(), now);
    }

    /// A name that no other call has.
    pub(super) fn name(&mut self, now: Timestamp) -> CallId {
        self.last_id = CallId(now.0.max(self.last_id.0 + 1));
        self.last_id
    }

    /// Makes room for one more call: the oldest that nobody answered is no longer followed.
    pub(super) fn make_room(&mut self, now: Timestamp, facts: &mut Vec<Fact>) -> bool {
        if self.calls.len() < self.settings.most_calls {
            return true;
        }
        self.counters.not_followed += 1;
        let Some(id) = self.unanswered.pop_first() else { return false };
        let Some(entry) = self.calls.get_mut(&id) else { return false };
        let end = End { at: now, result: CallResult::Lost, status: None, is_sure: false };
        let legs: Vec<_> = (0..entry.legs.len()).rev().map(|index| entry.take(index, end)).collect();
        for leg in &legs {
            self.unlink(id, leg, end, now);
        }
        if let Some(entry) = self.calls.get_mut(&id) {
            entry.give_up(now);
            self.settle(id, now, facts);
            self.forget(id);
        }
        true
    }

    fn forget(&mut self, id: CallId) {
        let Some(mut entry) = self.calls.remove(&id) else { return };
        self.timers.cancel(id, &mut entry.scheduled);
        self.unanswered.remove(&id);
        if let Some(side) = entry.offered {
            self.offers.remove(side, &entry.features, id);
        }
    }
}
