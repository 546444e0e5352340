//! Windows: how long something counts, over days of 23 and 25 hours, the ends of months, and clocks that are set.

use std::time::Duration;

use rust_decimal::Decimal;

use super::scene::{HOUR, Scene, limit, paris, schedule, wall};
use crate::policy::limits::{Counted, Limit, When, Window};

fn scene_of(window: Window) -> Scene {
    let mut scene = Scene::new(vec![Limit { window, ..limit(Counted::Calls) }]);
    scene.set(|rules| rules.calendar = paris());
    scene
}

#[test]
fn a_sliding_window_is_never_shorter_than_written_and_a_sixtieth_longer_at_most() {
    for seconds in [1, 7, 60, 3_600, 35 * 24 * 3_600] {
        let length = Duration::from_secs(seconds);
        for offset in [0, 1, 333_333, 16_666, 999_999] {
            let mut scene = scene_of(Window::Sliding(length));
            scene.pass(Duration::from_micros(offset)).start(|_| {});
            scene.pass(length - Duration::from_micros(1)).tick();
            assert_eq!(scene.value(), Decimal::ONE, "{seconds} s");
            scene.pass(length / 60 + Duration::from_micros(3)).tick();
            assert_eq!(scene.value(), Decimal::ZERO, "{seconds} s");
        }
    }
}

#[test]
fn a_day_is_as_long_as_the_local_one() {
    // In Paris, the clocks go on by an hour on 29 March 2026 and back by an hour on 25 October.
    for (midnight, hours) in
        [("2026-03-28T23:00:00Z", 23), ("2026-10-24T22:00:00Z", 25), ("2026-06-09T22:00:00Z", 24)]
    {
        let mut scene = scene_of(Window::Day);
        scene.wall = wall(midnight);
        scene.start(|_| {});
        scene.pass(hours * HOUR - Duration::from_secs(1)).tick();
        assert_eq!(scene.value(), Decimal::ONE, "{hours} h");
        scene.pass(Duration::from_secs(1)).tick();
        assert_eq!(scene.value(), Decimal::ZERO, "{hours} h");
    }
}

#[test]
fn a_month_ends_with_its_last_local_day() {
    for (first, days) in [
        ("2026-01-31T23:00:00Z", 28),
        ("2028-01-31T23:00:00Z", 29),
        ("2026-03-31T22:00:00Z", 30),
        ("2026-04-30T22:00:00Z", 31),
    ] {
        let mut scene = scene_of(Window::Month);
        scene.wall = wall(first);
        scene.start(|_| {});
        scene.pass(days * 24 * HOUR - Duration::from_secs(1)).tick();
        assert_eq!(scene.value(), Decimal::ONE, "{first}");
        scene.pass(Duration::from_secs(1)).tick();
        assert_eq!(scene.value(), Decimal::ZERO, "{first}");
    }
}

#[test]
fn a_new_day_arms_the_limit_again() {
    let mut scene = scene_of(Window::Day);
    for day in 0..3 {
        scene.wall = wall("2026-03-10T10:00:00Z") + chrono::TimeDelta::days(day);
        for _ in 0..3 {
            scene.start(|_| {});
        }
        assert_eq!(scene.told(), ["warning all 2", "critical all 3"]);
    }
}

#[test]
fn a_clock_that_goes_back_empties_no_window() {
    for window in [Window::Day, Window::Month, Window::Sliding(HOUR)] {
        let mut scene = scene_of(window);
        scene.wall = wall("2026-03-31T22:00:01Z");
        scene.start(|_| {});
        scene.wall = wall("2026-03-31T21:59:59Z");
        scene.tick().start(|_| {});
        assert_eq!(scene.told(), ["warning all 2"], "{window:?}");
        scene.wall = wall("2026-03-31T22:00:02Z");
        scene.tick().start(|_| {});
        assert_eq!(scene.told(), ["critical all 3"], "{window:?}");
        scene.wall = wall("2019-01-01T00:00:00Z");
        scene.at.0 -= 5_000_000_000;
        scene.tick().start(|_| {});
        assert_eq!(scene.value(), Decimal::from(4), "{window:?}");
    }
}

#[test]
fn a_clock_that_was_years_ahead_holds_a_day_for_a_day() {
    let mut scene = scene_of(Window::Day);
    scene.wall = wall("2037-01-01T12:00:00Z");
    scene.start(|_| {});
    scene.wall = wall("2026-03-10T12:00:00Z");
    scene.tick().start(|_| {});
    assert_eq!(scene.value(), Decimal::from(2));
    scene.pass(24 * HOUR).tick();
    assert_eq!(scene.value(), Decimal::from(2), "it is believed now: they count until this day is over");
    scene.pass(12 * HOUR).tick().start(|_| {});
    assert_eq!(scene.value(), Decimal::ONE);
}

#[test]
fn a_clock_that_is_wrong_at_boot_and_set_right_empties_no_budget() {
    for window in [Window::Day, Window::Month] {
        let mut scene = scene_of(window);
        scene.start(|_| {});
        scene.save().restart();
        let right = scene.wall;
        scene.wall = wall("2000-01-01T00:00:07Z");
        scene.tick().start(|_| {});
        scene.save().restart().run(30).save();
        scene.wall = right + chrono::TimeDelta::minutes(3);
        scene.tick();
        assert_eq!(scene.value(), Decimal::TWO, "{window:?}");
        scene.wall = wall("2026-05-01T12:00:00Z");
        scene.tick();
        assert_eq!(scene.value(), Decimal::ZERO, "{window:?}");
    }
}

#[test]
fn calls_count_while_the_schedule_says_so() {
    let open = schedule("Mo-Fr 08:00-19:00");
    for (when, at_night, by_day) in
        [(When::Outside(open.clone()), 1, 0), (When::During(open), 0, 1), (When::Always, 1, 1)]
    {
        for counts in [Counted::Calls, Counted::ConcurrentCalls, Counted::Minutes] {
            for (time, expected) in [("2026-03-10T02:00:00Z", at_night), ("2026-03-10T12:00:00Z", by_day)] {
                let mut scene = Scene::new(vec![Limit { when: when.clone(), ..limit(counts) }]);
                scene.wall = wall(time);
                let id = scene.start(|_| {});
                scene.answer(id).run(60);
                assert_eq!(scene.value(), Decimal::from(expected), "{when:?} {counts:?} {time}");
            }
        }
    }
}

#[test]
fn minutes_count_from_the_moment_that_the_office_closes() {
    let open = schedule("Mo-Fr 08:00-19:00");
    let limits = [Counted::Minutes, Counted::ConcurrentCalls];
    let rule = |counts: &Counted| Limit { when: When::Outside(open.clone()), ..limit(*counts) };
    let mut scene = Scene::new(limits.iter().map(rule).collect());
    scene.wall = wall("2026-03-10T17:59:00Z");
    for _ in 0..3 {
        let id = scene.start(|_| {});
        scene.answer(id);
    }
    scene.run(59);
    assert!(scene.told().is_empty());
    scene.run(1);
    assert_eq!(scene.told(), ["critical all 3"], "three go on when it closes");
    scene.run(59);
    assert_eq!(
        (scene.told(), scene.value()),
        (vec!["warning all 2".into(), "critical all 3".into()], Decimal::from(3))
    );
}
