//! What is kept over restarts: counts by token, and how much of each call that goes on was counted.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::DateTime;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    clock::Clock,
    counter::Counter,
    engine::Engine,
    entry::Entry,
    followed::{Followed, Membership},
    parties::SCOPES,
    rules::fingerprint,
    token::{Token, Tokens},
};
use crate::{
    calls::{CallId, Timestamp},
    policy::limits::Counted,
};

/// One thing to keep: a row of a table that knows nothing of limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What it is.
    pub kind: Cow<'static, str>,
    /// Whose it is: the name of a limit.
    pub name: String,
    /// Tells things of one kind and name apart.
    pub key: String,
    /// JSON; none where it is to be forgotten.
    pub state: Option<String>,
}

/// What changed since it was last asked for.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    calls: BTreeSet<CallId>,
    /// What is to be forgotten.
    gone: Vec<Kept>,
    /// What was kept of the time and of each limit.
    time: Option<Time>,
    limits: HashMap<Arc<str>, LimitState>,
    /// The tick after which distinct numbers were given out.
    numbers: u64,
}

/// The time that the engine knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Time {
    clock: Clock,
    /// The last tick, by the clock of the calls: what went on then is counted up to then.
    ticked: Timestamp,
}

/// What is kept of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LimitState {
    /// [`fingerprint`].
    counts: u64,
    began: Option<Timestamp>,
    evicted: u64,
}

/// What is kept of a call that goes on: for whom it counts, and how much was counted when this was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CallState {
    tokens: Vec<Option<Token>>,
    limits: Vec<Arc<str>>,
    /// Where it counted once: limits, tokens, and which number or country.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<(Arc<str>, Token, u64)>,
    talk: u64,
    cost: u64,
    /// Microseconds since 1970.
    answered: Option<i64>,
    started: bool,
}

impl Engine {
    /// What changed since the last time, to be kept in one transaction: then whatever is lost with the agent, calls
    /// that go on make up for. Distinct numbers, of which a key may have thousands, are given out once a tick at most.
    pub fn changes(&mut self) -> Vec<Kept> {
        let mut changes = std::mem::take(&mut self.kept.gone);
        let time = Time { clock: self.clock, ticked: self.ticked };
        if self.kept.time.replace(time) != Some(time) {
            changes.push(kept(CLOCK, "", String::new(), Some(&time)));
        }
        let is_ticked = std::mem::replace(&mut self.kept.numbers, self.round) != self.round;
        for counter in &mut self.counters {
            let name = Arc::clone(&counter.limit.name);
            let state = state_of(counter, &self.tokens);
            if self.kept.limits.insert(Arc::clone(&name), state) != Some(state) {
                changes.push(kept(LIMIT, &name, String::new(), Some(&state)));
            }
            if counter.limit.counts == Counted::Numbers && !is_ticked {
                continue;
            }
            let keys = counter.keys.changes().into_iter();
            changes.extend(keys.map(|(token, entry)| kept(KEY, &name, token.to_string(), entry)));
        }
        for id in std::mem::take(&mut self.kept.calls) {
            let state = self.calls.get(&id).map(|followed| call_state(followed, &self.counters));
            changes.push(kept(CALL, "", id.0.to_string(), state.as_ref()));
        }
        changes
    }

    /// Puts back what was kept, before anything else is taken in. What belongs to no limit, or to one that counts
    /// something else now, is forgotten.
    pub fn restore(&mut self, kept: Vec<Kept>) {
        let of_kind = |kind: &'static str| kept.iter().filter(move |kept| kept.kind == kind);
        if let Some(time) = of_kind(CLOCK).find_map(read::<Time>) {
            (self.clock, self.ticked) = (time.clock, time.ticked);
            self.kept.time = Some(time);
        }
        for kept in of_kind(LIMIT) {
            let counter = self.counters.iter_mut().find(|counter| *counter.limit.name == *kept.name);
            let state = read::<LimitState>(kept);
            match (counter, state) {
                (Some(counter), Some(state)) if state.counts == fingerprint(&self.tokens, &counter.limit) => {
                    (counter.began, counter.keys.evicted) = (state.began, state.evicted);
                    self.kept.limits.insert(Arc::clone(&counter.limit.name), state);
                }
                _ => self.kept.forget(kept),
            }
        }
        let mut keys = Vec::new();
        for kept in of_kind(KEY) {
            let index = self.counters.iter().position(|counter| *counter.limit.name == *kept.name);
            let index =
                index.filter(|index| self.kept.limits.contains_key(&self.counters[*index].limit.name));
            match (index, kept.key.parse::<Token>(), read::<Entry>(kept)) {
                (Some(index), Ok(token), Some(entry)) => keys.push((entry.touched, index, token, entry)),
                _ => self.kept.forget(kept),
            }
        }
        keys.sort_by_key(|(touched, _, token, _)| (*touched, *token));
        for (touched, index, token, mut entry) in keys {
            entry.placed = touched;
            self.counters[index].restore(token, entry);
        }
        for kept in of_kind(CALL) {
            match (kept.key.parse(), read::<CallState>(kept)) {
                (Ok(id), Some(state)) => drop(self.calls.insert(CallId(id), self.resumed(state))),
                _ => self.kept.forget(kept),
            }
        }
    }

    fn resumed(&self, state: CallState) -> Followed {
        let mut tokens = [None; SCOPES];
        tokens.iter_mut().zip(state.tokens).for_each(|(token, saved)| *token = saved);
        let place = |name: &str| self.counters.iter().position(|counter| *counter.limit.name == *name);
        let past = state.past.into_iter().filter_map(|(name, token, distinct)| {
            Some(Membership { limit: place(&name)?, token, distinct, is_current: false })
        });
        Followed {
            memberships: past.collect(),
            tokens,
            is_started: state.started,
            seen: self.clock.at(),
            talk: state.talk,
            cost: state.cost,
            answered: state.answered.and_then(DateTime::from_timestamp_micros),
            counted_in: state.limits,
            counted_until: Some(self.ticked),
            ..Followed::default()
        }
    }
}

impl Keeping {
    pub(super) fn note_call(&mut self, id: CallId, followed: &mut Followed) {
        if std::mem::take(&mut followed.is_dirty) {
            self.calls.insert(id);
        }
    }

    pub(super) fn forget_call(&mut self, id: CallId) {
        self.calls.insert(id);
    }

    /// A limit is gone, and its keys.
    pub(super) fn forget_limit(&mut self, counter: &Counter) {
        let name = &counter.limit.name;
        self.limits.remove(name);
        self.gone.push(kept::<()>(LIMIT, name, String::new(), None));
        let keys = counter.keys.saved().map(|token| kept::<()>(KEY, name, token.to_string(), None));
        self.gone.extend(keys);
    }

    fn forget(&mut self, kept: &Kept) {
        self.gone.push(Kept { state: None, ..kept.clone() });
    }
}

fn state_of(counter: &Counter, tokens: &Tokens) -> LimitState {
    LimitState {
        counts: fingerprint(tokens, &counter.limit),
        began: counter.began,
        evicted: counter.keys.evicted,
    }
}

fn call_state(followed: &Followed, counters: &[Counter]) -> CallState {
    let name = |membership: &Membership| Arc::clone(&counters[membership.limit].limit.name);
    let (current, past): (Vec<_>, Vec<_>) =
        followed.memberships.iter().partition(|membership| membership.is_current);
    let limits = current.into_iter().map(name);
    let past = past.into_iter().map(|membership| (name(membership), membership.token, membership.distinct));
    CallState {
        tokens: followed.tokens.to_vec(),
        limits: limits.chain(followed.counted_in.iter().cloned()).collect(),
        past: past.collect(),
        talk: followed.talk,
        cost: followed.cost,
        answered: followed.answered.map(|answered| answered.timestamp_micros()),
        started: followed.is_started,
    }
}

fn kept<T: Serialize>(kind: &'static str, name: &str, key: String, state: Option<&T>) -> Kept {
    let state = state.and_then(|state| serde_json::to_string(state).ok());
    Kept { kind: kind.into(), name: name.to_owned(), key, state }
}

fn read<T: DeserializeOwned>(kept: &Kept) -> Option<T> {
    serde_json::from_str(kept.state.as_deref()?).ok()
}

const CLOCK: &str = "limits.clock";
const LIMIT: &str = "limits.limit";
const KEY: &str = "limits.key";
const CALL: &str = "limits.call";
