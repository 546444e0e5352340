//! Weeks of people who work: not one call is lost. Warnings are allowed, and printed.

use std::collections::BTreeMap;

use tests::traffic::Scenario;

use crate::{
    account::{lost_calls, story},
    guarded::guard,
    policies,
};

#[test]
fn an_office_loses_no_call() {
    no_call_is_lost(Scenario::Office, "recommended");
}

#[test]
fn a_call_centre_loses_no_call() {
    no_call_is_lost(Scenario::CallCentre, "call-centre");
}

#[test]
fn a_hotel_loses_no_call() {
    no_call_is_lost(Scenario::Hotel, "hotel");
}

fn no_call_is_lost(scenario: Scenario, policy: &str) {
    let compiled = policies::compile(&policies::text(policy));
    for seed in SEEDS {
        let plan = scenario.plan(seed);
        let outcome = guard(&plan, &compiled);
        let lost = lost_calls(&plan, &outcome);
        println!(
            "{scenario:?}, {policy}.toml, seed {seed}: {} calls, {} lost\n{}",
            plan.calls.len(),
            lost.values().sum::<usize>(),
            story(&outcome)
        );
        assert_eq!(lost, BTreeMap::new(), "seed {seed}");
        assert!(outcome.blocks.is_empty(), "a block that happened to cover nobody");
    }
}

const SEEDS: [u64; 3] = [1, 2, 3];
