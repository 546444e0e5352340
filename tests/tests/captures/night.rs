//! The night of a PBX, as the shipped policy judges it: every INVITE, entry by entry.

use monitor::replay::{Args, EngineKind};
use serde_json::{Value, json};

use crate::replays::{document, document_of, own};

/// What is compared of an entry.
const KEYS: [&str; 8] =
    ["frame", "direction", "dialled", "number", "country", "destination", "verdict", "reason"];

fn entries(document: &Value) -> Vec<Value> {
    let entry = |entry: &Value| KEYS.iter().map(|key| entry[key].clone()).collect();
    document["verdicts"].as_array().expect("verdicts").iter().map(entry).collect()
}

#[test]
fn every_invite_has_its_verdict() {
    for engine in [EngineKind::Host, EngineKind::Kernel] {
        let Some(document) = document(&own("night.pcapng"), &own("night.toml"), engine) else { return };
        assert_eq!(
            entries(&document),
            [
                json!([6, "ingress", "101", null, null, "internal", "pass", "internal"]),
                json!([73, "ingress", "90142345678", "+33142345678", "FR", "FR", "pass", "no_rule"]),
                json!([132, "ingress", "900535551234", "+535551234", "CU", "cuba", "drop", "policy"]),
                json!([146, "ingress", "900535551234", "+535551234", "CU", "cuba", "drop", "policy"]),
                json!([264, "ingress", "900227901234567", "+227901234567", "NE", "africa", "drop", "policy"]),
                json!([330, "ingress", "112", null, null, "emergency", "pass", "emergency"]),
                json!([396, "ingress", "900535551234", "+535551234", "CU", "cuba", "drop", "policy"]),
                json!([464, "egress", "33142345678", "+33142345678", "FR", "FR", "pass", "no_rule"]),
                json!([532, "egress", "+13459495555", "+13459495555", "KY", "islands", "drop", "policy"]),
                json!([546, "egress", "+13459495555", "+13459495555", "KY", "islands", "drop", "policy"]),
                json!([568, "egress", "+13459495555", "+13459495555", "KY", "islands", "drop", "policy"]),
                json!([726, "egress", "22790123456", "+22790123456", "NE", "africa", "drop", "policy"]),
                json!([740, "egress", "22790123456", "+22790123456", "NE", "africa", "drop", "policy"]),
            ],
            "{engine:?}"
        );
        assert_eq!(
            document["destinations"],
            json!({
                "FR": {"invites": 2, "passed": 2, "dropped": 0, "would_drop": 0},
                "africa": {"invites": 3, "passed": 0, "dropped": 3, "would_drop": 0},
                "cuba": {"invites": 3, "passed": 0, "dropped": 3, "would_drop": 0},
                "emergency": {"invites": 1, "passed": 1, "dropped": 0, "would_drop": 0},
                "internal": {"invites": 1, "passed": 1, "dropped": 0, "would_drop": 0},
                "islands": {"invites": 3, "passed": 0, "dropped": 3, "would_drop": 0},
            })
        );
        assert_eq!(document["error"], Value::Null);
    }
}

#[test]
fn an_entry_has_everything_that_is_documented() {
    let document = document(&own("night.pcapng"), &own("night.toml"), EngineKind::Host).expect("a document");
    assert_eq!(
        document["verdicts"][2],
        json!({
            "frame": 132, "time": document["verdicts"][2]["time"], "direction": "ingress", "method": "INVITE",
            "transport": "udp", "source": document["verdicts"][2]["source"], "target": "192.0.2.10:5060",
            "dialled": "900535551234", "number": "+535551234", "country": "CU", "destination": "cuba",
            "prefix": "+53", "verdict": "drop", "reason": "policy",
        })
    );
    let text = |key: &str| document["verdicts"][2][key].as_str().expect("text").to_owned();
    assert!(
        text("time").starts_with("2026-11-21T22:26:5") && text("time").ends_with('Z'),
        "{}",
        text("time")
    );
    assert!(text("source").starts_with("192.0.2.77:"), "{}", text("source"));
}

#[test]
fn a_dry_run_drops_nothing_and_says_what_it_would() {
    for engine in [EngineKind::Host, EngineKind::Kernel] {
        let args = Args {
            capture: own("night.pcapng"),
            policy: own("night.toml"),
            engine: Some(engine),
            json: true,
            dry_run: true,
        };
        let Some(document) = document_of(&args) else { return };
        assert_eq!(
            document["destinations"]["cuba"],
            json!({"invites": 3, "passed": 0, "dropped": 0, "would_drop": 3})
        );
        let verdicts = document["verdicts"].as_array().expect("verdicts");
        let blocked = verdicts.iter().filter(|entry| entry["verdict"] == "would_drop").count();
        assert_eq!((verdicts.len(), blocked), (13, 9), "{engine:?}");
    }
}

#[test]
fn the_cooked_capture_tells_the_same_calls() {
    for engine in [EngineKind::Host, EngineKind::Kernel] {
        let Some(document) = document(&own("night-cooked.pcap"), &own("night.toml"), engine) else { return };
        let calls: Vec<_> =
            entries(&document).iter().map(|entry| (entry[2].clone(), entry[6].clone())).collect();
        let row = |dialled: &str, verdict: &str| (json!(dialled), json!(verdict));
        assert_eq!(
            calls,
            [
                row("101", "pass"),
                row("90142345678", "pass"),
                row("900535551234", "drop"),
                row("900535551234", "drop"),
            ]
        );
    }
}
