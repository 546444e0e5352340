//! What happened to victims: what it costs under the recommended policy.

use monitor::{calls::Timestamp, limits::Severity};
use rust_decimal::Decimal;
use tests::traffic::{Plan, Purpose, Scenario};

use crate::{
    account::{Loss, story, told},
    guarded::{Outcome, guard},
    policies,
};

#[test]
fn the_three_days_cost_less_than_one_per_cent() {
    for (name, scenario) in
        [("a stolen extension", Scenario::ThreeDays), ("the PBX itself", Scenario::ThreeDaysPbx)]
    {
        let (plan, outcome) = recommended(scenario, 1);
        let loss = Loss::of(&plan, &outcome);
        println!("three days, {name}: {}\n{}", loss.line(), story(&outcome));
        assert!(loss.percent() < Decimal::ONE, "{name}: {}", loss.line());
        assert!(!outcome.blocks.is_empty());
    }
}

#[test]
fn the_three_days_cost_nothing_where_the_policy_lists_the_countries() {
    let listed =
        "\n[[destination]]\nname = \"never-called\"\ncountries = [\"KY\", \"NE\"]\naction = \"block\"\n";
    let policy = policies::compile(&(policies::text("recommended") + listed));
    for scenario in [Scenario::ThreeDays, Scenario::ThreeDaysPbx] {
        let plan = scenario.plan(2);
        let outcome = guard(&plan, &policy);
        let loss = Loss::of(&plan, &outcome);
        println!("three days, countries listed: {}", loss.line());
        assert_eq!(loss, Loss::default());
        assert_eq!(outcome.dropped.len(), plan.calls.len());
    }
}

#[test]
fn the_night_and_the_weekend_are_seen_at_the_guessing_and_stopped_at_the_first_calls() {
    for seed in [1, 2, 3] {
        let (plan, outcome) = recommended(Scenario::NightAndWeekend, seed);
        let loss = Loss::of(&plan, &outcome);
        println!("night and week-end, seed {seed}: {}\n{}", loss.line(), story(&outcome));
        let first = first_fraud(&plan);
        assert!(told(&outcome, Severity::Warning, Timestamp(0), first), "no alert while the PIN is guessed");
        // Within the first calls abroad.
        let passed = loss.calls;
        assert!((1..=4).contains(&passed), "{passed} calls abroad");
        assert!(loss.percent() < Decimal::ONE, "{}", loss.line());
        let blocked = outcome.blocks.first().expect("a block").0;
        assert!(
            blocked.since(first).as_secs() < 300,
            "{:?} after the first call abroad",
            blocked.since(first)
        );
        assert_eq!(loss.later, Decimal::ZERO);
    }
}

/// A scenario under the recommended policy.
fn recommended(scenario: Scenario, seed: u64) -> (Plan, Outcome) {
    let plan = scenario.plan(seed);
    let outcome = guard(&plan, &policies::compile(&policies::text("recommended")));
    (plan, outcome)
}

fn first_fraud(plan: &Plan) -> Timestamp {
    plan.calls.iter().find(|call| call.purpose == Purpose::Fraud).expect("a fraud").start
}
