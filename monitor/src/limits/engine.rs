//! The engine: facts, time and what was lost in; breaches out. It holds the limits and the calls that go on.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use rust_decimal::Decimal;

use super::{
    breach::Breach,
    clock::{Clock, Moment, Now},
    counter::Counter,
    followed::{Followed, Membership},
    involved::Lately,
    kept::Keeping,
    key::Key,
    matching::{self, Lost},
    reload::Aside,
    rules::Rules,
    token::{Token, Tokens},
    told::money,
    window::Frame,
};
use crate::{
    calls::{CallId, Fact, Happened, Timestamp},
    policy::{
        limits::{Counted, Limit, Scope},
        numbering::countries,
    },
};

/// Counts calls for the limits of a policy.
#[derive(Debug)]
pub struct Engine {
    pub(super) rules: Rules,
    pub(super) tokens: Tokens,
    pub(super) counters: Vec<Counter>,
    pub(super) aside: Aside,
    pub(super) calls: HashMap<CallId, Followed>,
    pub(super) clock: Clock,
    /// Cost by destination.
    pub(super) spent: BTreeMap<Arc<str>, u64>,
    /// Costs of calls that ended since the last tick.
    pub(super) ended: HashMap<CallId, u64>,
    /// Calls that ended lately.
    pub(super) lately: Lately,
    pub(super) kept: Keeping,
    /// Ticks.
    pub(super) round: u64,
    /// The last tick, by the clock of the calls.
    pub(super) ticked: Timestamp,
}

impl Engine {
    /// Counted nothing yet.
    #[must_use]
    pub fn new(rules: Rules, tokens: Tokens) -> Self {
        let counters = rules.limits.iter().map(|limit| Counter::new(Arc::clone(limit), rules.most_keys));
        Self {
            counters: counters.collect(),
            aside: Aside::default(),
            rules,
            tokens,
            calls: HashMap::new(),
            clock: Clock::default(),
            spent: BTreeMap::new(),
            ended: HashMap::new(),
            lately: Lately::default(),
            kept: Keeping::default(),
            round: 0,
            ticked: Timestamp::default(),
        }
    }

    /// Takes in what happened to a call.
    pub fn take(&mut self, fact: &Fact, now: Moment, breaches: &mut Vec<Breach>) {
        let now = self.advance(now);
        let id = fact.call.id;
        let mut followed = self.calls.remove(&id).unwrap_or_default();
        followed.seen = now.at;
        let begins = fact.happened == Happened::Started && !followed.is_started;
        if begins {
            followed.is_started = true;
            followed.is_running = true;
            self.begin_learning(&now);
        }
        let mut books = self.books(&now, breaches);
        books.follow(&mut followed, &fact.call, begins);
        books.accrue(&mut followed, &fact.call);
        if fact.happened == Happened::Ended {
            books.end(&followed, &fact.call);
            self.ended.insert(id, followed.cost);
            self.remember(&followed, &fact.call);
            self.kept.forget_call(id);
        } else {
            self.kept.note_call(id, &mut followed);
            self.calls.insert(id, followed);
        }
    }

    /// Takes in calls whose events were lost: in the limits on calls started that may have to count them. What is not
    /// known of them is taken as fitting; for whom they count must be known.
    pub fn lost(&mut self, lost: &Lost, now: Moment, breaches: &mut Vec<Breach>) {
        let now = self.advance(now);
        for counter in &mut self.counters {
            let limit = Arc::clone(&counter.limit);
            if limit.counts != Counted::Calls || lost.calls == 0 || !matching::may_count(&limit, lost) {
                continue;
            }
            let Some(key) = key_of_lost(limit.scope, lost).filter(|_| counter.holds(&now)) else { continue };
            let label = key.masked(self.rules.hidden_digits);
            let token = key.token(&self.tokens);
            breaches.extend(counter.infer(token, key, label, lost.calls, &now));
        }
    }

    /// Takes what was counted for a key of a limit back, or for all of its keys; says for how many. Calls that go on
    /// cannot be taken back: a limit on concurrent calls stays told until fewer go on.
    pub fn reset(&mut self, limit: &str, token: Option<Token>) -> usize {
        self.aside.reset(limit, token);
        let counter = self.counters.iter_mut().find(|counter| &*counter.limit.name == limit);
        counter.map_or(0, |counter| counter.reset(token))
    }

    /// Whether a call that goes on counts in the limit that was reached, and for whom it was.
    #[must_use]
    pub fn concerns(&self, breach: &Breach, call: CallId) -> bool {
        let is_of = |membership: &Membership| {
            membership.is_current
                && membership.token == breach.token
                && self.counters[membership.limit].limit.name == breach.limit.name
        };
        self.calls.get(&call).is_some_and(|followed| followed.memberships.iter().any(is_of))
    }

    /// Has a limit tell the breach again with the next call that counts after some time: nothing could be blocked.
    pub fn retry(&mut self, breach: &Breach, after: Duration) {
        let again = self.clock.last().after(after);
        let counter = self.counters.iter_mut().find(|counter| counter.limit.name == breach.limit.name);
        counter.into_iter().for_each(|counter| counter.retry(breach.token, again));
    }

    /// Has limits that block tell a critical breach again with the next call that counts, for each key of which `stands`
    /// says that nothing is blocked: it was counted, and the agent ended before it could block.
    pub fn fall_due(&mut self, stands: &dyn Fn(&str, Token) -> bool) {
        for counter in self.counters.iter_mut().filter(|counter| !counter.limit.then.blocks.is_empty()) {
            let name = Arc::clone(&counter.limit.name);
            counter.fall_due(|token| stands(&name, token));
        }
    }

    /// What calls have cost by destination since the engine was made, units of the currency.
    pub fn spend(&self) -> impl Iterator<Item = (&Arc<str>, Decimal)> {
        self.spent.iter().map(|(destination, units)| (destination, money(*units)))
    }

    /// What a call has cost so far, where it costs anything: one that goes on, or one that ended since the last tick.
    #[must_use]
    pub fn cost(&self, call: CallId) -> Option<Decimal> {
        let units =
            self.calls.get(&call).map(|followed| followed.cost).or_else(|| self.ended.get(&call).copied());
        units.filter(|units| *units > 0).map(money)
    }

    /// The limits, in the order of the policy.
    pub fn limits(&self) -> impl ExactSizeIterator<Item = &Arc<Limit>> {
        self.counters.iter().map(|counter| &counter.limit)
    }

    /// Time passes. What counts for days that are still to come, for a wall clock was far ahead, counts from now on.
    pub(super) fn advance(&mut self, moment: Moment) -> Now {
        let before = self.clock;
        let now = self.clock.advance(moment, &self.rules.calendar);
        if self.clock.was_set_back(&before) {
            for counter in &mut self.counters {
                let window = counter.limit.window;
                counter.keys.advance(Frame::of(window, &before.now(moment)), Frame::of(window, &now));
            }
        }
        now
    }

    fn begin_learning(&mut self, now: &Now) {
        for counter in &mut self.counters {
            counter.began.get_or_insert(now.at);
        }
    }
}

/// For whom calls count of which only the destination is known.
fn key_of_lost(scope: Scope, lost: &Lost) -> Option<Key> {
    match scope {
        Scope::All => Some(Key::All),
        Scope::Destination => Some(Key::Destination(Arc::clone(&lost.destination))),
        Scope::Country => {
            countries::by_iso(&lost.destination).map(|_| Key::Country(Arc::clone(&lost.destination)))
        }
        _ => None,
    }
}
