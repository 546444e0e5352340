//! The three days as a capture: what `ringfence replay --json` says of the whole file, SIP octet by SIP octet. It has all of
//! the 72 hours and the 240 hours of calls, in a sixth of the calls: 1.3 million frames take minutes in an unoptimised build.

use std::{fs::File, io::BufWriter};

use monitor::replay::{Args, Document, EngineKind, replay};
use rust_decimal::Decimal;
use serde_json::Value;
use tests::traffic::{BILL, Door, Plan, Scenario, stretched};

use crate::policies;

#[test]
fn a_capture_of_the_three_days_from_a_stolen_extension_says_the_same() {
    says_the_same(Door::Extension, "a stolen extension");
}

#[test]
fn a_capture_of_the_three_days_from_the_pbx_says_the_same() {
    says_the_same(Door::Pbx, "the PBX itself");
}

#[test]
fn a_capture_of_the_night_tells_of_the_guessed_pin_before_the_first_call() {
    let report = replayed(&Scenario::NightAndWeekend.plan(1), &policies::text("recommended"));
    let breaches = report["limits"]["breaches"].as_array().expect("breaches");
    for (limit, severity) in [("pin-guessing-at-night", "warning"), ("pin-guessing-at-night", "critical")] {
        let told = breaches.iter().find(|breach| breach["limit"] == limit && breach["severity"] == severity);
        let told = told.unwrap_or_else(|| panic!("{limit} tells no {severity}: {breaches:?}"));
        let first_block = &report["limits"]["first_block"];
        assert!(number(&told["frame"]) < number(&first_block["frame"]), "{told} after {first_block}");
    }
}

fn says_the_same(door: Door, name: &str) {
    let plan = stretched(1, door, STRETCHED);
    let report = replayed(&plan, &policies::text("recommended"));
    let lost = &report["lost"];
    let (prevented, started) = (number(&report["prevented"]["calls"]), number(&report["calls"]["started"]));
    println!(
        "replay of three days, {name}: {} packets; {} € lost in all, {} € with what began before the first block; {started} calls took \
         place, {prevented} were prevented",
        report["packets"], report["calls"]["cost"], lost["cost"],
    );
    // The price list of the policy asks for Cayman and Niger what the case cost.
    let cost: Decimal = report["calls"]["cost"].as_str().expect("a cost").parse().unwrap();
    assert!(cost * Decimal::ONE_HUNDRED < Decimal::new(BILL, 2), "{cost} €");
    assert_eq!(prevented + started, plan.calls.len() as u64);
    let saved: Decimal = report["prevented"]["cost"].as_str().expect("a cost").parse().unwrap();
    assert_eq!((saved + cost).round_dp(2), Decimal::new(BILL, 2));
    assert_eq!(number(&report["calls"]["unreadable"]), 0);
}

/// The report on a plan's capture; the file is deleted.
fn replayed(plan: &Plan, policy: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (capture, file) = (folder.path().join("case.pcap"), folder.path().join("policy.toml"));
    std::fs::write(&file, policy).unwrap();
    plan.write(&mut BufWriter::new(File::create(&capture).unwrap())).unwrap();
    let args = Args { capture, policy: file, engine: Some(EngineKind::Host), json: false, dry_run: false };
    let report = replay(&args).unwrap_or_else(|failure| panic!("{failure}"));
    serde_json::to_value(Document::new(&report)).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// How many times fewer and longer the calls are.
const STRETCHED: u64 = 6;
