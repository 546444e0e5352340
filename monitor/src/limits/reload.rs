//! Other rules: limits that count the same keep what they counted, and those that are gone keep it for a while.

use std::{sync::Arc, time::Duration};

use super::{
    counter::Counter,
    engine::Engine,
    followed::Followed,
    matching,
    rules::{Rules, fingerprint},
    subject::membership,
    token::{Token, Tokens},
};
use crate::calls::Timestamp;

/// What limits counted that went with the last change of the rules. What was saved of one stays saved as long as no
/// other limit has its name.
#[derive(Debug, Default)]
pub(super) struct Aside {
    counters: Vec<Counter>,
    /// The first tick after that change.
    since: Option<Timestamp>,
}

impl Engine {
    /// Goes by other rules. A limit whose name, counted, scope, window and filter stay keeps what it counted; any other
    /// begins with nothing, and counts calls that go on already for what they do from now on. What a limit counted that
    /// is gone now is put aside: the next rules may be those from before, for nobody confirmed these.
    pub fn set(&mut self, rules: Rules) {
        let mut before: Vec<Option<Counter>> = self.counters.drain(..).map(Some).collect();
        let mut aside = std::mem::take(&mut self.aside).counters;
        let names: Vec<_> = before.iter().flatten().map(|counter| Arc::clone(&counter.limit.name)).collect();
        let mut places = vec![None; before.len()];
        for (place, limit) in rules.limits.iter().enumerate() {
            let counts_same = |counter: &Counter| {
                counter.limit.name == limit.name
                    && fingerprint(&self.tokens, &counter.limit) == fingerprint(&self.tokens, limit)
            };
            let kept = before.iter().position(|counter| counter.as_ref().is_some_and(counts_same));
            let counter = kept.and_then(|index| {
                places[index] = Some(place);
                before[index].take()
            });
            let again = || {
                let mut counter = aside.swap_remove(aside.iter().position(counts_same)?);
                counter.keys.begin_again();
                Some(counter)
            };
            let counter = counter.or_else(again);
            let mut counter = counter.unwrap_or_else(|| Counter::new(Arc::clone(limit), rules.most_keys));
            counter.set(Arc::clone(limit));
            self.counters.push(counter);
        }
        let is_named = |counters: &[Counter], gone: &Counter| {
            counters.iter().any(|counter| counter.limit.name == gone.limit.name)
        };
        for gone in aside.iter().filter(|gone| !names.contains(&gone.limit.name)) {
            self.kept.forget_limit(gone);
        }
        let gone: Vec<_> = before.into_iter().flatten().collect();
        for gone in gone.iter().filter(|gone| is_named(&self.counters, gone)) {
            self.kept.forget_limit(gone);
        }
        self.aside = Aside { counters: gone, since: None };
        self.rules = rules;
        for (id, followed) in &mut self.calls {
            followed.memberships.retain_mut(|membership| match places[membership.limit] {
                Some(place) => {
                    membership.limit = place;
                    true
                }
                None => false,
            });
            let is_new = |place: usize| !places.contains(&Some(place));
            join(followed, &self.counters, &self.rules, &self.tokens, is_new);
            followed.is_dirty = true;
            self.kept.note_call(*id, followed);
        }
    }
}

impl Engine {
    /// Forgets what was put aside long ago.
    pub(super) fn clear_aside(&mut self, now: Timestamp) {
        if !self.aside.counters.is_empty() && now.since(*self.aside.since.get_or_insert(now)) >= LONGEST_ASIDE
        {
            let names: Vec<_> = self.limits().map(|limit| Arc::clone(&limit.name)).collect();
            let aside = std::mem::take(&mut self.aside).counters;
            for gone in aside.iter().filter(|gone| !names.contains(&gone.limit.name)) {
                self.kept.forget_limit(gone);
            }
        }
    }
}

impl Aside {
    /// Nobody wants what was counted for a key, or for all.
    pub(super) fn reset(&mut self, limit: &str, token: Option<Token>) {
        for counter in self.counters.iter_mut().filter(|counter| *counter.limit.name == *limit) {
            counter.reset(token);
        }
    }
}

/// Finds the limits among those that are new that count a call which goes on, and what it costs now.
fn join(
    followed: &mut Followed,
    counters: &[Counter],
    rules: &Rules,
    tokens: &Tokens,
    is_new: impl Fn(usize) -> bool,
) {
    let Some(parties) = followed.parties.take() else { return };
    followed.price_by(&parties, &rules.tariffs);
    for (place, counter) in counters.iter().enumerate().filter(|(place, _)| is_new(*place)) {
        let fits = matching::counts(&counter.limit, &parties);
        if let Some(wanted) = membership(place, &counter.limit, &followed.tokens, tokens).filter(|_| fits) {
            wanted.join(&mut followed.memberships);
        }
    }
    followed.parties = Some(parties);
}

/// For how long what is put aside is kept: longer than rules wait for somebody to confirm them.
const LONGEST_ASIDE: Duration = Duration::from_secs(24 * 3600);
