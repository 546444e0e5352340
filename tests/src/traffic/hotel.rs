//! A week of a hotel with 120 rooms: guests call home at all hours, and home is anywhere.
//!
//! Figures: 120 rooms, three of four taken, a bit more than one call a room and day, since guests have mobiles; half of
//! them go abroad, as half of the guests of a city hotel come from there. A call home takes five minutes, one in fifty
//! more than half an hour. Guests of other time zones call at night: one call in seven between 23 and 6 o'clock.
//! Reception gets and makes calls like an office of five. The alarm of extension 9 wakes forty guests a morning.

use std::time::Duration;

use chrono::NaiveDate;

use super::{
    Plan,
    call::{Call, End, Purpose},
    clock::{day, later},
    destinations::{GUESTS, number},
    house,
    shift::{Desks, Hours, OFFICE_TALK, incoming, inside, moments, out, outcome},
};
use crate::random::Random;

/// The week.
pub(super) fn plan(seed: u64) -> Plan {
    let mut random = Random::new(seed);
    let mut desks = Desks::default();
    let mut calls = Vec::new();
    for day in (0..7).map(|number| later(MONDAY, number)) {
        guests(&mut random, day, &mut desks, &mut calls);
        reception(&mut random, day, &mut desks, &mut calls);
        for at in moments(&mut random, day, 40, &[(2, 6), (3, 7), (1, 8)]) {
            let room = random.between(1_000, 1_119) as u16;
            let how = (random.millis(2_000, 20_000), End::Answered(random.millis(5_000, 20_000)));
            calls.push(Call { purpose: Purpose::Work("wake-up call"), ..inside(at, 9, room, how) });
        }
    }
    Plan::of(calls)
}

fn guests(random: &mut Random, day: NaiveDate, desks: &mut Desks, calls: &mut Vec<Call>) {
    let count = random.between(120, 160);
    for at in moments(random, day, count, AT_ALL_HOURS) {
        let room = desks.free(random, &(1_000..=1_119), at);
        let to = if random.percent(50) { number(random, &GUESTS) } else { house::national(random) };
        let call = out(at, room, to, outcome(random, &HOME_TALK), "guest");
        desks.busy(room, call.over());
        let again = call.over().after(random.millis(20_000, 120_000));
        // Who does not get through tries once more.
        if matches!(call.end, End::GivenUp | End::Refused(486)) {
            let retry = Call { start: again, end: End::Answered(Duration::from_secs(150)), ..call.clone() };
            desks.busy(room, retry.over());
            calls.push(retry);
        }
        calls.push(call);
    }
}

fn reception(random: &mut Random, day: NaiveDate, desks: &mut Desks, calls: &mut Vec<Call>) {
    for at in moments(random, day, 160, AT_ALL_HOURS) {
        let who = desks.free(random, &(10..=14), at);
        let call = match random.below(10) {
            0..6 => incoming(random, at, who, &OFFICE_TALK, "reception"),
            6..9 => out(at, who, house::national(random), outcome(random, &OFFICE_TALK), "reception"),
            _ => out(at, who, number(random, &GUESTS), outcome(random, &OFFICE_TALK), "reception"),
        };
        desks.busy(who, call.over());
        calls.push(call);
    }
}

/// A Monday.
const MONDAY: NaiveDate = day(2025, 11, 17);
/// One call in seven between 23 and 6 o'clock.
const AT_ALL_HOURS: &Hours = &[
    (3, 0),
    (2, 1),
    (2, 2),
    (2, 3),
    (2, 4),
    (3, 5),
    (4, 6),
    (6, 7),
    (7, 8),
    (7, 9),
    (6, 10),
    (5, 11),
    (5, 12),
    (4, 13),
    (5, 14),
    (5, 15),
    (6, 16),
    (7, 17),
    (8, 18),
    (8, 19),
    (7, 20),
    (6, 21),
    (5, 22),
    (4, 23),
];
/// Per cent and seconds: the mean is some five minutes, one in fifty takes more than half an hour.
const HOME_TALK: [(u64, u64); 7] =
    [(0, 10), (20, 45), (50, 150), (80, 420), (95, 1_200), (98, 1_800), (100, 3_600)];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn guests_call_many_countries_at_all_hours() {
        let calls = plan(1).calls;
        let guests: Vec<_> = calls.iter().filter(|call| call.purpose == Purpose::Work("guest")).collect();
        assert!((900..1_500).contains(&guests.len()), "{}", guests.len());
        let abroad: Vec<_> = guests.iter().filter(|call| call.goes_abroad()).collect();
        assert!((40..60).contains(&(abroad.len() * 100 / guests.len())), "{}", abroad.len());
        let countries: BTreeSet<_> =
            abroad.iter().map(|call| &call.number.as_deref().unwrap()[..4]).collect();
        assert!(countries.len() > 20, "{countries:?}");
        let hours: BTreeSet<_> = guests.iter().map(|call| call.start.0 / 3_600_000_000 % 24).collect();
        assert_eq!(hours.len(), 24);
    }
}
