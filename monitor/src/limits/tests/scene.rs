//! An engine, its clocks, calls that go on, and everything that it told.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use monitor_common::number::Digits;
use opening_hours::ContextHolidays;
use rust_decimal::Decimal;

use crate::{
    calls::{Call, CallId, CallResult, Fact, Happened, Route, Timestamp},
    limits::{Breach, Engine, Kept, Moment, Rules, Tokens},
    policy::{
        limits::{BlockKind, Counted, Filter, Lasts, Limit, Scope, Then, When, Window},
        money::{Increments, Price, Reach, Tariff, Tariffs},
        schedule::{Calendar, Schedule},
    },
};

/// An engine and what it is told.
pub(super) struct Scene {
    pub(super) engine: Engine,
    pub(super) rules: Rules,
    pub(super) at: Timestamp,
    pub(super) wall: DateTime<Utc>,
    /// As the tracker has them: masked after a restart.
    pub(super) calls: BTreeMap<CallId, Arc<Call>>,
    pub(super) breaches: Vec<Breach>,
    /// The store.
    pub(super) kept: BTreeMap<(String, String, String), String>,
    last: u64,
}

impl Scene {
    pub(super) fn new(limits: Vec<Limit>) -> Self {
        Self::with(Rules {
            limits: limits.into_iter().map(Arc::new).collect(),
            tariffs: tariffs(),
            ..Rules::default()
        })
    }

    pub(super) fn with(rules: Rules) -> Self {
        Self {
            engine: Engine::new(rules.clone(), TOKENS),
            rules,
            at: Timestamp(1_700_000_000_000_000),
            wall: wall("2026-03-10T10:00:00Z"),
            calls: BTreeMap::new(),
            breaches: Vec::new(),
            kept: BTreeMap::new(),
            last: 0,
        }
    }

    pub(super) fn now(&self) -> Moment {
        Moment { at: self.at, wall: self.wall }
    }

    /// Time passes by both clocks, without a tick.
    pub(super) fn pass(&mut self, time: Duration) -> &mut Self {
        self.at = self.at.after(time);
        self.wall += TimeDelta::from_std(time).unwrap();
        self
    }

    pub(super) fn tick(&mut self) -> &mut Self {
        let now = self.now();
        self.engine.tick(&mut self.calls.values(), now, &mut self.breaches);
        self
    }

    /// Seconds pass, each with its tick.
    pub(super) fn run(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            self.pass(Duration::from_secs(1)).tick();
        }
        self
    }

    /// A call begins.
    pub(super) fn start(&mut self, change: impl FnOnce(&mut Call)) -> CallId {
        self.last += 1;
        let mut call = Call { id: CallId(self.last), started: self.at, ..call() };
        change(&mut call);
        let id = call.id;
        self.happen(Happened::Started, call);
        id
    }

    pub(super) fn answer(&mut self, id: CallId) -> &mut Self {
        let answered = Some(self.at);
        self.happen(Happened::Answered, Call { answered, ..Call::clone(&self.calls[&id]) })
    }

    pub(super) fn update(&mut self, id: CallId, change: impl FnOnce(&mut Call)) -> &mut Self {
        let mut call = Call::clone(&self.calls[&id]);
        change(&mut call);
        self.happen(Happened::Updated, call)
    }

    pub(super) fn end(&mut self, id: CallId, result: CallResult) -> &mut Self {
        let (ended, result) = (Some(self.at), Some(result));
        self.happen(Happened::Ended, Call { ended, result, ..Call::clone(&self.calls[&id]) })
    }

    /// A call of so many seconds, answered at once.
    pub(super) fn talk(&mut self, seconds: u64, change: impl FnOnce(&mut Call)) -> &mut Self {
        let id = self.start(change);
        self.answer(id).run(seconds).end(id, CallResult::Answered)
    }

    pub(super) fn happen(&mut self, happened: Happened, call: Call) -> &mut Self {
        let (now, call) = (self.now(), Arc::new(call));
        match happened {
            Happened::Ended => drop(self.calls.remove(&call.id)),
            _ => drop(self.calls.insert(call.id, Arc::clone(&call))),
        }
        self.engine.take(&Fact { at: self.at, happened, call }, now, &mut self.breaches);
        self
    }

    /// What changed goes to the store.
    pub(super) fn save(&mut self) -> &mut Self {
        for Kept { kind, name, key, state } in self.engine.changes() {
            let row = (kind.into_owned(), name, key);
            match state {
                Some(state) => drop(self.kept.insert(row, state)),
                None => drop(self.kept.remove(&row)),
            }
        }
        self
    }

    /// kill -9, and another agent that follows the same calls, masked.
    pub(super) fn restart(&mut self) -> &mut Self {
        self.engine = Engine::new(self.rules.clone(), TOKENS);
        let kept = self.kept.iter().map(|((kind, name, key), state)| Kept {
            kind: kind.clone().into(),
            name: name.clone(),
            key: key.clone(),
            state: Some(state.clone()),
        });
        self.engine.restore(kept.collect());
        for call in self.calls.values_mut() {
            *call = Arc::new(call.masked(4));
        }
        self
    }

    pub(super) fn set(&mut self, change: impl FnOnce(&mut Rules)) -> &mut Self {
        change(&mut self.rules);
        self.engine.set(self.rules.clone());
        self
    }

    /// What was told since the last time: severity, for whom, how much.
    pub(super) fn told(&mut self) -> Vec<String> {
        self.breaches.drain(..).map(|breach| line(&breach)).collect()
    }

    /// What the first limit counted for its greatest key.
    pub(super) fn value(&self) -> Decimal {
        self.engine.rows(self.now(), 1)[0].keys.first().map_or(Decimal::ZERO, |key| key.value)
    }

    /// Keys of the first limit for which something counts.
    pub(super) fn labels(&self) -> Vec<String> {
        self.engine.rows(self.now(), 10)[0]
            .keys
            .iter()
            .map(|key| format!("{} {}", key.label, key.value))
            .collect()
    }
}

pub(super) fn line(breach: &Breach) -> String {
    format!("{} {} {}", breach.severity.label(), breach.key.masked(4), breach.value)
}

/// A limit of one hour that is reached at 2 and 3.
pub(super) fn limit(counts: Counted) -> Limit {
    Limit {
        name: counts.label().into(),
        counts,
        scope: Scope::All,
        filter: Filter { directions: vec![Route::Outgoing], ..Filter::default() },
        window: Window::Sliding(HOUR),
        warning: Some(Decimal::from(2)),
        critical: Some(Decimal::from(3)),
        when: When::Always,
        then: Then::default(),
        short: Duration::from_secs(10),
    }
}

pub(super) fn blocking(lasts: Lasts) -> Then {
    Then { blocks: vec![BlockKind::Destination], lasts, ..Then::default() }
}

/// An outgoing call of extension 101 to the Cayman Islands.
pub(super) fn call() -> Call {
    Call {
        id: CallId(0),
        destination: "cayman".into(),
        dialled: "0013459490000".into(),
        number: Some("+13459490000".into()),
        source: [10, 0, 0, 101].into(),
        trunk: Some([192, 0, 2, 1].into()),
        ..Call::example()
    }
}

/// To another number.
pub(super) fn to(number: &str, destination: &str) -> impl Fn(&mut Call) {
    move |call| {
        call.number = Some(number.into());
        call.destination = destination.into();
    }
}

/// From another extension.
pub(super) fn from(caller: &str) -> impl Fn(&mut Call) {
    move |call| call.caller = caller.into()
}

/// 2.06 € a minute to `cayman`, per second; 0.10 € at the answer and 0.60 € for a minute, by the minute, to all others.
pub(super) fn tariffs() -> Arc<Tariffs> {
    let price = |per_minute: &str, per_call: &str| Price {
        per_minute: per_minute.parse().unwrap(),
        per_call: per_call.parse().unwrap(),
    };
    let cayman = Tariff::new("cayman", price("2.06", "0"), Increments::default(), Vec::new());
    let others = Tariff::new("others", price("0.60", "0.10"), Increments { first: 60, then: 60 }, Vec::new());
    let destinations = [("cayman".into(), 0)].into();
    let reach = Reach { destinations, others: Some(1), ..Reach::default() };
    Arc::new(Tariffs::new("EUR", vec![cayman, others], reach))
}

pub(super) fn schedule(hours: &str) -> Arc<Schedule> {
    let zone = chrono_tz::Europe::Paris;
    Arc::new(Schedule::new("open", hours.parse().unwrap(), zone, ContextHolidays::default()))
}

pub(super) const fn paris() -> Calendar {
    Calendar { zone: chrono_tz::Europe::Paris }
}

pub(super) fn wall(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn digits(text: &str) -> Digits {
    Digits::parse(text).unwrap()
}

pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const TOKENS: Tokens = Tokens::new(*b"0123456789abcdef");
