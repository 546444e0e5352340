//! What is kept: nothing is lost or counted twice over a restart, and no number is written.

use std::{sync::Arc, time::Duration};

use rust_decimal::Decimal;

use super::scene::{HOUR, Scene, blocking, from, limit, to};
use crate::{
    calls::CallResult,
    limits::Kept,
    policy::limits::{Counted, Lasts, Limit, Scope, Window},
};

#[test]
fn calls_that_go_on_are_counted_once_over_a_restart() {
    let counts = [Counted::Minutes, Counted::Spend, Counted::Calls, Counted::ConcurrentCalls];
    let mut scene = Scene::new(counts.iter().map(|counts| limit(*counts)).collect());
    let id = scene.start(|_| {});
    scene.answer(id).run(20).save().run(7).restart().pass(Duration::from_secs(3)).tick();
    let values = |scene: &Scene| {
        let rows = scene.engine.rows(scene.now(), 1);
        rows.into_iter().map(|row| row.keys[0].value).collect::<Vec<_>>()
    };
    let expected = |minutes: &str, spend: &str| -> Vec<Decimal> {
        [minutes, spend, "1", "1"].iter().map(|text| text.parse().unwrap()).collect()
    };
    assert_eq!(values(&scene), expected("0.5", "1.03"));
    scene.run(30);
    assert_eq!(values(&scene), expected("1", "2.06"));
}

#[test]
fn a_call_that_ended_while_the_agent_was_down_counts_as_far_as_it_is_known() {
    let rule = Limit { window: Window::Day, ..limit(Counted::Minutes) };
    let mut scene = Scene::new(vec![rule.clone()]);
    let id = scene.start(|_| {});
    scene.answer(id).run(60).save().restart();
    scene.pass(HOUR).end(id, CallResult::Lost);
    assert_eq!(scene.value(), Decimal::from(61));
    let mut scene = Scene::new(vec![rule]);
    let id = scene.start(|_| {});
    scene.answer(id).run(60).save().restart();
    scene.calls.clear();
    scene.run(61).save();
    assert_eq!((scene.value(), scene.engine.calls.len()), (Decimal::ONE, 0));
    assert!(scene.kept.keys().all(|(kind, _, _)| kind != "limits.call"));
}

#[test]
fn what_was_told_is_not_told_again_after_a_restart_and_a_block_ends_when_it_would_have() {
    let rule = Limit { then: blocking(Lasts::For(HOUR)), window: Window::Day, ..limit(Counted::Calls) };
    let mut scene = Scene::new(vec![rule]);
    for _ in 0..3 {
        scene.start(|_| {});
    }
    assert_eq!(scene.told().len(), 2);
    scene.save().restart().pass(HOUR / 2).tick().start(|_| {});
    assert!(scene.told().is_empty());
    scene.save().restart().pass(HOUR / 2).tick().start(|_| {});
    assert_eq!(scene.told(), ["critical all 5"]);
}

#[test]
fn a_call_that_is_masked_after_a_restart_counts_for_the_same_keys() {
    for scope in [Scope::Number, Scope::Caller] {
        let mut scene = Scene::new(vec![Limit { scope, ..limit(Counted::Minutes) }]);
        let id = scene.start(from("+33142345678"));
        scene.answer(id).run(60).save().restart().run(30);
        scene.update(id, |call| call.customer = Some("acme".into())).run(30);
        assert_eq!(scene.labels().len(), 1, "{:?}", scene.labels());
        assert_eq!(scene.value(), Decimal::from(2));
    }
}

#[test]
fn only_what_changed_is_written_and_no_number_of_anybody() {
    let mut limits = Vec::new();
    for scope in Scope::ALL {
        for counts in Counted::ALL {
            let name = format!("{}-{}", scope.label(), counts.label()).into();
            limits.push(Limit { name, scope: *scope, ..limit(*counts) });
        }
    }
    let mut scene = Scene::new(limits);
    let id = scene.start(|call| call.caller = "+33142345678".into());
    scene.answer(id).run(2).save();
    let text = format!("{:?}", scene.kept);
    assert!(text.contains("+1345949xxxx") && text.contains("+3314234xxxx"), "{text}");
    assert!(!text.contains("9490000") && !text.contains("345678"), "{text}");
    scene.engine.changes();
    assert_eq!(scene.engine.changes(), Vec::<Kept>::new());
    let other = scene.start(|call| call.route = crate::calls::Route::Incoming);
    let changes = scene.engine.changes();
    assert_eq!(changes.len(), 1, "a call that counts nowhere: {changes:?}");
    assert_eq!(changes[0].key, other.0.to_string());
}

#[test]
fn thousands_of_numbers_are_not_written_with_each_call() {
    let mut scene = Scene::new(vec![limit(Counted::Numbers)]);
    let saved = |scene: &mut Scene| {
        let mut rows = scene.save().kept.iter();
        rows.find(|((kind, ..), _)| kind == "limits.key").map(|(_, state)| state.clone())
    };
    for number in 0..50 {
        scene.start(to(&format!("+1345949{number:04}"), "cayman"));
        assert_eq!(saved(&mut scene), None, "{number}");
    }
    scene.tick();
    let first = saved(&mut scene);
    assert!(first.is_some());
    scene.start(to("+13459499999", "cayman"));
    assert_eq!(saved(&mut scene), first);
    scene.tick().save().restart();
    assert_eq!(scene.value(), Decimal::from(51));
}

#[test]
fn rules_that_are_taken_back_lose_no_budget() {
    let rule = Limit { window: Window::Month, ..limit(Counted::Calls) };
    let other = Limit { scope: Scope::Caller, ..rule.clone() };
    for trial in [vec![], vec![Arc::new(other)]] {
        let mut scene = Scene::new(vec![rule.clone()]);
        scene.start(|_| {});
        scene.start(|_| {});
        let before = scene.tick().save().rules.clone();
        scene.set(|rules| rules.limits.clone_from(&trial)).run(60).start(|_| {});
        scene.save().set(|rules| *rules = before.clone()).tick();
        assert_eq!(scene.value(), Decimal::TWO, "{trial:?}");
        scene.start(|_| {});
        scene.tick().save().restart().tick();
        assert_eq!(scene.value(), Decimal::from(3), "{trial:?}");
        assert_eq!(scene.labels(), ["all 3"]);
    }
}

#[test]
fn what_other_rules_put_aside_is_forgotten_with_the_next_or_after_a_day() {
    let mut scene =
        Scene::new(vec![limit(Counted::Calls), Limit { name: "a".into(), ..limit(Counted::Calls) }]);
    let rows = |scene: &Scene| {
        scene.kept.keys().filter(|(kind, name, _)| kind == "limits.key" && &**name == "calls").count()
    };
    scene.start(|_| {});
    let before = scene.tick().save().rules.clone();
    scene.set(|rules| drop(rules.limits.remove(0))).tick().save();
    assert_eq!(rows(&scene), 1, "they may come back");
    scene.set(|_| {}).tick().save();
    assert_eq!(rows(&scene), 0);
    scene.set(|rules| *rules = before.clone()).tick();
    assert_eq!(scene.value(), Decimal::ZERO);
    scene.start(|_| {});
    scene.tick().save().set(|rules| drop(rules.limits.remove(0))).tick();
    scene.pass(24 * HOUR).tick().save();
    assert_eq!(rows(&scene), 0);
    scene.set(|rules| *rules = before).tick();
    assert_eq!(scene.value(), Decimal::ZERO);
}

#[test]
fn what_is_kept_and_cannot_be_read_is_forgotten_and_does_no_harm() {
    let mut scene = Scene::new(vec![limit(Counted::Calls)]);
    scene.start(|_| {});
    scene.save();
    for state in [
        "",
        "{",
        "[]",
        "null",
        "{\"steps\":[[18446744073709551615,18446744073709551615],[0,1]]}",
        "{\"clock\":{}}",
    ] {
        let kept = scene.kept.clone();
        scene.kept.values_mut().for_each(|value| state.clone_into(value));
        for (kind, name) in [("limits.key", "calls"), ("limits.call", ""), ("limits.limit", "gone")] {
            scene.kept.insert((kind.into(), name.into(), "no key".into()), "{}".into());
        }
        scene.restart().save().run(2).start(to("+22720000000", "NE"));
        scene.save();
        assert!(scene.kept.keys().all(|(_, _, key)| key != "no key"), "{state}");
        assert_eq!(scene.engine.rows(scene.now(), 3).len(), 1);
        scene.kept = kept;
    }
}
