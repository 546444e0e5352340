//! Weeks of an office with 200 extensions: two peaks a day, customers abroad, and what else happens in an office.
//!
//! Figures: an extension makes four and a half calls to the outside a day, gets five, and makes three within the house: 2,500
//! calls of the house a day, 20 erlang in the busy hour for 200 people, 0.1 erlang a person, the figure that PBX trunks are
//! planned with. The two peaks, before and after lunch, hold 15 % of a day each in their highest hour
//! (offices: 12 to 17 %). Seven calls of a hundred go abroad, most of them to countries that are called every day; one or two
//! countries a week are new. One call in a hundred is made before 8 or after 19 o'clock.

mod events;

use chrono::{Datelike, NaiveDate, Weekday};
use monitor::calls::Timestamp;

use super::{
    Plan,
    call::Call,
    clock::{day, is_workday, later},
    destinations::{CUSTOMERS, number},
    house,
    shift::{Desks, Hours, OFFICE_TALK, incoming, inside, moments, out, outcome},
};
use crate::random::Random;

/// So many weeks from a Monday on.
pub(super) fn plan(seed: u64, weeks: u64) -> Plan {
    Plan::of(calls(&mut Random::new(seed), weeks))
}

/// Their calls, unsorted.
pub(super) fn calls(random: &mut Random, weeks: u64) -> Vec<Call> {
    let mut office = Office { desks: Desks::default(), calls: Vec::new() };
    for number in 0..weeks * 7 {
        let day = later(FIRST, number);
        if is_workday(day) {
            office.workday(random, day);
        } else {
            office.on_call(random, day);
        }
    }
    office.calls
}

/// The office in the making.
#[derive(Debug)]
struct Office {
    desks: Desks,
    calls: Vec<Call>,
}

impl Office {
    fn workday(&mut self, random: &mut Random, day: NaiveDate) {
        // What is fixed comes first: who is in a conference makes no other call.
        self.conferences(random, day);
        self.far_away(random, day);
        self.over_closing(random, day);
        match day.weekday() {
            Weekday::Mon => self.monday_peak(random, day),
            Weekday::Tue => self.mailing(random, day),
            Weekday::Wed => self.sales_burst(random, day),
            Weekday::Thu => self.faxes(random, day),
            _ => {}
        }
        if matches!(day.weekday(), Weekday::Wed | Weekday::Thu) {
            self.new_customer(random, day);
        }
        self.late_calls(random, day);
        let busier = if day.weekday() == Weekday::Mon { 110 } else { 100 };
        let count = |random: &mut Random, usual: u64| usual * busier * random.between(95, 105) / 10_000;
        let outgoing = count(random, 900);
        for at in moments(random, day, outgoing, PEAKS) {
            let to = if random.percent(7) { number(random, &CUSTOMERS) } else { house::national(random) };
            let who = self.desks.free(random, &EVERYBODY, at);
            let how = outcome(random, &OFFICE_TALK);
            self.add(who, out(at, who, to, how, "office"));
        }
        let arriving = count(random, 1_000);
        for at in moments(random, day, arriving, PEAKS) {
            let who = self.desks.free(random, &EVERYBODY, at);
            let call = incoming(random, at, who, &OFFICE_TALK, "office");
            self.add(who, call);
        }
        let internal = count(random, 600);
        for at in moments(random, day, internal, PEAKS) {
            let (from, to) =
                (self.desks.free(random, &EVERYBODY, at), self.desks.free(random, &EVERYBODY, at));
            if from != to {
                let call = inside(at, from, to, outcome(random, &OFFICE_TALK));
                self.desks.busy(to, call.over());
                self.add(from, call);
            }
        }
    }

    /// Keeps a call, and who makes it on the phone.
    fn add(&mut self, who: u16, call: Call) {
        self.desks.busy(who, call.over());
        self.calls.push(call);
    }

    /// Calls one after another, as fast as one finger dials.
    fn one_after_another(
        &mut self,
        random: &mut Random,
        who: u16,
        from: Timestamp,
        until: Timestamp,
        mut next: impl FnMut(&mut Random, Timestamp) -> Call,
    ) {
        let mut free = from.max(self.desks.after(who));
        while free < until {
            let call = next(random, free);
            free = call.over().after(random.millis(10_000, 60_000));
            self.add(who, call);
        }
    }
}

/// A Monday. The Tuesday of the week after it is a holiday.
const FIRST: NaiveDate = day(2025, 11, 3);
/// Extensions.
const EVERYBODY: std::ops::RangeInclusive<u16> = 100..=299;
/// Two peaks.
const PEAKS: &Hours = &[
    (1, 7),
    (4, 8),
    (12, 9),
    (15, 10),
    (13, 11),
    (5, 12),
    (6, 13),
    (13, 14),
    (15, 15),
    (10, 16),
    (5, 17),
    (1, 18),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::*;
    use crate::traffic::call::{End, Path, Purpose};

    #[test]
    fn a_week_is_that_of_an_office() {
        let calls = plan(1, 1).calls;
        assert!((11_000..16_000).contains(&calls.len()), "{}", calls.len());
        let extensions: BTreeSet<_> = calls.iter().filter_map(Call::extension).collect();
        assert!(extensions.len() >= 199, "{}", extensions.len());
        let outside = calls.iter().filter(|call| call.goes_outside()).count();
        let abroad = calls.iter().filter(|call| call.goes_abroad()).count();
        assert!((4..12).contains(&(abroad * 100 / outside)), "{abroad} of {outside}");
        let answered = calls.iter().filter(|call| matches!(call.end, End::Answered(_))).count();
        assert!((60..72).contains(&(answered * 100 / calls.len())), "{answered}");
        let longest = calls.iter().map(Call::talk).max().unwrap();
        assert!(longest > Duration::from_secs(5_400), "{longest:?}");
    }

    #[test]
    fn nobody_talks_twice_at_once() {
        let calls = plan(2, 1).calls;
        let mut until = std::collections::BTreeMap::new();
        let mut twice = 0;
        for call in &calls {
            if let Path::Out { extension, .. } = &call.path {
                let free = until.entry(extension.clone()).or_insert(Timestamp(0));
                twice += u32::from(call.start < *free);
                *free = call.over().max(*free);
            }
        }
        assert!(twice < 15, "{twice}");
    }

    #[test]
    fn everything_that_an_office_does_is_in_it() {
        let works: BTreeSet<_> = plan(3, 1)
            .calls
            .iter()
            .map(|call| match call.purpose {
                Purpose::Work(work) => work,
                _ => panic!("an office has no fraud"),
            })
            .collect();
        for work in [
            "office",
            "within the house",
            "Monday 9 o'clock",
            "answers to a mailing",
            "sales burst",
            "conference abroad",
            "conference of the house",
            "fax",
            "new customer",
            "late call",
            "far away",
            "over closing time",
            "on call",
        ] {
            assert!(works.contains(work), "{work}");
        }
    }
}
