//! Takes facts and time in and gives findings.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use monitor_common::number::Digits;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    Class, Finding, Horizon, Measure,
    accrual::Accounts,
    baseline::{Amounts, Baseline},
    bound::bound,
    class::Classes,
    judged::Told,
    kept::Keeping,
    recent::{CLASSES, Recent},
};
use crate::{
    calls::{Call, CallId, Fact, Happened, Route, Timestamp},
    limits::{Moment, parties::is_exempt},
    policy::{schedule::Calendar, unusual},
};

/// What the baseline goes by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `[unusual]`.
    pub unusual: unusual::Unusual,
    /// When hours and days begin.
    pub calendar: Calendar,
    /// The country code of the house.
    pub own_code: Digits,
}

/// The learned baseline, and what happens now.
#[derive(Debug)]
pub struct Unusual {
    pub(super) rules: Rules,
    classes: Classes,
    accounts: Accounts,
    pub(super) recent: Recent,
    pub(super) baselines: [Baseline; CLASSES],
    pub(super) told: Told,
    /// When the first call came, by the wall clock.
    pub(super) began: Option<DateTime<Utc>>,
    /// The last tick.
    ticked: Option<Timestamp>,
    /// The last call of each class.
    calls: [Option<Arc<Call>>; CLASSES],
    /// Classes in which something was counted since they were judged last.
    touched: BTreeSet<Class>,
    pub(super) kept: Keeping,
}

impl Unusual {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            classes: Classes::new(rules.own_code),
            rules,
            accounts: Accounts::default(),
            recent: Recent::default(),
            baselines: std::array::from_fn(|_| Baseline::default()),
            told: Told::default(),
            began: None,
            ticked: None,
            calls: std::array::from_fn(|_| None),
            touched: BTreeSet::new(),
            kept: Keeping::default(),
        }
    }

    /// Another policy is in force; what was learned stays.
    pub fn set(&mut self, rules: Rules) {
        if rules.own_code != self.classes.own_code() {
            self.classes = Classes::new(rules.own_code);
        }
        self.rules = rules;
    }

    /// Takes in what happened to a call; `cost` is what it has cost so far, after the fact.
    pub fn take(&mut self, fact: &Fact, cost: Option<Decimal>, now: Moment, findings: &mut Vec<Finding>) {
        let call = &fact.call;
        if call.route != Route::Outgoing || is_exempt(call) {
            self.accounts.end(call.id);
            return;
        }
        self.advance(now);
        match fact.happened {
            Happened::Started => {
                if self.began.is_none() {
                    self.began = Some(now.wall);
                    self.kept.note_state();
                }
                let class = self.classes.of(call.number.as_deref());
                self.accounts.begin(call, class);
                self.count(class, [1.0, 0.0, 0.0], call);
            }
            Happened::Ended => {
                self.grow(call, cost, now.at);
                if let Some((class, amounts)) = self.accounts.end(call.id) {
                    let units = Measure::ALL.iter().map(|measure| self.unit(class, *measure));
                    let most: Vec<_> = units.collect();
                    self.baselines[class as usize].size(amounts, [most[0], most[1], most[2]]);
                }
            }
            Happened::Rang | Happened::Answered | Happened::Updated => {}
        }
        self.judge(now, findings);
    }

    /// Lets time pass, each second: what goes on grows. `active` are the calls that go on, `cost` says what one has cost.
    pub fn tick(
        &mut self,
        active: &mut dyn Iterator<Item = &Arc<Call>>,
        cost: &dyn Fn(CallId) -> Option<Decimal>,
        now: Moment,
        findings: &mut Vec<Finding>,
    ) {
        self.advance(now);
        let passed = self.ticked.map_or(0.0, |ticked| now.at.since(ticked).as_secs_f64());
        self.ticked = Some(now.at);
        if passed <= LONGEST_TICK
            && let Some(hour) = self.recent.current()
        {
            let before = hour.seen;
            hour.seen = (hour.seen + passed / SECONDS).min(1.0);
            self.kept.note_seen(hour.number, before, hour.seen);
        }
        self.accounts.begin_round();
        for call in active.filter(|call| call.route == Route::Outgoing && !is_exempt(call)) {
            self.grow(call, cost(call.id), now.at);
        }
        self.accounts.end_round();
        self.judge(now, findings);
    }

    /// The class that a call counts in.
    #[must_use]
    pub fn class(&self, call: &Call) -> Option<&'static str> {
        let is_counted = call.route == Route::Outgoing && !is_exempt(call);
        is_counted.then(|| self.classes.of(call.number.as_deref()).label())
    }

    /// Whether a call is one of those that a finding is about.
    #[must_use]
    pub fn concerns(&self, finding: &Finding, call: &Call) -> bool {
        self.class(call) == Some(finding.class.label())
    }

    /// Until when findings are only reported, once a call came.
    #[must_use]
    pub fn learns_until(&self) -> Option<DateTime<Utc>> {
        let learn = TimeDelta::from_std(self.rules.unusual.learn).unwrap_or(TimeDelta::MAX);
        self.began.map(|began| began.checked_add_signed(learn).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    fn grow(&mut self, call: &Arc<Call>, cost: Option<Decimal>, now: Timestamp) {
        let classes = &self.classes;
        let (class, amounts) = self.accounts.grow(call, cost, now, || classes.of(call.number.as_deref()));
        self.count(class, amounts, call);
    }

    fn count(&mut self, class: Class, amounts: Amounts, call: &Arc<Call>) {
        let Some(hour) = self.recent.current().filter(|_| amounts.iter().any(|amount| *amount > 0.0)) else {
            return;
        };
        for (sum, amount) in hour.cells[class as usize].amounts.iter_mut().zip(amounts) {
            *sum += amount;
        }
        self.kept.note_hour(hour.number);
        self.calls[class as usize] = Some(Arc::clone(call));
        self.touched.insert(class);
    }

    /// What was counted, what is usual, and from how much on it is unusual.
    pub(super) fn compare(
        &self,
        class: Class,
        measure: Measure,
        horizon: Horizon,
    ) -> Option<(f64, f64, f64)> {
        let sums = self.recent.sums(class, measure, horizon)?;
        let usual = match (horizon, self.baselines[class as usize].middle_week(measure)) {
            (Horizon::Week, Some(middle)) => sums.usual.min(middle),
            _ => sums.usual,
        };
        let factor = self.rules.unusual.factor.to_f64().unwrap_or(f64::MAX);
        Some((sums.value, usual, bound(usual, self.unit(class, measure), factor, horizon)))
    }

    /// In what units amounts come.
    fn unit(&self, class: Class, measure: Measure) -> f64 {
        let unit = self.baselines[class as usize].unit(measure);
        match measure {
            Measure::Calls => 1.0,
            Measure::Minutes => unit.max(LEAST_MINUTES),
            Measure::Spend => {
                let ended = self.baselines.iter().map(|baseline| baseline.ended(measure));
                let (calls, cost) =
                    ended.fold((0.0, 0.0), |(calls, cost), (more, dear)| (calls + more, cost + dear));
                let usual = if calls > 0.0 { cost / calls } else { 0.0 };
                unit.max(usual * DEAR).max(LEAST_COST)
            }
        }
    }

    fn judge(&mut self, now: Moment, findings: &mut Vec<Finding>) {
        let learns = self.learns_until().is_none_or(|until| now.wall < until);
        let touched = std::mem::take(&mut self.touched);
        for (class, measure, horizon) in everything().filter(|(class, ..)| touched.contains(class)) {
            let Some((value, usual, bound)) = self.compare(class, measure, horizon) else { continue };
            let again = self.again(horizon, learns, now.wall);
            let Some(severity) =
                self.told.judge((class, measure, horizon), [value, usual, bound], now.wall, again)
            else {
                continue;
            };
            self.kept.note_state();
            findings.push(Finding {
                class,
                measure,
                horizon,
                value: shown(value),
                usual: shown(usual),
                bound: shown(bound),
                severity,
                report_only: learns || self.rules.unusual.then.report_only,
                at: now.at,
                call: self.calls[class as usize].clone(),
            });
        }
    }
}

/// Every class, measure and horizon, the shortest horizon first.
pub(super) fn everything() -> impl Iterator<Item = (Class, Measure, Horizon)> {
    let of = |horizon: &'static Horizon| {
        let measures =
            move |class: &'static Class| Measure::ALL.iter().map(move |measure| (*class, *measure, *horizon));
        Class::ALL.iter().flat_map(measures)
    };
    Horizon::ALL.iter().flat_map(of)
}

/// To two decimal places.
fn shown(amount: f64) -> Decimal {
    Decimal::from_f64_retain(amount).unwrap_or(Decimal::MAX).round_dp(2)
}

/// Seconds of an hour.
const SECONDS: f64 = 3600.0;
/// Seconds between ticks beyond which the agent was off.
const LONGEST_TICK: f64 = 120.0;
/// Minutes that a call is taken for at least: one long call is nothing unusual.
const LEAST_MINUTES: f64 = 15.0;
/// Units of currency that a call is taken for at least.
const LEAST_COST: f64 = 1.0;
/// How many times the mean of all calls a call may cost.
const DEAR: f64 = 10.0;
