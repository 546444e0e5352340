//! Where a call counts, and how much of it: the work of the engine on one call at one moment.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;

use super::{
    amount::Amount,
    breach::Breach,
    clock::Now,
    counter::Counter,
    engine::Engine,
    followed::{Followed, Joined, Membership},
    matching,
    parties::{Parties, SCOPES},
    rules::Rules,
    subject::Subject,
    token::{Token, Tokens},
};
use crate::{
    calls::{Call, CallResult},
    policy::limits::{Counted, Limit},
};

/// The limits at one moment.
pub(super) struct Books<'a> {
    pub(super) counters: &'a mut [Counter],
    pub(super) spent: &'a mut BTreeMap<Arc<str>, u64>,
    pub(super) rules: &'a Rules,
    pub(super) tokens: Tokens,
    pub(super) now: &'a Now,
    pub(super) breaches: &'a mut Vec<Breach>,
}

impl Engine {
    pub(super) fn books<'a>(&'a mut self, now: &'a Now, breaches: &'a mut Vec<Breach>) -> Books<'a> {
        Books {
            counters: &mut self.counters,
            spent: &mut self.spent,
            rules: &self.rules,
            tokens: self.tokens,
            now,
            breaches,
        }
    }
}

impl Books<'_> {
    /// Finds the limits that count a call, where they may be others than before. A limit counts a call once for each
    /// key that it ever has: when it begins, or when it becomes that key's.
    pub(super) fn follow(&mut self, followed: &mut Followed, call: &Arc<Call>, begins: bool) {
        let is_same = followed.parties.as_ref().is_some_and(|parties| parties.are_of(call));
        if is_same && !begins {
            return;
        }
        let parties = Parties::of(call);
        let is_resumed = followed.place(&parties, self.rules, &self.tokens);
        let tokens = followed.tokens;
        let subject = self.subject(call, &parties, &tokens);
        let mut memberships = std::mem::take(&mut followed.memberships);
        for index in 0..self.counters.len() {
            let limit = Arc::clone(&self.counters[index].limit);
            let fits = matching::counts(&limit, &parties)
                || (is_resumed && !parties.is_exempt && followed.counted_in.contains(&limit.name));
            let wanted = subject.membership(index, &limit).filter(|_| fits);
            let runs = followed.is_running && limit.counts == Counted::ConcurrentCalls;
            for left in memberships.iter_mut().filter(|known| known.leaves(index, wanted)) {
                left.is_current = false;
                if runs {
                    self.count(left.token, &subject, index, Amount::Running(false));
                }
            }
            let Some(wanted) = wanted else { continue };
            let joined = wanted.join(&mut memberships);
            if begins || (joined == Joined::First && followed.is_started && !is_resumed) {
                self.begin(&subject, wanted);
            }
            if runs && joined != Joined::Before {
                self.count(wanted.token, &subject, index, Amount::Running(true));
            }
        }
        followed.memberships = memberships;
        followed.bound();
        followed.counted_in.clear();
        followed.parties = Some(parties);
        followed.is_dirty = true;
    }

    /// Counts what a call talked and cost since the last time.
    pub(super) fn accrue(&mut self, followed: &mut Followed, call: &Arc<Call>) {
        let Some(answered) = call.answered else { return };
        let moment = self.now.moment;
        followed.catch_up(answered);
        let before = (followed.talk, followed.cost);
        let since = TimeDelta::from_std(moment.at.since(answered)).unwrap_or_default();
        followed.is_dirty |= followed.answered.is_none();
        let wall = *followed.answered.get_or_insert_with(|| moment.wall - since);
        followed.count_talk(wall, call.talk(moment.at));
        let (talk, cost) = (followed.talk - before.0, followed.cost - before.1);
        let Some(parties) = &followed.parties else { return };
        if (talk, cost) == (0, 0) || parties.is_exempt {
            return;
        }
        if cost > 0 {
            self.spend(&parties.destination, cost);
        }
        let subject = self.subject(call, parties, &followed.tokens);
        for membership in followed.memberships.iter().filter(|membership| membership.is_current) {
            let counter = &mut self.counters[membership.limit];
            let amount = match counter.limit.counts {
                Counted::Minutes => talk,
                Counted::Spend => cost,
                _ => 0,
            };
            if amount > 0 && counter.holds(self.now) {
                self.breaches.extend(counter.accrue(membership.token, &subject, amount, self.now));
            }
            if cost > 0 && !matches!(counter.limit.counts, Counted::Spend | Counted::ConcurrentCalls) {
                counter.note_cost(membership.token, cost, self.now);
            }
        }
    }

    /// Counts what only the end of a call tells.
    pub(super) fn end(&mut self, followed: &Followed, call: &Arc<Call>) {
        let Some(parties) = &followed.parties else { return };
        let subject = self.subject(call, parties, &followed.tokens);
        for membership in followed.memberships.iter().filter(|membership| membership.is_current) {
            let counter = &mut self.counters[membership.limit];
            let amount = match counter.limit.counts {
                Counted::ConcurrentCalls if followed.is_running => Amount::Running(false),
                Counted::FailedCalls if has_failed(call) => Amount::Of(1),
                Counted::ShortCalls if is_short(call, &counter.limit) => Amount::Of(1),
                _ => continue,
            };
            if matches!(amount, Amount::Running(_)) || counter.holds(self.now) {
                self.breaches.extend(counter.count(membership.token, &subject, amount, self.now));
            }
        }
    }

    /// Counts what the beginning of a call tells.
    fn begin(&mut self, subject: &Subject<'_>, membership: Membership) {
        let counter = &self.counters[membership.limit];
        let learned = counter.began.is_some_and(|began| self.now.at.since(began) >= self.rules.learn);
        let amount = match (counter.limit.counts, subject.parties.country()) {
            (Counted::Calls | Counted::RepeatedCalls, _) => Amount::Of(1),
            (Counted::Numbers, _) => Amount::Number(membership.distinct),
            (Counted::NewCountries, Some(country)) => Amount::Country(country, learned),
            _ => return,
        };
        if self.counters[membership.limit].holds(self.now) {
            self.count(membership.token, subject, membership.limit, amount);
        }
    }

    fn count(&mut self, token: Token, subject: &Subject<'_>, index: usize, amount: Amount) {
        self.breaches.extend(self.counters[index].count(token, subject, amount, self.now));
    }

    fn spend(&mut self, destination: &Arc<str>, cost: u64) {
        match self.spent.get_mut(destination) {
            Some(spent) => *spent = spent.saturating_add(cost),
            None => drop(self.spent.insert(Arc::clone(destination), cost)),
        }
    }

    pub(super) fn subject<'b>(
        &self,
        call: &'b Arc<Call>,
        parties: &'b Parties,
        tokens: &'b [Option<Token>; SCOPES],
    ) -> Subject<'b> {
        Subject { call, parties, tokens, make: self.tokens, hidden_digits: self.rules.hidden_digits }
    }
}

/// Whether nobody answered, and neither the caller nor Ringfence ended it.
fn has_failed(call: &Call) -> bool {
    use CallResult::{Busy, Failed, NoAnswer, NotFound, Redirected, Refused, Unauthorized};
    let fails = [Busy, NoAnswer, Refused, Unauthorized, NotFound, Redirected, Failed];
    call.answered.is_none() && call.result.is_some_and(|result| fails.contains(&result))
}

/// Whether somebody answered and it was over at once; of a call whose end was not seen nobody knows.
fn is_short(call: &Call, limit: &Limit) -> bool {
    call.result == Some(CallResult::Answered)
        && call.ended.is_some_and(|ended| call.answered.is_some() && call.talk(ended) < limit.short)
}
