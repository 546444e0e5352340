//! Clocks: how long a leg may stay as it is, and which call is to be looked at next.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Timestamp,
    call::{CallId, CallResult},
    entry::{AFTERMATH, Arrival, Entry},
    leg::{End, Leg, State},
    outcome,
    tracker::{Settings, Tracker},
};

/// When each call is to be looked at: one entry a call, which may come too early, never too late.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(Timestamp, CallId)>,
}

impl Timers {
    /// Sees to it that the call is looked at no later than `at`.
    pub(super) fn no_later(&mut self, call: CallId, scheduled: &mut Option<Timestamp>, at: Timestamp) {
        if scheduled.is_some_and(|scheduled| scheduled <= at) {
            return;
        }
        self.cancel(call, scheduled);
        self.due.insert((at, call));
        *scheduled = Some(at);
    }

    /// Takes the call out.
    pub(super) fn cancel(&mut self, call: CallId, scheduled: &mut Option<Timestamp>) {
        if let Some(at) = scheduled.take() {
            self.due.remove(&(at, call));
        }
    }

    /// The next call that is due, taken out.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<CallId> {
        let &(at, call) = self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        Some(call)
    }

    pub(super) fn len(&self) -> usize {
        self.due.len()
    }
}

impl Tracker {
    /// New settings, for the calls that go on as well.
    pub fn set(&mut self, settings: Settings) {
        if self.settings == settings {
            return;
        }
        self.settings = settings;
        for (id, entry) in &mut self.calls {
            let deadline = entry.deadline(&self.settings);
            self.timers.no_later(*id, &mut entry.scheduled, deadline);
        }
    }
}

impl Leg {
    /// When its clock ends it; `None` once it was answered, where more than the leg itself decides.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let patience = match self.state {
            State::Unsure | State::Trying | State::Cancelling | State::Ending => TRANSACTION,
            State::Proceeding | State::Ringing => PROVISIONAL,
            State::Challenged(300..=399) => REDIRECTION,
            State::Failing => CROSSING,
            State::Challenged(_) if self.is_acknowledged => CHALLENGE,
            State::Challenged(_) => TRANSACTION,
            State::Answered => return None,
        };
        Some(self.since.after(patience))
    }

    /// How it ends when its clock ends it.
    pub(super) fn timed_out(&self) -> End {
        let (at, result, status) = match self.state {
            State::Ending => return self.end(self.since, true),
            State::Challenged(code) => (self.since, outcome::of_status(code), Some(code)),
            State::Cancelling => (self.since, CallResult::Cancelled, None),
            State::Failing => (self.since, CallResult::Lost, None),
            State::Trying => (self.since.after(TRANSACTION), CallResult::NoAnswer, None),
            _ => (self.since, CallResult::NoAnswer, None),
        };
        End { at, result, status, is_sure: false }
    }

    /// When the session should have been refreshed or ended (RFC 4028, 10).
    pub(super) fn session_ends(&self) -> Option<Timestamp> {
        let (refreshed, seconds) = self.session?;
        Some(refreshed.after(Duration::from_secs(u64::from(seconds))))
    }

    /// Begins its clocks anew: nothing was heard while nobody listened. `now` may lie before what was saved.
    pub(super) fn listen_again(&mut self, now: Timestamp) {
        (self.since, self.heard) = (now, now);
        self.session = self.session.map(|(_, seconds)| (now, seconds));
        self.negotiated = self.negotiated.map(|_| now);
    }
}

impl Entry {
    /// When to look at it again.
    pub(super) fn deadline(&self, settings: &Settings) -> Timestamp {
        let of_legs = self.legs.iter().map(|leg| self.leg_deadline(leg, settings).0).min();
        let of_end = self.over_since.map(|since| since.after(AFTERMATH));
        let next = of_legs.max(of_end).unwrap_or(self.quiet_until);
        if self.is_to_be_told() { next.min(self.quiet_until) } else { next }
    }

    /// When a leg ends without another sign of life, and how.
    pub(super) fn leg_deadline(&self, leg: &Leg, settings: &Settings) -> (Timestamp, End) {
        if let Some(deadline) = leg.deadline() {
            return (deadline, leg.timed_out());
        }
        let media = self.media.last();
        let heard = media.map_or(leg.heard, |media| media.max(leg.heard));
        let unheard = End { result: CallResult::Lost, ..leg.end(heard, false) };
        let mut next = (heard.after(settings.longest_unheard), unheard);
        let mut sooner = |at: Timestamp, ended: Timestamp| {
            if at < next.0 {
                next = (at, leg.end(ended, false));
            }
        };
        let is_held = |media: Timestamp| leg.negotiated.is_some_and(|last| media <= last.after(HOLD));
        if let Some(media) = media.filter(|media| !is_held(*media)) {
            sooner(heard.after(settings.media_silence), media);
        }
        if let Some(expiry) = leg.session_ends() {
            let silent = media.map_or(expiry, |media| media.after(settings.media_silence));
            sooner(
                expiry.after(SESSION_GRACE).max(silent),
                media.map_or(expiry, |media| media.max(leg.heard)),
            );
        }
        if let Arrival::Over(at) = self.arrival
            && !leg.leads
            && heard <= at.after(PARTING)
        {
            sooner(at.after(settings.media_silence), at);
        }
        next
    }
}

/// 64*T1: a client transaction without any response ends (RFC 3261, 17.1.1.2, timer B), the ACK of a challenge that may have been
/// lost is no longer waited for (17.2.1, timer H), nor who was sent a BYE or a CANCEL.
pub(super) const TRANSACTION: Duration = Duration::from_secs(32);
/// Since the last provisional response. A proxy waits for more than three minutes (RFC 3261, 16.6, timer C).
const PROVISIONAL: Duration = Duration::from_secs(300);
/// For the INVITE that a challenge asks for, since its ACK; programs send it at once.
const CHALLENGE: Duration = Duration::from_secs(8);
/// For a response whose ACK was seen before it, and for the INVITE that it may ask for.
const CROSSING: Duration = Duration::from_secs(1);
/// For the INVITE that a redirection asks for.
const REDIRECTION: Duration = Duration::from_secs(2);
/// After a session should have been refreshed.
const SESSION_GRACE: Duration = Duration::from_secs(32);
/// Media that stops so soon after a session description was held by it, and not by the end of the call.
const HOLD: Duration = Duration::from_secs(5);
/// Signals and media so soon after the leg that arrived is over belong to the end of the call.
const PARTING: Duration = Duration::from_secs(2);
