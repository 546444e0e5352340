//! Which legs are one call: through a B2BUA, through a proxy, forks, forwards, transfers.

use std::time::Duration;

use super::script::{Scene, host_of};
use crate::calls::{CallResult, Origin, Route};

/// 101 calls Cuba through a PBX that gives the second leg a Call-ID of its own.
const THROUGH: &str = "
    phone>pbx INVITE 0053512345 from=101/f b=1
    pbx>phone 100
    pbx>trunk INVITE +53512345 c=b from=+33142345678/g b=9
    trunk>pbx 180 c=b to=+53512345/u
    pbx>phone 180 to=0053512345/t
    trunk>pbx 200 c=b
    pbx>trunk ACK c=b b=10
    pbx>phone 200
    phone>pbx ACK b=2
";

#[test]
fn two_legs_through_the_pbx_are_one_call() {
    let mut scene = Scene::new();
    scene.play(THROUGH).play(
        "+5s
         phone>pbx BYE b=3 n=2
         pbx>phone 200 of=BYE
         pbx>trunk BYE c=b b=11 n=2
         trunk>pbx 200 c=b of=BYE",
    );
    assert_eq!(scene.told(), "started rang answered ended");
    let call = scene.end();
    assert_eq!((call.attempts, call.legs_out, call.origin), (2, 1, Origin::Extension));
    assert_eq!((call.trunk, call.source), (Some(host_of("trunk")), host_of("phone")));
    assert_eq!((&*call.caller, &*call.dialled), ("101", "+53512345"));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn the_other_side_hangs_up() {
    let mut scene = Scene::new();
    scene
        .play(THROUGH)
        .play("trunk>pbx BYE c=b from=+53512345/u to=+33142345678/g b=7 n=1\n pbx>trunk 200 c=b of=BYE");
    assert_eq!(scene.active(), 1, "the PBX may still play something to the caller");
    scene.play("pbx>phone BYE from=0053512345/t to=101/f b=8 n=1\n phone>pbx 200 of=BYE");
    assert_eq!(scene.told(), "started rang answered ended");
}

#[test]
fn a_second_trunk_is_a_second_attempt_of_the_same_call() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 0053512345 from=101/f b=1
         pbx>trunk1 INVITE +53512345 c=b from=200/g b=9
         trunk1>pbx 503 c=b to=+53512345/u
         pbx>trunk2 INVITE +53512345 c=d from=200/h b=9
         trunk2>pbx 200 c=d to=+53512345/v
         pbx>phone 200 to=0053512345/t",
    );
    let call = scene.call();
    assert_eq!((call.attempts, call.legs_out, call.trunk), (3, 2, Some(host_of("trunk2"))));
    assert_eq!(scene.told(), "started answered");
}

#[test]
fn when_every_trunk_fails_the_leg_that_arrived_decides() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 0053512345 from=101/f b=1
         pbx>trunk INVITE +53512345 c=b from=200/g b=9
         trunk>pbx 404 c=b to=+53512345/u
         pbx>phone 603 to=0053512345/t",
    );
    assert_eq!((scene.result(), scene.end().status), (CallResult::Refused, Some(603)));
}

#[test]
fn a_leg_to_the_trunk_that_is_dropped_blocks_the_call() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 0053512345 from=101/f b=1\n pbx>phone 100");
    for _ in 0..5 {
        scene.play("pbx>trunk INVITE +53512345 c=b from=200/g to=+53512345 b=9 n=1 verdict=drop\n +4s");
    }
    scene.play("pbx>phone 503 to=0053512345/t");
    assert_eq!((scene.told().as_str(), scene.result()), ("started ended", CallResult::Blocked));
    assert_eq!(scene.end().attempts, 2);
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn forked_legs_are_one_call() {
    let mut scene = Scene::new();
    scene.play(
        "trunk>pbx INVITE 0142000000 from=0612345678/f b=1
         pbx>phone1 INVITE 101 c=b from=0612345678/g b=9
         pbx>phone2 INVITE 102 c=d from=0612345678/h b=9
         pbx>phone3 INVITE 103 c=e from=0612345678/i b=9
         phone1>pbx 180 c=b to=101/u
         phone2>pbx 180 c=d to=102/v
         phone3>pbx 486 c=e to=103/w
         phone2>pbx 200 c=d
         pbx>phone1 CANCEL 101 c=b to=101
         phone1>pbx 487 c=b to=101/u
         pbx>trunk 200 to=0142000000/t
         +10s",
    );
    assert_eq!((scene.told().as_str(), scene.call().legs_out), ("started rang answered", 3));
    scene.play("trunk>pbx BYE b=3 n=2\n pbx>trunk 200 of=BYE\n pbx>phone2 BYE c=d b=4 n=2\n phone2>pbx 200 c=d of=BYE");
    assert_eq!(scene.told(), "started rang answered ended");
    assert!(scene.is_empty_in_the_end());
}

/// One caller rings three phones at the same moment, and the PBX comes to the first of them first.
#[test]
fn a_leg_belongs_to_the_call_whose_number_ends_with_its_phone() {
    let mut scene = Scene::new();
    scene.play(
        "trunk>pbx INVITE +33142000186 c=a from=+33612345678/f b=1
         trunk>pbx INVITE +33142000110 c=b from=+33612345678/g b=2
         trunk>pbx INVITE +33142000111 c=d from=+33612345678/h b=3
         pbx>phone INVITE 186 c=p from=+33612345678/i b=4
         phone>pbx 486 c=p to=186/q
         pbx>trunk 486 c=a to=+33142000186/r",
    );
    assert_eq!((&*scene.end().dialled, scene.end().attempts), ("+33142000186", 2));
    scene.play(
        "pbx>phone INVITE 110 c=s from=+33612345678/j b=5
         pbx>phone INVITE 111 c=t from=+33612345678/k b=6",
    );
    let attempts: Vec<_> = scene.tracker.active().map(|call| (&*call.dialled, call.attempts)).collect();
    assert_eq!(attempts, [("+33142000110", 2), ("+33142000111", 2)]);
}

/// Nothing tells which phone belongs to which call; none of them is given to the call that is over.
#[test]
fn a_leg_belongs_to_a_call_that_goes_on_rather_than_to_one_that_is_over() {
    let mut scene = Scene::new();
    scene.play(
        "trunk>pbx INVITE 0142000001 c=a from=+33612345678/f b=1
         trunk>pbx INVITE 0142000002 c=b from=+33612345678/g b=2
         pbx>trunk 486 c=a to=0142000001/r
         pbx>phone1 INVITE alice c=s from=+33612345678/j b=5
         pbx>phone2 INVITE bob c=t from=+33612345678/k b=6",
    );
    assert_eq!((scene.end().attempts, scene.call().attempts), (1, 3));
}

#[test]
fn a_proxy_keeps_the_call_id() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 250 from=101/f b=1
         pbx>trunk INVITE +53512345 to=250 b=1p
         trunk>pbx 200 to=250/t b=1p
         pbx>phone 200 b=1
         phone>pbx ACK b=2
         pbx>trunk ACK b=2p
         +5s",
    );
    let call = scene.call();
    assert_eq!((call.route, &*call.destination, call.legs_out), (Route::Outgoing, "cuba", 1));
    assert_eq!((call.origin, scene.told().as_str()), (Origin::Extension, "started answered"));
    scene
        .play("phone>pbx BYE b=3 n=2\n pbx>trunk BYE b=3p\n trunk>pbx 200 of=BYE\n pbx>phone 200 of=BYE b=3");
    assert_eq!(scene.told(), "started answered ended");
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_spiral_is_one_call() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 250 from=101/f b=1
         pbx>elsewhere INVITE 250 b=2
         elsewhere>pbx INVITE 103 to=250 b=3
         pbx>phone3 INVITE 103 to=250 b=4
         phone3>pbx 200 to=250/t b=4
         pbx>elsewhere 200 b=3
         elsewhere>pbx 200 b=2
         pbx>phone 200 b=1",
    );
    assert_eq!((scene.told().as_str(), scene.call().legs_out), ("started answered", 2));
}

#[test]
fn a_call_of_a_phone_to_another_behind_the_same_address() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 102 from=101/f b=1 port=5061
         pbx>phone INVITE 102 b=2 port=5062
         phone>pbx 200 to=102/t b=2 port=5062
         pbx>phone 200 b=1 port=5061
         phone>pbx ACK b=3 port=5061
         pbx>phone ACK b=4 port=5062",
    );
    assert_eq!(scene.told(), "started answered");
    scene.play("phone>pbx BYE from=102/t to=101/f b=5 n=1 port=5062\n pbx>phone BYE b=6 port=5061");
    scene.play("phone>pbx 200 of=BYE b=6 port=5061\n pbx>phone 200 of=BYE b=5 port=5062");
    assert_eq!(scene.told(), "started answered ended");
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_forward_abroad_began_in_the_pbx() {
    let mut scene = Scene::new();
    scene.play(
        "trunk>pbx INVITE 0142000000 from=0612345678/f b=1
         pbx>trunk INVITE +53512345 c=b from=0612345678/g b=9
         trunk>pbx 200 c=b to=+53512345/u
         pbx>trunk 200 to=0142000000/t
         +1s",
    );
    let mut origins: Vec<_> = scene.tracker.active().map(|call| (call.origin, call.route)).collect();
    origins.sort();
    assert_eq!(origins, [(Origin::Trunk, Route::Incoming), (Origin::Pbx, Route::Outgoing)]);
}

#[test]
fn a_302_of_a_phone_makes_a_call_of_the_pbx() {
    let mut scene = Scene::new();
    scene.play(
        "trunk>pbx INVITE 0142000000 from=0612345678/f b=1
         pbx>phone INVITE 101 c=b from=0612345678/g b=9
         phone>pbx 302 c=b to=101/u refer=0053512345
         pbx>phone ACK c=b
         pbx>trunk INVITE +53512345 c=d from=0612345678/h b=9
         trunk>pbx 200 c=d to=+53512345/v
         pbx>trunk 200 to=0142000000/t
         +10s",
    );
    assert_eq!(scene.active(), 2);
    let abroad = scene.tracker.active().find(|call| &*call.destination == "cuba").unwrap();
    assert_eq!(abroad.origin, Origin::Pbx);
}

#[test]
fn an_internal_call_is_one_call_whoever_the_pbx_writes_to() {
    let mut scene = Scene::new();
    scene.play("phone1>pbx INVITE 102 from=101/f b=1\n pbx>phone2 INVITE x7f3q c=b from=101/g b=9");
    scene.play("phone2>pbx 180 c=b to=x7f3q/u\n +1s");
    assert_eq!((scene.told().as_str(), scene.call().legs_out), ("started rang", 1));
    assert_eq!(scene.call().route, Route::Internal);
}

#[test]
fn two_callers_of_one_number_are_two_calls() {
    let mut scene = Scene::new();
    scene.play(
        "phone1>pbx INVITE 0142000000 c=a from=101/f b=1
         phone2>pbx INVITE 0142000000 c=b from=102/g b=1
         pbx>trunk INVITE +33142000000 c=c from=+33142345678/h b=1
         pbx>trunk INVITE +33142000000 c=d from=+33142345678/i b=1
         +1s",
    );
    let legs: Vec<_> = scene.tracker.active().map(|call| call.legs_out).collect();
    assert_eq!(legs, [1, 1], "a leg goes to a call that has none yet");
    let mut scene = Scene::new();
    scene.play(
        "phone1>pbx INVITE 0142000000 c=a from=101/f b=1
         phone2>pbx INVITE 0142000000 c=b from=102/g b=1
         pbx>trunk INVITE +33142000000 c=c from=101/h b=1
         pbx>trunk INVITE +33142000000 c=d from=101/i b=1
         +1s",
    );
    let legs: Vec<_> = scene.tracker.active().map(|call| call.legs_out).collect();
    assert_eq!(legs, [2, 0], "the caller breaks ties");
}

#[test]
fn a_call_that_is_answered_takes_no_more_legs() {
    let mut scene = Scene::new();
    scene.play(THROUGH).play("pbx>trunk INVITE +53512345 c=z from=101/z b=99\n +1s");
    assert_eq!(scene.active(), 2, "fraud in the PBX does not hide behind a call to the same number");
}

#[test]
fn legs_that_cross_on_their_way_to_the_agent_are_one_call() {
    let mut scene = Scene::new();
    scene.play(
        "pbx>trunk INVITE +53512345 c=b from=+33142345678/g b=9
         phone>pbx INVITE 0053512345 from=101/f b=1
         trunk>pbx 200 c=b to=+53512345/u
         pbx>phone 200 to=0053512345/t
         +1s",
    );
    let call = scene.call();
    assert_eq!((call.origin, &*call.caller, call.source), (Origin::Extension, "101", host_of("phone")));
    assert_eq!((scene.told().as_str(), call.attempts), ("started answered", 2));

    let mut scene = Scene::new();
    scene.play("pbx>phone INVITE 101 c=b from=0612345678/g b=9\n trunk>pbx INVITE 0142000000 from=0612345678/f b=1\n +1s");
    assert_eq!((scene.call().origin, scene.call().route), (Origin::Trunk, Route::Incoming));

    let mut scene = Scene::new();
    scene.play("pbx>trunk INVITE +53512345 from=101/f to=250 b=2\n phone>pbx INVITE 250 b=1\n +1s");
    assert_eq!((scene.call().origin, scene.call().legs_out), (Origin::Extension, 1), "a proxy");
}

#[test]
fn a_leg_that_comes_to_light_after_its_call_was_cancelled_makes_no_call() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 0053512345 from=101/f b=1
         phone>pbx CANCEL 0053512345
         pbx>phone 487 to=0053512345/t
         pbx>trunk INVITE +53512345 c=b from=200/g b=9
         pbx>trunk CANCEL +53512345 c=b
         trunk>pbx 487 c=b to=+53512345/u
         +60s",
    );
    assert_eq!((scene.told().as_str(), scene.result()), ("started ended", CallResult::Cancelled));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_leg_that_is_answered_after_its_call_ended_is_a_call_if_it_stays() {
    let rows = "
        phone>pbx INVITE 0053512345 from=101/f b=1
        pbx>trunk INVITE +53512345 c=b from=200/g b=9
        trunk>pbx 180 c=b to=+53512345/u
        phone>pbx CANCEL 0053512345
        pbx>phone 487 to=0053512345/t
        pbx>trunk CANCEL +53512345 c=b to=+53512345
        trunk>pbx 200 c=b to=+53512345/u
        pbx>trunk ACK c=b b=10
    ";
    let mut scene = Scene::new();
    scene.play(rows).play("pbx>trunk BYE c=b b=11 n=2\n trunk>pbx 200 c=b of=BYE\n +60s");
    assert_eq!(scene.told(), "started rang ended", "an answer and a CANCEL crossed");
    assert!(scene.is_empty_in_the_end());
    let mut scene = Scene::new();
    scene.play(rows).play("+60s");
    assert_eq!(scene.told(), "started rang ended started answered");
    assert_eq!((scene.call().origin, &*scene.call().destination), (Origin::Pbx, "cuba"));
    scene.play("pbx>trunk BYE c=b b=11 n=2\n trunk>pbx 200 c=b of=BYE");
    assert_eq!((scene.ended().len(), scene.is_empty_in_the_end()), (2, true));
}

#[test]
fn a_blind_transfer_is_a_call_of_its_own() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 102 from=101/f b=1
         pbx>phone 200 to=102/t
         phone>pbx ACK b=2
         phone>pbx REFER 102 b=3 n=2 refer=0053512345
         pbx>phone 202 of=REFER
         pbx>phone NOTIFY 101 from=102/t to=101/f b=4 n=1
         phone>pbx 200 of=NOTIFY
         phone>pbx BYE from=101/f to=102/t b=5 n=3
         pbx>phone 200 of=BYE
         pbx>trunk INVITE +53512345 c=b from=101/g b=9
         trunk>pbx 200 c=b to=+53512345/u
         +1s",
    );
    assert_eq!(scene.told(), "started answered ended started answered");
    assert_eq!((scene.call().origin, &*scene.call().destination), (Origin::Pbx, "cuba"));
}

#[test]
fn replaces_moves_a_leg() {
    let mut scene = Scene::new();
    scene.play(THROUGH).play(
        "phone2>pbx INVITE 0053512345 c=r from=102/r b=20 replaces=a
         pbx>phone2 200 c=r to=0053512345/s
         phone2>pbx ACK c=r b=21
         pbx>phone BYE from=0053512345/t to=101/f b=22 n=1
         phone>pbx 200 of=BYE
         +10s",
    );
    assert_eq!(
        (scene.told().as_str(), scene.active()),
        ("started rang answered", 1),
        "another phone took the call over"
    );
    scene.play("phone2>pbx BYE c=r b=23 n=2\n pbx>phone2 200 c=r of=BYE\n pbx>trunk BYE c=b b=24 n=2\n trunk>pbx 200 c=b of=BYE");
    assert_eq!(scene.told(), "started rang answered ended");
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn a_leg_that_outlives_the_one_that_arrived_goes_on() {
    let mut scene = Scene::new();
    scene.play("phone>pbx INVITE 0053512345 from=101/f b=1\n pbx>trunk INVITE +53512345 c=b from=200/g b=9 sdp=16000");
    scene.play("trunk>pbx 200 c=b to=+53512345/u\n pbx>phone 200 to=0053512345/t\n phone>pbx ACK b=2");
    scene.talk("trunk", 16000, 5);
    // The phone transfers the call and leaves; the trunk is now connected to somebody else.
    scene.play("phone>pbx BYE b=3 n=2\n pbx>phone 200 of=BYE");
    scene.talk("trunk", 16000, 300);
    assert_eq!(scene.active(), 1);
    scene.play("trunk>pbx BYE c=b from=+53512345/u to=200/g b=4 n=1\n pbx>trunk 200 c=b of=BYE");
    assert_eq!(scene.end().talk(scene.now).as_secs(), 305);
}

#[test]
fn a_leg_whose_bye_was_lost_ends_with_the_one_that_arrived() {
    let mut scene = Scene::new();
    scene.play(THROUGH).play("+10s\n phone>pbx BYE b=3 n=2");
    let bye = scene.now;
    scene.play("pbx>phone 200 of=BYE\n +62s");
    assert_eq!((scene.told().as_str(), scene.end().ended), ("started rang answered ended", Some(bye)));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn without_trunks_an_outside_number_makes_a_call_outgoing() {
    let mut scene = Scene::new();
    scene.trunk_is = crate::calls::Trunk::Unknown;
    scene.play("phone>pbx INVITE 0053512345 from=101/f b=1\n pbx>trunk INVITE +53512345 c=b from=200/g b=9");
    scene.pass(Duration::from_secs(1));
    assert_eq!((scene.call().route, scene.call().trunk, scene.call().legs_out), (Route::Outgoing, None, 1));
}
