//! What people complain of under `fraud_detection` of OpenSIPS, as far as calls are concerned. Each test bears the number
//! of the thread. What else is complained of concerns limits, which are built on these facts: #888 (one counter for several users), #2712
//! (a division by zero), #432 and #3021 (calls a minute and a second), #1961 (an empty prefix).

use std::time::Duration;

use proptest::prelude::*;

use super::script::Scene;
use crate::calls::{CallResult, Happened};

proptest! {
    /// Concurrent calls go to 4294967295: an end without a beginning, or two ends, count below zero.
    #[test]
    fn opensips_2079_no_count_goes_below_zero(rows in prop::collection::vec(0usize..14, 0..60)) {
        let mut scene = Scene::new();
        for row in rows {
            scene.play(ROWS[row]);
            let count = |what| scene.facts.iter().filter(|fact| fact.happened == what).count();
            prop_assert_eq!(count(Happened::Started).checked_sub(count(Happened::Ended)), Some(scene.active()));
        }
    }
}

/// `total_calls` is stale until the next check: here everything is known with the signal that says it, and time alone ends a
/// call, without any signal.
#[test]
fn opensips_2332_nothing_waits_for_the_next_call() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 0053512345 from=101/f b=1");
    assert_eq!((scene.told().as_str(), scene.active()), ("started", 1));
    scene.pass(Duration::from_secs(33));
    assert_eq!((scene.told().as_str(), scene.active()), ("started ended", 0));
}

/// Cancelled and busy calls are never taken off the count.
#[test]
fn opensips_949_cancelled_and_busy_calls_end() {
    for (rows, result) in [
        ("pbx>phone 486 to=0053512345/t\n phone>pbx ACK", CallResult::Busy),
        (
            "pbx>phone 180 to=0053512345/t\n phone>pbx CANCEL 0053512345\n pbx>phone 487",
            CallResult::Cancelled,
        ),
        ("phone>pbx CANCEL 0053512345\n +40s", CallResult::Cancelled),
        ("pbx>phone 408 to=0053512345/t", CallResult::NoAnswer),
    ] {
        let mut scene = Scene::new();
        scene.play("phone>pbx INVITE 0053512345 from=101/f b=1\n pbx>phone 100").play(rows);
        assert_eq!((scene.result(), scene.active()), (result, 0));
    }
}

/// Memory per user and number is never freed.
#[test]
fn opensips_3411_memory_of_each_caller_and_number_is_given_back() {
    let mut scene = Scene::new();
    let mut signal = scene.signal("phone>pbx INVITE 0053512345 from=101/f b=1");
    let mut most = 0;
    for number in 0..50_000u64 {
        signal.message.call_id = number.to_string().into();
        signal.message.from.user = format!("caller{number}").into();
        let judged = signal.judged.as_mut().unwrap();
        judged.dialled = format!("00{number:012}").into();
        judged.number = Some(format!("+{number:012}").into());
        scene.now = scene.now.after(Duration::from_millis(100));
        scene.tracker.signal(&signal, scene.now, &mut scene.facts);
        scene.facts.clear();
        most = most.max(scene.tracker.entries());
    }
    // Ten calls a second, each for 32 seconds and then 32 more for its retransmissions.
    assert!(most < 10 * (32 * 8 + 2 * 32), "{most}");
    assert!(scene.is_empty_in_the_end());
}

/// The record of a call is missing where fraud is found: here a blocked call has the same beginning and end as any other.
#[test]
fn opensips_1897_a_blocked_call_has_its_record() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 0053512345 from=101/f b=1 verdict=drop");
    let call = scene.end();
    assert_eq!((scene.told().as_str(), call.result), ("started ended", Some(CallResult::Blocked)));
    assert_eq!(
        (&*call.caller, call.number.as_deref(), call.ended),
        ("101", Some("+53512345"), Some(call.started))
    );
}

/// Rows that follow each other in no order.
const ROWS: [&str; 14] = [
    "phone>pbx INVITE 0053512345 from=101/f to=0053512345 b=1 n=1",
    "pbx>phone 180 from=101/f to=0053512345/t b=1 n=1",
    "pbx>phone 200 from=101/f to=0053512345/t b=1 n=1",
    "pbx>phone 486 from=101/f to=0053512345/t b=1 n=1",
    "phone>pbx ACK from=101/f to=0053512345/t b=2 n=1",
    "phone>pbx CANCEL 0053512345 from=101/f to=0053512345 b=1 n=1",
    "pbx>phone 487 from=101/f to=0053512345/t b=1 n=1",
    "phone>pbx BYE from=101/f to=0053512345/t b=3 n=2",
    "pbx>phone 200 of=BYE from=101/f to=0053512345/t b=3 n=2",
    "phone>pbx BYE from=101/f to=0053512345/wrong b=4 n=2",
    "pbx>trunk INVITE +53512345 c=b from=200/g to=+53512345 b=9 n=1",
    "trunk>pbx 200 c=b from=200/g to=+53512345/u b=9 n=1",
    "trunk>pbx BYE c=b from=+53512345/u to=200/g b=5 n=1",
    "+1s",
];
