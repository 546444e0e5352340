//! A message as tests of sinks send it: every field that can have a value has one.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use rust_decimal::Decimal;

use crate::{
    incidents::{
        Account, Estimate, Head, Incident, IncidentId, Kind, Measure, Message, News, PerDestination,
        PerNumber, Rule, Subject,
    },
    limits::Severity,
};

/// Incident 7: calls of an extension to Cuba, of the bakery.
pub(super) fn message(news: News) -> Message {
    Message {
        format: 1,
        id: "pbx-42-0123456789ab".to_owned(),
        news,
        time: at(60),
        host: "pbx.example.org".to_owned(),
        incident: incident(),
        alert: None,
        journal: Head { seq: 42, hash: "0123456789abcdef".repeat(4) },
    }
}

fn incident() -> Incident {
    Incident {
        id: IncidentId(7),
        kind: Kind::Limit,
        severity: Severity::Critical,
        subject: Subject {
            limit: Some("abroad".to_owned()),
            key: Some("101".to_owned()),
            destination: Some("cuba".to_owned()),
            country: Some("CU".to_owned()),
            source: Some([192, 0, 2, 66].into()),
            customer: Some("bakery".to_owned()),
            ..Subject::default()
        },
        rule: Some(Rule {
            name: "limit".to_owned(),
            counts: "calls".to_owned(),
            scope: "caller".to_owned(),
            window: Some("1h".to_owned()),
            value: "12".to_owned(),
            threshold: "10.5".to_owned(),
            unit: "calls".to_owned(),
            usual: None,
        }),
        began: at(0),
        latest: at(55),
        ended: None,
        alerts: 3,
        account: account(),
        measures: vec![Measure {
            time: at(30),
            what: "blocked".to_owned(),
            target: "cuba".to_owned(),
            until: Some("2026-11-22T12:00:00Z".to_owned()),
            why: None,
        }],
        acknowledged: None,
        escalations: 0,
        policy: None,
        packets: None,
    }
}

fn account() -> Account {
    let cuba =
        PerDestination { calls: 12, blocked: 30, minutes: Decimal::new(341, 1), ..PerDestination::default() };
    Account {
        calls: 12,
        answered: 9,
        active: 2,
        blocked: 30,
        dropped_invites: 90,
        minutes: Decimal::new(341, 1),
        spend: Some(Decimal::new(5670, 2)),
        currency: Some("EUR".to_owned()),
        prevented: Some(Estimate {
            amount: Decimal::new(12_345, 2),
            calls: 30,
            seconds_each: 200,
            basis: "incident".to_owned(),
            tariff: "abroad".to_owned(),
        }),
        destinations: BTreeMap::from([("cuba".to_owned(), cuba)]),
        numbers: vec![PerNumber { number: "+53555xxxx".to_owned(), token: "ab".repeat(16), calls: 42 }],
        ..Account::default()
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_340_000 + seconds)
}
