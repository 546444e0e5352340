//! `ringfence alerts list`: incidents as a table, or as JSON.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::{
    cli::table::{self, Column, Kind},
    incidents::{Account, Incident},
};

/// One JSON document; docs/ALERTS.md describes it.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    /// The newest first.
    pub(super) incidents: &'a [Incident],
}

/// The table; `width` is that of the terminal.
pub(super) fn render(incidents: &[Incident], all: bool, width: Option<u16>) -> String {
    if incidents.is_empty() {
        let none = if all {
            "there was no incident"
        } else {
            "no incident goes on; --all shows those that are over"
        };
        return format!("{none}\n");
    }
    table::render(&COLUMNS, LEAST, incidents, width) + "\n"
}

/// Where it stands, and whether somebody looks after it.
pub(super) fn state(incident: &Incident) -> String {
    let goes_on = if incident.ended.is_some() { "over" } else { "goes on" };
    let is_open = incident.acknowledged.is_none();
    if is_open { goes_on.into() } else { format!("{goes_on}, taken up") }
}

/// What it is about.
pub(super) fn about(incident: &Incident) -> String {
    let subject = &incident.subject;
    let parts = [
        subject.limit.clone(),
        subject.key.clone().filter(|key| key != "all"),
        subject.destination.clone(),
        subject.source.map(|source| source.to_string()),
        subject.customer.clone(),
        (!subject.interfaces.is_empty()).then(|| subject.interfaces.join(", ")),
        (subject.joined > 0).then(|| format!("{} together", subject.joined)),
    ];
    let mut told: Vec<String> = Vec::new();
    for part in parts.into_iter().flatten() {
        if !told.contains(&part) {
            told.push(part);
        }
    }
    told.join(" · ")
}

/// Money with its currency, where there is any.
pub(super) fn spend(account: &Account) -> String {
    match (&account.spend, &account.currency) {
        (Some(spend), Some(currency)) => format!("{} {currency}", spend.round_dp(2)),
        _ => "-".into(),
    }
}

/// Month, day and time, UTC.
pub(super) fn when(time: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    format!("{} {}", text.get(5..10).unwrap_or_default(), text.get(11..19).unwrap_or_default())
}

/// From the first alert to the end, or to the latest so far.
pub(super) fn lasted(incident: &Incident) -> String {
    let until = incident.ended.unwrap_or(incident.latest);
    let time = until.duration_since(incident.began).unwrap_or_default();
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

/// The columns, the most telling first.
const COLUMNS: [Column<Incident>; 12] = [
    Column { name: "incident", cell: |it| it.id.0.to_string(), kind: Kind::Amount },
    Column { name: "severity", cell: |it| it.severity.label().into(), kind: Kind::Whole },
    Column { name: "state", cell: state, kind: Kind::Whole },
    Column { name: "about", cell: about, kind: Kind::Elastic },
    Column { name: "began UTC", cell: |it| when(it.began), kind: Kind::Whole },
    Column { name: "calls", cell: |it| it.account.calls.to_string(), kind: Kind::Amount },
    Column { name: "blocked", cell: |it| it.account.blocked.to_string(), kind: Kind::Amount },
    Column { name: "cost", cell: |it| spend(&it.account), kind: Kind::Amount },
    Column { name: "minutes", cell: |it| it.account.minutes.round_dp(1).to_string(), kind: Kind::Amount },
    Column { name: "lasted", cell: lasted, kind: Kind::Whole },
    Column { name: "alerts", cell: |it| it.alerts.to_string(), kind: Kind::Amount },
    Column { name: "kind", cell: |it| it.kind.label().replace('_', " "), kind: Kind::Whole },
];
/// Columns that are shown however narrow the terminal is.
const LEAST: usize = 6;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        incidents::{Acknowledgement, IncidentId, Kind as Of, Measure, Rule, Subject},
        limits::Severity,
    };

    pub(in super::super) fn incident() -> Incident {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
        let account = Account {
            calls: 10,
            answered: 9,
            blocked: 50,
            dropped_invites: 350,
            minutes: "12.34".parse().unwrap(),
            spend: Some("24.68".parse().unwrap()),
            currency: Some("EUR".into()),
            ..Account::default()
        };
        Incident {
            id: IncidentId(17),
            kind: Of::Limit,
            severity: Severity::Critical,
            subject: Subject {
                limit: Some("night-abroad".into()),
                key: Some("101".into()),
                destination: Some("KY".into()),
                source: Some([192, 0, 2, 66].into()),
                ..Subject::default()
            },
            rule: Some(Rule {
                name: "night-abroad".into(),
                counts: "calls".into(),
                scope: "caller".into(),
                window: Some("1h".into()),
                value: "10".into(),
                threshold: "10".into(),
                unit: "calls".into(),
                usual: None,
            }),
            began: at(0),
            latest: at(125),
            ended: Some(at(125)),
            alerts: 3,
            account,
            measures: vec![Measure {
                time: at(1),
                what: "blocked".into(),
                target: "country:KY".into(),
                until: Some("2027-01-15T09:00:00.000Z".into()),
                why: None,
            }],
            acknowledged: Some(Acknowledgement {
                time: at(60),
                by: "root (uid 0)".into(),
                through: "command".into(),
                comment: Some("PIN changed".into()),
            }),
            escalations: 1,
            policy: None,
            packets: None,
        }
    }

    #[test]
    fn the_table_says_what_it_is_about_and_what_it_came_to() {
        let text = render(&[incident()], true, None);
        for part in
            ["17", "critical", "over, taken up", "night-abroad · 101 · KY · 192.0.2.66", "24.68 EUR", "2m 5s"]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(render(&[], false, None).contains("--all"));
    }

    #[test]
    fn a_table_fits_a_terminal() {
        for width in [70, 80, 120] {
            let text = render(&[incident()], true, Some(width));
            assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{text}");
        }
    }
}
