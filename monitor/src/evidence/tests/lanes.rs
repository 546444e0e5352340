//! One lane an address: in order, whatever the receivers do, and none waits for another.

use super::*;

/// All outcomes of what was told to a sink of one incident.
fn outcomes(fixture: &Fixture, id: u64, sink: &str) -> Vec<Outcome> {
    let told = fixture.archive().told(IncidentId(id)).unwrap();
    let deliveries = told.into_iter().flat_map(|told| told.deliveries);
    let to = deliveries.filter(|delivery| delivery.address.sink == sink);
    to.flat_map(|delivery| delivery.tries).map(|made| made.outcome).collect()
}

/// Nothing waits any more.
fn is_empty(fixture: &Fixture) -> bool {
    let status = fixture.ledger().status();
    status.outbox.iter().all(|outbox| outbox.waiting == 0) && !status.outbox.is_empty()
}

#[test]
fn messages_of_an_address_arrive_in_order_through_failures_and_panics() {
    let fixture = Fixture::new();
    let acts = [
        Act::Refuse,
        Act::Panic,
        Act::Refuse,
        Act::Slow(Duration::from_millis(30)),
        Act::Later(Duration::ZERO),
    ];
    let double = Arc::new(Double::to(&["hook"]).acts("hook", acts.iter().cloned().cycle().take(60)));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    (1..=40).for_each(|id| fixture.ledger().tell(opened(id)));
    assert!(until(|| double.told("hook").len() == 40), "{:?}", double.told("hook"));
    assert_eq!(double.told("hook"), (1..=40).collect::<Vec<_>>());
    assert!(until(|| is_empty(&fixture)));
    let tries: usize = (1..=40).map(|id| outcomes(&fixture, id, "hook").len()).sum();
    assert_eq!(tries, 40 + 48, "every try is on record, those that were slow were taken");
}

#[test]
fn a_receiver_that_stands_still_holds_no_other_up() {
    let mut fixture = Fixture::new();
    let double = Double::to(&["stuck", "hook"]).acts("stuck", [Act::Stall]);
    let double = Arc::new(double.acts("hook", [Act::Refuse]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    (1..=20).for_each(|id| fixture.ledger().tell(opened(id)));
    assert!(until(|| double.told("hook").len() == 20));
    assert_eq!(double.told("stuck"), [] as [u64; 0]);
    let status = fixture.ledger().status();
    let stuck = status.outbox.iter().find(|outbox| outbox.sink == "stuck").unwrap();
    assert_eq!((stuck.waiting, stuck.oldest.is_some()), (20, true));
    assert!(fixture.metrics().contains(r#"ringfence_outbox_waiting{sink="stuck"} 20"#));
    fixture.set(NOW + 90_000);
    assert!(fixture.metrics().contains(r#"ringfence_outbox_oldest_seconds{sink="stuck"} 90.0"#));
    // The end waits for the try no longer than it says, and the next agent goes on.
    fixture.reopen();
    let after = Arc::new(Double::to(&["stuck", "hook"]));
    fixture.ledger().deliver_by(Arc::clone(&after) as _);
    assert!(until(|| after.told("stuck") == (1..=20).collect::<Vec<_>>()));
    assert_eq!(after.told("hook"), [] as [u64; 0], "what was delivered is not delivered again");
}

#[test]
fn a_try_that_takes_too_long_has_failed() {
    let mut fixture = Fixture::new();
    fixture.close();
    fixture.pace.patience = Duration::from_millis(50);
    fixture.open();
    let double = Arc::new(Double::to(&["hook"]).acts("hook", [Act::Stall, Act::Stall]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    fixture.ledger().tell(opened(1));
    assert!(until(|| double.told("hook") == [1]));
    assert!(until(|| is_empty(&fixture)));
    let told = fixture.archive().told(IncidentId(1)).unwrap();
    assert_eq!(told[0].deliveries[0].tries[0].answer, "no answer within 0.05 s");
    assert_eq!(outcomes(&fixture, 1, "hook"), [Outcome::Retried, Outcome::Retried, Outcome::Delivered]);
}

#[test]
fn a_final_failure_is_on_record_and_the_lane_goes_on() {
    let fixture = Fixture::new();
    let double = Arc::new(Double::to(&["hook"]).acts("hook", [Act::Refuse, Act::RefuseForGood]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    (1..=2).for_each(|id| fixture.ledger().tell(opened(id)));
    assert!(until(|| double.told("hook") == [2]));
    assert!(until(|| is_empty(&fixture)));
    assert_eq!(outcomes(&fixture, 1, "hook"), [Outcome::Retried, Outcome::Failed]);
    let delivery = journal_of(&fixture, "delivery");
    assert_eq!((delivery[0]["result"].as_str(), delivery[0]["tries"].as_u64()), (Some("failed"), Some(2)));
    assert_eq!((delivery[1]["result"].as_str(), delivery[1]["tries"].as_u64()), (Some("delivered"), Some(1)));
    assert_eq!(delivery.len(), 2, "retries are counted in the entry, and make none");
}

#[test]
fn what_is_never_taken_is_given_up_after_its_time_and_said_so() {
    let mut fixture = Fixture::new();
    fixture.close();
    fixture.pace.give_up = Duration::from_secs(60);
    fixture.open();
    let double = Arc::new(Double::to(&["hook"]).acts("hook", vec![Act::Refuse; 30]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    fixture.ledger().tell(opened(1));
    assert!(fixture.ledger().is_written_within(LONG));
    fixture.set(NOW + 61_000);
    assert!(until(|| journal_of(&fixture, "delivery").len() == 1));
    assert_eq!(journal_of(&fixture, "delivery")[0]["result"], "given_up");
    let tries = outcomes(&fixture, 1, "hook");
    assert_eq!((tries.len(), tries.last()), (24, Some(&Outcome::GivenUp)));
}

/// The addresses that a policy has no more fail for good, and another policy is tried at once.
#[test]
fn another_policy_ends_the_wait_at_once() {
    let mut fixture = Fixture::new();
    fixture.close();
    (fixture.pace.first, fixture.pace.longest) = (Duration::from_secs(3600), Duration::from_secs(3600));
    fixture.open();
    let hour = Act::Later(Duration::from_secs(3600));
    let before = Arc::new(Double::to(&["hook", "gone"]).acts("hook", [hour.clone()]).acts("gone", [hour]));
    fixture.ledger().deliver_by(before as _);
    fixture.ledger().tell(opened(1));
    assert!(until(|| outcomes(&fixture, 1, "hook") == [Outcome::Retried]));
    assert!(until(|| outcomes(&fixture, 1, "gone") == [Outcome::Retried]));
    let after = Arc::new(Double::to(&["hook"]).acts("gone", [Act::RefuseForGood]));
    fixture.ledger().deliver_by(Arc::clone(&after) as _);
    assert!(until(|| after.told("hook") == [1] && is_empty(&fixture)));
    assert_eq!(outcomes(&fixture, 1, "gone"), [Outcome::Retried, Outcome::Failed]);
}

/// A wait goes by the monotonic clock; after a restart by the wall clock, and never longer than it was as a whole.
#[test]
fn a_clock_that_is_set_back_holds_no_message() {
    let mut fixture = Fixture::new();
    let refusing = Arc::new(Double::to(&["hook"]).acts("hook", [Act::Later(Duration::from_millis(200))]));
    fixture.ledger().deliver_by(refusing as _);
    fixture.ledger().tell(opened(1));
    assert!(until(|| outcomes(&fixture, 1, "hook") == [Outcome::Retried]));
    fixture.close();
    fixture.set(NOW - 365 * 86_400_000);
    fixture.open();
    let double = Arc::new(Double::to(&["hook"]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    assert!(until(|| double.told("hook") == [1]), "it would wait for a year");
}

#[test]
fn ten_thousand_changes_in_a_burst_are_all_there_and_counted() {
    let mut fixture = Fixture::new();
    let double = Arc::new(Double::to(&["hook", "mail"]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    let alert = opened(1).alert;
    for turn in 0..10_000 {
        let news = (turn % 1000 == 0).then_some(News::Grew);
        let incident = Incident { alerts: turn + 1, ..incident(1 + turn % 3) };
        fixture.ledger().tell(Change { incident: Arc::new(incident), alert: alert.clone(), news });
    }
    assert!(until(|| double.told("hook").len() == 10 && double.told("mail").len() == 10));
    assert!(until(|| is_empty(&fixture)));
    assert_eq!(journal_of(&fixture, "alert").len(), 10_000);
    assert_eq!(journal_of(&fixture, "incident").len(), 10);
    assert_eq!(journal_of(&fixture, "delivery").len(), 20);
    let archive = fixture.archive();
    let latest: Vec<_> =
        archive.incidents(&Filter::default()).unwrap().iter().map(|one| one.alerts).collect();
    assert_eq!(latest, [9999, 9998, 10_000], "of the incidents 3, 2 and 1");
    assert!(fixture.metrics().contains("ringfence_evidence_lost_total 0"));
    fixture.close();
}

/// Contacts of a dead sink, each with a lane of its own.
#[test]
fn contacts_of_one_sink_wait_for_each_other_no_longer_than_a_try() {
    let fixture = Fixture::new();
    let contacts =
        (0..100).map(|at| Address { contact: Some(format!("mailto:{at}@example")), ..address("mail") });
    let double = Double { addresses: contacts.chain([address("mail")]).collect(), ..Double::default() };
    let double = Arc::new(double.acts("mail", vec![Act::Refuse; 150]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    (1..=3).for_each(|id| fixture.ledger().tell(opened(id)));
    assert!(until(|| double.told("mail").len() == 303));
    let taken = double.taken.lock().unwrap();
    for address in &double.addresses {
        let order: Vec<_> =
            taken.iter().filter(|(to, _)| to == address).map(|(_, told)| told.incident.id.0).collect();
        assert_eq!(order, [1, 2, 3], "{address}");
    }
}
