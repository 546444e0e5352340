//! Properties over random interleavings, losses, repetitions and orders of the signals of many calls, and over signals that make no
//! sense at all.

use std::{collections::HashMap, time::Duration};

use monitor_common::abi::Direction;
use proptest::{collection::vec, prelude::*};

use super::script::Scene;
use crate::calls::{CallId, Fact, Happened, MediaSeen, Settings, Timestamp};

/// The rows of a kind of call, and how many of them it takes until it is over; `#` is its number.
const KINDS: [(&str, usize); 8] = [
    (
        "phone>pbx INVITE 00531# c=a# from=1#/f b=1 n=1 to=00531#|pbx>phone 180 c=a# to=00531#/t|pbx>phone 200 c=a#|\
      phone>pbx ACK c=a# b=2|phone>pbx BYE c=a# b=3 n=2|pbx>phone 200 c=a# of=BYE",
        6,
    ),
    (
        "phone>pbx INVITE 00531# c=a# from=1#/f b=1|pbx>phone 100 c=a#|pbx>phone 486 c=a# to=00531#/t|phone>pbx ACK c=a#",
        3,
    ),
    (
        "phone>pbx INVITE 00531# c=a# from=1#/f b=1|pbx>phone 180 c=a# to=00531#/t|phone>pbx CANCEL 00531# c=a# to=00531#|\
      pbx>phone 487 c=a# to=00531#/t|phone>pbx ACK c=a#",
        4,
    ),
    (
        "phone>pbx INVITE 00531# c=a# from=1#/f b=1 verdict=drop|phone>pbx INVITE 00531# c=a# b=1 verdict=drop",
        1,
    ),
    (
        "phone>pbx INVITE 00531# c=a# from=1#/f b=1|pbx>phone 407 c=a# to=00531#/x|phone>pbx ACK c=a#|\
      phone>pbx INVITE 00531# c=a# to=00531# b=2 n=2 credentials|pbx>phone 200 c=a# to=00531#/t|phone>pbx ACK c=a# b=3|\
      pbx>phone BYE c=a# from=00531#/t to=1#/f b=4 n=1|phone>pbx 200 c=a# of=BYE",
        8,
    ),
    (
        "phone>pbx INVITE 00531# c=a# from=1#/f b=1|pbx>trunk INVITE +531# c=b# from=2#/g b=1|trunk>pbx 200 c=b# to=+531#/u|\
      pbx>phone 200 c=a# to=00531#/t|phone>pbx BYE c=a# b=3 n=2|pbx>phone 200 c=a# of=BYE|pbx>trunk BYE c=b# b=3 n=2|\
      trunk>pbx 200 c=b# of=BYE",
        8,
    ),
    (
        "trunk>pbx INVITE 014# c=a# from=06#/f b=1|pbx>phone1 INVITE 3# c=b# from=06#/g b=1|pbx>phone2 INVITE 4# c=c# from=06#/h b=1|\
      phone1>pbx 200 c=b# to=3#/u|pbx>phone2 CANCEL 4# c=c# to=4#|phone2>pbx 487 c=c# to=4#/v|pbx>trunk 200 c=a# to=014#/t|\
      phone1>pbx BYE c=b# from=3#/u to=06#/g b=9 n=1|pbx>phone1 200 c=b# of=BYE|pbx>trunk BYE c=a# from=014#/t to=06#/f b=9 n=1|\
      trunk>pbx 200 c=a# of=BYE",
        11,
    ),
    (
        "phone>pbx INVITE 00531# c=a# from=1#/f b=1|pbx>phone 200 c=a# to=00531#/t|phone>pbx INVITE x c=a# to=00531#/t b=5 n=2|\
      pbx>phone 200 c=a#|pbx>phone 481 c=a# n=3 of=UPDATE",
        5,
    ),
];

fn rows(kind: usize, number: usize) -> Vec<String> {
    // Numbers that differ in their last seven digits, and callers in their last six.
    let number = (7_000_001 + number * 1_111_111).to_string();
    KINDS[kind].0.split('|').map(|row| row.trim().replace('#', &number)).collect()
}

/// Each call begins, rings, is answered and ends at most once, in this order, with times in order.
fn check_facts(facts: &[Fact]) -> Result<HashMap<CallId, Happened>, TestCaseError> {
    let mut last: HashMap<CallId, Happened> = HashMap::new();
    let mut clock = Timestamp(0);
    for fact in facts {
        prop_assert!(clock <= fact.at);
        clock = fact.at;
        let before = last.insert(fact.call.id, fact.happened);
        match (before, fact.happened) {
            (None, happened) => prop_assert_eq!(happened, Happened::Started),
            (Some(Happened::Updated), Happened::Started) => prop_assert!(false, "began twice"),
            (Some(Happened::Updated), _) | (Some(_), Happened::Updated) => {}
            (Some(before), happened) => prop_assert!(before < happened, "{:?} after {:?}", happened, before),
        }
        prop_assert_ne!(before, Some(Happened::Ended));
        if fact.happened == Happened::Ended {
            let call = &fact.call;
            prop_assert!(call.result.is_some() && call.ended >= Some(call.started));
            prop_assert!(call.answered.is_none_or(|answered| Some(answered) <= call.ended));
        }
    }
    Ok(last)
}

fn check_count(scene: &Scene) -> Result<(), TestCaseError> {
    let count = |what| scene.facts.iter().filter(|fact| fact.happened == what).count();
    prop_assert_eq!(count(Happened::Started).checked_sub(count(Happened::Ended)), Some(scene.active()));
    Ok(())
}

fn check_end(mut scene: Scene) -> Result<(), TestCaseError> {
    prop_assert!(scene.is_empty_in_the_end(), "{:#?}", scene.tracker);
    let last = check_facts(&scene.facts)?;
    prop_assert!(last.values().all(|last| *last == Happened::Ended));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Where nothing is lost, the tracker counts as a plain model does: a call goes on from its first row to its last.
    #[test]
    fn nothing_lost_is_counted_exactly(kinds in vec(0..KINDS.len(), 1..7), picks in vec(0usize..64, 0..80)) {
        let mut scene = Scene::new();
        let mut calls: Vec<_> = kinds.iter().enumerate().map(|(number, kind)| (rows(*kind, number), *kind, 0)).collect();
        for pick in picks {
            let index = pick % calls.len();
            let (rows, _, played) = &mut calls[index];
            let Some(row) = rows.get(*played) else { continue };
            scene.play(row);
            *played += 1;
            let model = calls.iter().filter(|(_, kind, played)| (1..KINDS[*kind].1).contains(played)).count();
            prop_assert_eq!(scene.active(), model, "after {}", picked(&calls, index));
        }
        check_end(scene)?;
    }

    /// Lost, repeated and reordered signals: counts never go below zero, and everything is over in the end.
    #[test]
    fn whatever_is_lost_heals(kinds in vec(0..KINDS.len(), 1..7), picks in vec((0usize..64, 0u8..10), 0..80)) {
        let mut scene = Scene::new();
        let mut calls: Vec<_> = kinds.iter().enumerate().map(|(number, kind)| rows(*kind, number)).collect();
        for (pick, fate) in picks {
            let index = pick % calls.len();
            let rows = &mut calls[index];
            if rows.is_empty() {
                continue;
            }
            match fate {
                0 | 1 => drop(rows.remove(0)),
                2 => {
                    let row = rows[0].clone();
                    scene.play(&row);
                }
                3 if rows.len() > 1 => rows.swap(0, 1),
                4 => {
                    scene.pass(Duration::from_secs(3));
                }
                _ => {
                    let row = rows.remove(0);
                    scene.play(&row);
                }
            }
            check_count(&scene)?;
        }
        check_facts(&scene.facts)?;
        check_end(scene)?;
    }

    /// Signals and media that make no sense: no panic, bounded memory, and everything is over in the end.
    #[test]
    fn no_signal_does_harm(noise in vec(noise(), 0..120), most_calls in 1usize..20) {
        let settings = Settings { most_calls, ..Settings::default() };
        let mut scene = Scene::with(settings);
        for noise in noise {
            match noise {
                Noise::Row(row) => {
                    scene.play(&row);
                }
                Noise::Pause(milliseconds) => {
                    scene.pass(Duration::from_millis(milliseconds));
                }
                Noise::Media(media) => scene.tracker.media(&media, scene.now, &mut scene.facts),
            }
            check_count(&scene)?;
            prop_assert!(scene.active() <= most_calls);
            for call in scene.tracker.active() {
                prop_assert!(scene.tracker.resume(call.id).is_some());
            }
        }
        check_facts(&scene.facts)?;
        check_end(scene)?;
    }

    /// A restart at any moment loses no call and ends none twice.
    #[test]
    fn a_restart_loses_no_call(noise in vec(noise(), 0..80), later in 0u64..100_000_000) {
        let mut old = Scene::new();
        for noise in noise {
            if let Noise::Row(row) = noise {
                old.play(&row);
            }
        }
        let mut scene = Scene::new();
        scene.now = Timestamp(old.now.0 + later);
        for call in old.tracker.active() {
            let saved = serde_json::to_string(&old.tracker.resume(call.id).unwrap()).unwrap();
            scene.tracker.restore(serde_json::from_str(&saved).unwrap(), scene.now);
        }
        let names = |scene: &Scene| scene.tracker.active().map(|call| call.id).collect::<Vec<_>>();
        prop_assert_eq!(names(&old), names(&scene));
        let count = scene.active();
        prop_assert!(scene.is_empty_in_the_end());
        prop_assert_eq!(scene.ended().len(), count);
    }
}

#[derive(Clone, Debug)]
enum Noise {
    Row(String),
    Pause(u64),
    Media(Vec<MediaSeen>),
}

fn noise() -> impl Strategy<Value = Noise> {
    prop_oneof![
        12 => row().prop_map(Noise::Row),
        1 => (0u64..40_000).prop_map(Noise::Pause),
        1 => vec(stream(), 0..4).prop_map(Noise::Media),
    ]
}

fn stream() -> impl Strategy<Value = MediaSeen> {
    let ports = prop::sample::select(vec![16_000, 16_002, 4_000]);
    (ports, any::<bool>(), 0u64..1_000, 0u64..u64::MAX, 0u64..u64::MAX).prop_map(
        |(local_port, is_ingress, packets, first_seen, last_seen)| MediaSeen {
            remote: [10, 0, 0, 100].into(),
            local_port,
            direction: if is_ingress { Direction::Ingress } else { Direction::Egress },
            packets,
            first_seen: Timestamp(first_seen),
            last_seen: Timestamp(last_seen),
            payload_type: 8,
        },
    )
}

/// A row of few hosts, dialogs and transactions, so that they meet.
fn row() -> impl Strategy<Value = String> {
    let way = prop::sample::select(vec!["phone>pbx", "pbx>phone", "trunk>pbx", "pbx>trunk", "elsewhere>pbx"]);
    let starts = vec![
        "INVITE 0053512345",
        "INVITE +53512345",
        "INVITE 101",
        "ACK",
        "BYE",
        "CANCEL",
        "UPDATE",
        "REFER",
        "PRACK",
        "100",
        "180",
        "183",
        "200",
        "200 of=BYE",
        "200 of=UPDATE",
        "302",
        "401",
        "407",
        "422",
        "481",
        "481 of=BYE",
        "486",
        "487",
        "503",
    ];
    let party = prop::sample::select(vec!["101", "101/f", "102/t", "anonymous/u", "/f"]);
    let more = prop::sample::select(vec![
        "",
        "verdict=drop",
        "verdict=would_drop",
        "sdp=16000",
        "sdp=4000",
        "credentials",
        "replaces=a",
        "expires=90",
        "expires=0",
        "port=1",
    ]);
    (way, prop::sample::select(starts), 0u8..3, party.clone(), party, 0u8..3, 0u8..3, more).prop_map(
        |(way, start, call, from, to, branch, number, more)| {
            format!("{way} {start} c={call} from={from} to={to} b={branch} n={number} {more}")
        },
    )
}

fn picked(calls: &[(Vec<String>, usize, usize)], index: usize) -> String {
    calls[index].0[..calls[index].2].join("\n")
}
