//! Senders that mean no good: floods, collisions, forgeries. Memory stays bounded and calls stay as they are.

use std::time::Duration;

use super::script::Scene;
use crate::calls::{CallResult, Settings, Timestamp};

#[test]
fn a_hundred_thousand_invites_without_answer_end_by_the_clock() {
    let mut scene = Scene::with(Settings { most_calls: 200_000, ..Settings::default() });
    let mut signal = scene.signal("elsewhere>pbx INVITE 0053512345 from=1/f b=1");
    for number in 0..100_000u32 {
        signal.message.call_id = number.to_string().into();
        scene.now = Timestamp(scene.now.0 + 10);
        scene.tracker.signal(&signal, scene.now, &mut scene.facts);
    }
    assert_eq!(scene.active(), 100_000);
    scene.pass(Duration::from_secs(40));
    assert_eq!(scene.active(), 0);
    assert!(scene.ended().iter().all(|call| call.result == Some(CallResult::NoAnswer)));
    assert_eq!(scene.ended().len(), 100_000);
    scene.pass(Duration::from_secs(40));
    assert_eq!(scene.tracker.entries(), 0);
    assert!(scene.tracker.capacity() < 5_000, "memory was given back");
}

#[test]
fn beyond_the_limit_the_oldest_unanswered_gives_way() {
    let mut scene = Scene::with(Settings { most_calls: 100, ..Settings::default() });
    scene.play("phone>pbx INVITE 102 c=good from=101/f b=1\n pbx>phone 200 c=good to=102/t");
    let good = scene.call().id;
    for number in 0..1_000 {
        scene.play(&format!("elsewhere>pbx INVITE 0053512345 c=x{number} from=1/f b=1"));
    }
    assert_eq!(scene.active(), 100);
    assert_eq!(scene.tracker.counters().not_followed, 901);
    assert!(scene.tracker.call(good).is_some(), "an answered call stays");
    assert_eq!(scene.ended().len(), 901);
    scene.play("phone>pbx BYE c=good b=3 n=2\n pbx>phone 200 c=good of=BYE");
    assert_eq!(scene.ended().last().unwrap().id, good);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn where_all_calls_are_answered_a_new_one_is_not_followed() {
    let mut scene = Scene::with(Settings { most_calls: 2, ..Settings::default() });
    for call in ["a", "b", "d"] {
        scene
            .play(&format!("phone>pbx INVITE 102 c={call} from=101/f b=1\n pbx>phone 200 c={call} to=102/t"));
    }
    assert_eq!(scene.active(), 2);
    // Its INVITE, and its answer, which would be a call whose beginning was not seen.
    assert_eq!(scene.tracker.counters().not_followed, 2);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn colliding_call_ids_of_other_hosts_do_not_disturb_a_call() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t");
    for number in 1..50 {
        scene.play(&format!("elsewhere{number}>pbx INVITE 102 from=101/f to=102 b=1 n=1"));
        scene.play(&format!("elsewhere{number}>pbx CANCEL 102 from=101/f to=102 b=1"));
        scene.play(&format!("pbx>elsewhere{number} 487 to=102/q b=1"));
    }
    scene.play("pbx>phone 200 to=102/t b=1");
    let answered: Vec<_> = scene.tracker.active().filter(|call| call.answered.is_some()).collect();
    assert_eq!(answered.len(), 1);
    assert_eq!(answered[0].attempts, 1);
    scene.play("phone>pbx BYE to=102/t b=3 n=2\n pbx>phone 200 of=BYE");
    assert_eq!(scene.active(), 0);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn responses_of_strangers_change_nothing() {
    let mut scene = Scene::new();
    scene.play("pbx>trunk INVITE +53512345 from=200/g b=9\n +1s");
    scene.play("elsewhere>pbx 200 to=+53512345/u\n elsewhere>pbx 486\n elsewhere>pbx 180\n +1s");
    assert_eq!(scene.told(), "started");
    scene.play("trunk>pbx 200 to=+53512345/u");
    assert_eq!(scene.told(), "started answered");
}

#[test]
fn forks_without_end_are_bounded() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 250 from=101/f b=1");
    for number in 0..200 {
        scene.play(&format!("pbx>elsewhere INVITE 250 b=x{number}"));
        scene.play(&format!("elsewhere>pbx 200 to=250/t{number}"));
    }
    assert_eq!(scene.active(), 1);
    assert!(scene.tracker.entries() < 200, "{}", scene.tracker.entries());
    assert!(scene.tracker.counters().not_followed > 100);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_flood_of_blocked_invites_costs_little_and_passes() {
    let mut scene = Scene::new();
    let mut signal = scene.signal("elsewhere>pbx INVITE 0053512345 from=1/f b=1 verdict=drop");
    for number in 0..20_000u32 {
        signal.message.call_id = number.to_string().into();
        scene.now = Timestamp(scene.now.0 + 1_000);
        scene.tracker.signal(&signal, scene.now, &mut scene.facts);
    }
    assert_eq!((scene.active(), scene.ended().len()), (0, 20_000));
    scene.pass(Duration::from_secs(40));
    assert_eq!(scene.tracker.entries(), 0);
}
