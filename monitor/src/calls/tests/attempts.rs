//! One leg: from the INVITE to its end.

use std::time::Duration;

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
fn two_legs_through_the_pbx_are_one_call() {
    let mut scene = Scene::new();
    scene.play(
        "phone>pbx INVITE 0053512345 from=101/f b=1
         pbx>phone 100
         pbx>trunk INVITE +53512345 c=b from=+33142345678/g b=9
         trunk>pbx 180 c=b to=+53512345/u
         pbx>phone 180 to=0053512345/t
         trunk>pbx 200 c=b
         pbx>trunk ACK c=b b=10
         pbx>phone 200
         phone>pbx ACK b=2
         +5s
         phone>pbx BYE b=3 n=2
         pbx>phone 200 of=BYE
         pbx>trunk BYE c=b b=11 n=2
         trunk>pbx 200 c=b of=BYE",
    );
    assert_eq!(scene.told(), "started rang answered ended");
    let call = scene.end();
    assert_eq!((call.attempts, call.legs_out, call.origin), (2, 1, Origin::Extension));
    assert_eq!(call.trunk, Some(super::script::host_of("trunk")));
    assert!(scene.is_empty_in_the_end());
}

#[test]
fn what_leaves_alone_began_in_the_pbx() {
    let mut scene = Scene::new();
    scene.play("pbx>trunk INVITE +53512345 from=+33142345678/g b=9");
    assert_eq!(scene.told(), "");
    scene.pass(Duration::from_millis(300));
    assert_eq!(scene.told(), "started");
    let call = scene.call();
    assert_eq!((call.origin, call.route), (Origin::Pbx, Route::Outgoing));
    scene.play("trunk>pbx 486 to=+53512345/t");
    assert_eq!(scene.result(), CallResult::Busy);
    assert_eq!(scene.facts.last().unwrap().happened, Happened::Ended);
    assert!(scene.is_empty_in_the_end());
}
