//! What is lost on the way to the agent, and how calls heal.

use super::script::Scene;
use crate::calls::CallResult;

#[test]
fn an_ack_with_a_branch_of_its_own_proves_an_answer() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n phone>pbx ACK to=102/t b=2");
    assert_eq!((scene.told().as_str(), scene.call().is_whole), ("started answered", true));
    scene.play("phone>pbx BYE b=3 n=2\n pbx>phone 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn an_ack_of_the_invites_transaction_proves_a_failure() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n phone>pbx ACK to=102/t");
    assert_eq!(scene.active(), 1, "the response may still come to light");
    scene.play("+2s");
    assert_eq!(scene.result(), CallResult::Lost);
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n phone>pbx CANCEL 102\n phone>pbx ACK to=102/t");
    assert_eq!(scene.result(), CallResult::Cancelled);
}

#[test]
fn a_challenge_may_come_to_light_after_all_that_follows_it() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n phone>pbx ACK to=102/x\n phone>pbx INVITE 102 to=102 b=2 n=2 credentials");
    scene.play("pbx>phone 401 to=102/x b=1 n=1\n pbx>phone 200 to=102/t b=2 n=2\n +5s");
    assert_eq!((scene.told().as_str(), scene.call().attempts), ("started answered", 1));
}

#[test]
fn a_bye_of_a_call_that_was_never_answered_for_us_ends_it() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t");
    scene.play("pbx>phone BYE from=102/t to=101/f b=5 n=7\n phone>pbx 200 of=BYE");
    assert_eq!((scene.result(), scene.end().answered), (CallResult::Lost, None));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_lost_bye_is_known_by_its_response() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 200 to=102/t\n +5s\n pbx>phone 200 of=BYE n=2",
    );
    assert_eq!(scene.result(), CallResult::Answered);
}

#[test]
fn a_response_may_come_to_light_before_its_request() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n phone>pbx ACK to=102/t b=2\n pbx>phone 200 b=1");
    scene.play("pbx>phone 180 b=1\n pbx>phone 200 of=BYE b=3 n=2\n phone>pbx BYE\n +1s");
    assert_eq!(scene.told(), "started answered ended");
    assert_eq!(scene.end().rang, None, "nothing rings once it was answered");
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn an_answer_that_leaves_this_host_is_a_call_even_if_its_beginning_was_not_seen() {
    let mut scene = Scene::new();
    scene.play("pbx>phone 200 from=101/f to=102/t b=1");
    let call = scene.call();
    assert_eq!((scene.told().as_str(), call.is_whole), ("started answered", false));
    assert_eq!((&*call.dialled, &*call.destination), ("102", "unknown"));
    scene.play("phone>pbx BYE b=3 n=2\n pbx>phone 200 of=BYE");
    assert_eq!((scene.result(), scene.tracker.counters().adopted), (CallResult::Answered, 1));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn an_answer_that_arrives_is_a_call_once_this_host_confirms_it() {
    let mut scene = Scene::new();
    scene.play("trunk>pbx 200 from=200/g to=+53512345/u b=9\n +1s");
    assert_eq!((scene.told().as_str(), scene.active()), ("", 0), "anybody can send a 200");
    scene.play("pbx>trunk ACK b=10");
    assert_eq!((scene.told().as_str(), scene.call().is_whole), ("started answered", false));
}

#[test]
fn an_agent_that_starts_amid_calls_finds_them_by_what_refreshes_them() {
    for (method, expires) in [("INVITE", ""), ("UPDATE", "expires=1800")] {
        let mut scene = Scene::new();
        scene.play(&format!("trunk>pbx {method} 0142000000 from=06/x to=01/y b=1 n=4 sdp=9000\n +1s"));
        assert_eq!(scene.told(), "", "a tag proves nothing");
        scene.play(&format!("pbx>trunk 200 of={method} {expires} sdp=16000"));
        assert_eq!((scene.told().as_str(), scene.call().is_whole), ("started answered", false), "{method}");
        scene.play("pbx>trunk BYE from=01/y to=06/x b=5 n=1\n trunk>pbx 200 of=BYE");
        assert_eq!(scene.result(), CallResult::Answered, "{method}");
        assert!(scene.is_empty_in_the_end());
    }
}

#[test]
fn a_tag_alone_makes_no_call() {
    let mut scene = Scene::new();
    scene.play(
        "elsewhere>pbx INVITE 0053512345 from=1/x to=2/y b=1\n pbx>elsewhere 481\n elsewhere>pbx ACK\n +1s",
    );
    scene.play("elsewhere>pbx UPDATE 1 c=q from=1/x to=2/y b=1\n +60s");
    assert_eq!((scene.told().as_str(), scene.active()), ("", 0));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn the_end_of_a_dialog_that_is_not_known_is_counted_and_no_call() {
    let mut scene = Scene::new();
    scene.play("phone>pbx BYE from=101/f to=102/t b=1 n=2\n pbx>phone 481 of=BYE\n pbx>phone 481\n +60s");
    assert_eq!((scene.told().as_str(), scene.tracker.counters().unmatched), ("", 1));
    assert_eq!(scene.tracker.entries(), 0);
}

#[test]
fn a_late_answer_of_an_attempt_that_a_clock_ended_is_a_call() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n +35s\n pbx>phone 200 to=102/t");
    assert_eq!(scene.told(), "started ended started answered");
    assert!(!scene.call().is_whole);
}

#[test]
fn a_leg_whose_invite_was_lost_heals_by_its_answer() {
    // The INVITE of the leg that arrived was lost: one call of the PBX, one whose beginning was not seen.
    let mut scene = Scene::new();
    scene.play(
        "pbx>trunk INVITE +53512345 c=b from=200/g b=9
         +1s
         trunk>pbx 200 c=b to=+53512345/u
         pbx>phone 200 from=101/f to=0053512345/t b=1
         phone>pbx ACK b=2
         +5s
         phone>pbx BYE b=3 n=2
         pbx>phone 200 of=BYE
         pbx>trunk BYE c=b b=11 n=2
         trunk>pbx 200 c=b of=BYE",
    );
    assert_eq!(scene.active(), 0);
    assert!(scene.is_empty_in_the_end());
}
