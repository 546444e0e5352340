//! A week of a call centre: forty people and a predictive dialler that calls lists of numbers at home and in two countries.
//!
//! Figures: people may be called for sales from Monday to Friday, 10 to 13 and 14 to 20 o'clock (France, décret 2022-1313); so the
//! dialler works nine hours a day. Forty people, two thirds of their time in talk of a minute and a half, are 950 talks an
//! hour at most; lists answer to 35 % at best. The dialler makes 480 calls an hour and five people in eight work at a time:
//! some 4,300 calls a day, 21,600 a week, three of a hundred at one number more than once. A quarter of those
//! who answer hang up within ten seconds. A fifth of the list is in Belgium, a tenth in Spain.

use std::{sync::Arc, time::Duration};

use chrono::NaiveDate;

use super::{
    Plan,
    call::{Call, End, Path, Purpose},
    clock::{day, hours, is_workday, later, moment},
    destinations::number,
    house,
    shift::{Desks, OFFICE_TALK, incoming, moments, out, outcome},
};
use crate::random::Random;

/// The week.
pub(super) fn plan(seed: u64) -> Plan {
    let mut random = Random::new(seed);
    let mut calls = Vec::new();
    for day in (0..7).map(|number| later(MONDAY, number)).filter(|day| is_workday(*day)) {
        calls.extend(dialled(&mut random, day));
        calls.extend(agents(&mut random, day));
        calls.extend(over_closing(&mut random, day));
        calls.extend(office(&mut random, day));
    }
    Plan::of(calls)
}

/// What the dialler does: the PBX calls, and hands whoever answers to an agent who is in the queue already.
fn dialled(random: &mut Random, day: NaiveDate) -> Vec<Call> {
    let count = 9 * random.between(460, 500);
    let times = moments(random, day, count, &HOURS);
    let mut again: Option<(Arc<str>, Arc<str>)> = None;
    let mut calls = Vec::new();
    for start in times {
        let fresh = match random.below(10) {
            0..7 => house::national(random),
            7..9 => number(random, &[(2, ("322", 7)), (1, ("32475", 6))]),
            _ => number(random, &[(1, ("3491", 7))]),
        };
        let to = again.take().unwrap_or(fresh);
        let (ring, end) = outcome_of_list(random);
        again = (end == End::GivenUp && random.percent(5)).then(|| to.clone());
        calls.push(Call {
            start,
            path: Path::Pbx,
            dialled: to.0,
            number: Some(to.1),
            ring,
            end,
            purpose: Purpose::Work("dialler"),
        });
    }
    calls
}

fn outcome_of_list(random: &mut Random) -> (Duration, End) {
    match random.below(100) {
        0..9 => (random.millis(3_000, 15_000), End::Answered(random.millis(1_000, 10_000))),
        9..35 => (random.millis(3_000, 15_000), End::Answered(random.quantile(&LIST_TALK))),
        35..82 => (random.millis(18_000, 22_000), End::GivenUp),
        82..90 => (random.millis(500, 3_000), End::Refused(486)),
        90..97 => (random.millis(500, 2_000), End::Refused(404)),
        _ => (random.millis(200, 6_000), End::Refused(503)),
    }
}

/// Agents call the queue when they begin and stay in it.
fn agents(random: &mut Random, day: NaiveDate) -> Vec<Call> {
    let mut calls = Vec::new();
    for (from, until) in [(10, 13), (14, 20)] {
        for who in 300..340_u16 {
            let start = moment(day, hours(from, 0)).after(random.millis(0, 300_000));
            let talk = moment(day, hours(until, 5)).since(start);
            calls.push(Call {
                start,
                path: Path::Room { extension: who.to_string().into() },
                dialled: "700".into(),
                number: None,
                ring: random.millis(300, 900),
                end: End::Answered(talk),
                purpose: Purpose::Work("queue"),
            });
        }
    }
    calls
}

/// Six agents called somebody back in Belgium or Spain just before the house closes, and talk on.
fn over_closing(random: &mut Random, day: NaiveDate) -> Vec<Call> {
    let last = moment(day, hours(20, 26));
    let mut call = |who| {
        let start = last.after(random.millis(0, 180_000));
        let to = number(random, &[(2, ("322", 7)), (1, ("3491", 7))]);
        let how = (random.millis(3_000, 15_000), End::Answered(random.millis(300_000, 900_000)));
        out(start, who, to, how, "over closing time")
    };
    (300..306).map(&mut call).collect()
}

/// The twenty people of its office.
fn office(random: &mut Random, day: NaiveDate) -> Vec<Call> {
    let (mut desks, mut calls) = (Desks::default(), Vec::new());
    for at in moments(random, day, 200, &HOURS) {
        let who = desks.free(random, &(340..=359), at);
        let call = if random.percent(50) {
            incoming(random, at, who, &OFFICE_TALK, "office")
        } else {
            let to = house::national(random);
            out(at, who, to, outcome(random, &OFFICE_TALK), "office")
        };
        desks.busy(who, call.over());
        calls.push(call);
    }
    calls
}

/// A Monday.
const MONDAY: NaiveDate = day(2025, 11, 17);
/// 10 to 13 and 14 to 20 o'clock.
const HOURS: [(u64, u32); 9] =
    [(1, 10), (1, 11), (1, 12), (1, 14), (1, 15), (1, 16), (1, 17), (1, 18), (1, 19)];
/// Per cent and seconds: the mean is a minute and a half.
const LIST_TALK: [(u64, u64); 5] = [(0, 10), (40, 40), (75, 100), (95, 300), (100, 900)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_of_short_calls_a_day_at_home_and_to_two_countries() {
        let calls = plan(1).calls;
        let dialled: Vec<_> = calls.iter().filter(|call| call.purpose == Purpose::Work("dialler")).collect();
        assert!((20_000..23_000).contains(&dialled.len()), "{}", dialled.len());
        let to = |prefix: &str| {
            dialled.iter().filter(|call| call.number.as_deref().unwrap().starts_with(prefix)).count() * 100
                / dialled.len()
        };
        assert!(
            (67..73).contains(&to("+33")) && (18..22).contains(&to("+32")) && (8..12).contains(&to("+34"))
        );
        let short = dialled
            .iter()
            .filter(|call| matches!(call.end, End::Answered(talk) if talk.as_secs() < 10))
            .count();
        assert!(short > 1_500, "{short}");
    }
}
