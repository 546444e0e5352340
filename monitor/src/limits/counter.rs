//! One limit and what it counted: amounts in, breaches out.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    amount::{Amount, most_numbers, put, value},
    breach::{Breach, Severity},
    clock::Now,
    entry::Entry,
    key::Key,
    keys::Keys,
    subject::Subject,
    token::Token,
    told::{Thresholds, money, shown},
    window::Frame,
};
use crate::{
    calls::{Call, Timestamp},
    policy::limits::{Counted, Limit},
};

/// A limit and its keys.
#[derive(Debug)]
pub(super) struct Counter {
    pub(super) limit: Arc<Limit>,
    pub(super) keys: Keys,
    pub(super) thresholds: Thresholds,
    /// When it saw the first call of any kind: `new_countries` learn from then on.
    pub(super) began: Option<Timestamp>,
    /// Keys of which something was told.
    told: BTreeSet<Token>,
    /// Whether its schedule holds in a second, of which it was asked last.
    holds: Option<(i64, bool)>,
}

impl Counter {
    pub(super) fn new(limit: Arc<Limit>, most_keys: usize) -> Self {
        Self {
            thresholds: Thresholds::of(&limit),
            limit,
            keys: Keys::new(most_keys),
            began: None,
            told: BTreeSet::new(),
            holds: None,
        }
    }

    /// Another limit that counts the same.
    pub(super) fn set(&mut self, limit: Arc<Limit>) {
        (self.thresholds, self.holds) = (Thresholds::of(&limit), None);
        let before = std::mem::replace(&mut self.limit, limit);
        if before.then != self.limit.then {
            self.fall_due(|_| false);
        }
    }

    /// Whether calls count now.
    pub(super) fn holds(&mut self, now: &Now) -> bool {
        let second = now.moment.wall.timestamp();
        match self.holds {
            Some((asked, holds)) if asked == second => holds,
            _ => {
                let holds = self.limit.when.holds(now.moment.wall);
                self.holds = Some((second, holds));
                holds
            }
        }
    }

    /// Counts an amount for the key of a call.
    pub(super) fn count(
        &mut self,
        token: Token,
        subject: &Subject<'_>,
        amount: Amount,
        now: &Now,
    ) -> Option<Breach> {
        let limit = Arc::clone(&self.limit);
        let severity = self.take(token, amount, || subject.label(&limit), now)?;
        Some(self.breach(token, severity, subject.key(&limit), Some(Arc::clone(subject.call)), now))
    }

    /// Counts an amount for a key that no call is known of.
    pub(super) fn infer(
        &mut self,
        token: Token,
        key: Key,
        label: String,
        calls: u64,
        now: &Now,
    ) -> Option<Breach> {
        let severity = self.take(token, Amount::Inferred(calls), || label, now)?;
        Some(self.breach(token, severity, key, None, now))
    }

    /// Counts an amount of a call that goes on, without finding its key a new place; says whether the key is there.
    pub(super) fn accrue(
        &mut self,
        token: Token,
        subject: &Subject<'_>,
        units: u64,
        now: &Now,
    ) -> Option<Breach> {
        if self.keys.get(token).is_none() {
            return self.count(token, subject, Amount::Of(units), now);
        }
        let (limit, thresholds) = (&self.limit, &self.thresholds);
        let frame = Frame::of(limit.window, now);
        let mut severity = None;
        self.keys.adjust(token, |entry| {
            entry.touched = now.at;
            entry.steps.advance(frame);
            if !entry.told.is_nothing() {
                entry.told.rearm(entry.steps.sum(frame), thresholds);
            }
            entry.steps.add(frame, units);
            severity = entry.told.judge(entry.steps.sum(frame), thresholds, true, limit, now);
            true
        });
        let severity = severity?;
        self.told.insert(token);
        Some(self.breach(token, severity, subject.key(&self.limit), Some(Arc::clone(subject.call)), now))
    }

    /// Whether it counts calls that go on.
    pub(super) fn counts_running(&self) -> bool {
        self.limit.counts == Counted::ConcurrentCalls
    }

    /// Counts a call that goes on; says whether a threshold is reached with it.
    pub(super) fn run(&mut self, token: Token, subject: &Subject<'_>, now: &Now) -> bool {
        let mut running = 0;
        let is_there = self.keys.adjust(token, |entry| {
            entry.running += 1;
            entry.touched = now.at;
            running = entry.running;
            false
        });
        if !is_there {
            running = 1;
            let limit = &self.limit;
            self.keys.change(token, now.at, || subject.label(limit), |entry| entry.running = 1);
        }
        self.thresholds.has(running)
    }

    /// Notes what a call of a key has cost. It decides nothing, and is saved with what does.
    pub(super) fn note_cost(&mut self, token: Token, cost: u64, now: &Now) {
        let frame = Frame::of(self.limit.window, now);
        self.keys.adjust(token, |entry| {
            entry.spent.add(frame, cost);
            entry.touched = now.at;
            false
        });
    }

    /// Says what is to be told of a key for which nothing was counted just now.
    pub(super) fn review(
        &mut self,
        token: Token,
        subject: Option<&Subject<'_>>,
        now: &Now,
    ) -> Option<Breach> {
        let holds = self.holds(now);
        let (limit, thresholds) = (&self.limit, &self.thresholds);
        let frame = Frame::of(limit.window, now);
        let (mut severity, mut is_told) = (None, false);
        self.keys.adjust(token, |entry| {
            entry.advance(frame);
            let value = value(entry, limit, frame, holds);
            let is_rearmed = entry.told.rearm(value, thresholds);
            if subject.is_some() {
                severity = entry.told.judge(value, thresholds, false, limit, now);
            }
            is_told = !entry.told.is_nothing();
            is_rearmed || severity.is_some()
        });
        if is_told {
            self.told.insert(token)
        } else {
            self.told.remove(&token)
        };
        let subject = subject?;
        Some(self.breach(token, severity?, subject.key(&self.limit), Some(Arc::clone(subject.call)), now))
    }

    /// Lets time pass: what fell below its threshold may be told again, and what counts no longer is forgotten.
    pub(super) fn pass(&mut self, now: &Now) {
        for token in self.told.iter().copied().collect::<Vec<_>>() {
            self.review(token, None, now);
        }
        self.keys.sweep(self.limit.counts, Frame::of(self.limit.window, now));
    }

    /// Resets one key, or all; says how many.
    pub(super) fn reset(&mut self, token: Option<Token>) -> usize {
        let counts = self.limit.counts;
        let tokens = match token {
            Some(token) => vec![token],
            None => self.keys.iter().map(|(token, _)| token).collect(),
        };
        let reset = |token: &&Token| {
            self.keys.adjust(**token, |entry| {
                entry.reset(counts);
                true
            })
        };
        tokens.iter().filter(reset).count()
    }

    /// Has the next call that counts tell a critical breach again, for each key of which what it blocks does not stand.
    pub(super) fn fall_due(&mut self, stands: impl Fn(Token) -> bool) {
        for token in self.told.iter().filter(|token| !stands(**token)) {
            self.keys.adjust(*token, |entry| entry.told.fall_due(Timestamp::default()));
        }
    }

    /// Has the next call that counts `from` then on tell a critical breach of a key again.
    pub(super) fn retry(&mut self, token: Token, from: Timestamp) {
        self.keys.adjust(token, |entry| entry.told.fall_due(from));
    }

    /// Puts back what was saved for a key.
    pub(super) fn restore(&mut self, token: Token, entry: Entry) {
        if !entry.told.is_nothing() {
            self.told.insert(token);
        }
        self.keys.restore(token, entry);
    }

    fn take(
        &mut self,
        token: Token,
        amount: Amount,
        label: impl FnOnce() -> String,
        now: &Now,
    ) -> Option<Severity> {
        let holds = self.holds(now);
        let (limit, thresholds) = (&self.limit, &self.thresholds);
        let frame = Frame::of(limit.window, now);
        let most = most_numbers(thresholds).min(self.keys.most_numbers());
        let severity = self.keys.change(token, now.at, label, |entry| {
            entry.advance(frame);
            entry.told.rearm(value(entry, limit, frame, holds), thresholds);
            let is_counted = put(entry, amount, frame, most);
            let value = value(entry, limit, frame, holds);
            if !is_counted {
                entry.told.rearm(value, thresholds);
                return None;
            }
            entry.told.judge(value, thresholds, true, limit, now)
        });
        if severity.is_some() {
            self.told.insert(token);
        }
        severity
    }

    fn breach(
        &self,
        token: Token,
        severity: Severity,
        key: Key,
        call: Option<Arc<Call>>,
        now: &Now,
    ) -> Breach {
        let limit = Arc::clone(&self.limit);
        let frame = Frame::of(limit.window, now);
        let entry = self.keys.get(token);
        let value = entry.map_or(0, |entry| entry.value(limit.counts, frame));
        let spent = entry.map_or(0, |entry| match limit.counts {
            Counted::Spend => value,
            _ => entry.spent.sum(frame),
        });
        let threshold = match severity {
            Severity::Warning => limit.warning,
            Severity::Critical => limit.critical,
        };
        Breach {
            severity,
            key,
            token,
            value: shown(limit.counts, value),
            threshold: threshold.unwrap_or_default(),
            at: now.moment.at,
            call,
            inferred: entry.map_or(0, |entry| entry.inferred(frame)),
            spent: (limit.counts != Counted::ConcurrentCalls).then(|| money(spent)),
            limit,
        }
    }
}
