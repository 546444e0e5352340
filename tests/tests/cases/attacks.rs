//! What happened to victims: what it costs under the recommended policy.

use std::time::Duration;

use chrono::NaiveDate;
use monitor::{
    calls::Timestamp,
    init::{self, Arguments, House},
    limits::Severity,
    policy::numbering::countries::by_iso,
};
use rust_decimal::Decimal;
use tests::traffic::{Call, End, Path, Plan, Purpose, Scenario, moment};

use crate::{
    account::{Loss, story, told},
    guarded::{Outcome, guard},
    policies,
};

#[test]
fn the_three_days_cost_less_than_one_per_cent_whatever_the_house() {
    for house in ["recommended", "call-centre", "hotel"] {
        let policy = policies::compile(&policies::text(house));
        for (name, scenario) in
            [("a stolen extension", Scenario::ThreeDays), ("the PBX itself", Scenario::ThreeDaysPbx)]
        {
            let plan = scenario.plan(1);
            let outcome = guard(&plan, &policy);
            let loss = Loss::of(&plan, &outcome);
            println!("three days, {house}.toml, {name}: {}\n{}", loss.line(), story(&outcome));
            assert!(loss.percent() < Decimal::ONE, "{house}, {name}: {}", loss.line());
            assert!(!outcome.blocks.is_empty());
        }
    }
}

#[test]
fn the_three_days_to_a_neighbour_under_the_own_code_are_stopped() {
    let arguments = Arguments {
        country: "US".to_owned(),
        house: House::Office,
        trunks: vec!["203.0.113.0/28".parse().expect("a network")],
        local: vec!["192.0.2.10/32".parse().expect("a network")],
        output: None,
        force: false,
    };
    let text = init::policy(by_iso("US").expect("a country"), &arguments, None);
    for scenario in [Scenario::ThreeDays, Scenario::ThreeDaysPbx] {
        let mut plan = scenario.plan(1);
        plan.calls.retain(|call| call.number.as_deref().is_some_and(|number| number.starts_with("+1345")));
        assert!(plan.calls.len() > 40_000);
        let outcome = guard(&plan, &policies::compile(&text));
        let loss = Loss::of(&plan, &outcome);
        println!("three days, Cayman from the USA: {}\n{}", loss.line(), story(&outcome));
        assert!(loss.percent() < Decimal::ONE, "{}", loss.line());
        assert!(
            outcome.blocks.iter().any(|(_, target, _)| target.contains("KY")),
            "{:?}",
            outcome.blocks.first()
        );
    }
}

#[test]
fn a_hundred_premium_numbers_at_home_end_within_the_days_ceiling() {
    let begin = moment(NaiveDate::from_ymd_opt(2025, 11, 4).expect("a day"), 10 * 3_600);
    let calls = (0..100).map(|nth| Call {
        start: begin.after(Duration::from_secs(20 * nth)),
        path: Path::Out { extension: "101".into(), phone: [10, 0, 0, 101].into() },
        dialled: format!("08991234{nth:02}").into(),
        number: Some(format!("+338991234{nth:02}").into()),
        ring: Duration::from_secs(2),
        end: End::Answered(Duration::from_secs(530)),
        purpose: Purpose::Fraud,
    });
    let plan = Plan { calls: calls.collect() };
    for house in ["recommended", "call-centre", "hotel"] {
        let outcome = guard(&plan, &policies::compile(&policies::text(house)));
        let loss = Loss::of(&plan, &outcome);
        println!("a hundred premium numbers, {house}.toml: {}\n{}", loss.line(), story(&outcome));
        assert!((1..20).contains(&loss.calls), "{house}: {}", loss.line());
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
        // A few euros until then. The block lasts until the office opens.
        assert!(loss.before < Decimal::TEN, "{}", loss.line());
        assert!(loss.calls <= 3, "{}", loss.line());
        assert!(loss.percent() < Decimal::ONE, "{}", loss.line());
        let blocked = outcome.blocks.first().expect("a block").0;
        assert!(
            blocked.since(first).as_secs() < 300,
            "{:?} after the first call abroad",
            blocked.since(first)
        );
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
