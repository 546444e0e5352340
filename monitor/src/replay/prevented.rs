//! Calls that did not take place, because their INVITE would have been dropped: they are followed apart, as the capture
//! shows them, for what they would have been.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use monitor_common::abi::{Direction, Reason, Verdict};

use super::sums::{Priced, Sums};
use crate::{
    calls::{Fact, Happened, Settings, Signal, Timestamp, Tracker},
    policy::Tariffs,
    sip::{Method, Start},
};

/// Where a message belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// To a call that took place.
    TookPlace,
    /// To one that did not.
    Prevented,
    /// To a leg that did not come about, of a call that is followed among those that took place.
    Nobody,
}

/// The calls that did not take place.
pub(super) struct Prevented {
    tracker: Tracker,
    dialogs: Dialogs,
    facts: Vec<Fact>,
    tariffs: Arc<Tariffs>,
    sums: PreventedSums,
}

/// What did not take place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PreventedSums {
    /// Calls and where they would have gone.
    pub sums: Sums,
    /// Those that the policy's own rules drop.
    pub by_policy: u64,
    /// Those that the block of a limit drops.
    pub by_limits: u64,
}

impl PreventedSums {
    fn take(&mut self, priced: &Priced<'_>) {
        self.sums.take(priced);
        match priced.call.reason {
            Reason::TemporaryBlock => self.by_limits += 1,
            _ => self.by_policy += 1,
        }
    }
}

impl Prevented {
    pub(super) fn new(settings: Settings, tariffs: Arc<Tariffs>) -> Self {
        Self {
            tracker: Tracker::new(settings),
            dialogs: Dialogs::default(),
            facts: Vec::new(),
            tariffs,
            sums: PreventedSums::default(),
        }
    }

    /// Where a message belongs, beside the calls that take place.
    pub(super) fn part(&mut self, signal: &Signal, at: Timestamp, others: &Tracker) -> Part {
        if !begins(signal) {
            return self.dialogs.part(&signal.message.call_id, at).unwrap_or(Part::TookPlace);
        }
        let is_dropped = signal.judged.as_ref().is_some_and(|judged| judged.verdict == Verdict::Drop);
        if let Some(part) = self.dialogs.repeated(&signal.message.call_id, at) {
            return part;
        }
        let leaves = signal.direction == Direction::Egress;
        let is_ours = leaves && !self.dialogs.is_empty() && self.tracker.expects(signal, at);
        match (is_dropped, is_ours) {
            (true, true) => self.begin(signal, at),
            (true, false) => self.dropped(signal, at, others),
            // The PBX made this leg for a call that did not take place.
            (false, true) if !others.expects(signal, at) => self.begin(signal, at),
            (false, _) => Part::TookPlace,
        }
    }

    /// Follows a message of a call that did not take place.
    pub(super) fn take(&mut self, mut signal: Signal, at: Timestamp) {
        if let Some(judged) = &mut signal.judged {
            judged.verdict = Verdict::Pass;
        }
        self.tracker.signal(&signal, at, &mut self.facts);
        self.count();
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.tracker.tick(now, &mut self.facts);
        self.count();
    }

    /// A call that was followed among the others turns out not to have come about.
    pub(super) fn add(&mut self, priced: &Priced<'_>) {
        self.sums.take(priced);
    }

    /// What did not take place until `end`.
    pub(super) fn finish(mut self, end: Timestamp) -> PreventedSums {
        self.tick(end);
        for call in self.tracker.active() {
            self.sums.take(&Priced::new(call, end, &self.tariffs));
        }
        self.sums
    }

    fn begin(&mut self, signal: &Signal, at: Timestamp) -> Part {
        self.dialogs.add(&signal.message.call_id, Part::Prevented, at)
    }

    /// A dropped INVITE that is not a leg of a call that is followed here.
    fn dropped(&mut self, signal: &Signal, at: Timestamp, others: &Tracker) -> Part {
        let is_known = others.knows(signal);
        let leaves = signal.direction == Direction::Egress;
        let is_theirs = is_known || leaves && others.expects(signal, at);
        if !is_theirs {
            return self.begin(signal, at);
        }
        // It ends a leg of a call that took place so far. A proxy's legs share one Call-ID.
        if !(is_known && leaves) {
            self.dialogs.add(&signal.message.call_id, Part::Nobody, at);
        }
        Part::TookPlace
    }

    fn count(&mut self) {
        for fact in self.facts.drain(..) {
            if fact.happened == Happened::Ended {
                self.sums.take(&Priced::new(&fact.call, fact.at, &self.tariffs));
            }
        }
    }
}

/// Whether a message is an INVITE that begins a leg.
fn begins(signal: &Signal) -> bool {
    let message = &signal.message;
    matches!(message.start, Start::Request { method: Method::Invite, .. }) && message.to.tag.is_none()
}

/// Call-IDs of dialogs that did not come about; where there are too many, the one unheard of for longest gives way.
#[derive(Debug, Default)]
struct Dialogs {
    parts: BTreeMap<Arc<str>, (Timestamp, Part)>,
    oldest: BTreeSet<(Timestamp, Arc<str>)>,
}

impl Dialogs {
    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn add(&mut self, call_id: &Arc<str>, part: Part, at: Timestamp) -> Part {
        if let Some((heard, _)) = self.parts.insert(Arc::clone(call_id), (at, part)) {
            self.oldest.remove(&(heard, Arc::clone(call_id)));
        }
        self.oldest.insert((at, Arc::clone(call_id)));
        if self.parts.len() > MOST
            && let Some((_, call_id)) = self.oldest.pop_first()
        {
            self.parts.remove(&call_id);
        }
        part
    }

    /// Where a message within a dialog belongs.
    fn part(&mut self, call_id: &Arc<str>, at: Timestamp) -> Option<Part> {
        let (_, part) = *self.parts.get(call_id)?;
        Some(self.add(call_id, part, at))
    }

    /// Where an INVITE belongs that is sent again, or with credentials.
    fn repeated(&mut self, call_id: &Arc<str>, at: Timestamp) -> Option<Part> {
        let (heard, part) = *self.parts.get(call_id)?;
        (at.since(heard) < AGAIN).then(|| self.add(call_id, part, at))
    }
}

/// Call-IDs that are kept: with their indexes, 32 MB.
const MOST: usize = 100_000;
/// For so long an INVITE may be sent again (RFC 3261, 17.1.1.2, timer B).
const AGAIN: Duration = Duration::from_secs(32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_dialogs_the_one_unheard_of_for_longest_gives_way() {
        let mut dialogs = Dialogs::default();
        let name = |number: usize| Arc::<str>::from(number.to_string());
        for number in 0..MOST {
            dialogs.add(&name(number), Part::Prevented, Timestamp(number as u64));
        }
        let now = Timestamp(MOST as u64);
        assert_eq!(dialogs.part(&name(0), now), Some(Part::Prevented), "heard of again");
        dialogs.add(&name(MOST), Part::Nobody, now);
        assert_eq!((dialogs.parts.len(), dialogs.oldest.len()), (MOST, MOST));
        assert_eq!(dialogs.part(&name(1), now), None);
        assert_eq!(dialogs.part(&name(MOST), now), Some(Part::Nobody));
    }

    #[test]
    fn an_invite_is_a_repetition_for_as_long_as_a_transaction_lives() {
        let mut dialogs = Dialogs::default();
        let id: Arc<str> = "a".into();
        dialogs.add(&id, Part::Prevented, Timestamp(0));
        let at = |seconds: u64| Timestamp(seconds * 1_000_000);
        assert_eq!(dialogs.repeated(&id, at(31)), Some(Part::Prevented));
        assert_eq!(dialogs.repeated(&id, at(31 + 32)), None);
        assert_eq!(
            dialogs.part(&id, at(31 + 32)),
            Some(Part::Prevented),
            "what lies within a dialog always belongs to it"
        );
    }
}
