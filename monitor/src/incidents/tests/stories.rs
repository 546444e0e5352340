//! What happens to victims, and what they are told.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::scene::*;
use crate::{
    calls::{Call, CallResult, Happened},
    incidents::{Counted, IncidentId, News, NotTaken},
    limits::Severity,
};

fn counted(call: &Arc<Call>, now: u64) -> Counted<'_> {
    Counted { call, cost: cost(call, now), limits: &[], class: None }
}

/// Ten calls of six seconds, one a second, before the limit is reached; then what it blocks.
#[test]
fn a_series_of_fraud_calls_is_one_incident_with_all_of_its_calls() {
    let mut scene = Scene::new();
    let key = [(Arc::from("abroad"), TOKEN.parse().unwrap())];
    scene.now = 10;
    let before: Vec<_> = (0..10)
        .map(|began| {
            let answered = Call { answered: Some(at(began + 1)), ..call(began, began) };
            let ended = (began < 4).then(|| at(began + 6));
            Arc::new(Call { ended, ..answered })
        })
        .collect();
    let calls: Vec<_> = before.iter().map(|call| counted(call, 10)).collect();
    let change = scene.alert_with(limit(Severity::Critical), &calls);
    assert_eq!(change.news, Some(News::Opened));
    assert_eq!((change.incident.account.calls, change.incident.account.active), (10, 6));
    let mut block = limit(Severity::Critical);
    block.is_for_a_time = true;
    for number in 0..50 {
        scene.pass(1);
        scene.fact(&dropped(100 + number, scene.now), Happened::Started, &[]);
        scene.fact(&dropped(100 + number, scene.now), Happened::Ended, &[]);
    }
    for (number, call) in before.iter().enumerate().skip(4) {
        let ended = Call {
            ended: Some(at(number as u64 + 6)),
            result: Some(CallResult::Answered),
            ..(**call).clone()
        };
        scene.fact(&ended, Happened::Ended, &key);
    }
    scene.pass(700);
    let incident = scene.last(1);
    let account = &incident.account;
    assert_eq!((account.calls, account.answered, account.active, account.blocked), (10, 10, 0, 50));
    assert_eq!(account.minutes, Decimal::new(83333, 5), "ten times five seconds");
    assert_eq!(account.spend.map(|spend| spend.round_dp(6)), Some(Decimal::new(1_666_667, 6)));
    let prevented = account.prevented.as_ref().unwrap();
    assert_eq!((prevented.calls, prevented.seconds_each, prevented.basis.as_str()), (50, 5, "incident"));
    assert_eq!(prevented.amount.round_dp(2), Decimal::new(833, 2));
    assert_eq!((account.numbers.len(), account.numbers[0].calls), (1, 60));
    assert_eq!(account.numbers[0].number, "+535551xxxx");
    assert_eq!(account.numbers[0].token, "token-of-2345");
    assert_eq!(account.slices.iter().map(|slice| slice.calls + slice.blocked).sum::<u64>(), 60);
    assert_eq!(incident.ended, Some(incident.latest));
    assert_eq!(scene.told(), [(1, News::Opened), (1, News::Escalated), (1, News::Ended)]);
}

#[test]
fn an_incident_counts_no_call_that_the_one_before_it_counted() {
    let mut scene = Scene::new();
    let ended = |id, began| Arc::new(Call { ended: Some(at(began + 1)), ..call(id, began) });
    let (first, second) = (ended(1, 0), ended(2, 900));
    scene.now = 5;
    scene.alert_with(limit(Severity::Warning), &[counted(&first, 5)]);
    scene.pass(1000);
    assert!(scene.book.wants_calls(&limit(Severity::Warning)));
    let again = scene.alert_with(limit(Severity::Warning), &[counted(&first, 1005), counted(&second, 1005)]);
    assert_eq!((again.incident.id, again.incident.account.calls), (IncidentId(2), 1));
    assert!(!scene.book.wants_calls(&limit(Severity::Warning)), "it has them");
}

#[test]
fn what_a_limit_blocked_belongs_to_its_incident() {
    let mut scene = Scene::new();
    let mut reached = limit(Severity::Critical);
    reached.done = vec![crate::incidents::raised::tests::blocked("country:CU")];
    scene.alert(reached);
    let mut stopped = burst(0xC000_0242, "cuba");
    stopped.is_for_a_time = true;
    assert_eq!(scene.alert(stopped.clone()).incident.id, IncidentId(1));
    assert_eq!(scene.last(1).alerts, 1, "shown a moment later");
    scene.pass(6);
    assert_eq!(scene.last(1).alerts, 2);
    assert_eq!(scene.last(1).measures.len(), 1);
    stopped.destination = Some("niger".into());
    stopped.source = Some([198, 51, 100, 1].into());
    assert_eq!(scene.alert(stopped).incident.id, IncidentId(2), "somebody else blocked that");
    let changes = scene.book.unblocked("country:CU", scene.moment());
    assert_eq!(changes.len(), 1);
    assert_eq!(scene.book.incidents().next().unwrap().measures[1].what, "unblocked");
}

#[test]
fn a_warning_that_becomes_critical_is_told_at_once() {
    let mut scene = Scene::new();
    scene.alert(limit(Severity::Warning));
    scene.pass(30);
    assert_eq!(scene.alert(limit(Severity::Warning)).news, None);
    assert_eq!(scene.alert(limit(Severity::Critical)).news, Some(News::Escalated));
    let other = crate::incidents::Raised { token: Some(token(7)), ..limit(Severity::Warning) };
    assert_eq!(scene.alert(other).incident.id, IncidentId(2), "it counts for somebody else");
}

#[test]
fn somebody_takes_it_up_or_it_is_told_again_though_it_is_over() {
    let mut scene = Scene::new();
    scene.alert(limit(Severity::Critical));
    scene.pass(31 * 60);
    let opened_and_over = [(1, News::Opened), (1, News::Ended), (1, News::Unacknowledged)];
    assert_eq!(scene.told(), opened_and_over);
    let mut again = scene.restarted();
    again.pass(59 * 60);
    assert_eq!(
        again.told(),
        [(1, News::Unacknowledged)],
        "a restart tells nothing twice and forgets nothing"
    );
    again.acknowledge(1);
    again.pass(24 * 3600);
    assert_eq!(again.told().len(), 2);
    let by = acknowledgement(again.now);
    assert_eq!(again.book.acknowledge(IncidentId(1), by, again.moment()).unwrap_err(), NotTaken::Unknown);
    assert_eq!(again.last(1).acknowledged.as_ref().unwrap().by, "root (uid 0)");
}

#[test]
fn an_incident_that_somebody_looks_after_is_left_alone_until_it_is_worse() {
    let mut scene = Scene::new();
    scene.alert(limit(Severity::Critical));
    scene.acknowledge(1);
    let by = acknowledgement(scene.now);
    let twice = scene.book.acknowledge(IncidentId(1), by.clone(), scene.moment());
    assert_eq!(twice.unwrap_err(), NotTaken::Already(by));
    for _ in 0..60 {
        scene.alert(limit(Severity::Critical));
        scene.pass(60);
    }
    assert_eq!(scene.told(), [(1, News::Opened), (1, News::Acknowledged)]);
    for id in 0..40 {
        scene.fact(&dropped(id, scene.now), Happened::Started, &[]);
    }
    scene.pass(1);
    assert_eq!(scene.told().last(), Some(&(1, News::Escalated)));
}

#[test]
fn a_restart_goes_on_with_what_was_counted() {
    let mut scene = Scene::new();
    let key = [(Arc::from("abroad"), TOKEN.parse().unwrap())];
    scene.alert(limit(Severity::Critical));
    let began = call(1, 0);
    scene.fact(&began, Happened::Started, &key);
    let talks = Call { answered: Some(at(10)), ..began };
    scene.pass(10);
    scene.fact(&talks, Happened::Answered, &key);
    for _ in 0..50 {
        scene.pass(1);
        scene.fact(&talks, Happened::Updated, &key);
    }
    scene.pass(6);
    assert_eq!(scene.last(1).account.minutes.round_dp(2), "0.83".parse().unwrap());
    let mut again = scene.restarted();
    again.now += 34;
    again.fact(&talks, Happened::Updated, &key);
    again.fact(&call(2, again.now), Happened::Started, &key);
    again.pass(6);
    let account = again.last(1).account.clone();
    assert_eq!((account.calls, account.answered, account.active), (2, 1, 2));
    assert_eq!(account.minutes.round_dp(1), "1.5".parse().unwrap(), "from its answer on, restart or not");
    let spend = account.spend.unwrap().round_dp(1);
    assert_eq!(spend, "3".parse().unwrap());
}

/// 10,000 INVITEs, each from another forged source, within a minute.
#[test]
fn ten_thousand_alerts_in_a_minute_are_few_messages_and_a_true_count() {
    let mut scene = Scene::new();
    for second in 0..60 {
        for number in 0..if second < 40 { 167 } else { 166 } {
            let source = 0x0A00_0000 + second * 1000 + number;
            scene.alert(burst(source, "cuba"));
            let call = Call {
                source: std::net::IpAddr::from(source.to_be_bytes()),
                ..dropped(u64::from(source), scene.now)
            };
            scene.fact(&call, Happened::Started, &[]);
            scene.fact(&call, Happened::Ended, &[]);
        }
        scene.pass(1);
    }
    let in_a_minute = scene.told().len();
    scene.pass(3600);
    let ended: Vec<_> = scene.changes.iter().filter(|change| change.news == Some(News::Ended)).collect();
    let sum = |of: &dyn Fn(&crate::incidents::Incident) -> u64| {
        ended.iter().map(|it| of(&it.incident)).sum::<u64>()
    };
    assert_eq!(sum(&|it| it.alerts), 10_000);
    assert_eq!(sum(&|it| it.account.blocked), 10_000);
    assert_eq!(sum(&|it| it.subject.joined.max(1)), 10_000);
    assert_eq!(ended.len(), 9, "eight sources of their own, and one that stands for the others");
    assert!(in_a_minute <= 20, "{in_a_minute} messages: {:?}", scene.told());
    assert_eq!(
        scene.changes.iter().filter(|change| change.alert.is_some()).count(),
        10_000,
        "each for the journal"
    );
}

#[test]
fn what_the_kernel_dropped_counts_from_before_the_first_alert_on() {
    let mut scene = Scene::new();
    let cuba = Arc::from("cuba");
    scene.alert(burst(1, "cuba"));
    assert_eq!(scene.book.watched(), [Arc::clone(&cuba)]);
    scene.book.dropped(&cuba, 1_007, 1_000, scene.moment());
    scene.pass(6);
    assert_eq!(scene.last(1).account.dropped_invites, 7);
    let mut again = scene.restarted();
    again.book.dropped(&cuba, 1_020, 1_020, again.moment());
    again.book.dropped(&cuba, 1_021, 1_020, again.moment());
    again.book.dropped(&cuba, 4, 0, again.moment());
    again.pass(6);
    assert_eq!(again.last(1).account.dropped_invites, 12, "a counter that began anew counts whole");
}
