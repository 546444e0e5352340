//! An incident as Alertmanager's API v2 has it (postableAlert of its OpenAPI document).

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use crate::incidents::{Head, Incident, Kind, Message, News};

/// An alert. Its labels are its identity: they are few, bounded, and hold no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<&'static str, String>,
    starts_at: String,
    ends_at: String,
}

/// What a message had and an incident has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) id: String,
    pub(super) journal: Head,
}

impl Told {
    /// Where the agent began anew since the last message.
    pub(super) const UNKNOWN: Head = Head { seq: 0, hash: String::new() };

    pub(super) fn of(message: &Message) -> Self {
        Self { id: message.id.clone(), journal: message.journal.clone() }
    }
}

impl Alert {
    /// The alert of a message, with the labels of the policy beside its own.
    pub(super) fn of(
        message: &Message,
        summary: String,
        description: String,
        now: SystemTime,
        more: &[(String, String)],
    ) -> Self {
        let incident = &message.incident;
        let mut labels: BTreeMap<_, _> = more.iter().cloned().collect();
        labels.extend(own_labels(message).into_iter().map(|(name, value)| (name.to_owned(), value)));
        let mut annotations = BTreeMap::from([("summary", summary), ("description", description)]);
        if !message.journal.hash.is_empty() {
            annotations.insert("journal", format!("{} {}", message.journal.seq, message.journal.hash));
        }
        let ends = match (message.news, incident.ended) {
            (News::Test, _) => now + TEST,
            (_, Some(ended)) => ended.max(incident.began),
            (_, None) => now + HOLDS,
        };
        Self { labels, annotations, starts_at: rfc3339(incident.began), ends_at: rfc3339(ends) }
    }
}

fn own_labels(message: &Message) -> Vec<(&'static str, String)> {
    let Message { incident, host, news, .. } = message;
    let mut labels = vec![
        ("alertname", name(incident, *news).to_owned()),
        ("severity", incident.severity.label().to_owned()),
        ("host", host.clone()),
        ("incident", incident.id.0.to_string()),
    ];
    if *news == News::Test {
        return labels;
    }
    let subject = &incident.subject;
    let some =
        [("limit", &subject.limit), ("destination", &subject.destination), ("customer", &subject.customer)];
    labels.extend(some.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    labels
}

const fn name(incident: &Incident, news: News) -> &'static str {
    match (news, incident.kind) {
        (News::Test, _) => "RingfenceTest",
        (_, Kind::Limit) => "RingfenceLimit",
        (_, Kind::Unusual) => "RingfenceUnusual",
        (_, Kind::BlockedInvites) => "RingfenceBlockedInvites",
        (_, Kind::Gap) => "RingfenceGap",
    }
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

/// How long Alertmanager takes an incident to go on that it hears nothing more of: longer than a host takes to start
/// again, so that its incidents do not seem over.
const HOLDS: Duration = Duration::from_secs(15 * 60);
/// How long a test stays, so that somebody is told.
const TEST: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::specimen;
    use super::*;

    fn alert(message: &Message) -> serde_json::Value {
        let more = [("team".to_owned(), "noc".to_owned())];
        serde_json::to_value(Alert::of(message, "s".into(), "d".into(), message.time, &more)).unwrap()
    }

    #[test]
    fn an_incident_is_an_alert_that_lasts_until_it_ends() {
        let mut message = specimen::message(News::Opened);
        let value = alert(&message);
        assert_eq!(
            value["labels"],
            json!({"alertname": "RingfenceLimit", "severity": "critical", "host": "pbx.example.org",
                   "incident": "7", "limit": "abroad", "destination": "cuba", "customer": "bakery", "team": "noc"})
        );
        assert_eq!(value["startsAt"], rfc3339(message.incident.began));
        assert_eq!(value["endsAt"], rfc3339(message.time + HOLDS));
        assert_eq!(value["annotations"]["journal"], format!("42 {}", "0123456789abcdef".repeat(4)));
        message.incident.ended = Some(message.incident.began - Duration::from_secs(5));
        assert_eq!(alert(&message)["endsAt"], rfc3339(message.incident.began), "clocks may be set back");
    }

    #[test]
    fn a_test_is_an_alert_of_its_own_for_some_minutes() {
        let mut message = specimen::message(News::Test);
        message.incident.ended = Some(message.time);
        let value = alert(&message);
        assert_eq!(value["labels"]["alertname"], "RingfenceTest");
        assert_eq!(value["labels"].get("limit"), None);
        assert_eq!(value["endsAt"], rfc3339(message.time + TEST));
    }
}
