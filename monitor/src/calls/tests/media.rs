//! Media of calls.

use std::time::Duration;

use monitor_common::abi::Direction;

use super::script::{Scene, host_of};
use crate::calls::{CallResult, MediaSeen, Settings, Timestamp};

const BOTH_LEGS: &str = "
    phone>pbx INVITE 0053512345 from=101/f b=1 sdp=4000
    pbx>trunk INVITE +53512345 c=b from=+33142345678/g b=9 sdp=16000
    trunk>pbx 200 c=b to=+53512345/u sdp=7000
    pbx>trunk ACK c=b b=10
    pbx>phone 200 to=0053512345/t sdp=16002
    phone>pbx ACK b=2
";

fn stream(host: &str, local_port: u16) -> MediaSeen {
    MediaSeen {
        remote: host_of(host),
        local_port,
        direction: Direction::Ingress,
        packets: 1,
        first_seen: Timestamp(1),
        last_seen: Timestamp(1),
        payload_type: 8,
    }
}

#[test]
fn media_of_two_legs_counts_once_a_direction() {
    let mut scene = Scene::new();
    scene.play(BOTH_LEGS);
    let (ingress, egress) = (Direction::Ingress, Direction::Egress);
    scene.streams(&[("phone", 16002, ingress), ("phone", 16002, egress), ("trunk", 16000, ingress)], 20);
    let media = scene.call().media;
    assert_eq!((media.ingress.as_secs(), media.egress.as_secs()), (20, 20));
    assert_eq!(scene.tracker.call_of(&stream("elsewhere", 16000)), Some(scene.call().id), "NAT");
    assert!(scene.tracker.untied(&stream("phone", 16004)));
}

#[test]
fn a_shorter_silence_holds_for_calls_that_go_on() {
    let mut scene = Scene::new();
    scene.play(BOTH_LEGS).talk("trunk", 16000, 30);
    let last = scene.now;
    scene.play("+10s");
    scene.tracker.set(Settings { media_silence: Duration::from_secs(15), ..Settings::default() });
    scene.play("+4s");
    assert_eq!(scene.tracker.active().count(), 1);
    scene.play("+2s");
    assert_eq!(scene.end().ended, Some(last));
}

#[test]
fn a_lost_bye_ends_with_the_last_media_packet() {
    let mut scene = Scene::new();
    scene.play(BOTH_LEGS).talk("trunk", 16000, 30);
    let last = scene.now;
    scene.play("+70s");
    let call = scene.end();
    assert_eq!((call.result, call.ended), (Some(CallResult::Answered), Some(last)));
    assert!(scene.is_empty_in_the_end());
}
