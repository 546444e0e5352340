//! Alertmanager, as far as a server can play it that answers what it is told; the live tests have a real one.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    receiver::{Doing, Receiver, says},
    *,
};
use crate::{incidents::Incident, limits::Severity};

fn json_answer(value: &Value) -> Doing {
    says("200 OK", "Content-Type: application/json\r\n", &value.to_string())
}

async fn scene(doings: Vec<Doing>) -> (Receiver, Sinks) {
    let receiver = Receiver::doing(doings).await;
    let section = format!(
        "[[sink]]\nname = \"am\"\nkind = \"alertmanager\"\nurl = \"http://{}/prefix/\"\nseverities = [\"critical\"]\n\
         timeout = \"2s\"\nlabels = {{ team = \"noc\" }}\n",
        receiver.address
    );
    let sinks = Scene::new().good(&section);
    (receiver, sinks)
}

fn going_on() -> Incident {
    specimen::message(News::Opened).incident
}

#[tokio::test]
async fn an_escalation_ends_the_alert_that_it_was_as_a_warning() {
    let (receiver, sinks) = scene(vec![says("200 OK", "", "")]).await;
    sinks.deliver(&address("am", None), &specimen::message(News::Escalated)).await.unwrap();
    let [asked] = &receiver.asked()[..] else { panic!() };
    assert!(asked.head.starts_with("POST /prefix/api/v2/alerts HTTP/1.1"), "{}", asked.head);
    let alerts: Value = serde_json::from_str(&asked.body).unwrap();
    let severities: Vec<_> =
        alerts.as_array().unwrap().iter().map(|alert| &alert["labels"]["severity"]).collect();
    assert_eq!(severities, ["critical", "warning"]);
    assert!(alerts[1]["endsAt"].as_str() < alerts[0]["endsAt"].as_str());
    assert_eq!(alerts[0]["labels"]["team"], "noc");
}

#[tokio::test]
async fn what_goes_on_is_sent_again_and_a_silence_made_since_takes_it_up() {
    let incident = going_on();
    let at = |seconds| humantime::format_rfc3339(incident.began + Duration::from_secs(seconds)).to_string();
    let before = humantime::format_rfc3339(incident.began - Duration::from_secs(3600)).to_string();
    let listed = json!([
        {"labels": {"incident": "7", "host": "pbx.example.org"}, "status": {"silencedBy": ["old", "new"]}},
        {"labels": {"incident": "8", "host": "elsewhere"}, "status": {"silencedBy": ["new"]}},
        {"labels": {"incident": "9", "host": "pbx.example.org"}, "status": {"silencedBy": ["old"], "state": "suppressed"}},
    ]);
    let silence = |id: &str, at: &str| json!({"id": id, "createdBy": "eve\u{1b}", "comment": "I look", "startsAt": at, "matchers": []});
    let silences = json!([silence("old", &before), silence("new", &at(90))]);
    let (receiver, sinks) =
        scene(vec![says("200 OK", "", ""), json_answer(&listed), json_answer(&silences)]).await;
    let other = Incident { id: crate::incidents::IncidentId(9), ..incident.clone() };
    let milder = Incident { severity: Severity::Warning, ..incident.clone() };
    let all = [Arc::new(incident.clone()), Arc::new(other), Arc::new(milder)];
    let taken = sinks.look_after("pbx.example.org", &all).await;
    let [(id, taken)] = &taken[..] else { panic!("{taken:?}") };
    assert_eq!((*id, &*taken.by, &*taken.through), (incident.id, "eve", "alertmanager"));
    assert_eq!(
        (taken.time, taken.comment.as_deref()),
        (incident.began + Duration::from_secs(90), Some("I look"))
    );
    let asked = receiver.asked();
    assert_eq!(serde_json::from_str::<Value>(&asked[0].body).unwrap().as_array().unwrap().len(), 2);
    assert!(asked[1].head.starts_with("GET /prefix/api/v2/alerts?filter=alertname"), "{}", asked[1].head);
}

#[tokio::test]
async fn one_that_answers_wrongly_takes_nothing_up() {
    let junk = says("200 OK", "", "<html>");
    for doings in [
        vec![says("500 Internal Server Error", "", "")],
        vec![says("200 OK", "", ""), junk],
        vec![says("200 OK", "", ""), json_answer(&json!({"labels": 7}))],
        vec![says("200 OK", "", ""), Doing::Floods(17 << 20)],
    ] {
        let (_receiver, sinks) = scene(doings).await;
        assert_eq!(sinks.look_after("pbx.example.org", &[Arc::new(going_on())]).await, []);
    }
}

#[tokio::test]
async fn nothing_is_asked_where_nothing_goes_on() {
    let (receiver, sinks) = scene(vec![says("200 OK", "", "")]).await;
    assert_eq!(sinks.look_after("pbx.example.org", &[]).await, []);
    let ended = Incident { ended: Some(going_on().began), ..going_on() };
    assert_eq!(sinks.look_after("pbx.example.org", &[Arc::new(ended)]).await, []);
    assert!(receiver.asked().is_empty());
}

#[tokio::test]
async fn an_end_that_was_told_is_not_undone() {
    let (receiver, sinks) = scene(vec![says("200 OK", "", "")]).await;
    let mut message = specimen::message(News::Ended);
    message.incident.ended = Some(message.time);
    sinks.deliver(&address("am", None), &message).await.unwrap();
    // The list was made before the end.
    assert_eq!(sinks.look_after("pbx.example.org", &[Arc::new(going_on())]).await, []);
    assert_eq!(receiver.asked().len(), 1);
}
