//! `ringfence alerts show`: one incident, its account, and who was told of it when.

use std::{fmt::Write as _, time::SystemTime};

use serde::Serialize;

use super::list::{about, lasted, spend, state, when};
use crate::{
    cli::table::{self, Column, Kind, printable},
    evidence::{Delivery, Outcome, Told, Try},
    incidents::{Head, Incident, News, PerDestination, PerNumber},
};

/// One JSON document; docs/ALERTS.md describes it.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    incident: &'a Incident,
    /// The oldest first.
    told: Vec<Message<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    news: News,
    time: String,
    journal: &'a Head,
    to: Vec<To<'a>>,
}

#[derive(Serialize)]
struct To<'a> {
    sink: &'a str,
    contact: Option<&'a str>,
    /// None while it waits.
    result: Option<Outcome>,
    ended: Option<String>,
    next: Option<String>,
    tries: Vec<Tried<'a>>,
}

#[derive(Serialize)]
struct Tried<'a> {
    time: String,
    seconds: f64,
    result: Outcome,
    to: Option<&'a str>,
    answer: &'a str,
}

impl<'a> Document<'a> {
    pub(super) fn new(incident: &'a Incident, told: &'a [Told]) -> Self {
        let tried = |it: &'a Try| Tried {
            time: rfc3339(it.time),
            seconds: (it.took.as_secs_f64() * 1000.0).round() / 1000.0,
            result: it.outcome,
            to: it.to.as_deref(),
            answer: &it.answer,
        };
        let to = |it: &'a Delivery| To {
            sink: &it.address.sink,
            contact: it.address.contact.as_deref(),
            result: it.ended.map(|(outcome, _)| outcome),
            ended: it.ended.map(|(_, time)| rfc3339(time)),
            next: it.next.map(rfc3339),
            tries: it.tries.iter().map(tried).collect(),
        };
        let message = |it: &'a Told| Message {
            id: &it.message.id,
            news: it.message.news,
            time: rfc3339(it.message.time),
            journal: &it.message.journal,
            to: it.deliveries.iter().map(to).collect(),
        };
        Self { incident, told: told.iter().map(message).collect() }
    }
}

/// The lines; `width` is that of the terminal.
pub(super) fn render(incident: &Incident, told: &[Told], width: Option<u16>) -> String {
    let mut text = String::new();
    for (name, line) in lines(incident) {
        let _ = writeln!(text, "{name:<16} {}", printable(&line));
    }
    let place = |(name, sums): (&String, &PerDestination)| Place { name: name.clone(), sums: sums.clone() };
    let places: Vec<_> = incident.account.destinations.iter().map(place).collect();
    if !places.is_empty() {
        let _ = writeln!(text, "\nDestinations\n{}", table::render(&PLACES, PLACES.len(), &places, width));
    }
    let numbers = &incident.account.numbers;
    if !numbers.is_empty() {
        let _ = writeln!(text, "\nNumbers\n{}", table::render(&NUMBERS, 2, numbers, width));
    }
    let rows: Vec<_> = told.iter().flat_map(rows).collect();
    if rows.is_empty() {
        text.push_str(
            "\nNobody was told: the policy has no [[sink]] for it, and standard output has its alerts\n",
        );
    } else {
        let _ = writeln!(text, "\nWho was told, UTC\n{}", table::render(&ROWS, 5, &rows, width));
    }
    text
}

fn lines(incident: &Incident) -> Vec<(&'static str, String)> {
    let account = &incident.account;
    let until = if incident.ended.is_some() { "" } else { " so far" };
    let mut lines = vec![
        ("incident", format!("{}: {}, {}", incident.id.0, incident.severity.label(), state(incident))),
        ("what", format!("{}: {}", incident.kind.label().replace('_', " "), about(incident))),
        ("began", format!("{} UTC, lasted {}{until}", when(incident.began), lasted(incident))),
        ("alerts", format!("{}, told again {} times", incident.alerts, incident.escalations)),
        ("calls", format!("{}, {} answered, {} go on", account.calls, account.answered, account.active)),
        ("blocked", format!("{} calls, {} INVITEs dropped", account.blocked, account.dropped_invites)),
        ("talk", format!("{} minutes", account.minutes.round_dp(2))),
        ("cost", spend(account)),
    ];
    lines.extend(account.prevented.as_ref().map(|prevented| {
        let currency = account.currency.as_deref().unwrap_or_default();
        let basis = match prevented.basis.as_str() {
            "incident" => "as the incident's own answered calls were",
            "destination" => "as calls to the same destination were",
            _ => "the least that is billed",
        };
        let (amount, calls, each) = (prevented.amount.round_dp(2), prevented.calls, prevented.seconds_each);
        (
            "prevented",
            format!("about {amount} {currency}: {calls} calls of {each} s, {basis}, by {}", prevented.tariff),
        )
    }));
    lines.extend(incident.rule.as_ref().map(|rule| {
        let window = rule.window.as_ref().map_or_else(String::new, |window| format!(" in {window}"));
        ("rule", format!("{}: {} {}{window}, threshold {}", rule.name, rule.value, rule.unit, rule.threshold))
    }));
    lines.extend(incident.measures.iter().map(|measure| {
        let until = measure.until.as_ref().map_or_else(String::new, |until| format!(" until {until}"));
        let why = measure.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        (
            "measure",
            format!(
                "{} UTC {} {}{until}{why}",
                when(measure.time),
                measure.what.replace('_', " "),
                measure.target
            ),
        )
    }));
    lines.push((
        "taken up",
        match &incident.acknowledged {
            Some(by) => {
                let comment = by.comment.as_ref().map_or_else(String::new, |comment| format!(": {comment}"));
                format!("{} UTC by {} ({}){comment}", when(by.time), by.by, by.through)
            }
            None => format!("by nobody; `ringfence alerts ack {}`", incident.id.0),
        },
    ));
    lines
}

/// A message on its way to one address.
struct Row {
    told: SystemTime,
    news: News,
    whom: String,
    result: String,
    answer: String,
}

fn rows(told: &Told) -> Vec<Row> {
    let row = |to: Option<&Delivery>| Row {
        told: told.message.time,
        news: told.message.news,
        whom: to.map_or_else(|| "-".into(), |to| to.address.to_string()),
        result: to.map_or_else(|| "no sink takes it".into(), result),
        answer: to.and_then(|to| to.tries.last()).map(|it| it.answer.clone()).unwrap_or_default(),
    };
    if told.deliveries.is_empty() {
        return vec![row(None)];
    }
    told.deliveries.iter().map(|to| row(Some(to))).collect()
}

fn result(to: &Delivery) -> String {
    let end = to.ended.map(|(outcome, time)| format!("{} {}", outcome.label().replace('_', " "), when(time)));
    match (end, to.tries.len()) {
        (Some(end), 0 | 1) => end,
        (Some(end), tries) => format!("{end}, {tries} tries"),
        (None, 0) => "waits".into(),
        (None, tries) => format!("waits after {tries} tries"),
    }
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

/// A destination, and what it came to.
struct Place {
    name: String,
    sums: PerDestination,
}

fn cost(place: &Place) -> String {
    place.sums.spend.map_or_else(|| "-".into(), |cost| cost.round_dp(2).to_string())
}

const PLACES: [Column<Place>; 6] = [
    Column { name: "destination", cell: |it| it.name.clone(), kind: Kind::Elastic },
    Column { name: "calls", cell: |it| it.sums.calls.to_string(), kind: Kind::Amount },
    Column { name: "blocked", cell: |it| it.sums.blocked.to_string(), kind: Kind::Amount },
    Column { name: "minutes", cell: |it| it.sums.minutes.round_dp(2).to_string(), kind: Kind::Amount },
    Column { name: "cost", cell: cost, kind: Kind::Amount },
    Column {
        name: "tariff",
        cell: |it| it.sums.tariff.clone().unwrap_or_else(|| "-".into()),
        kind: Kind::Elastic,
    },
];

const NUMBERS: [Column<PerNumber>; 3] = [
    Column { name: "number", cell: |it| it.number.clone(), kind: Kind::Whole },
    Column { name: "calls", cell: |it| it.calls.to_string(), kind: Kind::Amount },
    Column { name: "token", cell: |it| it.token.clone(), kind: Kind::Whole },
];

const ROWS: [Column<Row>; 5] = [
    Column { name: "told", cell: |row| when(row.told), kind: Kind::Whole },
    Column { name: "news", cell: |row| row.news.label().into(), kind: Kind::Whole },
    Column { name: "to", cell: |row| row.whom.clone(), kind: Kind::Elastic },
    Column { name: "result", cell: |row| row.result.clone(), kind: Kind::Elastic },
    Column { name: "answer", cell: |row| row.answer.clone(), kind: Kind::Elastic },
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{cli::alerts::list::tests::incident, sinks::Address};

    fn told() -> Told {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_002);
        let made = Try {
            time,
            took: Duration::from_millis(120),
            outcome: Outcome::Delivered,
            to: Some("night@example.org".into()),
            answer: "250 2.0.0 Ok: queued as 4F".into(),
        };
        let delivery = Delivery {
            address: Address { sink: "night".into(), contact: None },
            queued: time,
            next: None,
            ended: Some((Outcome::Delivered, time)),
            tries: vec![made],
        };
        let message = crate::incidents::Message {
            format: 1,
            id: "pbx-7-00112233aabb".into(),
            news: News::Opened,
            time,
            host: "pbx".into(),
            incident: incident(),
            alert: None,
            journal: Head { seq: 7, hash: "00".into() },
        };
        Told { message, deliveries: vec![delivery] }
    }

    #[test]
    fn an_incident_is_shown_with_who_was_told_and_what_they_answered() {
        let text = render(&incident(), &[told()], None);
        for part in [
            "17: critical, over, taken up",
            "10, 9 answered, 0 go on",
            "50 calls, 350 INVITEs dropped",
            "night-abroad: 10 calls in 1h, threshold 10",
            "blocked country:KY until 2027-01-15T09:00:00.000Z",
            "by root (uid 0) (command): PIN changed",
            "delivered 01-15 08:00:02",
            "250 2.0.0 Ok: queued as 4F",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(render(&incident(), &[], None).contains("Nobody was told"));
    }

    /// Scripts read this: a change of it is a change of docs/ALERTS.md.
    #[test]
    fn the_document_is_as_documented() {
        let (incident, told) = (incident(), [told()]);
        let document = serde_json::to_value(Document::new(&incident, &told)).unwrap();
        let shown = serde_json::to_string(&document["told"]).unwrap();
        assert_eq!(
            shown,
            r#"[{"id":"pbx-7-00112233aabb","journal":{"hash":"00","seq":7},"news":"opened","time":"2027-01-15T08:00:02.000Z","to":[{"contact":null,"ended":"2027-01-15T08:00:02.000Z","next":null,"result":"delivered","sink":"night","tries":[{"answer":"250 2.0.0 Ok: queued as 4F","result":"delivered","seconds":0.12,"time":"2027-01-15T08:00:02.000Z","to":"night@example.org"}]}]}]"#
        );
        assert_eq!(document["incident"]["id"], 17);
    }
}
