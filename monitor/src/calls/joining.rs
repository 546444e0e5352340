//! An INVITE that begins a leg: the call that the leg belongs to, or a call of its own.

use monitor_common::abi::Direction;

use super::{
    Timestamp,
    beginning::{arrive, goes_outside, new_call, was_dropped, widen},
    call::{CallId, CallResult, Fact, Origin, Route},
    entry::{AFTERMATH, Arrival, Entry},
    leg::{End, Leg},
    matching::{Features, Side},
    seen::Seen,
    signal::{Signal, Trunk},
    token::Token,
    tracker::Tracker,
};

impl Tracker {
    /// An INVITE outside of a dialog.
    pub(super) fn invite(&mut self, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let message = &seen.signal.message;
        let is_same_leg = |leg: &Leg| {
            leg.caller == seen.from && leg.direction == seen.signal.direction && leg.remote == seen.remote()
        };
        let repeated = self.find(seen, |leg| {
            (is_same_leg(leg) && leg.cseq == message.cseq.number && seen.is_of_invite(leg)).then_some(0)
        });
        if repeated.is_some() {
            return;
        }
        let is_dropped = was_dropped(seen);
        if self.remnants.repeated(seen).is_some_and(|remnant| is_dropped || !remnant.was_blocked) {
            return;
        }
        let retried = self.find(seen, |leg| {
            (is_same_leg(leg) && leg.awaits_retry(message.cseq.number, message.has_credentials)).then_some(0)
        });
        if let Some((id, index)) = retried {
            return self.retry(id, index, seen, now, facts);
        }
        let mut leg = Leg::new(seen, now);
        let features = Features::of(seen);
        match self.call_for(seen, &features, now) {
            Some(id) => self.join(id, leg, seen, now, facts),
            None => {
                if !self.make_room(now, facts) {
                    return;
                }
                let id = self.name(now);
                let mut entry = Entry::new(new_call(id, seen, leg.direction, now), features);
                if leg.direction == Direction::Egress {
                    entry.quiet_until = now.after(self.settings.settle);
                } else {
                    leg.leads = true;
                    entry.arrival = Arrival::Live;
                }
                self.begin(entry, leg, seen, now, facts);
            }
        }
    }

    /// Whether a call that is followed would take an INVITE as one more leg. `now` is that of the last signal or tick.
    #[must_use]
    pub fn expects(&self, signal: &Signal, now: Timestamp) -> bool {
        let seen = Seen::new(signal);
        self.call_for(&seen, &Features::of(&seen), now).is_some()
    }

    /// Whether a leg of a call that is followed has the Call-ID of a message.
    #[must_use]
    pub fn knows(&self, signal: &Signal) -> bool {
        self.dialogs.of_call_id(Token::of(&signal.message.call_id)).next().is_some()
    }

    /// Begins to follow a call with one leg.
    pub(super) fn begin(
        &mut self,
        entry: Entry,
        leg: Leg,
        seen: &Seen<'_>,
        now: Timestamp,
        facts: &mut Vec<Fact>,
    ) {
        let id = entry.call.id;
        self.unanswered.insert(id);
        self.calls.insert(id, Box::new(entry));
        self.add(id, leg, seen, now);
        self.settle(id, now, facts);
    }

    /// The leg that fits best, and its call.
    pub(super) fn find(&self, seen: &Seen<'_>, fit: impl Fn(&Leg) -> Option<u8>) -> Option<(CallId, usize)> {
        let mut best: Option<(u8, CallId, usize)> = None;
        for id in self.dialogs.of(seen) {
            let Some(entry) = self.calls.get(&id) else { continue };
            for (index, leg) in entry.legs.iter().enumerate().filter(|(_, leg)| leg.call_id == seen.call_id) {
                if let Some(fit) = fit(leg)
                    && best.is_none_or(|(so_far, ..)| fit > so_far)
                {
                    best = Some((fit, id, index));
                }
            }
        }
        best.map(|(_, id, index)| (id, index))
    }

    /// The attempt goes on: credentials for a challenge, or another target after a redirection.
    fn retry(&mut self, id: CallId, index: usize, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let leg = &mut entry.legs[index];
        let was_redirected = leg.is_redirected();
        leg.retry(seen.branch, seen.signal.message.cseq.number, now);
        leg.port = seen.signal.remote.1;
        if was_redirected && entry.call.is_active() {
            entry.call_mut().attempts += 1;
            entry.changed = true;
        }
        if entry.call.is_active()
            && let Some(judged) = &seen.signal.judged
        {
            entry.harden(judged.verdict, judged.reason);
        }
        self.describe(id, index, seen);
        if was_dropped(seen) {
            self.block(id, index, now);
        }
        self.settle(id, now, facts);
    }

    /// One more leg of a call.
    fn join(&mut self, id: CallId, mut leg: Leg, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        if entry.legs.len() >= MOST_LEGS {
            self.counters.not_followed += 1;
            return;
        }
        if entry.call.is_active() {
            let is_late_arrival = leg.direction == Direction::Ingress
                && entry.arrival == Arrival::Never
                && !entry.is_told()
                && leg.replaces.is_none();
            if is_late_arrival {
                leg.leads = true;
                entry.arrival = Arrival::Live;
                entry.quiet_until = now;
                if let Some(side) = entry.offered.take() {
                    self.offers.remove(side, &entry.features, id);
                }
                entry.features = Features::of(seen);
                arrive(entry.call_mut(), seen);
            }
            widen(entry.call_mut(), &leg, seen);
            if let Some(judged) = &seen.signal.judged {
                entry.harden(judged.verdict, judged.reason);
            }
            entry.changed = true;
        }
        self.add(id, leg, seen, now);
        self.settle(id, now, facts);
    }

    fn add(&mut self, id: CallId, leg: Leg, seen: &Seen<'_>, now: Timestamp) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        self.dialogs.add(&leg, id);
        entry.legs.push(leg);
        let index = entry.legs.len() - 1;
        self.describe(id, index, seen);
        if was_dropped(seen) {
            self.block(id, index, now);
        }
    }

    /// Takes in the session description that came along.
    pub(super) fn describe(&mut self, id: CallId, index: usize, seen: &Seen<'_>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        entry.legs[index].hear_name(seen);
        for port in entry.legs[index].describe(seen) {
            self.media.add(port, id);
        }
    }

    /// The kernel dropped the leg's INVITE: nobody saw it, so nothing can come of it.
    fn block(&mut self, id: CallId, index: usize, now: Timestamp) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let end = End { at: now, result: CallResult::Blocked, status: None, is_sure: true };
        let leg = entry.take(index, end);
        self.unlink(id, &leg, end, now);
    }

    /// The call that a new leg belongs to.
    fn call_for(&self, seen: &Seen<'_>, features: &Features, now: Timestamp) -> Option<CallId> {
        self.proxied(seen).or_else(|| self.replaced(seen)).or_else(|| {
            if seen.left() { self.arrived_for(seen, features, now) } else { self.left_for(seen, features) }
        })
    }

    /// A proxy keeps Call-ID and tag. What arrives with those of a call belongs to it only where the call had sent them
    /// to that host (a spiral), or had them from there (a fork further back): anybody can write a Call-ID.
    fn proxied(&self, seen: &Seen<'_>) -> Option<CallId> {
        let found = self.find(seen, |leg| {
            let is_proven = !leg.is_unsure() && leg.caller == seen.from;
            (is_proven && (seen.left() || leg.remote == seen.remote())).then_some(0)
        });
        found.map(|(id, _)| id)
    }

    /// Replaces names a dialog by its Call-ID (RFC 3891).
    fn replaced(&self, seen: &Seen<'_>) -> Option<CallId> {
        let call_id = Token::of(seen.signal.message.replaces.as_deref()?);
        self.dialogs.of_call_id(call_id).find(|id| {
            let legs = self.calls.get(id).map(|entry| entry.legs.as_slice()).unwrap_or_default();
            legs.iter().any(|leg| leg.call_id == call_id && leg.is_up())
        })
    }

    /// The call that arrived, for a leg that leaves.
    fn arrived_for(&self, seen: &Seen<'_>, features: &Features, now: Timestamp) -> Option<CallId> {
        let is_outside = goes_outside(seen);
        let side = Side::Arrived;
        let fit = |id: CallId| {
            let entry = self.calls.get(&id)?;
            let is_open = entry.over_since.is_none_or(|since| now < since.after(AFTERMATH));
            let is_caller = features.is_same_caller(&entry.features);
            let fit = if is_outside {
                let fit = features.number_fits(&entry.features)?;
                (entry.call.origin != Origin::Trunk).then_some(fit)?
            } else {
                // A PBX rings other phones than the one that was dialled, and seldom in another's name.
                2 * u8::from(is_caller) + u8::from(features.user_fits(&entry.features))
            };
            let is_let_in = !entry.legs.iter().any(|leg| leg.leads && leg.is_challenged());
            let has_legs = entry.call.legs_out > 0;
            is_open.then_some((is_let_in, fit, is_caller, entry.call.is_active(), !has_legs, id))
        };
        let best = |calls: &mut dyn Iterator<Item = CallId>| calls.filter_map(fit).max().map(|best| best.5);
        if is_outside {
            return best(&mut self.offers.by_number(side, features));
        }
        best(&mut self.offers.by_user(side, features).chain(self.offers.by_caller(side, features)))
    }

    /// The call of which a leg left a moment before its INVITE arrived: the events of two CPUs crossed.
    fn left_for(&self, seen: &Seen<'_>, features: &Features) -> Option<CallId> {
        let side = Side::Left;
        let proxied = self.find(seen, |leg| (leg.caller == seen.from).then_some(0));
        if let Some((id, _)) = proxied
            && self.calls.get(&id).is_some_and(|entry| entry.offered == Some(side))
        {
            return Some(id);
        }
        let mut outside = self.offers.by_number(side, features).filter(|id| {
            self.calls.get(id).is_some_and(|entry| {
                seen.signal.trunk != Trunk::Yes
                    && entry.call.route == Route::Outgoing
                    && features.number_fits(&entry.features).is_some()
            })
        });
        let inside = self.offers.by_user(side, features).chain(self.offers.by_caller(side, features));
        let mut inside =
            inside.filter(|id| self.calls.get(id).is_some_and(|entry| entry.call.route == Route::Internal));
        outside.next().or_else(|| inside.next())
    }
}

/// Legs of one call that are followed at once.
const MOST_LEGS: usize = 32;
