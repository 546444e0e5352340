//! The slow and thin attack: it stays below every limit, and is unlike the weeks before.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use monitor::{
    calls::Timestamp,
    limits::{Severity, unusual::Finding},
    policy::Compiled,
};
use rust_decimal::Decimal;
use tests::traffic::{Call, Plan, Purpose, Scenario};

use crate::{
    account::{Loss, lost_calls, story},
    guarded::{Outcome, guard_by, wall},
    policies,
};

#[test]
fn it_is_found_and_blocked_in_its_first_night_once_the_weeks_before_are_known() {
    for seed in [1, 2] {
        let plan = to_the_outside(after_a_week(Scenario::Slow.plan(seed), seed));
        let outcome = guard_by(&plan, &policy(), TICK);
        let first = first_fraud(&plan);
        show(&format!("slow, four weeks, seed {seed}"), &plan, &outcome);

        let before: Vec<_> = outcome.found.iter().filter(|found| found.at < first).collect();
        assert!(before.iter().all(|found| found.severity == Severity::Warning), "{before:?}");
        let found = outcome.found.iter().find(|found| found.at >= first).expect("it is found");
        assert!(found.at.since(first) < NIGHT, "{found:?}");
        let (blocked, _, by) = outcome.blocks.first().expect("it is blocked");
        assert_eq!(&**by, "unusual", "a limit was first");
        assert!(blocked.since(first) < NIGHT, "{} after the first call", hours(*blocked, first));
        stays_below_the_limits(&outcome, first);
        assert_eq!(lost_calls(&plan, &outcome), BTreeMap::new(), "the office lost calls");
        let passed = Loss::of(&plan, &outcome).calls;
        let all = frauds(&plan).count();
        assert!(passed * 2 < all, "{passed} of {all} calls passed");
    }
}

#[test]
fn while_it_is_learned_what_is_usual_nothing_is_blocked() {
    let plan = to_the_outside(Scenario::Slow.plan(3));
    let policy = policy();
    let outcome = guard_by(&plan, &policy, TICK);
    let first = first_fraud(&plan);
    show("slow, first night within the two weeks of learning, seed 3", &plan, &outcome);

    let began = wall(plan.calls.iter().find(|call| call.goes_outside()).expect("a call").start);
    let learn = policy.unusual.as_ref().expect("the policy has [unusual]").learn;
    let learned = began + TimeDelta::from_std(learn).expect("two weeks");
    assert!(wall(first) < learned, "the first night is after the learning");
    for found in &outcome.found {
        assert_eq!(found.report_only, wall(found.at) < learned, "{found:?}");
    }
    let told = outcome.found.iter().any(|found| found.at >= first && found.report_only);
    assert!(told, "nothing is told of the first night");
    let (blocked, ..) = outcome.blocks.first().expect("it is blocked later");
    assert!(wall(*blocked) >= learned, "blocked while it learned");
    assert!(blocked.since(first) < NIGHT + Duration::from_secs(24 * 3_600), "{}", hours(*blocked, first));
    stays_below_the_limits(&outcome, first);
}

/// The recommended policy, and what [unusual] blocks besides.
fn policy() -> Arc<Compiled> {
    let blocks = "factor = 4\nblock = \"country\"\nblock_for = \"7d\"\n";
    let text = policies::text("recommended");
    assert_eq!(text.matches("\nfactor = 4\n").count(), 1);
    policies::compile(&text.replace("factor = 4\n", blocks))
}

/// No limit is reached from the first call of the attack on, but what the office's own days reach.
fn stays_below_the_limits(outcome: &Outcome, first: Timestamp) {
    let critical: Vec<_> =
        outcome.told.iter().filter(|told| told.at >= first && told.severity == Severity::Critical).collect();
    assert!(critical.is_empty(), "{critical:?}");
}

/// A plan behind a week of the same office that has another seed.
fn after_a_week(plan: Plan, seed: u64) -> Plan {
    let earlier = |call: Call| Call { start: Timestamp(call.start.0 - WEEK.as_micros() as u64), ..call };
    let before = Scenario::Office.plan(100 + seed).calls.into_iter().map(earlier);
    let mut calls: Vec<_> = before.chain(plan.calls).collect();
    calls.sort_by_key(|call| call.start);
    Plan { calls }
}

/// The calls to the outside alone: no other counts in `[unusual]`, and a week of them takes half the time.
fn to_the_outside(plan: Plan) -> Plan {
    Plan { calls: plan.calls.into_iter().filter(Call::goes_outside).collect() }
}

fn frauds(plan: &Plan) -> impl Iterator<Item = &Call> {
    plan.calls.iter().filter(|call| call.purpose == Purpose::Fraud)
}

fn first_fraud(plan: &Plan) -> Timestamp {
    frauds(plan).next().expect("a fraud").start
}

fn show(what: &str, plan: &Plan, outcome: &Outcome) {
    let (first, loss) = (first_fraud(plan), Loss::of(plan, outcome));
    let all: Duration = frauds(plan).map(Call::talk).sum();
    println!(
        "{what}: {} calls, {} of them fraud, {} min; {} passed, {:.2} €: {:.2} € until the first block\n{}",
        plan.calls.len(),
        frauds(plan).count(),
        all.as_secs() / 60,
        loss.calls,
        loss.total(),
        loss.before + loss.running,
        story(outcome)
    );
    outcome.found.iter().for_each(|found| println!("  {}", line(found, first)));
}

/// A finding, and how long after the first call of the attack.
fn line(found: &Finding, first: Timestamp) -> String {
    let Finding { class, measure, horizon, value, usual, bound, .. } = found;
    let class = class.label();
    let (measure, horizon) = (measure.label(), horizon.label());
    let when = if found.at < first { "before it".to_owned() } else { hours(found.at, first) };
    let value = value.round_dp(1);
    let only = if found.report_only { ", only reported" } else { "" };
    format!(
        "{} {class} {measure} in a {horizon}: {value}, usual {usual}, bound {bound}{only}; {}, {when}",
        found.severity.label(),
        wall(found.at).format("%a %d %b %H:%M UTC"),
    )
}

fn hours(at: Timestamp, first: Timestamp) -> String {
    let hours = Decimal::from(at.since(first).as_secs()) / Decimal::from(3_600);
    format!("{hours:.1} h")
}

/// Between ticks while calls go on.
const TICK: Duration = Duration::from_secs(30);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);
/// From the first call of a night to its last.
const NIGHT: Duration = Duration::from_secs(8 * 3_600);
