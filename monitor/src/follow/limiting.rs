//! The limits beside the tracker: facts and time go in, what is reached waits for those who act on it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::WallClock;
use crate::{
    calls::{Call, Fact, Timestamp},
    limits::{Breach, Engine, Kept, Lost, Moment, Rules, Tokens},
    policy::Compiled,
    sync::PolicyMetrics,
};

/// The limits of the policy in force. Clones share them.
#[derive(Clone)]
pub struct Limiting(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    reached: Notify,
    clock: WallClock,
    policy: PolicyMetrics,
}

struct State {
    /// Of the policy that the engine has its limits from.
    generation: u64,
    engine: Engine,
    /// What was reached, and nobody has acted on yet.
    breaches: Vec<Breach>,
    ticked: Timestamp,
}

impl Limiting {
    /// Goes on from what was kept.
    #[must_use]
    pub fn start(clock: WallClock, policy: PolicyMetrics, tokens: Tokens, kept: Vec<Kept>) -> Self {
        let generation = policy.generation();
        let mut engine = Engine::new(rules(policy.in_force().policy.as_deref()), tokens);
        engine.restore(kept);
        let state = State { generation, engine, breaches: Vec::new(), ticked: Timestamp::default() };
        Self(Arc::new(Inner { state: Mutex::new(state), reached: Notify::new(), clock, policy }))
    }

    /// Takes one fact in.
    pub(super) fn take(&self, fact: &Fact) {
        self.step(fact.at, |engine, now, breaches| engine.take(fact, now, breaches));
    }

    /// Lets time pass, once a second; `active` are the calls that go on.
    pub(super) fn tick(&self, now: Timestamp, active: &mut dyn Iterator<Item = &Arc<Call>>) {
        {
            let mut state = self.lock();
            if now.since(state.ticked) < TICK {
                return;
            }
            state.ticked = now;
            self.follow_policy(&mut state);
        }
        self.step(now, |engine, now, breaches| engine.tick(active, now, breaches));
    }

    /// Takes in that calls went by of which only the kernel's counters know.
    pub fn lost(&self, lost: &Lost) {
        self.step(self.0.clock.now(), |engine, now, breaches| engine.lost(lost, now, breaches));
    }

    /// What has changed since the last time, to be kept.
    #[must_use]
    pub(super) fn changes(&self) -> Vec<Kept> {
        self.lock().engine.changes()
    }

    /// Waits until something is reached.
    pub async fn reached(&self) -> Vec<Breach> {
        loop {
            let breaches = self.take_reached();
            if !breaches.is_empty() {
                return breaches;
            }
            self.0.reached.notified().await;
        }
    }

    /// What was reached, and nobody has acted on yet.
    #[must_use]
    pub fn take_reached(&self) -> Vec<Breach> {
        std::mem::take(&mut self.lock().breaches)
    }

    /// Asks the engine, or changes it.
    pub fn ask<R>(&self, ask: impl FnOnce(&mut Engine, Moment) -> R) -> R {
        let now = self.moment(self.0.clock.now());
        ask(&mut self.lock().engine, now)
    }

    fn step(&self, at: Timestamp, step: impl FnOnce(&mut Engine, Moment, &mut Vec<Breach>)) {
        let now = self.moment(at);
        let mut state = self.lock();
        let State { engine, breaches, .. } = &mut *state;
        step(engine, now, breaches);
        if breaches.len() > MOST_WAITING {
            tracing::error!("limits are reached faster than can be acted on: the oldest are only logged");
            breaches.drain(..breaches.len() - MOST_WAITING);
        }
        if !breaches.is_empty() {
            self.0.reached.notify_one();
        }
    }

    fn follow_policy(&self, state: &mut State) {
        let generation = self.0.policy.generation();
        if generation != state.generation {
            state.generation = generation;
            state.engine.set(rules(self.0.policy.in_force().policy.as_deref()));
        }
    }

    fn moment(&self, at: Timestamp) -> Moment {
        Moment { at, wall: DateTime::<Utc>::from(self.0.clock.wall(at)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of a policy that concerns limits.
#[must_use]
pub fn rules(policy: Option<&Compiled>) -> Rules {
    let Some(policy) = policy else { return Rules::default() };
    let default = Rules::default();
    Rules {
        limits: policy.limits.clone(),
        tariffs: Arc::clone(&policy.tariffs),
        calendar: policy.calendar,
        learn: policy.unusual.as_ref().map_or(default.learn, |unusual| unusual.learn),
        hidden_digits: policy.privacy.hidden_digits,
        ..default
    }
}

/// How often running calls are counted.
const TICK: Duration = Duration::from_secs(1);
/// Breaches that wait for those who act on them.
const MOST_WAITING: usize = 10_000;
