//! Calls in captures, by the capture's own clock: how many, how long, at what cost, and which did not take place.

use std::time::Duration;

use monitor::replay::{Args, EngineKind};
use serde_json::{Value, json};

use crate::{
    replays::document_of,
    story::{Story, Told},
};

/// The document of a story, under a policy.
pub fn replayed(story: &Story, policy: &str, engine: EngineKind, dry_run: bool) -> Option<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, policy).expect("a written policy");
    document_of(&Args {
        capture: story.write(folder.path()),
        policy: path,
        engine: Some(engine),
        json: true,
        dry_run,
    })
}

/// The same on the host engine.
pub fn on_host(story: &Story, policy: &str) -> Value {
    replayed(story, policy, EngineKind::Host, false).expect("the host engine needs no privilege")
}

/// What every policy here begins with: a French office with one trunk, where Cuba is blocked.
pub const OFFICE: &str = r#"
[dialplan]
country_code = "33"
international_prefixes = ["00"]
national_prefix = "0"

[dialplan.egress]
bare_e164 = true

[network]
trunks = ["203.0.113.0/28"]
local = ["192.0.2.10/32"]

[[destination]]
name = "cuba"
prefixes = ["+53"]
action = "block"
"#;

/// A number on the Cayman Islands, as the office dials it.
pub const CALLED: &str = "001345949000";
const BLOCKED: &str = "005355512345";
/// Seconds.
pub const DAY: u64 = 24 * 3600;

/// What a sum is where nothing costs.
pub fn share(calls: u64, answered: u64, minutes: &str) -> Value {
    json!({"calls": calls, "answered": answered, "minutes": minutes, "cost": null})
}

#[test]
fn the_legs_of_a_call_are_one_call() {
    let story = Story::default()
        .call(&Told::new(0, 60, CALLED))
        .call(&Told { talk: None, ..Told::new(100, 0, CALLED) });
    let document = on_host(&story.in_order(), OFFICE);
    let calls = &document["calls"];
    assert_eq!(calls["destinations"], json!({"KY": share(2, 1, "1.00")}));
    assert_eq!([&calls["started"], &calls["answered"], &calls["active"]], [2, 1, 0]);
    assert_eq!(calls["routes"], json!({"outgoing": 2}));
    assert_eq!(calls["origins"], json!({"extension": 2}));
    assert_eq!(calls["results"], json!({"answered": 1, "busy": 1}));
    assert_eq!((&calls["cost"], &calls["currency"]), (&Value::Null, &Value::Null));
    assert_eq!(document["prevented"]["calls"], 0);
}

#[test]
fn a_call_that_the_policy_drops_did_not_take_place() {
    let pbx = Told { phone: None, ..Told::new(200, 30, BLOCKED) };
    let story =
        Story::default().call(&Told::new(0, 60, BLOCKED)).call(&Told::new(100, 60, CALLED)).call(&pbx);
    let document = on_host(&story.clone().in_order(), OFFICE);
    assert_eq!(document["calls"]["destinations"], json!({"KY": share(1, 1, "1.00")}));
    let prevented = &document["prevented"];
    assert_eq!(prevented["destinations"], json!({"cuba": share(2, 2, "1.50")}));
    assert_eq!([&prevented["by_policy"], &prevented["by_limits"]], [2, 0]);

    let dry = replayed(&story.in_order(), OFFICE, EngineKind::Host, true).expect("no privilege needed");
    assert_eq!(dry["calls"]["destinations"], json!({"KY": share(1, 1, "1.00"), "cuba": share(2, 2, "1.50")}));
    assert_eq!(
        dry["prevented"]["destinations"], prevented["destinations"],
        "what would be prevented is said"
    );
    assert_eq!(dry["destinations"]["cuba"]["would_drop"], 3);
}

#[test]
fn a_call_whose_end_is_missing_ends_by_the_clock_also_over_days_without_a_frame() {
    let lost = Told { says_bye: false, ..Told::new(0, 60, CALLED) };
    let document = on_host(&Story::default().call(&lost).call(&Told::new(9 * DAY, 60, CALLED)), OFFICE);
    let calls = &document["calls"];
    assert_eq!((&calls["started"], &calls["active"], &calls["timed_out"]), (&2.into(), &0.into(), &1.into()));
    assert_eq!(calls["results"], json!({"answered": 1, "lost": 1}));

    let silent = Told { has_media: true, ..lost };
    let document =
        on_host(&Story::default().call(&silent).in_order().call(&Told::new(9 * DAY, 60, CALLED)), OFFICE);
    assert_eq!(
        document["calls"]["destinations"]["KY"],
        share(2, 2, "2.00"),
        "media say until when it went on"
    );
    assert_eq!(document["classes"]["rtp"], 4 * 121 - 4);
}

#[test]
fn a_call_that_goes_on_counts_until_the_capture_ends() {
    let story = Story::default()
        .call(&Told { says_bye: false, ..Told::new(0, 0, CALLED) })
        .call(&Told { talk: None, ..Told::new(120, 0, CALLED) });
    let calls = &on_host(&story, OFFICE)["calls"];
    assert_eq!((&calls["active"], &calls["minutes"]), (&1.into(), &"2.00".into()));
}

#[test]
fn frames_out_of_order_are_put_in_order_and_a_time_that_goes_back_is_now() {
    let story = Story::default().call(&Told::new(0, 60, CALLED)).in_order();
    // The first two frames of the phone's leg, and the trunk's, change places: 20 ms.
    let swapped = story.clone().shuffled(|frames| frames.swap(0, 1));
    let calls = &on_host(&swapped, OFFICE)["calls"];
    assert_eq!(
        (&calls["started"], &calls["minutes"], &calls["out_of_order"]),
        (&1.into(), &"1.00".into(), &0.into())
    );

    let late = story.call(&Told::new(10 * DAY, 60, CALLED)).in_order().shuffled(|frames| {
        let back = frames.len() - 1;
        frames[back].0 = Duration::ZERO;
    });
    let calls = &on_host(&late, OFFICE)["calls"];
    assert_eq!(
        (&calls["started"], &calls["minutes"], &calls["out_of_order"]),
        (&2.into(), &"2.00".into(), &1.into())
    );
}

#[test]
fn both_engines_follow_the_same_calls() {
    let story = Story::default()
        .call(&Told::new(0, 60, CALLED))
        .call(&Told { has_media: true, ..Told::new(70, 20, CALLED) })
        .call(&Told::new(100, 60, BLOCKED))
        .in_order();
    let host = on_host(&story, OFFICE);
    assert_eq!((&host["calls"]["started"], &host["prevented"]["calls"]), (&2.into(), &1.into()));
    let Some(kernel) = replayed(&story, OFFICE, EngineKind::Kernel, false) else { return };
    for key in ["calls", "prevented", "destinations"] {
        assert_eq!(kernel[key], host[key], "{key}");
    }
}
