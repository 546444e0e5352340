//! What tariffs compile to, and what is said of bad ones.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::policy::{Compiled, compile};

const BEGIN: &str = "[dialplan]\ncountry_code = \"33\"\n[calendar]\ntime_zone = \"Europe/Paris\"\n\
                     [[schedule]]\nname = \"open\"\nhours = \"Mo-Fr 08:00-19:00\"\n\
                     [[destination]]\nname = \"cuba\"\ncountries = [\"CU\"]\naction = \"watch\"\n";
const MONEY: &str = "[money]\ncurrency = \"EUR\"\n";
const OTHERS: &str = "[[tariff]]\nname = \"others\"\nper_minute = \"2\"\n";

fn tariff(name: &str, lines: &str) -> String {
    format!("[[tariff]]\nname = \"{name}\"\n{lines}\n")
}

fn good(tariffs: &str) -> Compiled {
    let text = format!("{BEGIN}{MONEY}{tariffs}");
    let compilation = compile(&text);
    assert_eq!(compilation.render(&text, "policy.toml", false), "");
    compilation.policy.unwrap()
}

/// `[money]` and what follows; part of the title; part of the help.
const MONEY_ROWS: [(&str, &str, &str); 11] = [
    ("[money]", "\"currency\" is missing in money", "currency = \"EUR\""),
    ("[money]\ncurrency = 978", "text in quotes should stand here", "currency = \"EUR\""),
    ("[money]\ncurrency = \"eur\"", "no currency \"eur\"", "write \"EUR\" for Euro"),
    ("[money]\ncurrency = \"€\"", "no currency \"€\"", "write \"EUR\" for Euro"),
    ("[money]\ncurrency = \"$\"", "no currency \"$\"", "write \"USD\" for United States dollar"),
    ("[money]\ncurrency = \"swiss francs\"", "no currency", "write \"CHF\" for Swiss franc"),
    ("[money]\ncurrency = \"\"", "no currency \"\"", "ISO 4217"),
    ("[money]\ncurrency = \"HRK\"", "HRK is no longer used", "write \"EUR\" for Euro"),
    ("[money]\ncurrency = \"XAU\"", "XAU is no money that calls are paid in: Gold", "ISO 4217"),
    (
        "[money]\ncurency = \"EUR\"\ncurrency = \"EUR\"",
        "unknown key \"curency\"",
        "did you mean \"currency\"?",
    ),
    ("[money]\ncurrency = \"QQQ\"", "no currency \"QQQ\"", "another code of ISO 4217"),
];

/// The lines of a tariff; part of the title; part of the help.
const ROWS: [(&str, &str, &str); 42] = [
    ("", "a tariff without a price", "per_minute = \"2.06\", per_call = \"0.10\", or both"),
    ("per_minute = 2.06", "2.06 needs quotes", "write per_minute = \"2.06\""),
    ("per_minute = \"2,06\"", "\"2,06\" is no number", "per_minute = \"2.06\""),
    ("per_minute = \"\"", "\"\" is no number", "per_minute = \"2.06\""),
    ("per_minute = \"1e3\"", "\"1e3\" is no number", "per_minute = \"2.06\""),
    ("per_minute = \"2.06 €\"", "is no number", "per_minute = \"2.06\""),
    ("per_minute = true", "a number should stand here", "per_minute = \"2.06\""),
    ("per_minute = \"-0.01\"", "-0.01 is negative", "free calls cost 0"),
    ("per_call = -1", "-1 is negative", "free calls cost 0"),
    ("per_minute = 1000001", "1000001 is more than 1000000", "in units of the currency"),
    ("per_minute = \"0.0000015\"", "0.0000015 has 7 decimals; at most 6", "per_minute = \"0.000002\""),
    ("per_min = 1\nper_call = 1", "unknown key \"per_min\" in tariff", "did you mean \"per_minute\"?"),
    ("per_call = 1\nincrement = \"0s\"", "\"0s\" is not between 1s and 1h", "increment = \"1s\""),
    ("per_call = 1\nincrement = \"2h\"", "\"2h\" is not between 1s and 1h", "increment = \"1s\""),
    ("per_call = 1\nincrement = 60", "text in quotes should stand here", "increment = \"1s\""),
    ("per_call = 1\nfirst_increment = \"1500ms\"", "whole seconds", "first_increment = \"60s\""),
    ("per_call = 1\nfirst_increment = \"61m\"", "is not between", "first_increment = \"60s\""),
    ("per_call = 1\nprefixes = []", "whose lists are empty", "take the empty list out"),
    ("per_call = 1\nprefixes = [\"53\"]", "does not begin with \"+\"", "write \"+53\""),
    ("per_call = 1\ncountries = [\"cu\"]", "unknown value \"cu\" in countries", "did you mean \"CU\", Cuba?"),
    ("per_call = 1\nkinds = [\"premium\"]", "unknown value \"premium\"", "did you mean \"premium-rate\"?"),
    ("per_call = 1\ndestinations = [\"cubs\"]", "no destination is named \"cubs\"", "did you mean \"cuba\"?"),
    ("per_call = 1\ndestinations = [\"ky\"]", "no destination is named \"ky\"", "countries = [\"KY\"]"),
    ("per_call = 1\ndestinations = [\"x\"]", "no destination is named \"x\"", "name of a [[destination]]"),
    ("per_call = 1\ndestinations = [\"internal\"]", "internal calls cost nothing", "take it out"),
    ("per_call = 1\ndestinations = [\"emergency\"]", "emergency calls cost nothing", "take it out"),
    ("per_call = 1\ndestinations = \"cuba\"", "a list should stand here", "destinations = [\"cuba\"]"),
    ("per_call = 1\ndestinations = [\"cuba\", \"cuba\"]", "\"cuba\" has two tariffs", "keep it in one"),
    (
        "per_call = 1\nprefixes = [\"+53\", \"+53\"]",
        "the prefix \"+53\" is named twice",
        "keep one of the two",
    ),
    ("per_call = 1\nband = 1", "a list of sections should stand here", "[[band]]"),
    ("per_call = 1\n[[tariff.band]]\nper_call = 2", "does not say when", "during = \"evening\""),
    ("per_call = 1\n[[tariff.band]]\nduring = \"open\"", "a band without a price", "per_minute = \"2.06\""),
    ("per_call = 1\n[[tariff.band]]\nduring = 1\nper_call = 1", "text in quotes", "during = \"evening\""),
    (
        "per_call = 1\n[[tariff.band]]\nduring = \"opn\"\nper_call = 1",
        "no schedule \"opn\"",
        "did you mean \"open\"?",
    ),
    (
        "per_call = 1\n[[tariff.band]]\noutside = \"x\"\nper_call = 1",
        "no schedule \"x\"",
        "the schedules are open",
    ),
    (BOTH, "during a schedule or outside one, not both", "keep one of the two"),
    (SAME, "two bands of \"a\" are in force at the same times", "keep one of the two"),
    (
        "per_call = 1\n[[tariff.band]]\nduring = \"open\"\nper_minute = 0.5",
        "0.5 needs quotes",
        "per_minute = \"0.5\"",
    ),
    ("per_call = 1\n[[tariff.band]]\nduring = \"open\"\nper_minute = -1", "-1 is negative", "cost 0"),
    (
        "per_call = 1\n[[tariff.band]]\nduring = \"open\"\nprice = 1\nper_call = 1",
        "unknown key \"price\" in band",
        "per_minute",
    ),
    ("per_call = 1\nlists = [\"risky\"]", "unknown value \"risky\" in lists", "high-risk"),
    ("per_call = 99999999999999999999", "is no number", "per_call = \"0.10\""),
];
const BOTH: &str = "per_call = 1\n[[tariff.band]]\nduring = \"open\"\noutside = \"open\"\nper_call = 2";
const SAME: &str = "per_call = 1\n[[tariff.band]]\nduring = \"open\"\nper_call = 2\n\
                    [[tariff.band]]\nduring = \"open\"\nper_call = 3";

/// Two tariffs; part of the title; part of the help.
const PAIRS: [(&str, &str, &str, &str); 6] = [
    ("prefixes = [\"+53\"]", "prefixes = [\"+53\"]", "\"+53\" is named twice", "keep one of the two"),
    (
        "countries = [\"KY\"]",
        "countries = [\"KY\"]",
        "two tariffs claim \"KY\"",
        "a tariff with longer prefixes",
    ),
    ("kinds = [\"mobile\"]", "kinds = [\"mobile\"]", "two tariffs claim \"mobile\"", "keep it in one"),
    (
        "lists = [\"high-risk\"]",
        "lists = [\"high-risk\"]",
        "two tariffs claim \"high-risk\"",
        "keep it in one",
    ),
    ("destinations = [\"cuba\"]", "destinations = [\"cuba\"]", "\"cuba\" has two tariffs", "keep it in one"),
    ("", "", "two tariffs are for all other calls", "countries = [\"CU\"]"),
];

#[test]
fn each_mistake_makes_one_error_that_says_what_to_write() {
    let money = MONEY_ROWS.map(|(text, title, help)| (format!("{BEGIN}{text}\n{OTHERS}"), title, help));
    let tariffs =
        ROWS.map(|(lines, title, help)| (format!("{BEGIN}{MONEY}{}", tariff("a", lines)), title, help));
    let pairs = PAIRS.map(|(one, other, title, help)| {
        let [one, other] =
            [("a", one), ("b", other)].map(|(name, lines)| tariff(name, &format!("per_call = 1\n{lines}")));
        (format!("{BEGIN}{MONEY}{one}{other}"), title, help)
    });
    let same_name = tariff("a", "per_call = 1") + &tariff("a", "per_call = 1\ncountries = [\"CU\"]");
    let no_name = "[[tariff]]\nper_call = 1\n";
    let spend = "[[limit]]\nname = \"cap\"\ncounts = \"spend\"\nwindow = \"day\"\ncritical = 50\ninternational = true\n";
    let others = [
        (
            format!("{BEGIN}{spend}"),
            "no tariff says what a call costs",
            "currency = \"EUR\", and a [[tariff]]",
        ),
        (format!("{BEGIN}{MONEY}{spend}"), "no tariff says what a call costs", "write a [[tariff]] with"),
        (format!("{BEGIN}{OTHERS}"), "tariffs without a currency", "currency = \"EUR\""),
        (format!("{BEGIN}{MONEY}{same_name}"), "two tariffs are named \"a\"", "rename one"),
        (format!("{BEGIN}{MONEY}{no_name}"), "\"name\" is missing in tariff", "name = \"cayman\""),
        (format!("{BEGIN}{MONEY}{}", tariff("A B", "per_call = 1")), "\"A B\" is not fit", "\"a-b\""),
        (
            format!("{BEGIN}{MONEY}[tariff]\nname = \"a\"\n"),
            "a list of sections should stand here",
            "[[tariff]]",
        ),
    ];
    for (text, title, help) in money.into_iter().chain(tariffs).chain(pairs).chain(others) {
        let compilation = compile(&text);
        let [finding] = compilation.errors.kept() else { panic!("{text}: {:?}", compilation.errors) };
        assert!(finding.title.contains(title), "{text}: {}", finding.title);
        let said = finding.help.as_deref().unwrap_or_default();
        assert!(said.contains(help), "{text}: {said}");
        assert!(finding.places[0].span.start >= BEGIN.len(), "{text}: no place");
    }
}

#[test]
fn the_currency_that_is_missing_is_that_of_the_country() {
    for (code, currency) in [("33", "EUR"), ("44", "GBP"), ("41", "CHF"), ("1", "USD"), ("81", "JPY")] {
        let errors = compile(&format!("[dialplan]\ncountry_code = \"{code}\"\n{OTHERS}")).errors;
        let help = errors.kept()[0].help.clone().unwrap();
        assert!(help.contains(&format!("currency = \"{currency}\"")), "{code}: {help}");
    }
}

#[test]
fn every_mistake_is_found_at_once() {
    let text = format!(
        "{BEGIN}[money]\ncurrency = \"EURO\"\n{}{}",
        tariff(
            "a",
            "per_minute = 1.5\nper_call = -1\nincrement = \"0s\"\ndestinations = [\"x\"]\ncountries = [\"xx\"]"
        ),
        tariff("a", "[[tariff.band]]\nduring = \"x\"\nper_minute = \"y\""),
    );
    let compilation = compile(&text);
    assert_eq!(compilation.errors.count(), 10, "{}", compilation.render(&text, "policy.toml", false));
}

#[test]
fn more_tariffs_or_bands_than_are_told_apart_are_refused() {
    let errors = |count: usize| {
        let tariffs: String = (0..count)
            .map(|n| tariff(&format!("t{n}"), &format!("per_call = 1\nprefixes = [\"+53{n:05}\"]")))
            .collect();
        compile(&format!("{BEGIN}{MONEY}{tariffs}")).errors
    };
    assert!(errors(4096).is_empty());
    assert_eq!(errors(4097).kept()[0].title, "4097 tariffs: at most 4096 are told apart");
    let schedules: String =
        (0..17).map(|n| format!("[[schedule]]\nname = \"s{n}\"\nhours = \"Mo\"\n")).collect();
    let bands: String =
        (0..17).map(|n| format!("[[tariff.band]]\nduring = \"s{n}\"\nper_call = {n}\n")).collect();
    let text = format!("{BEGIN}{schedules}{MONEY}{}", tariff("a", &format!("per_call = 1\n{bands}")));
    assert_eq!(compile(&text).errors.kept()[0].title, "17 bands: a tariff has at most 16");
}

#[test]
fn a_call_has_the_tariff_that_its_number_is_nearest_to() {
    let policy = good(
        &[
            tariff("usa", "per_minute = \"0.02\"\ncountries = [\"US\"]"),
            tariff("mobiles", "per_minute = \"3\"\nkinds = [\"mobile\"]"),
            tariff("europe", "per_minute = \"0.05\"\ncountries = [\"DE\", \"BE\"]"),
            tariff("risky", "per_minute = \"3\"\nlists = [\"high-risk\"]"),
            tariff("havana", "per_minute = \"1\"\nprefixes = [\"+537\"]"),
            tariff("cuba", "per_minute = \"1.20\"\ndestinations = [\"cuba\", \"unknown\", \"FR\"]"),
            tariff("others", "per_minute = 2"),
        ]
        .concat(),
    );
    let of = |number: &str, destination: &str| {
        policy.tariffs.of(Some(number), destination).map(|tariff| tariff.name().to_string())
    };
    for (number, destination, name) in [
        ("+12125550100", "US", "usa"),
        ("+12425550100", "BS", "others"),
        ("+13459490000", "KY", "risky"),
        ("+4915112345678", "DE", "mobiles"),
        ("+493012345678", "DE", "europe"),
        ("+5371234567", "cuba", "havana"),
        ("+33142345678", "FR", "cuba"),
        ("+390669812345", "VA", "others"),
        ("+888123", "unknown", "cuba"),
    ] {
        assert_eq!(of(number, destination).as_deref(), Some(name), "{number}");
    }
    assert_eq!(policy.tariffs.currency(), "EUR");
    assert_eq!(policy.tariffs.iter().len(), 7);
}

#[test]
fn bands_take_what_they_do_not_say_from_the_tariff() {
    let policy = good(&tariff(
        "a",
        "per_minute = \"0.60\"\nper_call = \"0.10\"\nfirst_increment = \"1m\"\nincrement = \"10s\"\n\
         [[tariff.band]]\noutside = \"open\"\nper_minute = \"0.30\"",
    ));
    let tariff = policy.tariffs.of(None, "unknown").unwrap();
    let cost = |at: &str| {
        let answered = DateTime::parse_from_rfc3339(at).unwrap().with_timezone(&Utc);
        tariff.cost(answered, Duration::from_secs(65)).normalize().to_string()
    };
    assert_eq!(cost("2026-11-20T10:00:00+01:00"), "0.8");
    assert_eq!(cost("2026-11-20T20:00:00+01:00"), "0.45");
    assert_eq!(cost("2026-11-20T18:59:00+01:00"), "0.75", "the second increment begins at 19:00");
}

#[test]
fn warns_of_free_calls_and_of_tariffs_that_no_call_has() {
    let warnings = |tariffs: &[String]| -> Vec<String> {
        let text = format!("{BEGIN}{MONEY}{}", tariffs.concat());
        let compilation = compile(&text);
        assert!(compilation.errors.is_empty(), "{}", compilation.render(&text, "policy.toml", false));
        compilation.warnings.kept().iter().map(|finding| finding.title.clone()).collect()
    };
    let cuba = tariff("cuba", "per_minute = 1\ncountries = [\"CU\"]");
    let by_name = tariff("by-name", "per_minute = 1\ndestinations = [\"cuba\"]");
    let others = OTHERS.to_owned();
    assert_eq!(warnings(std::slice::from_ref(&cuba)), ["calls that no tariff names cost nothing"]);
    assert_eq!(warnings(&[cuba.clone(), others.clone()]), [""; 0]);
    assert_eq!(warnings(&[by_name.clone(), others.clone()]), [""; 0]);
    assert_eq!(
        warnings(&[cuba, by_name, others.clone()]),
        ["no call has the tariff \"by-name\": others name all of its numbers"]
    );
    let written = tariff("written", "per_minute = 1\nprefixes = [\"+53\"]");
    let country = tariff("country", "per_minute = 1\ncountries = [\"CU\"]");
    assert_eq!(
        warnings(&[written, country, others]),
        ["no call has the tariff \"country\": others name all of its numbers"]
    );
    let mobiles = tariff("mobiles", "per_minute = \"0.1\"\nkinds = [\"voip\", \"mobile\"]");
    assert_eq!(
        warnings(&[mobiles, OTHERS.to_owned()]),
        [
            "\"mobile\" is that of every country: \"mobiles\" takes such numbers from \"others\", which is dearer"
        ]
    );
    assert_eq!(compile(&format!("{BEGIN}{MONEY}")).warnings.count(), 0, "a currency alone is no tariff");
}

#[test]
fn the_examples_of_the_documentation_are_good_and_its_table_is_right() {
    let text = include_str!("../../../../../docs/MONEY.md");
    let examples: Vec<_> =
        text.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let money = if example.contains("[money]") { "" } else { MONEY };
        let others = if example.contains("\"others\"") { "" } else { OTHERS };
        let policy = format!("[dialplan]\ncountry_code = \"33\"\n{example}{money}{others}");
        assert_eq!(compile(&policy).render(&policy, "policy.toml", false), "");
    }
    let rows = text.lines().skip_while(|line| !line.starts_with("| operator's list")).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let keys: Vec<_> = cells[1].split('`').filter(|part| part.contains(" = ")).collect();
        let price = if cells[1].contains("per_call") { "" } else { "per_minute = \"0.60\"" };
        let policy = good(&tariff("a", &format!("{price}\n{}", keys.join("\n"))));
        let tariff = policy.tariffs.of(None, "unknown").unwrap();
        for (seconds, cell) in [5, 60, 61, 90].into_iter().zip(&cells[2..]) {
            let cost = tariff.cost(DateTime::UNIX_EPOCH, Duration::from_secs(seconds));
            assert_eq!(format!("{cost:.2}"), *cell, "{row}: {seconds} s");
        }
    }
}
