//! Calls that belong to incidents: from when they count, how much of their talk and cost was counted.

use std::{collections::HashMap, sync::Arc, time::SystemTime};

use monitor_common::abi::Verdict;
use rust_decimal::Decimal;

use super::{Book, IncidentId, open::Open, tally::Begun};
use crate::{
    calls::{Call, CallId, Happened, Route, Timestamp},
    limits::{Moment, Token},
    policy::{
        Tariff, Tariffs,
        mask::{is_masked, mask},
    },
};

/// A call, and where it counts.
#[derive(Clone, Copy)]
pub struct Counted<'a> {
    /// As far as it is known now.
    pub call: &'a Arc<Call>,
    /// What it has cost so far; none where that is not known.
    pub cost: Option<Decimal>,
    /// The limits that count it, and for whom.
    pub limits: &'a [(Arc<str>, Token)],
    /// Its class in the learned baseline, where it counts there.
    pub class: Option<&'static str>,
}

/// The calls that go on and that belong to incidents.
#[derive(Default)]
pub(super) struct Shares {
    by_call: HashMap<CallId, Vec<Share>>,
    /// Which call joined which incident, until somebody asks.
    joined: Vec<(IncidentId, CallId)>,
}

/// What one incident has counted of one call.
#[derive(Clone, Copy)]
struct Share {
    incident: IncidentId,
    is_answered: bool,
    is_blocked: bool,
    /// Until when its talk was counted.
    talked: Timestamp,
    cost: Decimal,
}

impl Shares {
    /// An incident is over.
    pub(super) fn forget(&mut self, incident: IncidentId) {
        self.by_call.retain(|_, shares| {
            shares.retain(|share| share.incident != incident);
            !shares.is_empty()
        });
    }
}

impl Book {
    /// Something happened to a call.
    pub fn call(&mut self, counted: &Counted<'_>, happened: Happened, now: Moment) {
        if happened != Happened::Ended {
            for id in self.concerned(counted) {
                self.join(id, counted, now);
            }
        }
        self.grow(counted, now);
        if happened == Happened::Ended {
            self.leave(counted.call.id);
        }
    }

    /// A call counts in an incident that began later, whether it goes on or not.
    pub(super) fn count_in(&mut self, id: IncidentId, counted: &Counted<'_>, now: Moment) {
        self.join(id, counted, now);
        self.grow(counted, now);
        if !counted.call.is_active() {
            self.leave(counted.call.id);
        }
    }

    /// Calls that belong to incidents and go on.
    #[must_use]
    pub fn followed(&self) -> Vec<CallId> {
        self.calls.by_call.keys().copied().collect()
    }

    /// Which call joined which incident since the last time, as far as there was room.
    pub fn take_joined(&mut self) -> Vec<(IncidentId, CallId)> {
        std::mem::take(&mut self.calls.joined)
    }

    /// Counts what was talked since.
    pub fn grow(&mut self, counted: &Counted<'_>, now: Moment) {
        let Self { open, calls, .. } = self;
        for share in calls.by_call.get_mut(&counted.call.id).into_iter().flatten() {
            if let Some(open) = open.get_mut(&share.incident) {
                share.grow(open, counted, now);
            }
        }
    }

    /// A call is over, whether anybody said so or not.
    pub fn leave(&mut self, call: CallId) {
        for share in self.calls.by_call.remove(&call).into_iter().flatten().filter(|share| !share.is_blocked)
        {
            if let Some(open) = self.open.get_mut(&share.incident) {
                open.active = open.active.saturating_sub(1);
            }
        }
    }

    /// The incidents that a call belongs to.
    fn concerned(&self, counted: &Counted<'_>) -> Vec<IncidentId> {
        let mut ids: Vec<_> =
            counted.limits.iter().filter_map(|(limit, token)| self.index.of_key(limit, *token)).collect();
        ids.extend(counted.class.and_then(|class| self.index.of_class(class)));
        let places = self.index.of_destination(&counted.call.destination).iter();
        ids.extend(places.filter(|id| self.open.get(id).is_some_and(|open| open.takes(counted.call))));
        ids
    }

    fn join(&mut self, id: IncidentId, counted: &Counted<'_>, now: Moment) {
        let shares = self.calls.by_call.get(&counted.call.id);
        if shares.is_some_and(|shares| shares.iter().any(|share| share.incident == id)) {
            return;
        }
        if shares.is_none() && self.calls.by_call.len() >= MOST_CALLS {
            return;
        }
        let tariff = tariff(counted.call, &self.rules.tariffs);
        let Some(open) = self.open.get_mut(&id) else { return };
        let call = counted.call;
        let mut share = Share::new(id, call);
        let began = wall(call.started, now);
        let known = open.restored.filter(|until| began <= *until);
        if let Some(until) = known {
            share.adopt(call, until, tariff, now);
        } else {
            let hidden = self.rules.hidden_digits;
            let number = call.number.as_deref().map(|number| {
                let token = if is_masked(number) { String::new() } else { (self.pseudonym)(number) };
                (mask(number, hidden), token)
            });
            let number = number.as_ref().map(|(number, token)| (number.as_str(), token.as_str()));
            open.tally.begin(&Begun {
                destination: &call.destination,
                number,
                tariff,
                at: began,
                is_blocked: share.is_blocked,
            });
            open.saw(now);
        }
        open.active += u64::from(!share.is_blocked);
        self.calls.by_call.entry(call.id).or_default().push(share);
        if self.calls.joined.len() < MOST_JOINED {
            self.calls.joined.push((id, call.id));
        }
    }
}

impl Share {
    fn new(incident: IncidentId, call: &Call) -> Self {
        Self {
            incident,
            is_answered: false,
            is_blocked: is_blocked(call),
            talked: Timestamp::default(),
            cost: Decimal::ZERO,
        }
    }

    /// It counted before a restart, up to a moment.
    fn adopt(&mut self, call: &Call, until: SystemTime, tariff: Option<&Arc<Tariff>>, now: Moment) {
        let Some(answered) = call.answered.map(|answered| wall(answered, now)) else { return };
        let Ok(talk) = until.duration_since(answered) else { return };
        self.is_answered = true;
        self.talked = call.answered.unwrap_or_default().after(talk);
        self.cost = tariff.map_or(Decimal::ZERO, |tariff| tariff.cost(answered.into(), talk));
    }

    fn grow(&mut self, open: &mut Open, counted: &Counted<'_>, now: Moment) {
        let call = counted.call;
        if is_blocked(call) && !self.is_blocked && call.answered.is_none() {
            self.is_blocked = true;
            open.active = open.active.saturating_sub(1);
            open.tally.block(&call.destination, wall(call.started, now));
            open.saw(now);
        }
        if let Some(answered) = call.answered.filter(|_| !self.is_blocked) {
            open.tally.answered += u64::from(!self.is_answered);
            self.is_answered = true;
            let (from, until) = (self.talked.max(answered), call.ended.unwrap_or(now.at));
            let cost = counted.cost.map_or(Decimal::ZERO, |cost| (cost - self.cost).max(Decimal::ZERO));
            open.tally.grow(&call.destination, (wall(from, now), wall(until.max(from), now)), cost);
            (self.talked, self.cost) = (until.max(from), self.cost + cost);
        }
        if call.is_active() && !self.is_blocked {
            open.saw(now);
        }
    }
}

/// Whether it never took place: what only would be dropped does.
fn is_blocked(call: &Call) -> bool {
    call.verdict == Verdict::Drop
}

fn tariff<'a>(call: &Call, tariffs: &'a Tariffs) -> Option<&'a Arc<Tariff>> {
    let is_outgoing = call.route == Route::Outgoing;
    is_outgoing.then(|| tariffs.of(call.number.as_deref(), &call.destination)).flatten()
}

/// The wall clock's time of a moment.
fn wall(at: Timestamp, now: Moment) -> SystemTime {
    let wall: SystemTime = now.wall.into();
    let moved =
        if at <= now.at { wall.checked_sub(now.at.since(at)) } else { wall.checked_add(at.since(now.at)) };
    moved.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Calls that are followed for incidents at once.
const MOST_CALLS: usize = 262_144;
/// Calls that joined and that nobody asked for.
const MOST_JOINED: usize = 4096;
