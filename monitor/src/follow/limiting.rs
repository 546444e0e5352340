//! The limits beside the tracker: facts and time go in, what is reached waits for those who act on it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tokio::sync::Notify;

use super::WallClock;
use crate::{
    calls::{Call, CallId, Fact, Timestamp, Tracker},
    incidents::Raised,
    limits::{
        Breach, Engine, Kept, Lost, Moment, Rules, Severity, Token, Tokens,
        unusual::{self, Finding, Unusual},
    },
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
    /// The learned baseline, where the policy asks for one.
    unusual: Option<Unusual>,
    /// What nobody has acted on yet.
    reached: Reached,
    ticked: Timestamp,
}

/// What was reached.
#[derive(Debug, Default)]
pub struct Reached {
    /// Limits that were reached.
    pub breaches: Vec<Breach>,
    /// What is unlike before.
    pub findings: Vec<Finding>,
}

impl Reached {
    const fn is_empty(&self) -> bool {
        self.breaches.is_empty() && self.findings.is_empty()
    }

    /// Warnings give way, and where even that is not enough the oldest.
    fn bound(&mut self) {
        if self.breaches.len() > MOST_WAITING {
            tracing::error!("limits are reached faster than can be acted on: warnings are lost");
            self.breaches.retain(|breach| breach.severity == Severity::Critical);
            self.breaches.drain(..self.breaches.len().saturating_sub(MOST_CRITICAL));
        }
        self.findings.drain(..self.findings.len().saturating_sub(MOST_WAITING));
    }
}

impl Limiting {
    /// Goes on from what was kept.
    #[must_use]
    pub fn start(clock: WallClock, policy: PolicyMetrics, tokens: Tokens, kept: Vec<Kept>) -> Self {
        let generation = policy.generation();
        let in_force = policy.in_force().policy;
        let mut engine = Engine::new(rules(in_force.as_deref()), tokens);
        let mut unusual = in_force.as_deref().and_then(baseline).map(Unusual::new);
        unusual.iter_mut().for_each(|unusual| unusual.restore(&kept));
        engine.restore(kept);
        let (reached, ticked) = (Reached::default(), Timestamp::default());
        let state = State { generation, engine, unusual, reached, ticked };
        Self(Arc::new(Inner { state: Mutex::new(state), reached: Notify::new(), clock, policy }))
    }

    /// Takes one fact in.
    pub(super) fn take(&self, fact: &Fact) {
        self.step(fact.at, |State { engine, unusual, reached, .. }, now| {
            engine.take(fact, now, &mut reached.breaches);
            if let Some(unusual) = unusual {
                unusual.take(fact, engine.cost(fact.call.id), now, &mut reached.findings);
            }
        });
    }

    /// Lets time pass, once a second; `active` gives the calls that go on.
    pub(super) fn tick<'a, I: Iterator<Item = &'a Arc<Call>>>(&self, now: Timestamp, active: impl Fn() -> I) {
        {
            let mut state = self.lock();
            if now.since(state.ticked) < TICK {
                return;
            }
            state.ticked = now;
            self.follow_policy(&mut state);
        }
        self.step(now, |State { engine, unusual, reached, .. }, now| {
            engine.tick(&mut active(), now, &mut reached.breaches);
            if let Some(unusual) = unusual {
                unusual.tick(&mut active(), &|call| engine.cost(call), now, &mut reached.findings);
            }
        });
    }

    /// Takes in that calls went by of which only the kernel's counters know.
    pub fn lost(&self, lost: &Lost) {
        self.step(self.0.clock.now(), |State { engine, reached, .. }, now| {
            engine.lost(lost, now, &mut reached.breaches);
        });
    }

    /// What has changed since the last time, to be kept.
    #[must_use]
    pub(super) fn changes(&self) -> Vec<Kept> {
        let State { engine, unusual, .. } = &mut *self.lock();
        let mut changes = engine.changes();
        changes.extend(unusual.iter_mut().flat_map(Unusual::changes));
        changes
    }

    /// Waits until something is reached.
    pub async fn reached(&self) -> Reached {
        loop {
            let reached = self.take_reached();
            if !reached.is_empty() {
                return reached;
            }
            self.0.reached.notified().await;
        }
    }

    /// What was reached, and nobody has acted on yet.
    #[must_use]
    pub fn take_reached(&self) -> Reached {
        std::mem::take(&mut self.lock().reached)
    }

    /// The calls among those that go on that a breach is about.
    #[must_use]
    pub fn counted(&self, breach: &Breach, active: &[Arc<Call>]) -> Vec<Arc<Call>> {
        let state = self.lock();
        active.iter().filter(|call| state.engine.concerns(breach, call.id)).cloned().collect()
    }

    /// The calls among those that go on that a finding is about.
    #[must_use]
    pub fn concerned(&self, finding: &Finding, active: &[Arc<Call>]) -> Vec<Arc<Call>> {
        let state = self.lock();
        let unusual = state.unusual.iter();
        let of = |unusual: &Unusual, call: &Call| unusual.concerns(finding, call);
        unusual.flat_map(|unusual| active.iter().filter(move |call| of(unusual, call)).cloned()).collect()
    }

    /// Where a call counts, and what it has cost.
    pub(super) fn place(&self, call: &Call) -> Place {
        let State { engine, unusual, .. } = &*self.lock();
        Place {
            limits: engine.counting(call.id),
            class: unusual.as_ref().and_then(|unusual| unusual.class(call)),
            cost: engine.cost(call.id),
        }
    }

    /// What a call has cost.
    pub(super) fn cost(&self, call: CallId) -> Option<Decimal> {
        self.lock().engine.cost(call)
    }

    /// The calls that an alert is about: those that go on, and those that its limit counted and that are over.
    pub(super) fn counted_by(
        &self,
        raised: &Raised,
        tracker: &Tracker,
        now: Timestamp,
    ) -> Vec<(Arc<Call>, Place)> {
        let State { engine, unusual, .. } = &*self.lock();
        let costs = |cost| Place { cost, ..Place::default() };
        let mut calls = Vec::new();
        if let Some((limit, token)) = raised.limit() {
            let active = engine.counted(limit, token).filter_map(|id| tracker.call(id));
            calls.extend(active.map(|call| (Arc::clone(call), costs(engine.cost(call.id)))));
            let before = engine.counted_before(limit, token, now);
            calls.extend(before.map(|passed| (Arc::clone(&passed.call), costs(passed.cost))));
        }
        if let (Some(class), Some(unusual)) = (raised.class(), unusual) {
            let active = tracker.active().filter(|call| unusual.class(call) == Some(class));
            calls.extend(active.map(|call| (Arc::clone(call), costs(engine.cost(call.id)))));
        }
        calls.sort_by_key(|(call, _)| call.started);
        calls
    }

    /// Asks the engine, or changes it.
    pub fn ask<R>(&self, ask: impl FnOnce(&mut Engine, Moment) -> R) -> R {
        let now = self.moment(self.0.clock.now());
        ask(&mut self.lock().engine, now)
    }

    fn step(&self, at: Timestamp, step: impl FnOnce(&mut State, Moment)) {
        let now = self.moment(at);
        let mut state = self.lock();
        step(&mut state, now);
        state.reached.bound();
        if !state.reached.is_empty() {
            self.0.reached.notify_one();
        }
    }

    fn follow_policy(&self, state: &mut State) {
        let generation = self.0.policy.generation();
        if generation == state.generation {
            return;
        }
        state.generation = generation;
        let policy = self.0.policy.in_force().policy;
        state.engine.set(rules(policy.as_deref()));
        match (&mut state.unusual, policy.as_deref().and_then(baseline)) {
            (Some(unusual), Some(rules)) => unusual.set(rules),
            (unusual, rules) => *unusual = rules.map(Unusual::new),
        }
    }

    fn moment(&self, at: Timestamp) -> Moment {
        Moment { at, wall: DateTime::<Utc>::from(self.0.clock.wall(at)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a call counts, and what it has cost.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The limits that count it, and for whom.
    pub(super) limits: Vec<(Arc<str>, Token)>,
    /// Its class in the learned baseline.
    pub(super) class: Option<&'static str>,
    /// Units of the currency.
    pub(super) cost: Option<Decimal>,
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

/// The part of a policy that concerns the learned baseline, where it asks for one.
#[must_use]
pub fn baseline(policy: &Compiled) -> Option<unusual::Rules> {
    policy.unusual.clone().map(|unusual| unusual::Rules {
        unusual,
        calendar: policy.calendar,
        own_code: policy.own_code(),
    })
}

/// How often running calls are counted.
const TICK: Duration = Duration::from_secs(1);
/// Breaches that wait for those who act on them.
const MOST_WAITING: usize = 10_000;
/// Critical breaches that wait, whatever else does.
const MOST_CRITICAL: usize = 100_000;
