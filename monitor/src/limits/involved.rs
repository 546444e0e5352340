//! Which limits count a call, and which calls a limit has counted: those that go on, and those that ended lately.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use rust_decimal::Decimal;

use super::{
    engine::Engine,
    followed::{Followed, Membership},
    token::Token,
    told::money,
};
use crate::{
    calls::{Call, CallId, Timestamp},
    policy::limits::{Counted, Window},
};

/// A call that ended lately and that some limit counted.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The call.
    pub call: Arc<Call>,
    /// What it cost, units of the currency.
    pub cost: Option<Decimal>,
    limits: Box<[(Arc<str>, Token)]>,
}

/// Calls that ended lately, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Lately(VecDeque<Passed>);

impl Engine {
    /// The limits that count a call that goes on, each with for whom.
    #[must_use]
    pub fn counting(&self, call: CallId) -> Vec<(Arc<str>, Token)> {
        let memberships = self.calls.get(&call).map_or(&[][..], |followed| &followed.memberships);
        memberships.iter().filter_map(|membership| self.named(membership)).collect()
    }

    /// The calls that go on and that a limit counts for somebody.
    pub fn counted<'a>(&'a self, limit: &'a str, token: Token) -> impl Iterator<Item = CallId> + 'a {
        let is_it = move |(name, key): (Arc<str>, Token)| &*name == limit && key == token;
        let counts = move |followed: &Followed| {
            followed.memberships.iter().filter_map(|membership| self.named(membership)).any(is_it)
        };
        self.calls.iter().filter(move |(_, followed)| counts(followed)).map(|(id, _)| *id)
    }

    /// The calls that a limit counted for somebody, and that ended within its window, as far as they are remembered.
    pub fn counted_before<'a>(
        &'a self,
        limit: &'a str,
        token: Token,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Passed> {
        let window = self.limits().find(|rule| &*rule.name == limit).and_then(|rule| match rule.window {
            _ if rule.counts == Counted::ConcurrentCalls => None,
            Window::Sliding(time) => Some(time),
            Window::Day => Some(DAY),
            Window::Month => Some(MONTH),
        });
        let since = window.map(|window| Timestamp(now.0.saturating_sub(micros(window))));
        let is_within = move |passed: &Passed| {
            since.is_some_and(|since| passed.call.ended.is_some_and(|ended| ended >= since))
        };
        let is_its =
            move |passed: &Passed| passed.limits.iter().any(|(name, key)| &**name == limit && *key == token);
        self.lately.0.iter().filter(move |passed| is_within(passed) && is_its(passed))
    }

    /// Remembers a call that ended, where any limit counted it.
    pub(super) fn remember(&mut self, followed: &Followed, call: &Arc<Call>) {
        let limits: Box<[_]> =
            followed.memberships.iter().filter_map(|membership| self.named(membership)).collect();
        if limits.is_empty() {
            return;
        }
        let lately = &mut self.lately.0;
        if lately.len() >= MOST {
            lately.pop_front();
        }
        let cost = (followed.cost > 0).then(|| money(followed.cost));
        lately.push_back(Passed { call: Arc::clone(call), cost, limits });
    }

    fn named(&self, membership: &Membership) -> Option<(Arc<str>, Token)> {
        let counter = self.counters.get(membership.limit)?;
        Some((Arc::clone(&counter.limit.name), membership.token))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Calls that are remembered.
const MOST: usize = 16_384;
const DAY: Duration = Duration::from_secs(24 * 3600);
const MONTH: Duration = Duration::from_secs(31 * 24 * 3600);
