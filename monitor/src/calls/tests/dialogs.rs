//! What happens within a dialog: re-INVITE, session timers, BYE and who may send it.

use std::time::Duration;

use super::script::Scene;
use crate::calls::CallResult;

/// Phone 101 calls 102; tags f and t.
const ANSWERED: &str = "
    phone>pbx INVITE 102 from=101/f b=1 sdp=4000
    pbx>phone 200 to=102/t sdp=16000
    phone>pbx ACK b=2
";

fn answered() -> Scene {
    let mut scene = Scene::new();
    scene.play(ANSWERED);
    scene
}

#[test]
fn a_reinvite_is_no_attempt() {
    let mut scene = answered();
    scene.play(
        "phone>pbx INVITE 102 to=102/t b=3 n=2 sdp=4000\n pbx>phone 100\n pbx>phone 200\n phone>pbx ACK b=4",
    );
    scene.play("pbx>phone INVITE 101 from=102/t to=101/f b=5 n=7\n phone>pbx 200\n pbx>phone ACK b=6");
    assert_eq!((scene.told().as_str(), scene.call().attempts), ("started answered", 1));
    scene.play("pbx>phone INVITE 101 b=7 n=8\n phone>pbx 488\n pbx>phone ACK\n phone>pbx 491 n=9");
    assert_eq!(scene.active(), 1, "a refused re-INVITE leaves the dialog as it was");
}

#[test]
fn a_reinvite_that_finds_no_dialog_ends_it() {
    for code in [481, 408] {
        let mut scene = answered();
        scene.play("pbx>phone INVITE 101 from=102/t to=101/f b=5 n=7");
        scene.play(&format!("phone>pbx {code}"));
        assert_eq!(scene.result(), CallResult::Answered, "{code}");
    }
}

#[test]
fn a_reinvite_that_is_dropped_does_not_end_the_call() {
    let mut scene = answered();
    scene.play("phone>pbx INVITE 0053512345 to=102/t b=3 n=2 verdict=drop\n +5s");
    assert_eq!((scene.told().as_str(), scene.active()), ("started answered", 1));
}

#[test]
fn either_end_hangs_up() {
    let mut scene = answered();
    scene.play("pbx>phone BYE 101 from=102/t to=101/f b=5 n=7\n phone>pbx 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
    let mut scene = answered();
    scene.play("phone>pbx BYE b=5 n=7\n pbx>phone 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn a_bye_counts_from_when_it_was_sent() {
    let mut scene = answered();
    scene.play("+10s\n phone>pbx BYE b=5 n=7");
    let bye = scene.now;
    scene.play("+2s\n pbx>phone 200 of=BYE");
    assert_eq!(scene.end().ended, Some(bye));
}

#[test]
fn a_bye_that_nobody_answers_ends_the_call_all_the_same() {
    let mut scene = answered();
    scene.play("+10s\n phone>pbx BYE b=5 n=7");
    let bye = scene.now;
    scene.play("+40s");
    assert_eq!((scene.result(), scene.end().ended), (CallResult::Answered, Some(bye)));
}

#[test]
fn a_challenged_bye_ends_nothing_until_credentials_come() {
    let mut scene = answered();
    scene.play("phone>pbx BYE b=5 n=2\n pbx>phone 407 of=BYE\n +120s");
    assert_eq!(scene.active(), 1, "or a caller would hide a call behind a BYE that he never completes");
    scene.play("phone>pbx BYE b=6 n=3 credentials\n pbx>phone 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn a_bye_with_wrong_tags_ends_nothing() {
    let mut scene = answered();
    scene.play("phone>pbx BYE to=102/wrong b=5 n=2\n pbx>phone 481 of=BYE");
    scene.play("phone>pbx BYE from=101/wrong to=102/t b=6\n pbx>phone 481 of=BYE");
    scene.play("phone>pbx BYE from=101/f to=102 b=7\n pbx>phone 481 of=BYE\n +60s");
    assert_eq!((scene.active(), scene.tracker.counters().unmatched), (1, 3));
}

#[test]
fn a_bye_of_a_stranger_ends_nothing() {
    let mut scene = answered();
    scene.play("elsewhere>pbx BYE from=101/f to=102/t b=5 n=2\n +60s");
    assert_eq!((scene.active(), scene.tracker.counters().unmatched), (1, 1));
    // Unless the PBX takes it.
    scene.play("pbx>elsewhere 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn a_bye_from_another_port_of_the_host_ends_the_call() {
    let mut scene = answered();
    scene.play("phone>pbx BYE b=5 n=2 port=49152\n pbx>phone 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn a_host_that_contact_points_to_may_end_the_call() {
    let mut scene = Scene::new();
    scene.play("pbx>trunk INVITE +53512345 from=200/g b=9\n +1s\n trunk>pbx 200 to=+53512345/u");
    scene.play("pbx>elsewhere ACK b=10\n elsewhere>pbx BYE from=+53512345/u to=200/g b=11 n=1");
    scene.play("pbx>elsewhere 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn a_bye_while_it_rings_is_refused_or_ends_it() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t");
    scene.play("phone>pbx BYE to=102/t b=2 n=2\n pbx>phone 481 of=BYE\n pbx>phone 200 b=1 n=1\n");
    assert_eq!(scene.told(), "started rang answered", "the PBX knew of no such dialog, and went on ringing");
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t");
    scene.play("phone>pbx BYE to=102/t b=2 n=2\n pbx>phone 200 of=BYE\n pbx>phone 487 b=1 n=1");
    assert_eq!(scene.result(), CallResult::Lost);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_session_that_is_not_refreshed_is_over() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1 expires=90\n pbx>phone 200 to=102/t expires=90");
    let refreshed = scene.now;
    scene.play("phone>pbx ACK b=2\n +100s");
    assert_eq!(scene.active(), 1, "a grace of 32 seconds");
    scene.play("+30s");
    assert_eq!(scene.end().ended, Some(refreshed.after(Duration::from_secs(90))));
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn a_session_goes_on_for_as_long_as_it_is_refreshed() {
    for refresh in ["INVITE", "UPDATE"] {
        let mut scene = Scene::new();
        scene.play("phone>pbx INVITE 102 from=101/f b=1 expires=90\n pbx>phone 200 to=102/t expires=90");
        scene.play("phone>pbx ACK b=2");
        for number in 2..20 {
            scene.play(&format!("+45s\n phone>pbx {refresh} 102 to=102/t b=x{number} n={number} expires=90"));
            scene.play(&format!("pbx>phone 200 of={refresh} expires=90"));
        }
        assert_eq!(scene.active(), 1, "{refresh}");
        scene.play("+130s");
        assert_eq!(scene.result(), CallResult::Answered, "{refresh}");
    }
}

#[test]
fn media_keeps_a_session_that_is_not_refreshed() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 200 to=102/t expires=90 sdp=16000");
    scene.talk("phone", 16000, 300);
    assert_eq!(scene.active(), 1);
    let last = scene.now;
    scene.play("+100s");
    assert_eq!(scene.end().ended, Some(last));
}

#[test]
fn an_answer_without_session_expires_turns_the_timer_off() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1 expires=90\n pbx>phone 200 to=102/t\n +1h");
    assert_eq!(scene.active(), 1);
}

#[test]
fn a_call_that_nobody_hears_of_is_over_in_the_end() {
    let mut scene = answered();
    scene.play("+3h\n phone>pbx INFO b=9 n=9\n pbx>phone 200 of=INFO");
    let heard = scene.now;
    scene.play("+3h");
    assert_eq!(scene.active(), 1);
    scene.play("+2h");
    assert_eq!((scene.result(), scene.end().ended), (CallResult::Lost, Some(heard)));
}

#[test]
fn two_ends_that_answer_one_invite_are_one_call() {
    let mut scene = Scene::new();
    scene.play("pbx>trunk INVITE +33142000000 from=200/g b=9\n +1s");
    scene.play("trunk>pbx 180 to=+33142000000/u\n trunk>pbx 180 to=+33142000000/v");
    scene.play("trunk>pbx 200 to=+33142000000/u\n trunk>pbx 200 to=+33142000000/v");
    scene.play("pbx>trunk ACK to=+33142000000/u b=10\n pbx>trunk ACK to=+33142000000/v b=11");
    scene.play("pbx>trunk BYE to=+33142000000/v b=12 n=2\n trunk>pbx 200 of=BYE\n +60s");
    assert_eq!(scene.told(), "started rang answered", "the PBX keeps the first and ends the second");
    scene.play("pbx>trunk BYE to=+33142000000/u b=13 n=2\n trunk>pbx 200 of=BYE");
    assert_eq!(scene.told(), "started rang answered ended");
}
