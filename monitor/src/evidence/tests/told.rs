//! Incidents are written and told: in order, once where all goes well, again where it does not.

use super::*;

#[test]
fn what_is_told_is_on_record_from_the_alert_to_the_answer() {
    let mut fixture = Fixture::new();
    let double = Arc::new(Double::to(&["hook", "mail"]).acts("hook", [Act::Refuse, Act::Refuse]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    fixture.ledger().tell(opened(1));
    assert!(until(|| double.told("hook") == [1] && double.told("mail") == [1]));
    assert!(until(|| fixture.ledger().status().outbox.iter().all(|outbox| outbox.waiting == 0)));
    let told = fixture.archive().told(IncidentId(1)).unwrap();
    let [Told { message, deliveries }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(message.incident, incident(1));
    assert_eq!(message.id, format!("pbx-2-{}", &message.journal.hash[..12]));
    let outcomes: Vec<Vec<_>> =
        deliveries.iter().map(|to| to.tries.iter().map(|made| made.outcome).collect()).collect();
    assert_eq!(
        outcomes,
        [vec![Outcome::Retried, Outcome::Retried, Outcome::Delivered], vec![Outcome::Delivered]]
    );
    assert_eq!(deliveries[0].tries[2].to.as_deref(), Some("https://hook.example"));
    let metrics = fixture.metrics();
    for line in [
        r#"ringfence_deliveries_total{sink="hook",result="retried"} 2"#,
        r#"ringfence_deliveries_total{sink="hook",result="delivered"} 1"#,
        r#"ringfence_journal_entries_total{kind="alert"} 1"#,
        r#"ringfence_journal_entries_total{kind="incident"} 1"#,
        r#"ringfence_journal_entries_total{kind="delivery"} 2"#,
        r#"ringfence_outbox_waiting{sink="hook"} 0"#,
        "ringfence_evidence_lost_total 0",
        "ringfence_delivery_seconds_count 2",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    fixture.close();
}
