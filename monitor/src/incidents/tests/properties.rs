//! Whatever comes, nothing is lost, and what is told stays bounded.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use proptest::prelude::*;

use super::scene::*;
use crate::{
    calls::{Call, Happened},
    incidents::{Incident, News, Raised, index},
    limits::Severity,
};

#[derive(Clone, Debug)]
enum Step {
    Burst(u32, u8),
    Limit(u8, bool),
    Call(u8, u32),
    Pass(u64),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => (0..400_u32, 0..12_u8).prop_map(|(source, place)| Step::Burst(source, place)),
        10 => (0..60_u8, any::<bool>()).prop_map(|(key, hard)| Step::Limit(key, hard)),
        20 => (0..12_u8, 0..400_u32).prop_map(|(place, source)| Step::Call(place, source)),
        3 => (1..200_u64).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..400)
}

/// As each incident was handed on last.
fn latest(changes: &[crate::evidence::Change]) -> BTreeMap<u64, Arc<Incident>> {
    changes.iter().map(|change| (change.incident.id.0, Arc::clone(&change.incident))).collect()
}

fn play(steps: &[Step]) -> (Vec<crate::evidence::Change>, u64) {
    let mut scene = Scene::new();
    let (mut alerts, mut calls) = (0, 0);
    for step in steps {
        match step {
            Step::Burst(source, place) => {
                scene.alert(burst(*source, &format!("place-{place}")));
                alerts += 1;
            }
            Step::Limit(key, is_hard) => {
                let severity = if *is_hard { Severity::Critical } else { Severity::Warning };
                let raised = limit(severity);
                scene.alert(Raised {
                    token: Some(token(u128::from(*key))),
                    key: Some(key.to_string()),
                    ..raised
                });
                alerts += 1;
            }
            Step::Call(place, source) => {
                calls += 1;
                let source = IpAddr::from(source.to_be_bytes());
                let destination = Arc::from(format!("place-{place}"));
                let call = Call { source, destination, ..dropped(calls, scene.now) };
                scene.fact(&call, Happened::Started, &[]);
                scene.fact(&call, Happened::Ended, &[]);
            }
            Step::Pass(seconds) => scene.pass(*seconds),
            Step::Restart => {
                scene.pass(6);
                let mut again = scene.restarted();
                again.changes = std::mem::take(&mut scene.changes);
                scene = again;
            }
        }
        let open = scene.book.incidents().count();
        assert!(open <= index::MOST + index::MOST_COLLECTIVES + 4, "{open} go on at once");
    }
    scene.pass(1000);
    (scene.changes, alerts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn every_alert_counts_once_and_every_incident_begins_and_ends_once(steps in steps()) {
        let (changes, alerts) = play(&steps);
        let incidents = latest(&changes);
        prop_assert_eq!(incidents.values().map(|incident| incident.alerts).sum::<u64>(), alerts);
        prop_assert_eq!(changes.iter().filter(|change| change.alert.is_some()).count() as u64, alerts);
        for (id, incident) in &incidents {
            let news: Vec<_> = changes.iter().filter(|change| change.incident.id.0 == *id).collect();
            let count = |wanted| news.iter().filter(|change| change.news == Some(wanted)).count();
            prop_assert_eq!(news[0].news, Some(News::Opened));
            prop_assert_eq!((count(News::Opened), count(News::Ended)), (1, 1));
            prop_assert!(incident.began <= incident.latest);
            let told = count(News::Escalated) + count(News::Unacknowledged);
            prop_assert_eq!(told, incident.escalations as usize);
            let account = &incident.account;
            let by_place = account.destinations.values().map(|place| place.calls + place.blocked).sum::<u64>();
            prop_assert_eq!(by_place, account.calls + account.blocked);
            let by_slice = account.slices.iter().map(|slice| slice.calls + slice.blocked).sum::<u64>();
            prop_assert_eq!(by_slice, account.calls + account.blocked);
        }
        let in_order = incidents.keys().zip(1..).all(|(id, wanted)| *id == wanted);
        prop_assert!(in_order, "a name was used twice or left out");
    }
}
