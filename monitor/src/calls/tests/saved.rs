//! Calls that outlive the agent.

use super::script::{Scene, host_of};
use crate::calls::{CallId, CallResult, Resume, Timestamp};

const THROUGH: &str = "
    phone>pbx INVITE 0053512345 from=101/f b=1
    pbx>trunk INVITE +53512345 c=b from=+33142345678/g b=9 sdp=16000
    trunk>pbx 200 c=b to=+53512345/u
    pbx>trunk ACK c=b b=10
    pbx>phone 200 to=0053512345/t
    phone>pbx ACK b=2
";

/// The calls of one agent in the next one, so much later.
fn restarted(mut old: Scene, later: u64) -> Scene {
    let mut scene = Scene::new();
    scene.now = Timestamp(old.now.0 + later);
    let saved: Vec<_> = old.tracker.active().filter_map(|call| old.tracker.resume(call.id)).collect();
    for resume in saved {
        let text = serde_json::to_string(&resume).unwrap();
        scene.tracker.restore(serde_json::from_str::<Resume>(&text).unwrap(), scene.now);
    }
    scene.take_lines(&mut old);
    scene
}

#[test]
fn a_call_goes_on_after_a_restart_and_ends_once() {
    let mut scene = Scene::new();
    scene.play(THROUGH).talk("trunk", 16000, 10);
    let before = scene.call();
    let mut scene = restarted(scene, 3_000_000);
    assert_eq!((scene.active(), scene.told().as_str()), (1, ""));
    scene.talk("trunk", 16000, 5);
    scene.play("phone>pbx BYE b=3 n=2\n pbx>phone 200 of=BYE\n pbx>trunk BYE c=b b=11 n=2\n trunk>pbx 200 c=b of=BYE");
    assert_eq!(scene.told(), "ended");
    let call = scene.end();
    assert_eq!((call.id, call.answered, call.is_whole), (before.id, before.answered, true));
    assert_eq!(call.media.ingress.as_secs(), 14, "up to the first sample after the restart nothing was seen");
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_call_that_ended_while_nobody_listened_ends_by_its_media() {
    let mut scene = Scene::new();
    scene.play(THROUGH).talk("trunk", 16000, 10);
    let last = scene.now;
    let mut scene = restarted(scene, 600_000_000);
    scene.play("+59s");
    assert_eq!(scene.active(), 1, "it has as long as any call to show a sign of life");
    scene.play("+2s");
    assert_eq!(scene.end().ended, Some(last));
}

#[test]
fn what_is_saved_holds_no_number_and_no_call_id() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 0053512345 c=secret-call from=0142345678/secret-tag b=secret-branch");
    let text = serde_json::to_string(&scene.tracker.resume(scene.call().id).unwrap()).unwrap();
    for secret in ["512345", "345678", "secret"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("+5351xxxx"), "{text}");
}

#[test]
fn call_ids_are_known_again_once_they_are_heard() {
    let mut scene = Scene::new();
    scene.play(THROUGH);
    assert_eq!(names(&scene), ["a", "b"]);
    let mut scene = restarted(scene, 3_000_000);
    assert_eq!(names(&scene), [""; 0]);
    scene.play("pbx>trunk INVITE +53512345 c=b to=+53512345/u b=11 n=2");
    assert_eq!(names(&scene), ["b"]);
    scene.play("phone>pbx UPDATE to=0053512345/t b=3 n=2");
    assert_eq!(names(&scene), ["a", "b"]);
}

fn names(scene: &Scene) -> Vec<String> {
    let mut names: Vec<_> = scene
        .tracker
        .active()
        .flat_map(|call| scene.tracker.sip_call_ids(call.id))
        .map(|name| name.to_string())
        .collect();
    names.sort();
    names
}

#[test]
fn a_call_that_rings_goes_on_ringing() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t");
    let mut scene = restarted(scene, 1_000_000);
    scene.play("pbx>phone 200 to=102/t");
    assert_eq!(scene.told(), "answered");
    let mut scene = restarted(scene, 1_000_000);
    scene.play("phone>pbx BYE b=5 n=2\n pbx>phone 200 of=BYE");
    assert_eq!((scene.told().as_str(), scene.result()), ("ended", CallResult::Answered));
}

#[test]
fn a_clock_that_was_set_back_does_not_hold_a_call() {
    let mut scene = Scene::new();
    scene.play(THROUGH);
    let saved = scene.tracker.resume(scene.call().id).unwrap();
    let mut later = Scene::new();
    later.now = Timestamp(scene.now.0 / 2);
    later.tracker.restore(saved.clone(), later.now);
    later.tracker.restore(saved, later.now);
    assert_eq!(later.active(), 1, "once is enough");
    assert!(later.is_empty_in_the_end());
    assert_eq!(later.told(), "ended");
}

#[test]
fn names_are_unique_over_restarts() {
    let mut scene = Scene::new();
    scene.tracker.begin_after(CallId(u64::from(u32::MAX) << 20));
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n phone>pbx INVITE 102 c=b from=101/g b=1");
    let names: Vec<_> = scene.tracker.active().map(|call| call.id.0).collect();
    assert_eq!(names, [(u64::from(u32::MAX) << 20) + 1, (u64::from(u32::MAX) << 20) + 2]);
    assert!(i64::try_from(names[1]).is_ok());
    assert!(scene.tracker.call(CallId(names[0])).is_some_and(|call| call.source == host_of("phone")));
}
