//! Numbers explained by small policies.

use serde_json::{Value, json};

use super::*;

const POLICY: &str = "[dialplan]\ncountry_code = \"33\"\naccess_prefixes = [\"9\"]\n\
    [dialplan.egress]\nbare_e164 = true\naccess_prefixes = []\n[network]\ntrunks = [\"203.0.113.1\"]\n\
    [[destination]]\nname = \"cuba\"\nprefixes = [\"+53\"]\naction = \"block\"\n\
    [[destination]]\nname = \"costly\"\nkinds = [\"premium-rate\"]\naction = \"block\"\n";

fn explained(text: &str, number: &str) -> (Value, String) {
    let policy = policy::compile(text).policy.unwrap();
    // A Friday, 20:00 in Paris.
    let now = "2026-11-20T19:00:00Z".parse().unwrap();
    let explanation = Explanation::new(&Judge::new(&policy, text, now).unwrap(), number, None);
    (serde_json::to_value(&explanation).unwrap(), words::text(&explanation, "p.toml"))
}

fn brief(number: &str) -> [Value; 4] {
    let (json, _) = explained(POLICY, number);
    ["number", "destination", "verdict", "reason"].map(|key| json[key].clone())
}

#[test]
fn numbers_as_people_dial_them() {
    let rows = [
        ("900535551234", json!("+535551234"), "cuba", "drop", "policy"),
        ("00535551234", json!("+535551234"), "cuba", "drop", "policy"),
        ("+535551234", json!("+535551234"), "cuba", "drop", "policy"),
        ("+53 555 1234", json!("+535551234"), "cuba", "drop", "policy"),
        ("%2B53-555(1234)", json!("+535551234"), "cuba", "drop", "policy"),
        ("sip:00535551234@pbx.example.com;user=phone", json!("+535551234"), "cuba", "drop", "policy"),
        ("tel:+535551234", json!("+535551234"), "cuba", "drop", "policy"),
        ("0899123456", json!("+33899123456"), "costly", "drop", "policy"),
        ("0142345678", json!("+33142345678"), "FR", "pass", "no_rule"),
        ("90142345678", json!("+33142345678"), "FR", "pass", "no_rule"),
        ("0590123456", json!("+590590123456"), "GP", "pass", "no_rule"),
        ("0692123456", json!("+262692123456"), "RE", "pass", "no_rule"),
        ("0508411234", json!("+508411234"), "PM", "pass", "no_rule"),
        ("1234", json!(null), "internal", "pass", "internal"),
        ("535551234", json!(null), "internal", "pass", "internal"),
        ("112", json!(null), "emergency", "pass", "emergency"),
        ("9112", json!(null), "emergency", "pass", "emergency"),
        ("+33112", json!(null), "emergency", "pass", "emergency"),
        ("urn:service:sos.fire", json!(null), "emergency", "pass", "emergency"),
        ("alice", json!(null), "internal", "pass", "internal"),
    ];
    for (dialled, number, destination, verdict, reason) in rows {
        assert_eq!(brief(dialled), [number, json!(destination), json!(verdict), json!(reason)], "{dialled}");
    }
}

#[test]
fn the_document_names_rule_line_and_both_directions() {
    let (json, text) = explained(POLICY, "535551234");
    assert_eq!(
        (&json["direction"], &json["reason"], &json["rule"]),
        (&json!("ingress"), &json!("internal"), &json!(null))
    );
    let egress = &json["egress"];
    assert_eq!(egress["number"], "+535551234");
    assert_eq!(
        (&egress["country"], &egress["country_name"], &egress["verdict"]),
        (&json!("CU"), &json!("Cuba"), &json!("drop"))
    );
    assert_eq!(egress["rule"], json!({"prefix": "+53", "action": "block", "line": 11, "written": "+53"}));
    for part in
        ["arriving at the PBX", "leaving it for a trunk", "DROP", "Cuba (CU)", "p.toml line 11", "internal"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn readings_stand_side_by_side() {
    let text = "[dialplan]\ncountry_code = \"33\"\naccess_prefixes = [\"0\"]\n\
        [[destination]]\nname = \"cuba\"\nprefixes = [\"+53\"]\naction = \"block\"\n";
    let (json, words) = explained(text, "00534123456");
    assert_eq!((&json["verdict"], &json["reason"]), (&json!("pass"), &json!("ambiguous")));
    assert_eq!(json["readings"][0]["number"], "+534123456");
    assert_eq!(json["readings"][1]["number"], "+33534123456");
    assert_eq!(json["readings"][1]["access_prefix"], "0");
    assert!(words.contains("as it stands: +534123456, Cuba"), "{words}");
    assert!(words.contains("without 0: +33534123456, France"), "{words}");
    // No country code begins with 0: one reading stands, and it is blocked.
    let (json, words) = explained(text, "000535551234");
    assert_eq!((&json["number"], &json["verdict"]), (&json!("+535551234"), &json!("drop")), "{words}");
}

#[test]
fn blanks_and_letters_get_a_note() {
    assert!(explained(POLICY, "+53 5").1.contains("blanks were taken out"));
    assert!(explained(POLICY, "alice").0["note"].as_str().unwrap().contains("letter"));
    assert_eq!(explained(POLICY, "112").0.get("note"), None);
}

#[test]
fn under_1_ten_digits_and_eleven_are_the_same_number() {
    let text = "[dialplan]\ncountry_code = \"1\"\naccess_prefixes = [\"9\"]\naccess_required = true\n\
        [[destination]]\nname = \"jamaica\"\ncountries = [\"JM\"]\naction = \"block\"\n\
        [[destination]]\nname = \"nine\"\nprefixes = [\"+9\"]\naction = \"block\"\n";
    for dialled in ["98765551234", "918765551234", "901118765551234", "9+18765551234"] {
        let (json, words) = explained(text, dialled);
        assert_eq!((&json["destination"], &json["verdict"]), (&json!("jamaica"), &json!("drop")), "{words}");
    }
    // Area code 909 is in California, whatever begins with 9.
    let (json, words) = explained(text, "99095551234");
    assert_eq!(
        (&json["number"], &json["country"], &json["verdict"]),
        (&json!("+19095551234"), &json!("US"), &json!("pass")),
        "{words}"
    );
    assert_eq!(explained(text, "911").0["reason"], "emergency");
}

#[test]
fn the_tariff_says_what_a_minute_and_an_hour_cost_now() {
    let tariffs = "[calendar]\ntime_zone = \"Europe/Paris\"\n\
        [[schedule]]\nname = \"open\"\nhours = \"Mo-Fr 08:00-19:00\"\n[money]\ncurrency = \"EUR\"\n\
        [[tariff]]\nname = \"cayman\"\ncountries = [\"KY\"]\nper_minute = \"2.06\"\nfirst_increment = \"60s\"\n\
        [[tariff]]\nname = \"others\"\nper_minute = 2\nper_call = \"0.1\"\nincrement = \"30s\"\n\
        [[tariff.band]]\noutside = \"open\"\nper_minute = \"1.5\"\n";
    let text = format!("{POLICY}{tariffs}");
    let (json, words) = explained(&text, "0013459490000");
    assert_eq!(
        json["tariff"],
        json!({"name": "cayman", "currency": "EUR", "per_minute": "2.06", "per_call": "0", "first_increment": 60,
               "increment": 1, "band": null, "one_minute": "2.06", "one_hour": "123.6"})
    );
    for part in [
        "  tariff    \"cayman\": 2.06 EUR a minute, billed by the second, the first step 60 s\n",
        "            from now on 1 minute 2.06 EUR, 1 hour 123.60 EUR\n",
    ] {
        assert!(words.contains(part), "{part} is not in\n{words}");
    }
    let (json, words) = explained(&text, "0142345678");
    assert_eq!(json["tariff"]["band"], "outside \"open\"");
    assert_eq!((&json["tariff"]["one_minute"], &json["tariff"]["one_hour"]), (&json!("1.6"), &json!("90.1")));
    assert!(words.contains("\"others\", outside \"open\": 1.50 EUR a minute and 0.10 EUR a call"), "{words}");
    for free in ["112", "1234"] {
        assert_eq!(explained(&text, free).0["tariff"], json!(null), "{free}");
    }
    assert_eq!(explained(POLICY, "0013459490000").0["tariff"], json!(null));
}
