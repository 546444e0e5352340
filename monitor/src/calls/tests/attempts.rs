//! One leg: from the INVITE to its end.

use std::time::Duration;

use monitor_common::abi::{Reason, Verdict};

use super::script::Scene;
use crate::calls::{CallResult, Happened, Origin, Route};

const ANSWERED: &str = "
    phone>pbx INVITE 0053512345 from=101/f b=1
    pbx>phone 100
    pbx>phone 180 to=0053512345/t
    pbx>phone 200 to=0053512345/t
    phone>pbx ACK b=2
";

#[test]
fn a_call_begins_rings_is_answered_and_ends() {
    let mut scene = Scene::new();
    scene.play(ANSWERED).play("+10s").play("phone>pbx BYE b=3 n=2\n pbx>phone 200 of=BYE");
    assert_eq!(scene.told(), "started rang answered ended");
    let call = scene.end();
    assert_eq!((call.result, call.status, call.attempts), (Some(CallResult::Answered), Some(200), 1));
    assert_eq!((call.route, call.origin, call.is_whole), (Route::Outgoing, Origin::Extension, true));
    assert_eq!((&*call.destination, call.number.as_deref()), ("cuba", Some("+53512345")));
    assert_eq!(call.talk(scene.now).as_secs(), 10);
    assert_eq!(scene.active(), 0);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn failures_end_an_attempt_with_their_meaning() {
    for (code, result) in [
        (486, CallResult::Busy),
        (600, CallResult::Busy),
        (480, CallResult::NoAnswer),
        (404, CallResult::NotFound),
        (603, CallResult::Refused),
        (503, CallResult::Failed),
    ] {
        let mut scene = Scene::new();
        scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 100");
        scene.play(&format!("pbx>phone {code} to=102/t\n phone>pbx ACK"));
        assert_eq!(scene.told(), "started ended");
        assert_eq!((scene.result(), scene.end().status), (result, Some(code)));
        assert!(scene.is_empty_in_the_end());
    }
}

#[test]
fn retransmissions_change_nothing() {
    let mut scene = Scene::new();
    let invite = "phone>pbx INVITE 102 from=101/f to=102 b=1 n=1\n";
    scene.play(invite).play(invite).play("pbx>phone 100").play(invite);
    scene.play("pbx>phone 180 to=102/t\n pbx>phone 180\n pbx>phone 200\n pbx>phone 200").play(invite);
    scene.play("phone>pbx ACK to=102/t b=2\n pbx>phone 200 b=1\n phone>pbx ACK b=2\n +3s");
    scene.play("phone>pbx BYE b=3 n=2\n phone>pbx BYE\n pbx>phone 200 of=BYE");
    scene.play("phone>pbx BYE\n pbx>phone 200 of=BYE").play(invite).play("pbx>phone 200 b=1 to=102/t\n +1s");
    assert_eq!(scene.told(), "started rang answered ended");
    assert_eq!((scene.end().attempts, scene.active()), (1, 0));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_challenge_and_the_invite_that_follows_are_one_attempt() {
    for challenge in ["401", "407"] {
        let mut scene = Scene::new();
        scene.play("phone>pbx INVITE 102 from=101/f b=1");
        scene.play(&format!("pbx>phone {challenge} to=102/x\n phone>pbx ACK\n +1s"));
        scene
            .play("phone>pbx INVITE 102 to=102 b=2 n=2 credentials\n pbx>phone 100\n pbx>phone 200 to=102/t");
        scene.play("phone>pbx ACK b=3");
        assert_eq!((scene.told().as_str(), scene.call().attempts), ("started answered", 1));
        scene.play("pbx>phone BYE from=102/t to=101/f b=4 n=9\n phone>pbx 200 of=BYE");
        assert_eq!(scene.result(), CallResult::Answered);
        assert!(scene.is_empty_in_the_end());
    }
}

#[test]
fn a_challenge_that_is_not_answered_is_unauthorized() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 401 to=102/x\n phone>pbx ACK\n +20s");
    assert_eq!((scene.result(), scene.end().status), (CallResult::Unauthorized, Some(401)));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_challenge_is_waited_for_until_it_is_acknowledged() {
    let mut scene = Scene::new();
    let lost = "phone>pbx INVITE 102 from=101/f to=102 b=1 n=1\n pbx>phone 407 to=102/x\n";
    scene.play(lost).play("+8s").play(lost).play("+16s").play(lost).play("phone>pbx ACK\n +1s");
    scene.play("phone>pbx INVITE 102 to=102 b=2 n=2 credentials\n pbx>phone 200 to=102/t");
    assert_eq!((scene.told().as_str(), scene.call().attempts), ("started answered", 1));

    let mut scene = Scene::new();
    scene.play(lost);
    let challenged = scene.now;
    scene.play("+31s");
    assert_eq!(scene.active(), 1);
    scene.play("+2s");
    assert_eq!((scene.result(), scene.end().ended), (CallResult::Unauthorized, Some(challenged)));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_lost_challenge_is_inferred_from_the_credentials() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1");
    scene.play("phone>pbx INVITE 102 b=2 n=2 credentials\n pbx>phone 486 to=102/t");
    assert_eq!((scene.result(), scene.end().attempts), (CallResult::Busy, 1));
}

#[test]
fn a_lost_invite_with_credentials_is_inferred_from_its_response() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 401 to=102/x\n phone>pbx ACK");
    scene.play("pbx>phone 200 to=102/t b=2 n=2");
    assert_eq!((scene.told().as_str(), scene.call().is_whole), ("started answered", true));
}

#[test]
fn who_gives_up_cancels() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t");
    scene.play("phone>pbx CANCEL 102\n pbx>phone 200 of=CANCEL to=102/t");
    assert_eq!(scene.told(), "started rang");
    scene.play("pbx>phone 487 to=102/t\n phone>pbx ACK");
    assert_eq!((scene.result(), scene.end().status), (CallResult::Cancelled, Some(487)));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn an_answer_that_crosses_a_cancel_wins() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t\n phone>pbx CANCEL 102");
    scene.play("pbx>phone 200 to=102/t\n phone>pbx ACK b=2");
    assert_eq!(scene.told(), "started rang answered");
    scene.play("phone>pbx BYE b=3 n=2\n pbx>phone 200 of=BYE");
    assert_eq!(scene.result(), CallResult::Answered);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_cancel_whose_487_is_lost_ends_by_the_clock() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t\n phone>pbx CANCEL 102");
    let cancelled = scene.now;
    scene.play("+40s");
    assert_eq!((scene.result(), scene.end().ended), (CallResult::Cancelled, Some(cancelled)));
    assert_eq!(scene.tracker.counters().timed_out, 1);
}

#[test]
fn a_cancel_of_another_transaction_cancels_nothing() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 180 to=102/t");
    scene.play("phone>pbx CANCEL 102 b=7\n elsewhere>pbx CANCEL 102 b=1\n pbx>phone 200 to=102/t b=1");
    assert_eq!(scene.told(), "started rang answered");
    assert_eq!(scene.tracker.counters().unmatched, 2);
}

#[test]
fn without_any_response_an_attempt_lives_as_long_as_its_transaction() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n +31s");
    assert_eq!(scene.active(), 1);
    scene.play("+2s");
    assert_eq!(scene.result(), CallResult::NoAnswer);
    assert_eq!(scene.end().ended.unwrap().since(scene.end().started), Duration::from_secs(32));
}

#[test]
fn ringing_goes_on_for_as_long_as_it_is_renewed() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1");
    for _ in 0..10 {
        scene.play("pbx>phone 180 to=102/t\n +60s");
    }
    assert_eq!(scene.told(), "started rang");
    scene.play("+300s");
    assert_eq!(scene.result(), CallResult::NoAnswer);
}

#[test]
fn a_dropped_invite_is_a_call_that_ended_at_once() {
    let mut scene = Scene::new();
    let invite = "phone>pbx INVITE 0053512345 from=101/f to=0053512345 b=1 n=1 verdict=drop\n";
    scene.play(invite);
    assert_eq!((scene.told().as_str(), scene.active()), ("started ended", 0));
    for _ in 0..10 {
        scene.play(invite).play("+3s");
    }
    // A stack that makes a new branch for each retransmission is known by the number.
    scene.play("phone>pbx INVITE 0053512345 to=0053512345 b=77 n=1 verdict=drop");
    let call = scene.end();
    assert_eq!(
        (call.result, call.verdict, call.reason),
        (Some(CallResult::Blocked), Verdict::Drop, Reason::Policy)
    );
    assert_eq!((scene.told().as_str(), call.attempts), ("started ended", 1));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_retransmission_that_passes_after_a_block_was_taken_away_is_a_call() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 0053512345 from=101/f to=0053512345 b=1 n=1 verdict=drop\n +1s");
    scene.play("phone>pbx INVITE 0053512345 to=0053512345 b=1 n=1\n pbx>phone 200 to=0053512345/t");
    assert_eq!(scene.told(), "started ended started answered");
    assert_eq!(scene.active(), 1);
}

#[test]
fn a_dry_run_follows_what_it_would_have_dropped() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 0053512345 from=101/f b=1 verdict=would_drop\n pbx>phone 200 to=0053512345/t",
    );
    assert_eq!(scene.told(), "started answered");
    assert_eq!(scene.call().verdict, Verdict::WouldDrop);
}

#[test]
fn what_leaves_alone_began_in_the_pbx() {
    let mut scene = Scene::new();
    scene.play("pbx>trunk INVITE +53512345 from=+33142345678/g b=9");
    assert_eq!(scene.told(), "");
    scene.pass(Duration::from_millis(300));
    assert_eq!(scene.told(), "started");
    let call = scene.call();
    assert_eq!((call.origin, call.route, call.legs_out), (Origin::Pbx, Route::Outgoing, 1));
    scene.play("trunk>pbx 486 to=+53512345/t");
    assert_eq!(scene.result(), CallResult::Busy);
    assert_eq!(scene.facts.last().unwrap().happened, Happened::Ended);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn what_leaves_alone_and_is_dropped_is_told_too() {
    let mut scene = Scene::new();
    scene.play("pbx>trunk INVITE +53512345 from=+33142345678/g b=9 verdict=drop\n +1s");
    assert_eq!(scene.told(), "started ended");
    let call = scene.end();
    assert_eq!((call.origin, call.result), (Origin::Pbx, Some(CallResult::Blocked)));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_redirection_is_followed_or_ends_the_call() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 302 to=102/x\n phone>pbx ACK");
    scene.play("phone>pbx INVITE 103 to=102 b=2 n=2\n pbx>phone 200 to=102/t");
    assert_eq!((scene.told().as_str(), scene.call().attempts), ("started answered", 2));

    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1\n pbx>phone 302 to=102/x\n phone>pbx ACK\n +5s");
    assert_eq!((scene.result(), scene.end().status), (CallResult::Redirected, Some(302)));
}

#[test]
fn a_session_interval_that_is_too_small_is_asked_for_again() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101/f b=1 expires=60\n pbx>phone 422 to=102/x\n phone>pbx ACK");
    scene.play("phone>pbx INVITE 102 to=102 b=2 n=2 expires=90\n pbx>phone 200 to=102/t");
    assert_eq!((scene.told().as_str(), scene.call().attempts), ("started answered", 1));
}

#[test]
fn an_old_peer_without_tags_and_branches_is_followed() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 102 from=101 b=\n pbx>phone 180\n pbx>phone 200\n phone>pbx ACK");
    assert_eq!(scene.told(), "started rang answered");
}

#[test]
fn an_incoming_call_comes_from_its_trunk() {
    let mut scene = Scene::new();
    scene.play(
        "trunk>pbx INVITE 0142000000 from=0612345678/f b=1 customer=acme
         pbx>phone INVITE 101 c=b from=+33612345678/g b=9
         phone>pbx 200 c=b to=101/u
         pbx>trunk 200 to=0142000000/t",
    );
    let call = scene.call();
    assert_eq!((call.route, call.origin, call.legs_out), (Route::Incoming, Origin::Trunk, 1));
    assert_eq!((call.trunk, call.customer.as_deref()), (Some(call.source), Some("acme")));
    assert_eq!(scene.told(), "started answered");
}
