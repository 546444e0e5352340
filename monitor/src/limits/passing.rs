//! Each second: calls that go on talk and cost, what counts no longer is forgotten, and what cannot go on any more is
//! given up.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{books::Books, breach::Breach, clock::Moment, engine::Engine, followed::Followed, token::Token};
use crate::calls::{Call, CallId};

impl Engine {
    /// Lets time pass: takes in all calls that go on, once a second. Concurrency is counted anew from them each time.
    pub fn tick(
        &mut self,
        active: &mut dyn Iterator<Item = &Arc<Call>>,
        now: Moment,
        breaches: &mut Vec<Breach>,
    ) {
        let now = self.advance(now);
        self.ended.clear();
        self.ticked = now.moment.at;
        self.round += 1;
        self.clear_aside(now.at);
        let round = self.round;
        for counter in self.counters.iter_mut().filter(|counter| counter.counts_running()) {
            counter.keys.iter_mut().for_each(|entry| entry.running = 0);
        }
        let mut reached = Vec::new();
        let mut calls = std::mem::take(&mut self.calls);
        let mut books = self.books(&now, breaches);
        for call in active {
            let followed = calls.entry(call.id).or_default();
            (followed.is_running, followed.seen, followed.round) = (false, now.at, round);
            books.follow(followed, call, false);
            books.accrue(followed, call);
            followed.is_running = true;
            books.run(followed, call, &mut reached);
        }
        for (index, token, call) in reached {
            books.review(index, token, &calls, &call);
        }
        for counter in &mut *books.counters {
            counter.pass(&now);
        }
        calls.retain(|id, followed| {
            let is_seen = followed.round == round;
            followed.is_running = is_seen;
            let stays = is_seen || now.at.since(followed.seen) < GRACE;
            if stays {
                self.kept.note_call(*id, followed);
            } else {
                self.kept.forget_call(*id);
            }
            stays
        });
        self.calls = calls;
    }
}

impl Books<'_> {
    /// Counts a call that goes on; notes keys that reach a threshold with it.
    fn run(&mut self, followed: &Followed, call: &Arc<Call>, reached: &mut Vec<(usize, Token, Arc<Call>)>) {
        let Some(parties) = &followed.parties else { return };
        for membership in followed.memberships.iter().filter(|membership| membership.is_current) {
            let counter = &mut self.counters[membership.limit];
            if !counter.counts_running() {
                continue;
            }
            let subject = self.subject(call, parties, &followed.tokens);
            let counter = &mut self.counters[membership.limit];
            if counter.run(membership.token, &subject, self.now) {
                reached.push((membership.limit, membership.token, Arc::clone(call)));
            }
        }
    }

    fn review(&mut self, index: usize, token: Token, calls: &HashMap<CallId, Followed>, call: &Arc<Call>) {
        let Some(followed) = calls.get(&call.id) else { return };
        let Some(parties) = &followed.parties else { return };
        let subject = self.subject(call, parties, &followed.tokens);
        self.breaches.extend(self.counters[index].review(token, Some(&subject), self.now));
    }
}

/// How long a call that no longer goes on is remembered: the fact of its end may be on its way.
const GRACE: Duration = Duration::from_secs(60);
