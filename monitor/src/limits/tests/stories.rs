//! Stories of calls that go on: money that runs, blocks that end, calls that become another's, other rules.

use std::{sync::Arc, time::Duration};

use monitor_common::abi::{Reason, Verdict};
use rust_decimal::Decimal;

use super::scene::{HOUR, Scene, blocking, from, limit, schedule, tariffs, to};
use crate::{
    calls::{CallResult, Happened, Route},
    limits::Rules,
    policy::{
        limits::{Counted, Lasts, Limit, Scope, Then, Window},
        money::{Increments, Price, Reach, Tariff, Tariffs},
        prefixes::PrefixTable,
    },
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn a_cap_is_told_in_the_middle_of_one_long_call() {
    let mut rule = limit(Counted::Spend);
    (rule.warning, rule.critical, rule.window) = (Some(decimal("4.12")), Some(decimal("10.30")), Window::Day);
    let mut scene = Scene::new(vec![rule, limit(Counted::Minutes)]);
    let id = scene.start(|_| {});
    scene.answer(id).run(119);
    assert_eq!(scene.told(), Vec::<String>::new());
    scene.run(1);
    assert_eq!(scene.told(), ["warning all 4.12", "warning all 2"]);
    scene.run(180);
    assert_eq!(scene.told(), ["critical all 3", "critical all 10.3"]);
    assert_eq!(scene.engine.cost(id), Some(decimal("10.3")));
    let spend: Vec<_> = scene.engine.spend().map(|(name, spent)| (name.to_string(), spent)).collect();
    assert_eq!(spend, [("cayman".to_owned(), decimal("10.3"))]);
}

#[test]
fn an_answer_costs_its_first_increment_at_once_and_an_end_is_exact() {
    let mut scene = Scene::new(vec![limit(Counted::Spend), limit(Counted::Minutes)]);
    let id = scene.start(to("+22720000000", "niger"));
    assert_eq!((scene.value(), scene.engine.cost(id)), (Decimal::ZERO, None));
    scene.answer(id);
    assert_eq!(scene.value(), decimal("0.7"));
    scene.pass(Duration::from_millis(90_500)).end(id, CallResult::Answered);
    assert_eq!((scene.value(), scene.engine.cost(id)), (decimal("1.3"), Some(decimal("1.3"))));
    assert_eq!(scene.engine.rows(scene.now(), 1)[1].keys[0].value, decimal("1.508333333"));
    scene.tick();
    assert_eq!(scene.engine.cost(id), None);
}

#[test]
fn another_tariff_or_destination_prices_what_is_talked_from_then_on() {
    let dear = || {
        let price = Price { per_minute: decimal("60"), per_call: decimal("5") };
        let tariff = Tariff::new("dear", price, Increments::default(), Vec::new());
        Arc::new(Tariffs::new("EUR", vec![tariff], Reach { others: Some(0), ..Reach::default() }))
    };
    for restarts in [false, true] {
        let mut scene = Scene::new(vec![limit(Counted::Spend)]);
        let id = scene.start(|_| {});
        scene.answer(id).run(600).set(|rules| rules.tariffs = dear());
        if restarts {
            scene.save().restart();
        }
        assert_eq!(scene.tick().value(), decimal("20.6"), "{restarts}");
        assert_eq!(scene.run(10).value(), decimal("30.6"), "{restarts}");
        scene.set(|rules| rules.tariffs = tariffs());
        assert_eq!(scene.run(60).value(), decimal("32.66"), "the cheaper one counts at once");
        scene.save().restart().set(|rules| rules.tariffs = dear()).tick();
        assert_eq!(scene.run(1).value(), decimal("33.66"), "{restarts}");
    }
    let mut scene = Scene::new(vec![limit(Counted::Spend)]);
    let id = scene.start(|_| {});
    scene.answer(id).run(600).update(id, to("+22720000000", "NE")).tick();
    assert_eq!(scene.value(), decimal("20.6"));
    assert_eq!(scene.run(1).value(), decimal("21.2"), "the next minute has begun");
    let id = scene.start(|call| call.route = Route::Internal);
    scene.answer(id).run(600);
    let before = scene.value();
    scene.update(id, |call| call.route = Route::Outgoing).run(60);
    let grown = scene.value() - before;
    assert_eq!(grown, decimal("2.06") + decimal("0.034333334") + decimal("0.6"), "no talk from before");
}

#[test]
fn a_breach_says_what_its_calls_have_cost() {
    let mut scene = Scene::new(vec![Limit { warning: None, ..limit(Counted::Calls) }]);
    for _ in 0..3 {
        scene.talk(60, |_| {});
    }
    assert_eq!(scene.breaches[0].spent, Some(decimal("4.12")));
}

#[test]
fn only_outgoing_calls_cost_and_incoming_ones_count_where_a_limit_says_so() {
    let mut rule = limit(Counted::Minutes);
    rule.filter.directions = vec![Route::Incoming];
    let mut scene = Scene::new(vec![rule]);
    scene.talk(60, |call| call.route = Route::Incoming);
    assert_eq!((scene.value(), scene.engine.spend().count()), (Decimal::ONE, 0));
}

#[test]
fn dropped_and_emergency_calls_count_nowhere() {
    let limits: Vec<_> = Counted::ALL.iter().map(|counts| limit(*counts)).collect();
    let mut scene = Scene::new(limits);
    scene.set(|rules| rules.learn = Duration::ZERO);
    for round in 0..9 {
        let id = scene.start(|call| match round % 3 {
            0 => call.verdict = Verdict::Drop,
            1 => call.reason = Reason::Emergency,
            _ => call.destination = "emergency".into(),
        });
        if round < 6 {
            scene.answer(id).run(61);
        }
        scene.end(id, if round < 6 { CallResult::Answered } else { CallResult::Busy });
    }
    assert!(scene.told().is_empty());
    assert!(scene.engine.rows(scene.now(), 10).iter().all(|row| row.keys.is_empty()));
    assert_eq!(scene.engine.spend().count(), 0);
    scene.start(|call| call.verdict = Verdict::WouldDrop);
    assert_eq!(scene.value(), Decimal::ONE);
}

#[test]
fn it_is_told_again_when_the_block_is_over_and_somebody_calls_again() {
    for (lasts, window, hours) in [
        (Lasts::For(HOUR), Window::Sliding(6 * HOUR), Some(1)),
        (Lasts::For(HOUR), Window::Day, Some(1)),
        (Lasts::Until(schedule("Mo-Su 12:00-13:00")), Window::Day, Some(1)),
        (Lasts::Window, Window::Day, None),
        (Lasts::Unblocked, Window::Sliding(6 * HOUR), None),
    ] {
        let mut scene =
            Scene::new(vec![Limit { then: blocking(lasts.clone()), window, ..limit(Counted::Calls) }]);
        for _ in 0..3 {
            scene.start(|_| {});
        }
        assert_eq!(scene.told().len(), 2);
        scene.pass(HOUR - Duration::from_secs(1)).tick().start(|_| {});
        assert!(scene.told().is_empty(), "{lasts:?}");
        scene.pass(Duration::from_secs(1)).tick();
        assert!(scene.told().is_empty(), "{lasts:?}: nobody calls");
        scene.start(|_| {});
        assert_eq!(scene.told(), if hours.is_some() { vec!["critical all 5"] } else { vec![] }, "{lasts:?}");
        scene.start(|_| {});
        assert!(scene.told().is_empty(), "{lasts:?}");
    }
}

#[test]
fn a_breach_whose_block_does_not_stand_is_told_with_the_next_call() {
    let blocks = limit(Counted::Calls);
    let blocks = Limit { then: blocking(Lasts::For(HOUR)), ..blocks };
    let mut scene = Scene::new(vec![blocks.clone()]);
    for _ in 0..3 {
        scene.start(|_| {});
    }
    assert_eq!(scene.told().len(), 2);
    scene.engine.fall_due(&|_, _| true);
    scene.start(|_| {});
    assert!(scene.told().is_empty(), "the block stands");
    scene.engine.fall_due(&|_, _| false);
    scene.tick();
    assert!(scene.told().is_empty(), "nobody calls");
    scene.start(|_| {});
    assert_eq!(scene.told(), ["critical all 5"]);
    scene.start(|_| {});
    assert!(scene.told().is_empty());
    let report_only = Limit { then: Then { report_only: true, ..blocks.then.clone() }, ..blocks.clone() };
    for (rule, value) in [(report_only, "critical all 7"), (blocks, "critical all 8")] {
        let rules = Rules { limits: vec![Arc::new(rule)], ..scene.engine.rules.clone() };
        scene.engine.set(rules);
        scene.start(|_| {});
        assert_eq!(scene.told(), [value], "something else follows now");
    }
}

#[test]
fn what_could_not_be_blocked_is_tried_again_after_a_while() {
    let rule = Limit { then: blocking(Lasts::Window), window: Window::Day, ..limit(Counted::Calls) };
    let mut scene = Scene::new(vec![rule]);
    for _ in 0..3 {
        scene.start(|_| {});
    }
    let minute = Duration::from_secs(60);
    let breach = scene.breaches.pop().unwrap();
    scene.breaches.clear();
    scene.engine.retry(&breach, minute);
    scene.start(|_| {});
    scene.pass(minute).tick();
    assert!(scene.told().is_empty());
    scene.start(|_| {});
    assert_eq!(scene.told(), ["critical all 5"]);
}

/// What is hung up for one number is no other call.
#[test]
fn a_breach_concerns_the_calls_that_count_for_its_key() {
    let mut scene = Scene::new(vec![limit(Counted::RepeatedCalls), limit(Counted::ConcurrentCalls)]);
    let other = scene.start(to("+22720000001", "niger"));
    let calls = [(); 3].map(|()| scene.start(to("+13459490000", "cayman")));
    let breach = scene.breaches.drain(..).rfind(|breach| breach.limit.counts == Counted::RepeatedCalls);
    let breach = breach.expect("the number is reached");
    assert!(calls.iter().all(|call| scene.engine.concerns(&breach, *call)));
    assert!(!scene.engine.concerns(&breach, other));
    scene.save().restart().tick();
    assert!(scene.engine.concerns(&breach, calls[0]), "also where its number is masked since");
    scene.end(calls[0], CallResult::Answered);
    assert!(!scene.engine.concerns(&breach, calls[0]));
}

#[test]
fn how_much_is_used_is_the_highest_however_few_are_shown() {
    let mut scene = Scene::new(vec![Limit { scope: Scope::Caller, ..limit(Counted::Calls) }]);
    scene.start(|call| call.caller = "214".into());
    scene.start(|call| call.caller = "214".into());
    scene.start(|call| call.caller = "101".into());
    let used = |most| scene.engine.rows(scene.now(), most)[0].ratio;
    assert_eq!(used(0), used(10));
    assert!(used(0) > scene.engine.rows(scene.now(), 2)[0].keys[1].ratio);
}

#[test]
fn what_falls_below_is_told_again_when_it_is_reached_again() {
    let mut scene = Scene::new(vec![limit(Counted::ConcurrentCalls)]);
    let calls = [scene.start(|_| {}), scene.start(|_| {}), scene.start(|_| {})];
    assert_eq!(scene.told(), ["warning all 2", "critical all 3"]);
    scene.end(calls[0], CallResult::Cancelled).start(|_| {});
    assert_eq!(scene.told(), ["critical all 3"]);
    scene.run(1);
    assert_eq!((scene.told().is_empty(), scene.value()), (true, Decimal::from(3)));
    scene.engine.reset("concurrent_calls", None);
    scene.run(1);
    assert!(scene.told().is_empty(), "the operator is not overruled at once");
}

/// OpenSIPS #2079 and #949: what goes on is counted from the calls that go on, whatever ends are missed or come twice.
#[test]
fn concurrency_heals_with_each_tick() {
    let mut scene = Scene::new(vec![limit(Counted::ConcurrentCalls)]);
    for _ in 0..5 {
        scene.start(|_| {});
    }
    scene.calls.pop_first();
    scene.calls.pop_first();
    assert_eq!(scene.value(), Decimal::from(5));
    assert_eq!(scene.tick().value(), Decimal::from(3));
    let (id, call) = scene.calls.first_key_value().map(|(id, call)| (*id, call.clone())).unwrap();
    scene.end(id, CallResult::Answered).happen(Happened::Ended, crate::calls::Call::clone(&call));
    assert_eq!(scene.value(), Decimal::from(2));
    scene.run(61);
    assert_eq!((scene.value(), scene.engine.calls.len()), (Decimal::from(2), 2));
}

#[test]
fn the_end_of_a_call_may_come_after_the_tick_that_misses_it() {
    let mut scene = Scene::new(vec![limit(Counted::Minutes), limit(Counted::ConcurrentCalls)]);
    let id = scene.start(|_| {});
    scene.answer(id).run(60);
    let call = scene.calls.remove(&id).unwrap();
    scene.pass(Duration::from_secs(1)).tick();
    let ended = Some(call.answered.unwrap().after(Duration::from_secs(60)));
    let call =
        crate::calls::Call { ended, result: Some(CallResult::Answered), ..crate::calls::Call::clone(&call) };
    scene.happen(Happened::Ended, call);
    assert_eq!(scene.value(), Decimal::ONE);
    assert!(scene.engine.rows(scene.now(), 1)[1].keys.is_empty());
}

#[test]
fn a_call_that_becomes_another_s_counts_for_both_and_once_for_each() {
    let mut rule = limit(Counted::Calls);
    rule.scope = Scope::Destination;
    let mut scene = Scene::new(vec![rule, limit(Counted::ConcurrentCalls)]);
    let id = scene.start(to("+33142345678", "FR"));
    scene.update(id, to("+5351234567", "cuba")).update(id, to("+33142345678", "FR"));
    scene.update(id, |call| call.customer = Some("acme".into()));
    assert_eq!(scene.labels(), ["FR 1", "cuba 1"]);
    assert_eq!(scene.engine.rows(scene.now(), 1)[1].keys[0].value, Decimal::ONE);
    scene.run(1);
    assert_eq!(scene.labels(), ["FR 1", "cuba 1"]);
}

#[test]
fn an_internal_call_that_is_forwarded_abroad_counts_from_then_on() {
    let mut scene = Scene::new(vec![limit(Counted::Calls), limit(Counted::Minutes)]);
    let id = scene.start(|call| (call.route, call.number) = (Route::Internal, None));
    assert_eq!(scene.value(), Decimal::ZERO);
    scene.answer(id).run(30).update(id, |call| {
        (call.route, call.number) = (Route::Outgoing, Some("+5351234567".into()));
    });
    assert_eq!(scene.value(), Decimal::ONE);
    scene.run(30);
    assert_eq!(scene.engine.rows(scene.now(), 1)[1].keys[0].value, decimal("0.5"));
}

#[test]
fn a_call_that_is_seen_before_its_beginning_is_told_counts_once() {
    let mut scene = Scene::new(vec![limit(Counted::Calls), limit(Counted::ConcurrentCalls)]);
    let call = crate::calls::Call { id: crate::calls::CallId(7), started: scene.at, ..super::scene::call() };
    scene.calls.insert(call.id, Arc::new(call.clone()));
    scene.tick();
    assert_eq!(scene.value(), Decimal::ZERO);
    scene.happen(Happened::Started, call.clone()).happen(Happened::Started, call).run(1);
    assert_eq!(scene.value(), Decimal::ONE);
    assert_eq!(scene.engine.rows(scene.now(), 1)[1].keys[0].value, Decimal::ONE);
}

#[test]
fn other_thresholds_keep_what_was_counted_and_another_filter_does_not() {
    let changes: [(Change, u32); 10] = [
        (|rule| rule.critical = Some(Decimal::from(9)), 2),
        (|rule| rule.then = blocking(Lasts::Window), 2),
        (|rule| rule.when = crate::policy::limits::When::During(schedule("24/7")), 2),
        (|rule| rule.filter.numbers = PrefixTable::new(vec![(super::scene::digits("1345"), ())]), 2),
        (|rule| rule.name = "other".into(), 0),
        (|rule| rule.counts = Counted::FailedCalls, 0),
        (|rule| rule.scope = Scope::Caller, 0),
        (|rule| rule.window = Window::Day, 0),
        (|rule| rule.filter.callers = vec![crate::policy::file::CallerPattern::Prefix("1".into())], 0),
        (|rule| rule.filter.outside = Some(super::scene::digits("33")), 0),
    ];
    for (index, (change, kept)) in changes.into_iter().enumerate() {
        let mut scene = Scene::new(vec![limit(Counted::ConcurrentCalls), limit(Counted::Calls)]);
        scene.start(|_| {});
        scene.start(|_| {});
        scene.save().set(|rules| {
            rules.limits.reverse();
            change(Arc::make_mut(&mut rules.limits[0]));
        });
        assert_eq!(scene.value(), Decimal::from(kept), "{index}");
        assert_eq!(scene.engine.rows(scene.now(), 1)[1].keys[0].value, Decimal::TWO, "{index}");
        scene.save().restart().tick();
        assert_eq!(scene.value(), Decimal::from(kept), "{index}: after a restart");
        assert_eq!(
            scene.engine.rows(scene.now(), 1)[1].keys[0].value,
            Decimal::TWO,
            "{index}: after a restart"
        );
    }
}

#[test]
fn a_limit_that_is_new_counts_calls_that_go_on_for_what_they_do_from_then_on() {
    let mut scene = Scene::new(vec![]);
    let id = scene.start(from("101"));
    scene.answer(id).run(60).set(|rules| {
        let counts = [Counted::Minutes, Counted::Calls, Counted::ConcurrentCalls];
        rules.limits = counts.iter().map(|counts| Arc::new(limit(*counts))).collect();
    });
    scene.run(60);
    let values = scene.engine.rows(scene.now(), 1).into_iter().map(|row| row.ratio * Decimal::from(3));
    assert_eq!(
        values.map(|value| value.round_dp(2)).collect::<Vec<_>>(),
        [Decimal::ONE, Decimal::ZERO, Decimal::ONE]
    );
}

type Change = fn(&mut Limit);
