//! Messages about nothing: what `ringfence alerts test` sends, and what templates are tried on before they are put in
//! force.

use std::time::{Duration, SystemTime};

use rust_decimal::Decimal;

use crate::{
    incidents::{
        Account, Acknowledgement, Head, Incident, IncidentId, Kind, Measure, Message, News, PerDestination,
        PerNumber, Rule, Slice, Subject,
    },
    limits::Severity,
};

/// The message of `ringfence alerts test`: nothing happened, and it says so.
#[must_use]
pub fn test(id: String, host: String, journal: Head, time: SystemTime) -> Message {
    let subject = Subject { limit: Some(TEST.into()), ..Subject::default() };
    let incident = Incident { subject, ended: Some(time), ..empty(Kind::Limit, time) };
    Message { format: FORMAT, id, news: News::Test, time, host, incident, alert: None, journal }
}

/// A message of every kind of incident and of everything that can be new.
pub(super) fn messages() -> Vec<Message> {
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_761_346_800);
    let incidents =
        [limit(began), unusual(began), empty(Kind::BlockedInvites, began), empty(Kind::Gap, began)];
    let message = |(incident, news): (&Incident, &News)| Message {
        format: FORMAT,
        id: "pbx-1-0123456789ab".into(),
        news: *news,
        time: began,
        host: "pbx.example.com".into(),
        incident: incident.clone(),
        alert: None,
        journal: Head { seq: 1, hash: "0".repeat(64) },
    };
    incidents
        .iter()
        .flat_map(|incident| News::ALL.iter().map(move |news| (incident, news)))
        .map(message)
        .collect()
}

/// As much as an incident can have.
fn limit(began: SystemTime) -> Incident {
    let subject = Subject {
        limit: Some("abroad-at-night".into()),
        key: Some("CU".into()),
        token: Some("0".repeat(32)),
        destination: Some("cuba".into()),
        country: Some("CU".into()),
        source: Some([192, 0, 2, 66].into()),
        customer: Some("bakery".into()),
        ..Subject::default()
    };
    let rule = Rule {
        name: "limit".into(),
        counts: "calls".into(),
        scope: "country".into(),
        window: Some("1h".into()),
        value: "12".into(),
        threshold: "10".into(),
        unit: "calls".into(),
        usual: None,
    };
    let blocked = Measure {
        time: began,
        what: "blocked".into(),
        target: "CU".into(),
        until: Some("2025-10-25T00:00:00Z".into()),
        why: None,
    };
    let acknowledged = Acknowledgement {
        time: began,
        by: "root".into(),
        through: "command".into(),
        comment: Some("I look".into()),
    };
    Incident {
        severity: Severity::Critical,
        subject,
        rule: Some(rule),
        ended: Some(began),
        account: account(began),
        measures: vec![blocked],
        acknowledged: Some(acknowledged),
        ..empty(Kind::Limit, began)
    }
}

fn account(began: SystemTime) -> Account {
    let per = PerDestination {
        calls: 12,
        blocked: 40,
        minutes: Decimal::new(95, 1),
        spend: Some(Decimal::new(1957, 2)),
        tariff: Some("far 2.06 EUR/min".into()),
    };
    let number = PerNumber { number: "+5355xxxx".into(), token: "0".repeat(32), calls: 12 };
    let slice =
        Slice { from: began, calls: 12, blocked: 40, minutes: per.minutes, spend: Decimal::new(1957, 2) };
    Account {
        calls: 12,
        answered: 10,
        active: 2,
        blocked: 40,
        dropped_invites: 41,
        minutes: per.minutes,
        spend: per.spend,
        currency: Some("EUR".into()),
        destinations: [("cuba".to_owned(), per)].into(),
        numbers: vec![number],
        slices: vec![slice],
        slice_seconds: 60,
        ..Account::default()
    }
}

fn unusual(began: SystemTime) -> Incident {
    let subject = Subject { limit: Some("unusual".into()), key: Some("abroad".into()), ..Subject::default() };
    let rule = Rule {
        name: "unusual".into(),
        counts: "minutes".into(),
        scope: "destination".into(),
        window: None,
        value: "95.5".into(),
        threshold: "40".into(),
        unit: "minutes".into(),
        usual: Some("10".into()),
    };
    Incident { subject, rule: Some(rule), ..empty(Kind::Unusual, began) }
}

/// As little as an incident can have.
fn empty(kind: Kind, began: SystemTime) -> Incident {
    Incident {
        id: IncidentId(0),
        kind,
        severity: Severity::Warning,
        subject: Subject::default(),
        rule: None,
        began,
        latest: began,
        ended: None,
        alerts: 1,
        account: Account::default(),
        measures: Vec::new(),
        acknowledged: None,
        escalations: 0,
        policy: None,
        packets: None,
    }
}

/// Version of the message document.
const FORMAT: u32 = 1;
/// Name of the limit that a test speaks of; no limit has it, for a name has no blanks.
const TEST: &str = "ringfence alerts test";
