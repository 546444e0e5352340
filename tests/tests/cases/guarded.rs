//! A house that Ringfence guards: the messages of a plan go through tracker, limits and blocks, by the plan's own clock, as
//! they do in the agent; what is dropped does not happen.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use monitor::{
    blocks::{Blocker, ByLimit, ForLimit, Known, limit_target},
    calls::{Call, Fact, Signal, Timestamp, Tracker, Trunk},
    follow::baseline,
    limits::{
        Breach, Engine, Moment, Rules, Severity, Token, Tokens,
        unusual::{Finding, Unusual},
    },
    policy::{Compiled, SlotTable, limits::Then},
    sync::lay_out,
};
use monitor_common::{
    abi::{DialPlan, Direction, Reason, Verdict},
    number::{Digits, Reading, Symbols, reading},
};
use tests::traffic::Plan;

use crate::standing::{Dropped, Standing, Unkept};

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Calls of the plan that were dropped, by their place in it.
    pub dropped: BTreeMap<usize, Dropped>,
    /// What the limits told, in order.
    pub told: Vec<Told>,
    /// What was unlike before, in order.
    pub found: Vec<Finding>,
    /// What was blocked, in order: when, what, because of which limit; `unusual` is `[unusual]`.
    pub blocks: Vec<(Timestamp, String, Arc<str>)>,
}

/// A breach in short.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Which limit.
    pub limit: Arc<str>,
    /// How much too much.
    pub severity: Severity,
    /// What was counted.
    pub value: rust_decimal::Decimal,
    /// For whom.
    pub key: String,
}

/// Lets a plan happen under a policy.
pub fn guard(plan: &Plan, policy: &Arc<Compiled>) -> Outcome {
    guard_by(plan, policy, TICK)
}

/// The same with another pause between ticks while calls go on: weeks need no second. What a call amounted to is exact at
/// its end all the same.
pub fn guard_by(plan: &Plan, policy: &Arc<Compiled>, tick: Duration) -> Outcome {
    let mut house = House::new(policy, tick);
    let mut stream = plan.stream();
    while let Some(mut step) = stream.next() {
        house.until(step.at);
        if let Some(why) = house.judge(&mut step.signal) {
            house.outcome.dropped.insert(step.call, why);
            // Whoever called hears nothing and gives up; nobody was reached.
            stream.stop(step.call);
        }
        house.signal(&step.signal, step.at);
    }
    let end = house.now.after(Duration::from_secs(120));
    house.until(end);
    house.outcome
}

struct House {
    policy: Arc<Compiled>,
    slots: SlotTable,
    tracker: Tracker,
    engine: Engine,
    unusual: Option<Unusual>,
    standing: Standing,
    blocker: Blocker,
    tick: Duration,
    now: Timestamp,
    ticked: Timestamp,
    facts: Vec<Fact>,
    breaches: Vec<Breach>,
    findings: Vec<Finding>,
    outcome: Outcome,
}

impl House {
    fn new(policy: &Arc<Compiled>, tick: Duration) -> Self {
        let mut slots = SlotTable::new();
        lay_out(policy, &mut slots).expect("the destinations of a policy have slots");
        let rules = Rules {
            limits: policy.limits.clone(),
            tariffs: Arc::clone(&policy.tariffs),
            calendar: policy.calendar,
            learn: policy.unusual.as_ref().map_or(Rules::default().learn, |unusual| unusual.learn),
            hidden_digits: 0,
            ..Rules::default()
        };
        let standing = Standing::default();
        Self {
            policy: Arc::clone(policy),
            slots,
            tracker: Tracker::new(monitor::calls::Settings::default()),
            engine: Engine::new(rules, Tokens::new([7; 16])),
            unusual: baseline(policy).map(Unusual::new),
            blocker: Blocker::new(Box::new(standing.clone()), Box::new(Unkept)),
            standing,
            tick,
            now: Timestamp::default(),
            ticked: Timestamp::default(),
            facts: Vec::new(),
            breaches: Vec::new(),
            findings: Vec::new(),
            outcome: Outcome::default(),
        }
    }

    /// Lets time pass: a tick each second while calls go on, each minute otherwise.
    fn until(&mut self, at: Timestamp) {
        if self.now == Timestamp::default() {
            self.ticked = at;
        }
        loop {
            let goes_on = self.tracker.active().next().is_some();
            let next = self.ticked.after(if goes_on { self.tick } else { IDLE });
            if next > at {
                break;
            }
            self.ticked = next;
            self.clock(next);
            self.tracker.tick(self.now, &mut self.facts);
            self.hand_on();
            let now = moment(self.now);
            self.engine.tick(&mut self.tracker.active(), now, &mut self.breaches);
            if let Some(unusual) = &mut self.unusual {
                let engine = &self.engine;
                let cost = |call| engine.cost(call);
                unusual.tick(&mut self.tracker.active(), &cost, now, &mut self.findings);
            }
            self.react();
        }
        self.clock(at);
    }

    fn clock(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.standing.time(self.now);
        self.blocker.expire(self.now);
    }

    /// What the kernel does with an INVITE.
    fn judge(&self, signal: &mut Signal) -> Option<Dropped> {
        let judged = signal.judged.as_mut()?;
        let digits = judged.number.as_deref().and_then(|number| Digits::parse(number.strip_prefix('+')?));
        let rule = digits.and_then(|digits| self.policy.longest(digits));
        judged.destination = match (digits, rule) {
            (_, Some(rule)) => self.policy.destination(rule).shared(),
            (Some(_), None) => "unknown".into(),
            (None, _) => "internal".into(),
        };
        // Incoming calls are not judged, nor what the PBX sends to a phone.
        let is_judged = (signal.direction == Direction::Egress) == (signal.trunk == Trunk::Yes);
        let arrives = signal.direction == Direction::Ingress;
        if is_judged && is_emergency(&self.policy.settings.plans[signal.direction as usize], &judged.dialled)
        {
            judged.reason = Reason::Emergency;
            return None;
        }
        let source = signal.remote.0;
        let by_source = (arrives && is_judged).then(|| self.standing.source(source)).flatten();
        let by_number = digits
            .filter(|_| is_judged)
            .and_then(|digits| self.standing.number(digits, &self.policy, &self.slots));
        let dropped = by_source.or(by_number);
        (judged.verdict, judged.reason) = match &dropped {
            None => (Verdict::Pass, Reason::NoRule),
            Some(Dropped::ByRule) => (Verdict::Drop, Reason::Policy),
            Some(Dropped::ByBlock(_)) => (Verdict::Drop, Reason::TemporaryBlock),
        };
        dropped
    }

    fn signal(&mut self, signal: &Signal, at: Timestamp) {
        self.tracker.signal(signal, at, &mut self.facts);
        self.hand_on();
    }

    fn hand_on(&mut self) {
        for fact in std::mem::take(&mut self.facts) {
            let now = moment(self.now);
            self.engine.take(&fact, now, &mut self.breaches);
            if let Some(unusual) = &mut self.unusual {
                unusual.take(&fact, self.engine.cost(fact.call.id), now, &mut self.findings);
            }
        }
        self.react();
    }

    fn react(&mut self) {
        for breach in std::mem::take(&mut self.breaches) {
            self.outcome.told.push(Told {
                at: breach.at,
                limit: Arc::clone(&breach.limit.name),
                severity: breach.severity,
                value: breach.value,
                key: breach.key.masked(0),
            });
            let then = &breach.limit.then;
            if breach.severity == Severity::Critical
                && !then.report_only
                && let Some(call) = &breach.call
            {
                let lasts = breach.limit.blocks_for(wall(self.now), &self.policy.calendar);
                self.block(then, &breach.limit.name, Some(breach.token), lasts, call);
            }
        }
        for finding in std::mem::take(&mut self.findings) {
            if finding.severity == Severity::Critical
                && !finding.report_only
                && let Some(call) = &finding.call
                && let Some(unusual) = self.policy.unusual.clone()
            {
                let lasts = unusual.then.lasts.apart_from_window(wall(self.now));
                self.block(&unusual.then, &"unusual".into(), None, lasts, call);
            }
            self.outcome.found.push(finding);
        }
    }

    fn block(
        &mut self,
        then: &Then,
        name: &Arc<str>,
        token: Option<Token>,
        lasts: Option<Duration>,
        call: &Call,
    ) {
        self.standing.by(name);
        for kind in &then.blocks {
            let Ok(target) = limit_target(*kind, call, &self.policy) else { continue };
            let own: [IpAddr; 1] = [[192, 0, 2, 10].into()];
            let known = Known { policy: &self.policy, slots: &self.slots, own: &own, dry_run: false };
            let wanted = ForLimit {
                target: target.clone(),
                lasts,
                reason: "reached",
                limit: ByLimit { name: name.to_string(), token },
                trusted: &self.policy.trusted,
            };
            if self.blocker.block_for_limit(&wanted, &known, self.now).is_ok() {
                self.outcome.blocks.push((self.now, target.to_string(), Arc::clone(name)));
            }
        }
    }
}

/// Whether what is dialled is read as an emergency number, as the kernel reads it: such a call passes whatever is blocked.
fn is_emergency(plan: &DialPlan, dialled: &str) -> bool {
    // Emergency numbers have a few digits; four bits each, the first one highest.
    let digits = dialled.bytes().all(|digit| digit.is_ascii_digit()) && dialled.len() <= 16;
    let first = dialled.bytes().rev().fold(0, |symbols, digit| symbols >> 4 | u64::from(digit & 15) << 60);
    let symbols = Symbols { first, then: 0, len: dialled.len() as u32 };
    digits && reading(plan, symbols, 0) == Some(Reading::Emergency)
}

fn moment(at: Timestamp) -> Moment {
    Moment { at, wall: wall(at) }
}

/// The time that the clock on the wall shows, UTC.
pub fn wall(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.0 as i64).expect("a time of this age")
}

const TICK: Duration = Duration::from_secs(1);
/// Between ticks while nothing goes on: the baseline takes a pause of more than two minutes for an agent that was off.
const IDLE: Duration = Duration::from_secs(60);
