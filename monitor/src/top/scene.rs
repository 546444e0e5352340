//! Views for tests: a night with a fraud in it, and one of huge, empty and strange values.

use crate::{
    calls::{CallId, Origin, Route},
    control::{
        Status,
        view::{AlertRow, BlockRow, CallRow, Losses, MediaRow, SumRow, Top},
    },
    top::source::View,
};
use monitor_common::abi::{Reason, Verdict};

pub fn night() -> View {
    let top = Top {
        time: "2026-11-22T03:03:05.250Z".into(),
        interfaces: vec![("eth0".into(), "native".into()), ("wg0".into(), "generic".into())],
        dry_run: false,
        destinations: vec![
            sum("FR", [12, 431, 380, 0], 48_210.0),
            sum("niger", [2, 96, 95, 71], 610.0),
            sum("cuba", [1, 3, 0, 3], 0.0),
            sum("internal", [0, 1204, 1100, 0], 99_000.0),
        ],
        sources: vec![
            sum("192.0.2.10", [3, 99, 95, 74], 610.0),
            sum("2001:db8::1:22", [12, 431, 380, 0], 48_210.0),
        ],
        calls: vec![fraud(), ringing()],
        media: vec![stream(Some(17), "203.0.113.5", 18_000), stream(None, "198.51.100.77", 0)],
        alerts: vec![
            alert(
                "2026-11-22T03:02:59.001Z",
                "71 calls to niger were dropped within 60 s; the last from 192.0.2.10",
            ),
            alert("2026-11-21T23:12:00.000Z", "1 call to cuba was dropped"),
        ],
        blocks: vec![block("niger")],
        losses: Losses::default(),
    };
    View { top, status: Some(status(1234)) }
}

/// Values that are as large, as empty and as strange as a peer can make them.
pub fn strange() -> View {
    let long = "a-name-that-is-much-longer-than-any-column-of-a-terminal-with-eighty-columns-could-ever-be";
    let caller = "電話\u{1b}[2J\u{202e}番号-Zoë-👩‍👩‍👧-\r\n";
    let call = CallRow {
        id: CallId(u64::MAX),
        destination: long.into(),
        dialled: "*".repeat(300),
        number: Some(String::new()),
        caller: caller.into(),
        source: "2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap(),
        trunk: None,
        started: String::new(),
        talk_seconds: f64::MAX,
        media_ingress_seconds: -1.0,
        media_egress_seconds: f64::NAN,
        attempts: u32::MAX,
        ..fraud()
    };
    let top = Top {
        time: String::new(),
        interfaces: (0..40)
            .map(|n| (format!("interface-{n}"), if n == 39 { "gone" } else { "native" }.into()))
            .collect(),
        dry_run: true,
        destinations: vec![
            sum(long, [u64::MAX; 4], f64::MAX),
            sum("", [0; 4], 0.0),
            sum(caller, [1, 0, 7, 0], f64::NAN),
        ],
        sources: vec![sum("no address", [u64::MAX; 4], f64::INFINITY)],
        calls: vec![call],
        media: vec![MediaRow {
            packets: u64::MAX,
            bytes: u64::MAX,
            payload_type: 127,
            direction: caller.into(),
            ..stream(None, "2001:db8:1111:2222:3333:4444:5555:6666", 0)
        }],
        alerts: vec![alert("", &format!("{caller} {}", "x".repeat(500))), alert("", "")],
        blocks: vec![BlockRow {
            kind: "later".into(),
            seconds_left: None,
            until: None,
            by: String::new(),
            ..block(long)
        }],
        losses: Losses {
            events_lost: u64::MAX,
            events_held_back: u64::MAX,
            unreadable: u64::MAX,
            calls_not_followed: u64::MAX,
            records_lost: u64::MAX,
        },
    };
    View { top, status: None }
}

pub fn block(target: &str) -> BlockRow {
    BlockRow {
        target: target.into(),
        kind: "destination".into(),
        reason: "night of the 22nd".into(),
        by: "root (uid 0, pid 4711)".into(),
        since: "2026-11-22T02:17:10.000Z".into(),
        until: Some("2026-11-22T03:17:10.000Z".into()),
        seconds_left: Some(845),
    }
}

fn status(policy_rules: u64) -> Status {
    Status { policy_rules, policy_generation: 7, calls_active: 15, ..Status::default() }
}

fn sum(name: &str, [active, started, answered, blocked]: [u64; 4], talk_seconds: f64) -> SumRow {
    SumRow { name: name.into(), active, started, answered, blocked, talk_seconds }
}

fn fraud() -> CallRow {
    CallRow {
        id: CallId(17),
        direction: Route::Outgoing,
        origin: Origin::Pbx,
        destination: "niger".into(),
        dialled: "002279312xxxx".into(),
        number: Some("+2279312xxxx".into()),
        caller: "voicemail".into(),
        source: "192.0.2.10".parse().unwrap(),
        trunk: Some("203.0.113.5".parse().unwrap()),
        customer: None,
        verdict: Verdict::Pass,
        reason: Reason::NoRule,
        started: "2026-11-22T02:58:40.000Z".into(),
        rang: Some("2026-11-22T02:58:42.000Z".into()),
        answered: Some("2026-11-22T02:58:44.000Z".into()),
        ended: None,
        result: None,
        status: Some(200),
        attempts: 1,
        talk_seconds: 261.25,
        media_ingress_seconds: 260.0,
        media_egress_seconds: 259.0,
        whole: true,
    }
}

fn ringing() -> CallRow {
    CallRow {
        id: CallId(18),
        direction: Route::Incoming,
        origin: Origin::Trunk,
        destination: "internal".into(),
        dialled: "101".into(),
        number: None,
        caller: "+3314234xxxx".into(),
        source: "203.0.113.5".parse().unwrap(),
        answered: None,
        talk_seconds: 0.0,
        media_ingress_seconds: 0.0,
        media_egress_seconds: 0.0,
        ..fraud()
    }
}

fn stream(call: Option<u64>, remote: &str, payload: u32) -> MediaRow {
    MediaRow {
        call: call.map(CallId),
        remote: remote.parse().unwrap(),
        local_port: 11_780,
        direction: "ingress".into(),
        packets: 13_000,
        bytes: 2_080_000 + u64::from(payload),
        payload_type: 8,
    }
}

fn alert(time: &str, text: &str) -> AlertRow {
    AlertRow { time: time.into(), text: text.into() }
}
