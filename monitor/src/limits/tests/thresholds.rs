//! Rows: what each counted does one below, at and one above its thresholds, in each window, and for whom it counts.

use std::time::Duration;

use rust_decimal::Decimal;

use super::scene::{HOUR, Scene, from, limit, to};
use crate::{
    calls::{Call, CallResult},
    limits::{Engine, Lost},
    policy::limits::{Counted, Scope, Window},
};

/// One unit of what is counted: a call, a minute, 2.06 €, a number, a country.
fn one(scene: &mut Scene, counts: Counted, number: usize) {
    match counts {
        Counted::Calls | Counted::ConcurrentCalls | Counted::RepeatedCalls => {
            scene.start(|_| {});
        }
        Counted::Minutes | Counted::Spend => {
            scene.talk(60, |_| {});
        }
        Counted::ShortCalls => {
            scene.talk(9, |_| {});
        }
        Counted::Numbers => {
            scene.start(to(&format!("+1345949{number:04}"), "cayman"));
        }
        Counted::FailedCalls => {
            let id = scene.start(|_| {});
            scene.end(id, CallResult::Busy);
        }
        Counted::NewCountries => {
            let numbers = ["+13459490000", "+22720000000", "+5351234567", "+8501234567"];
            scene.start(to(numbers[number], "abroad"));
        }
    }
}

#[test]
fn each_counted_one_below_at_and_one_above_its_thresholds_in_each_window() {
    for counts in Counted::ALL {
        for window in [Window::Sliding(HOUR), Window::Sliding(35 * 24 * HOUR), Window::Day, Window::Month] {
            let unit = if *counts == Counted::Spend { Decimal::new(206, 2) } else { Decimal::ONE };
            let mut rule = limit(*counts);
            (rule.window, rule.warning, rule.critical) =
                (window, Some(unit * Decimal::TWO), Some(unit * Decimal::from(3)));
            let mut scene = Scene::new(vec![rule]);
            scene.set(|rules| rules.learn = Duration::ZERO);
            let mut told = Vec::new();
            for number in 0..4 {
                one(&mut scene, *counts, number);
                told.push(scene.told());
            }
            let is = |severity: &str, times: u32| {
                vec![format!("{severity} all {}", (unit * Decimal::from(times)).normalize())]
            };
            assert_eq!(told, [vec![], is("warning", 2), is("critical", 3), vec![]], "{counts:?} {window:?}");
            assert_eq!(scene.value(), unit * Decimal::from(4), "{counts:?} {window:?}");
        }
    }
}

#[test]
fn one_threshold_is_enough_and_a_leap_over_both_tells_the_critical_one() {
    for (warning, critical, told) in [
        (Some(2), None, vec!["warning all 5"]),
        (None, Some(3), vec!["critical all 5"]),
        (Some(2), Some(3), vec!["critical all 5"]),
        (Some(6), Some(7), vec![]),
    ] {
        let mut rule = limit(Counted::Calls);
        (rule.warning, rule.critical) = (warning.map(Decimal::from), critical.map(Decimal::from));
        let mut scene = Scene::new(vec![rule]);
        let lost = Lost { destination: "cayman".into(), direction: None, calls: 5 };
        let now = scene.now();
        scene.engine.lost(&lost, now, &mut scene.breaches);
        assert!(scene.breaches.iter().all(|breach| breach.inferred == 5 && breach.call.is_none()));
        assert_eq!(scene.told(), told);
    }
}

#[test]
fn each_scope_counts_apart_and_no_call_counts_for_nobody() {
    let other: [(Scope, Change); 7] = [
        (Scope::Destination, |call| call.destination = "niger".into()),
        (Scope::Country, |call| call.number = Some("+22720000000".into())),
        (Scope::Number, |call| call.number = Some("+13459490001".into())),
        (Scope::Caller, |call| call.caller = "102".into()),
        (Scope::Source, |call| call.source = [10, 0, 0, 102].into()),
        (Scope::Trunk, |call| call.trunk = Some([192, 0, 2, 2].into())),
        (Scope::Customer, |call| call.customer = Some("globex".into())),
    ];
    for (scope, change) in other {
        let mut scene = Scene::new(vec![crate::policy::limits::Limit { scope, ..limit(Counted::Calls) }]);
        for round in 0..2 {
            scene.start(|call| call.customer = Some("acme".into()));
            assert_eq!(scene.told().len(), round, "{scope:?}");
            scene.start(change);
            assert_eq!(scene.told().len(), round, "{scope:?}");
        }
        let before = scene.labels().len();
        scene.start(|call| {
            (call.number, call.trunk, call.customer, call.caller) = (None, None, None, "".into());
            call.dialled = "".into();
        });
        let has_it_always = matches!(scope, Scope::Destination | Scope::Source);
        assert_eq!((scene.labels().len(), scene.told().is_empty()), (before, !has_it_always), "{scope:?}");
    }
}

#[test]
fn only_failures_of_the_network_fail() {
    for result in CallResult::ALL {
        let mut scene = Scene::new(vec![limit(Counted::FailedCalls), limit(Counted::ShortCalls)]);
        let id = scene.start(|_| {});
        scene.end(id, *result);
        use CallResult::{Busy, Failed, NoAnswer, NotFound, Redirected, Refused, Unauthorized};
        let fails = [Busy, NoAnswer, Refused, Unauthorized, NotFound, Redirected, Failed].contains(result);
        assert_eq!(scene.value(), Decimal::from(u8::from(fails)), "{result:?}");
        assert!(scene.engine.rows(scene.now(), 1)[1].keys.is_empty());
    }
}

#[test]
fn a_call_is_short_below_the_length_that_the_limit_says_and_if_its_end_was_seen() {
    for (seconds, result, counts) in
        [(9, CallResult::Answered, 1), (10, CallResult::Answered, 0), (0, CallResult::Lost, 0)]
    {
        let mut scene = Scene::new(vec![limit(Counted::ShortCalls)]);
        let id = scene.start(|_| {});
        scene.answer(id).pass(Duration::from_secs(seconds)).end(id, result);
        assert_eq!(scene.value(), Decimal::from(counts), "{seconds}");
    }
}

#[test]
fn repeated_calls_are_those_to_one_number() {
    let mut rule = limit(Counted::RepeatedCalls);
    rule.scope = Scope::Caller;
    let mut scene = Scene::new(vec![rule]);
    for number in ["+13459490000", "+13459490001", "+13459490001", "+13459490000", "+13459490000"] {
        scene.start(to(number, "cayman"));
    }
    scene.start(from("102"));
    assert_eq!(scene.told(), ["warning 101 2", "warning 101 2", "critical 101 3"]);
    assert_eq!(scene.labels(), ["101 to +1345949xxxx 3", "101 to +1345949xxxx 2", "102 to +1345949xxxx 1"]);
}

#[test]
fn a_country_is_new_once_and_nothing_is_told_while_the_limit_learns() {
    let mut rule = limit(Counted::NewCountries);
    (rule.warning, rule.critical, rule.scope) = (None, Some(Decimal::ONE), Scope::Caller);
    let mut scene = Scene::new(vec![rule]);
    let learn = scene.rules.learn;
    scene.start(to("+33142345678", "FR"));
    scene.pass(learn - Duration::from_secs(1)).start(to("+22720000000", "NE"));
    assert!(scene.told().is_empty());
    scene.pass(Duration::from_secs(1)).start(to("+22720000001", "NE"));
    assert!(scene.told().is_empty());
    scene.start(to("+5351234567", "CU"));
    assert_eq!(scene.told(), ["critical 101 1"]);
    scene.pass(400 * 24 * HOUR).tick().start(to("+5351234567", "CU"));
    assert!(scene.told().is_empty());
    scene.start(|call| (call.caller, call.number) = ("102".into(), Some("+5351234567".into())));
    assert_eq!(scene.told(), ["critical 102 1"]);
}

#[test]
fn what_is_lost_counts_where_it_may_belong() {
    use crate::calls::Route;
    let count = |change: fn(&mut crate::policy::limits::Limit), destination: &str, direction| {
        let mut rule = limit(Counted::Calls);
        change(&mut rule);
        let mut scene = Scene::new(vec![rule]);
        let lost = Lost { destination: destination.into(), direction, calls: 1 };
        let now = scene.now();
        Engine::lost(&mut scene.engine, &lost, now, &mut scene.breaches);
        scene.labels().pop().unwrap_or_default()
    };
    assert_eq!(count(|_| {}, "cayman", None), "all 1");
    assert_eq!(count(|_| {}, "cayman", Some(Route::Incoming)), "");
    assert_eq!(count(|_| {}, "emergency", None), "");
    assert_eq!(count(|rule| rule.scope = Scope::Destination, "cayman", None), "cayman 1");
    assert_eq!(count(|rule| rule.scope = Scope::Country, "NE", None), "NE 1");
    assert_eq!(count(|rule| rule.scope = Scope::Country, "cayman", None), "");
    assert_eq!(count(|rule| rule.scope = Scope::Caller, "cayman", None), "");
    assert_eq!(count(|rule| rule.filter.destinations = vec!["niger".into()], "cayman", None), "");
    assert_eq!(count(|rule| rule.filter.destinations = vec!["niger".into()], "unknown", None), "all 1");
    assert_eq!(count(|rule| rule.filter.customers = vec!["acme".into()], "cayman", None), "all 1");
    assert_eq!(count(|rule| rule.filter.outside = Some(super::scene::digits("33")), "FR", None), "");
    assert_eq!(count(|rule| rule.filter.outside = Some(super::scene::digits("33")), "NE", None), "all 1");
    assert_eq!(count(|rule| rule.filter.outside = Some(super::scene::digits("33")), "internal", None), "");
    assert_eq!(count(|rule| rule.counts = Counted::Minutes, "cayman", None), "");
}

type Change = fn(&mut Call);
