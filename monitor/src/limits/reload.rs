//! Other rules: limits that count the same keep what they counted.

use std::sync::Arc;

use super::{
    counter::Counter,
    engine::Engine,
    followed::Followed,
    matching,
    rules::{Rules, fingerprint},
    subject::membership,
    token::Tokens,
};

impl Engine {
    /// Goes by other rules. A limit whose name, counted, scope, window and filter stay keeps what it counted; any other
    /// begins with nothing, and counts calls that go on already for what they do from now on.
    pub fn set(&mut self, rules: Rules) {
        let mut before: Vec<Option<Counter>> = self.counters.drain(..).map(Some).collect();
        let mut places = vec![None; before.len()];
        for (place, limit) in rules.limits.iter().enumerate() {
            let counts_same = |counter: &Option<Counter>| {
                counter.as_ref().is_some_and(|counter| {
                    counter.limit.name == limit.name
                        && fingerprint(&self.tokens, &counter.limit) == fingerprint(&self.tokens, limit)
                })
            };
            let kept = before.iter().position(counts_same);
            let counter = kept.and_then(|index| {
                places[index] = Some(place);
                before[index].take()
            });
            let mut counter = counter.unwrap_or_else(|| Counter::new(Arc::clone(limit), rules.most_keys));
            counter.set(Arc::clone(limit));
            self.counters.push(counter);
        }
        before.iter().flatten().for_each(|counter| self.kept.forget_limit(counter));
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
