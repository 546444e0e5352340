//! A book, a clock, and alerts and calls to begin with.

use std::{net::IpAddr, sync::Arc};

use chrono::DateTime;
use monitor_common::abi::{Reason, Verdict};
use rust_decimal::Decimal;
use serde_json::json;

use super::super::{Acknowledgement, Book, Counted, Incident, IncidentId, Kind, News, Raised, Rule, Rules};
use crate::{
    calls::{Call, CallId, Happened, Timestamp},
    evidence::Change,
    limits::{Moment, Severity, Token},
    policy::money::{Increments, Price, Reach, Tariff, Tariffs},
};

/// A book and what came out of it. Seconds go from [`BEGINNING`] on.
pub(super) struct Scene {
    pub(super) book: Book,
    pub(super) now: u64,
    pub(super) changes: Vec<Change>,
}

/// Seconds since 1970.
pub(super) const BEGINNING: u64 = 1_800_000_000;

impl Scene {
    pub(super) fn new() -> Self {
        Self { book: Book::new(rules(), None, pseudonym), now: 0, changes: Vec::new() }
    }

    /// What an agent that was killed goes on with.
    pub(super) fn restarted(&self) -> Self {
        let mut last: std::collections::BTreeMap<IncidentId, Arc<Incident>> = Default::default();
        for change in &self.changes {
            last.insert(change.incident.id, Arc::clone(&change.incident));
        }
        let kept = last.values().map(|incident| serde_json::to_string(&**incident).unwrap());
        let kept = kept.map(|text| serde_json::from_str::<Incident>(&text).unwrap());
        let wanted = |it: &Incident| {
            it.ended.is_none() || (it.severity == Severity::Critical && it.acknowledged.is_none())
        };
        let mut scene = Self { now: self.now, ..Self::new() };
        let (kept, now) = (kept.filter(wanted).collect(), scene.moment());
        scene.book.restore(kept, now);
        scene
    }

    pub(super) fn moment(&self) -> Moment {
        moment(self.now)
    }

    pub(super) fn alert(&mut self, raised: Raised) -> Change {
        self.alert_with(raised, &[])
    }

    pub(super) fn alert_with(&mut self, raised: Raised, calls: &[Counted<'_>]) -> Change {
        let change = self.book.take(raised, calls, self.moment()).expect("it goes on");
        self.changes.push(change.clone());
        change
    }

    pub(super) fn fact(&mut self, call: &Call, happened: Happened, limits: &[(Arc<str>, Token)]) {
        let call = Arc::new(call.clone());
        let cost = cost(&call, self.now);
        let counted = Counted { call: &call, cost, limits, class: None };
        self.book.call(&counted, happened, self.moment());
    }

    /// Lets seconds pass.
    pub(super) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += 1;
            let changes = self.book.tick(self.moment());
            self.changes.extend(changes);
        }
    }

    /// What was told: second, incident and what is new of it.
    pub(super) fn told(&self) -> Vec<(u64, News)> {
        self.changes.iter().filter_map(|change| Some((change.incident.id.0, change.news?))).collect()
    }

    pub(super) fn last(&self, id: u64) -> Arc<Incident> {
        let last = self.changes.iter().rev().find(|change| change.incident.id.0 == id);
        Arc::clone(&last.expect("it is there").incident)
    }

    pub(super) fn acknowledge(&mut self, id: u64) {
        let by = acknowledgement(self.now);
        let change = self.book.acknowledge(IncidentId(id), by, self.moment()).expect("it is there");
        self.changes.push(change);
    }
}

pub(super) fn acknowledgement(now: u64) -> Acknowledgement {
    let time = moment(now).wall.into();
    Acknowledgement { time, by: "root (uid 0)".into(), through: "command".into(), comment: None }
}

pub(super) fn moment(now: u64) -> Moment {
    let seconds = BEGINNING + now;
    let wall = DateTime::from_timestamp(seconds as i64, 0).unwrap();
    Moment { at: Timestamp(seconds * 1_000_000), wall }
}

pub(super) fn rules() -> Rules {
    let price = Price { per_minute: Decimal::from(2), per_call: Decimal::ZERO };
    let tariff = Tariff::new("premium", price, Increments { first: 1, then: 1 }, Vec::new());
    let reach = Reach { others: Some(0), ..Reach::default() };
    Rules { tariffs: Tariffs::new("EUR", vec![tariff], reach).into(), hidden_digits: 4, ..Rules::default() }
}

pub(super) fn pseudonym(number: &str) -> String {
    format!("token-of-{}", &number[number.len() - 4..])
}

/// A call that passes, to Cuba.
pub(super) fn call(id: u64, began: u64) -> Call {
    Call { id: CallId(id), started: at(began), ..Call::example() }
}

/// One that a block for a time drops.
pub(super) fn dropped(id: u64, began: u64) -> Call {
    Call { verdict: Verdict::Drop, reason: Reason::TemporaryBlock, ..call(id, began) }
}

pub(super) fn at(seconds: u64) -> Timestamp {
    Timestamp((BEGINNING + seconds) * 1_000_000)
}

/// What the engine says that a call has cost.
pub(super) fn cost(call: &Call, now: u64) -> Option<Decimal> {
    let talk = call.talk(at(now)).as_secs();
    call.answered
        .map(|_| Decimal::from(2) * Decimal::from(talk.max(1)) / Decimal::from(60))
        .map(|cost| cost.round_dp(9))
}

pub(super) const TOKEN: &str = "00112233445566778899aabbccddeeff";

pub(super) fn token(number: u128) -> Token {
    format!("{number:032x}").parse().unwrap()
}

/// The limit `abroad` of a caller was reached.
pub(super) fn limit(severity: Severity) -> Raised {
    Raised {
        kind: Kind::Limit,
        severity,
        limit: Some("abroad".into()),
        key: Some("101".into()),
        token: TOKEN.parse().ok(),
        is_wide: false,
        destination: Some("cuba".into()),
        country: Some("CU".into()),
        source: Some([192, 0, 2, 66].into()),
        customer: None,
        interfaces: Vec::new(),
        rule: Some(Rule {
            name: "abroad".into(),
            counts: "calls".into(),
            scope: "caller".into(),
            window: Some("1h".into()),
            value: "10".into(),
            threshold: "10".into(),
            unit: "calls".into(),
            usual: None,
        }),
        done: Vec::new(),
        is_for_a_time: false,
        leaves: false,
        document: json!({"alert": "limit"}),
    }
}

/// INVITEs from a source to a destination are blocked.
pub(super) fn burst(source: u32, destination: &str) -> Raised {
    Raised {
        kind: Kind::BlockedInvites,
        limit: None,
        key: None,
        token: None,
        destination: Some(destination.into()),
        source: Some(IpAddr::from(source.to_be_bytes())),
        document: json!({"alert": "blocked_invites"}),
        ..limit(Severity::Warning)
    }
}
