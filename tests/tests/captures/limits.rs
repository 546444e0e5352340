//! Limits in captures: they act at their moment of the capture's clock, and what they block does not take place.

use monitor::replay::EngineKind;
use serde_json::{Value, json};

use crate::{
    calls::{CALLED, DAY, OFFICE, on_host, replayed, share},
    story::{Story, Told},
};

/// The office with tariffs and one limit.
fn policy(limit: &str) -> String {
    let tariffs = r#"
[money]
currency = "EUR"

[[tariff]]
name = "cayman"
countries = ["KY"]
per_minute = "2.06"

[[tariff]]
name = "rest"
per_minute = "0.02"
"#;
    format!("{OFFICE}{tariffs}\n[[limit]]\nname = \"it\"\n{limit}\n")
}

/// Three calls within an hour are too many; their country is blocked for an hour.
const THREE_CALLS: &str = r#"
counts = "calls"
scope = "country"
window = "1h"
critical = 3
block = "country"
block_for = "1h"
run = ["/etc/ringfence/hang-up", "asterisk"]
"#;

/// What a sum is where calls cost.
fn cost(calls: u64, minutes: &str, cost: &str) -> Value {
    let mut sum = share(calls, calls, minutes);
    sum["cost"] = cost.into();
    sum
}

/// Of each INVITE its time after the beginning, direction, verdict and reason.
fn dropped(document: &Value) -> Vec<String> {
    let verdicts = document["verdicts"].as_array().expect("verdicts");
    let entry = |entry: &Value| {
        ["time", "direction", "verdict", "reason"].map(|key| entry[key].as_str().expect("text").to_owned())
    };
    verdicts
        .iter()
        .map(entry)
        .filter(|[.., verdict, _]| verdict != "pass")
        .map(|[time, way, verdict, reason]| format!("{} {way} {verdict} {reason}", &time[11..19]))
        .collect()
}

fn calls(seconds: &[u64]) -> Story {
    seconds.iter().fold(Story::default(), |story, at| story.call(&Told::new(*at, 5, CALLED))).in_order()
}

#[test]
fn a_limit_blocks_from_its_moment_until_the_block_is_over() {
    // The third call reaches it. The two that are prevented do not count: afterwards it takes three again.
    let story = calls(&[0, 10, 20, 30, 40, 3_700, 3_710]);
    let document = on_host(&story, &policy(THREE_CALLS));
    let breach = &document["limits"]["breaches"][0];
    assert_eq!(document["limits"]["breaches"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&breach["limit"], &breach["severity"], &breach["key"], &breach["value"], &breach["threshold"]),
        (&"it".into(), &"critical".into(), &"KY".into(), &"3".into(), &"3".into())
    );
    assert_eq!(breach["call"]["number"], "+1345949000");
    assert_eq!(breach["blocks"][0]["target"], "country:KY");
    assert_eq!(breach["blocks"][0]["until"].as_str().map(|until| &until[11..19]), Some("10:00:20"));
    assert_eq!(breach["would_run"], json!(["/etc/ringfence/hang-up", "asterisk"]));
    assert_eq!(
        dropped(&document),
        [
            "09:00:30 ingress drop temporary_block",
            "09:00:30 egress drop temporary_block",
            "09:00:40 ingress drop temporary_block",
            "09:00:40 egress drop temporary_block",
        ]
    );
    assert_eq!(document["calls"]["destinations"], json!({"KY": cost(5, "0.41", "0.858333335")}));
    assert_eq!(document["prevented"]["destinations"], json!({"KY": cost(2, "0.16", "0.343333334")}));
    assert_eq!(
        (&document["prevented"]["by_limits"], &document["prevented"]["by_policy"]),
        (&2.into(), &0.into())
    );
    assert_eq!(document["lost"]["destinations"], json!({"KY": cost(3, "0.25", "0.515000001")}));
    assert_eq!(document["calls"]["tariffs"]["cayman"]["calls"], 5);
}

#[test]
fn what_a_limit_would_block_goes_on_in_a_dry_run_and_where_it_only_reports() {
    let story = calls(&[0, 10, 20, 30, 40]);
    let dry = replayed(&story, &policy(THREE_CALLS), EngineKind::Host, true).expect("no privilege needed");
    assert_eq!((&dry["calls"]["started"], &dry["prevented"]["calls"]), (&5.into(), &2.into()));
    assert_eq!(dropped(&dry)[0], "09:00:30 ingress would_drop temporary_block");
    assert_eq!(dry["limits"]["first_block"]["time"].as_str().map(|time| &time[11..19]), Some("09:00:20"));

    let report = on_host(&story, &policy(&format!("{THREE_CALLS}report_only = true")));
    assert_eq!((&report["calls"]["started"], &report["prevented"]["calls"]), (&5.into(), &0.into()));
    assert_eq!(report["limits"]["breaches"][0]["blocks"][0]["target"], "country:KY");
    assert_eq!((&report["limits"]["blocks"], &report["lost"]), (&0.into(), &Value::Null));
}

#[test]
fn a_cap_is_reached_in_the_middle_of_a_long_call() {
    let cap = r#"
counts = "spend"
window = "day"
warning = 10
critical = 20
block = "international"
block_for = "30m"
"#;
    // 20 euros at 2.06 a minute are 9 min 43 s. The call itself goes on, for a block hangs nobody up, and so the cap is told
    // and blocks again as soon as the first block is over.
    let story = Story::default()
        .call(&Told::new(0, 3_600, CALLED))
        .call(&Told::new(500, 60, CALLED))
        .call(&Told::new(700, 60, "004930123456"))
        .call(&Told::new(2_600, 60, "004930123456"))
        .in_order();
    let document = on_host(&story, &policy(cap));
    let breaches = document["limits"]["breaches"].as_array().expect("breaches");
    let told = |breach: &Value| {
        let time = breach["time"].as_str().expect("a time");
        (breach["severity"].as_str().expect("a word").to_owned(), time[11..19].to_owned())
    };
    assert_eq!(told(&breaches[0]), ("warning".into(), "09:04:53".into()));
    assert_eq!(told(&breaches[1]).0, "critical");
    assert_eq!(breaches[1]["blocks"][0]["target"], "all:international");
    assert_eq!(document["calls"]["destinations"]["KY"], cost(2, "61.00", "125.66"));
    assert_eq!(document["prevented"]["destinations"], json!({"DE": cost(2, "2.00", "0.04")}));
    assert_eq!(breaches.len(), 3);
    assert_eq!(
        breaches[1]["blocks"][0]["until"].as_str().map(|until| &until[..16]),
        breaches[2]["time"].as_str().map(|time| &time[..16])
    );
    let reached: f64 = breaches[1]["value"].as_str().and_then(|value| value.parse().ok()).expect("a value");
    assert!((20.0..20.1).contains(&reached), "{reached}");
}

#[test]
fn days_without_a_frame_begin_a_day_anew() {
    let limit = "counts = \"calls\"\nwindow = \"day\"\ncritical = 3\nblock = \"everything\"";
    let lost = Told { says_bye: false, ..Told::new(60, 5, CALLED) };
    let days = [0, 9, 400];
    let story = days.iter().fold(Story::default().call(&lost), |story, day| {
        [0, 10, 20, 30].iter().fold(story, |story, at| story.call(&Told::new(day * DAY + at, 5, CALLED)))
    });
    let document = on_host(&story.in_order(), &policy(limit));
    let breaches = document["limits"]["breaches"].as_array().expect("breaches");
    let untils: Vec<_> =
        breaches.iter().map(|breach| breach["blocks"][0]["until"].as_str().expect("a time")).collect();
    let midnights = ["2026-03-03T00:00:00", "2026-03-12T00:00:00", "2027-04-07T00:00:00"];
    assert_eq!(untils.iter().map(|until| &until[..19]).collect::<Vec<_>>(), midnights);
    assert_eq!((&document["calls"]["started"], &document["prevented"]["calls"]), (&9.into(), &4.into()));
}

#[test]
fn a_blocked_source_takes_the_legs_along_that_the_pbx_made_for_it() {
    let limit = "counts = \"calls\"\nscope = \"source\"\nwindow = \"1h\"\ncritical = 2\nblock = \"source\"";
    let phone = |at, phone| Told { phone: Some(phone), ..Told::new(at, 5, CALLED) };
    let story = Story::default()
        .call(&phone(0, "198.51.100.7"))
        .call(&phone(10, "198.51.100.7"))
        .call(&phone(20, "198.51.100.7"))
        .call(&phone(30, "198.51.100.8"))
        .in_order();
    let document = on_host(&story, &policy(limit));
    assert_eq!(dropped(&document), ["09:00:20 ingress drop temporary_block"]);
    assert_eq!((&document["calls"]["started"], &document["prevented"]["calls"]), (&3.into(), &1.into()));
    assert_eq!(document["calls"]["origins"], json!({"extension": 3}));

    let trusted = OFFICE.replace("[network]", "[network]\ntrusted = [\"198.51.100.0/24\"]");
    let document = on_host(&story, &policy(limit).replace(OFFICE, &trusted));
    assert_eq!(document["prevented"]["calls"], 0);
    let refused = &document["limits"]["breaches"][0]["refused"][0];
    assert!(refused.as_str().is_some_and(|why| why.contains("trusted")), "{refused}");
}

#[test]
fn emergency_calls_pass_whatever_is_blocked_and_other_destinations_where_one_is() {
    let limit =
        |block| policy(&format!("counts = \"calls\"\nwindow = \"1h\"\ncritical = 1\nblock = \"{block}\""));
    let exception =
        "\n[[destination]]\nname = \"friends\"\nprefixes = [\"+134594911\"]\naction = \"allow\"\n";
    let story = Story::default()
        .call(&Told::new(0, 5, CALLED))
        .call(&Told { number: "112", ..Told::new(10, 5, "112") })
        .call(&Told::new(20, 5, "00134594911"))
        .call(&Told::new(30, 5, CALLED))
        .in_order();
    for (block, passed, prevented) in
        [("everything", &["KY", "emergency"][..], 2), ("destination", &["KY", "emergency", "friends"], 1)]
    {
        let document = on_host(&story, &(limit(block) + exception));
        let names: Vec<_> =
            document["calls"]["destinations"].as_object().expect("an object").keys().collect();
        assert_eq!(names, passed, "{block}");
        assert_eq!(document["prevented"]["calls"], prevented, "{block}");
    }
}

#[test]
fn both_engines_let_limits_do_the_same() {
    let story = calls(&[0, 10, 20, 30, 40, 3_700]);
    let Some(kernel) = replayed(&story, &policy(THREE_CALLS), EngineKind::Kernel, false) else { return };
    let host = on_host(&story, &policy(THREE_CALLS));
    for key in ["calls", "limits", "prevented", "lost", "destinations"] {
        assert_eq!(kernel[key], host[key], "{key}");
    }
    assert_eq!(dropped(&kernel), dropped(&host));
    assert_eq!(kernel["judged_by_host"], 4, "while a block is set, the host judges");
}
