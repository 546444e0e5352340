//! One call and its legs: when it rings, is answered and ends, and what is told of it.

use std::{sync::Arc, time::Duration};

use monitor_common::abi::{Reason, Verdict};
use serde::{Deserialize, Serialize};

use super::{
    Timestamp,
    call::{Call, CallId, CallResult, Fact, Happened, Origin, Seconds},
    leg::{End, Leg, Step},
    matching::{Features, Side},
    media::MediaTime,
};

/// A call as it is followed.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) call: Arc<Call>,
    /// Legs that are not over.
    pub(super) legs: Vec<Leg>,
    pub(super) arrival: Arrival,
    pub(super) ends: Ends,
    pub(super) features: Features,
    /// Under which keys it is found.
    pub(super) offered: Option<Side>,
    pub(super) media: MediaTime,
    /// Nothing is told of it before.
    pub(super) quiet_until: Timestamp,
    /// Whether nothing is ever told of it if it ends while it is quiet.
    pub(super) may_vanish: bool,
    /// Nothing proves yet that there is such a call.
    pub(super) is_unsure: bool,
    /// When its end became known.
    pub(super) over_since: Option<Timestamp>,
    told: Told,
    pub(super) changed: bool,
    pub(super) scheduled: Option<Timestamp>,
}

/// What became of the leg that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Arrival {
    /// There was none.
    Never,
    /// It goes on.
    Live,
    /// It is over since then.
    Over(Timestamp),
}

/// How legs ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ends {
    arrived: Option<End>,
    left: Option<End>,
    was_blocked: bool,
}

/// What was told.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    started: bool,
    rang: bool,
    answered: bool,
    ended: bool,
}

impl Entry {
    pub(super) fn new(call: Call, features: Features) -> Self {
        Self {
            quiet_until: call.started,
            call: Arc::new(call),
            legs: Vec::new(),
            arrival: Arrival::Never,
            ends: Ends::default(),
            features,
            offered: None,
            media: MediaTime::default(),
            may_vanish: false,
            is_unsure: false,
            over_since: None,
            told: Told::default(),
            changed: false,
            scheduled: None,
        }
    }

    /// A call that was told of before.
    pub(super) fn was_told(mut self) -> Self {
        let call = &self.call;
        self.told = Told {
            started: true,
            rang: call.rang.is_some(),
            answered: call.answered.is_some(),
            ended: call.ended.is_some(),
        };
        self
    }

    pub(super) fn call_mut(&mut self) -> &mut Call {
        Arc::make_mut(&mut self.call)
    }

    /// Whether it began for those who are told, and goes on.
    pub(super) fn is_active(&self) -> bool {
        self.told.started && self.call.is_active()
    }

    /// Whether its beginning was told.
    pub(super) fn is_told(&self) -> bool {
        self.told.started
    }

    /// Whether its beginning is still to be told.
    pub(super) fn is_to_be_told(&self) -> bool {
        let vanishes = self.may_vanish && !self.call.is_active();
        !self.told.started && !self.is_unsure && !vanishes
    }

    /// Under which keys other legs should find it: until a leg of it that left is answered, and a leg that left
    /// alone only for as long as nothing is told of it.
    pub(super) fn offer(&self) -> Option<Side> {
        let has_answer = self.legs.iter().any(|leg| !leg.leads && leg.is_answered());
        let was_answered = !self.call.is_active() && self.call.answered.is_some();
        match self.arrival {
            _ if self.is_unsure || has_answer || was_answered => None,
            Arrival::Never => (!self.told.started && self.call.is_active()).then_some(Side::Left),
            Arrival::Live | Arrival::Over(_) => Some(Side::Arrived),
        }
    }

    /// Takes in what a signal did to a leg; gives the leg back where it is over.
    pub(super) fn apply(
        &mut self,
        index: usize,
        step: Step,
        code: Option<u16>,
        now: Timestamp,
    ) -> Option<Leg> {
        match step {
            Step::Same => None,
            Step::Rang => {
                if self.call.is_active() && self.call.rang.is_none() && self.call.answered.is_none() {
                    self.call_mut().rang = Some(now);
                }
                None
            }
            Step::Answered => {
                if self.call.is_active() && self.call.answered.is_none() {
                    let call = self.call_mut();
                    call.answered = Some(now);
                    call.status = code;
                }
                None
            }
            Step::Over(end) => Some(self.take(index, end)),
        }
    }

    /// Takes a leg out that is over.
    pub(super) fn take(&mut self, index: usize, end: End) -> Leg {
        let leg = self.legs.swap_remove(index);
        self.ends.was_blocked |= end.result == CallResult::Blocked;
        if leg.leads {
            self.ends.arrived = Some(end);
            self.arrival = Arrival::Over(end.at);
        } else {
            let is_later = self.ends.left.is_none_or(|left| left.at <= end.at);
            if is_later {
                self.ends.left = Some(end);
            }
        }
        leg
    }

    /// Ends the call where its legs say so.
    pub(super) fn conclude(&mut self, now: Timestamp) {
        if !self.call.is_active() || self.is_unsure {
            return;
        }
        let is_over = match self.arrival {
            Arrival::Live => false,
            Arrival::Never => self.legs.is_empty(),
            Arrival::Over(_) => !self.legs.iter().any(|leg| leg.is_answered() || leg.is_unsure()),
        };
        if is_over {
            self.end(now);
        }
    }

    /// Ends the call by what is known of its legs.
    fn end(&mut self, now: Timestamp) {
        self.over_since = Some(now);
        let is_answered = self.call.answered.is_some();
        let last = match (self.ends.arrived, self.ends.left) {
            (Some(arrived), Some(left)) if is_answered && left.at > arrived.at => Some(left),
            (arrived, left) => arrived.or(left),
        };
        let was_blocked = self.ends.was_blocked;
        let call = self.call_mut();
        let floor = call.answered.unwrap_or(call.started);
        call.ended = Some(last.map_or(floor, |end| end.at).max(floor));
        call.result = Some(match last {
            _ if was_blocked && !is_answered => CallResult::Blocked,
            Some(end) if is_answered && end.result != CallResult::Lost => CallResult::Answered,
            Some(end) => end.result,
            None => CallResult::Lost,
        });
        if !is_answered {
            call.status = last.and_then(|end| end.status);
        }
    }

    /// A call for a leg that was answered after this one was over.
    pub(super) fn detached(&self, id: CallId, leg: &Leg, now: Timestamp) -> Call {
        Call {
            id,
            origin: Origin::Pbx,
            source: leg.remote,
            rang: None,
            answered: Some(now),
            ended: None,
            result: None,
            status: Some(200),
            attempts: 1,
            legs_out: 1,
            media: Seconds::default(),
            ..Call::clone(&self.call)
        }
    }

    /// Ends the call at once, whatever its legs do.
    pub(super) fn give_up(&mut self, now: Timestamp) {
        self.quiet_until = now;
        if self.call.is_active() && !self.is_unsure {
            self.end(now);
        }
    }

    /// Says what is not told yet, in order.
    pub(super) fn tell(&mut self, now: Timestamp, facts: &mut Vec<Fact>) {
        if !self.told.started && (!self.is_to_be_told() || now < self.quiet_until) {
            return;
        }
        let call = &self.call;
        let told = &mut self.told;
        let mut say = |is_told: &mut bool, is_so: bool, happened| {
            if is_so && !*is_told {
                *is_told = true;
                facts.push(Fact { at: now, happened, call: Arc::clone(call) });
            }
        };
        let mut updated = !(self.changed && told.started && !told.ended);
        self.changed = false;
        say(&mut told.started, true, Happened::Started);
        say(&mut told.rang, call.rang.is_some(), Happened::Rang);
        say(&mut told.answered, call.answered.is_some(), Happened::Answered);
        say(&mut updated, true, Happened::Updated);
        say(&mut told.ended, call.ended.is_some(), Happened::Ended);
    }

    /// Whether it can be forgotten.
    pub(super) fn is_done(&self, now: Timestamp) -> bool {
        let is_over = self.over_since.is_some_and(|since| now >= since.after(AFTERMATH));
        let is_told = self.told.ended || (self.may_vanish && !self.told.started);
        self.legs.is_empty() && (self.is_unsure || (is_over && is_told))
    }

    /// Takes the harder verdict.
    pub(super) fn harden(&mut self, verdict: Verdict, reason: Reason) {
        if hardness(verdict) > hardness(self.call.verdict) {
            let call = self.call_mut();
            (call.verdict, call.reason) = (verdict, reason);
        }
    }
}

const fn hardness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::WouldDrop => 1,
        Verdict::Drop => 2,
    }
}

/// How long a leg that is late may still join a call that is over.
pub(super) const AFTERMATH: Duration = Duration::from_secs(2);
