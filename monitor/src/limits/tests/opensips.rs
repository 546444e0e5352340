//! What people complain of under `fraud_detection` of OpenSIPS, as far as limits are concerned. Each test bears the
//! number of the thread. Those that concern calls stand in `calls/tests/opensips.rs`.

use std::time::Duration;

use rust_decimal::Decimal;

use super::scene::{HOUR, Scene, digits, from, limit, to};
use crate::{
    calls::CallResult,
    limits::Rules,
    policy::{
        limits::{Counted, Scope, Window},
        prefixes::PrefixTable,
    },
};

/// `sequential_calls` has one counter for all users: calls of others to a number add up.
#[test]
fn opensips_888_each_caller_has_its_own_count() {
    let mut rule = limit(Counted::RepeatedCalls);
    rule.scope = Scope::Caller;
    let mut scene = Scene::new(vec![rule]);
    for caller in ["101", "102", "103", "104"] {
        scene.start(from(caller));
    }
    assert!(scene.told().is_empty());
    scene.start(from("101"));
    assert_eq!(scene.told(), ["warning 101 2"]);
}

/// A division by zero where a window has no length yet, and a threshold of zero.
#[test]
fn opensips_2712_nothing_is_divided_by_zero() {
    for window in [Window::Sliding(Duration::ZERO), Window::Sliding(Duration::from_secs(1)), Window::Day] {
        for counts in Counted::ALL {
            let mut rule = limit(*counts);
            (rule.window, rule.warning, rule.critical) = (window, None, Some(Decimal::ZERO));
            let mut scene = Scene::new(vec![rule]);
            (scene.at.0, scene.wall) = (0, chrono::DateTime::UNIX_EPOCH);
            scene.tick().talk(1, |_| {});
            let rows = scene.engine.rows(scene.now(), 10);
            assert!(rows[0].ratio <= Decimal::ONE, "{counts:?} {window:?}");
        }
    }
}

/// People ask for calls a minute and calls a second.
#[test]
fn opensips_432_and_3021_calls_a_minute_and_a_second() {
    for (window, gap, told) in [
        (Duration::from_secs(1), Duration::from_millis(300), vec!["warning all 2", "critical all 3"]),
        (Duration::from_secs(1), Duration::from_millis(1_100), vec![]),
        (Duration::from_secs(60), Duration::from_secs(25), vec!["warning all 2", "critical all 3"]),
        (Duration::from_secs(60), Duration::from_secs(62), vec![]),
    ] {
        let mut rule = limit(Counted::Calls);
        rule.window = Window::Sliding(window);
        let mut scene = Scene::new(vec![rule]);
        for _ in 0..3 {
            scene.start(|_| {});
            scene.pass(gap);
        }
        assert_eq!(scene.told(), told, "{window:?} {gap:?}");
    }
}

/// An empty prefix matches every number, and what is not a number matches it too.
#[test]
fn opensips_1961_a_call_counts_only_where_its_number_begins_like_that() {
    let mut rule = limit(Counted::Calls);
    rule.filter.numbers = PrefixTable::new(vec![(digits(""), ()), (digits("1345"), ())]);
    let mut scene = Scene::new(vec![rule]);
    scene.start(to("+33142345678", "FR"));
    scene.start(|call| call.number = None);
    scene.start(|call| call.number = Some("+".into()));
    scene.start(|call| call.number = Some("anonymous".into()));
    assert_eq!(scene.value(), Decimal::ZERO);
    scene.start(to("+13459490000", "cayman"));
    assert_eq!(scene.value(), Decimal::ONE);
}

/// What is kept for each user and number is never freed.
#[test]
fn opensips_3411_memory_of_each_key_is_given_back() {
    let mut limits = Vec::new();
    for counts in Counted::ALL.iter().filter(|counts| **counts != Counted::NewCountries) {
        let mut rule = limit(*counts);
        (rule.scope, rule.window) = (Scope::Caller, Window::Sliding(Duration::from_secs(60)));
        limits.push(rule);
    }
    let mut scene = Scene::new(limits);
    for caller in 0..500 {
        let id = scene.start(from(&format!("caller{caller}")));
        scene.answer(id).run(1).end(id, CallResult::Answered);
        let id = scene.start(from(&format!("caller{caller}")));
        scene.end(id, CallResult::Busy).save();
        for counter in &scene.engine.counters {
            assert!(counter.keys.iter().count() < 70, "{:?}", counter.limit.counts);
        }
    }
    assert!(scene.kept.len() < 70 * Counted::ALL.len());
    scene.run(62).save();
    assert_eq!(scene.engine.counters.iter().map(|counter| counter.keys.iter().count()).sum::<usize>(), 0);
    assert!(scene.engine.calls.is_empty());
    assert!(
        scene.kept.keys().all(|(kind, _, _)| kind == "limits.clock" || kind == "limits.limit"),
        "{:?}",
        scene.kept
    );
}

/// The same where somebody invents callers and numbers faster than they are forgotten: the one that was longest
/// untouched gives way, and is counted.
#[test]
fn opensips_3411_memory_is_bounded_whatever_callers_are_invented() {
    let mut rule = limit(Counted::Calls);
    rule.scope = Scope::Caller;
    let mut numbers = limit(Counted::Numbers);
    numbers.critical = Some(Decimal::from(1_000_000));
    let limits = vec![rule.into(), numbers.into()];
    let mut scene = Scene::with(Rules { limits, most_keys: 3, ..Rules::default() });
    for caller in ["101", "102", "103", "101", "104"] {
        let id = scene.start(from(caller));
        scene.end(id, CallResult::Cancelled);
    }
    assert_eq!(scene.labels(), ["101 2", "103 1", "104 1"], "102 was longest untouched");
    assert_eq!(scene.engine.rows(scene.now(), 1)[0].evicted, 1);
    for number in 0..1_000 {
        let id = scene.start(to(&format!("+1345{number:07}"), "cayman"));
        scene.end(id, CallResult::Cancelled).save();
    }
    let held: usize = scene.engine.counters[1].keys.iter().map(|(_, entry)| entry.numbers()).sum();
    assert!(held <= 31, "{held}");
    assert!(scene.kept.len() < 12);
}

/// No way to reset one user (list, November 2016).
#[test]
fn one_key_can_be_reset_and_all_of_them() {
    let mut rule = limit(Counted::Calls);
    rule.scope = Scope::Caller;
    let mut scene = Scene::new(vec![rule]);
    for caller in ["101", "101", "101", "102"] {
        scene.start(from(caller));
    }
    let token = scene.breaches[0].token;
    assert_eq!(scene.engine.reset("calls", Some(token)), 1);
    assert_eq!(scene.labels(), ["102 1"]);
    assert_eq!(scene.told().len(), 2);
    scene.start(from("101"));
    scene.start(from("101"));
    assert_eq!(scene.told(), ["warning 101 2"]);
    assert_eq!((scene.engine.reset("calls", None), scene.engine.reset("other", None)), (2, 0));
    assert!(scene.labels().is_empty());
    scene.pass(2 * HOUR).tick();
    assert_eq!(scene.engine.reset("calls", Some(token)), 0);
}
