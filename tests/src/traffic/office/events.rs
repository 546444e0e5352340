//! What happens in an office now and then, each of it like an attack in one way or another.

use std::time::Duration;

use chrono::{NaiveDate, Weekday};
use monitor::calls::Timestamp;

use super::{EVERYBODY, Office};
use crate::{
    random::Random,
    traffic::{
        call::{Call, End, Path, Purpose},
        clock::{hours, moment},
        destinations::{CUSTOMERS, NEW_CUSTOMERS, number},
        house,
        shift::{OFFICE_TALK, incoming, moments, out, outcome},
    },
};
use chrono::Datelike;

impl Office {
    /// Eight people call one conference number abroad within some minutes and stay for two hours; sixteen meet in a room of
    /// the house, ten of them from outside.
    pub(super) fn conferences(&mut self, random: &mut Random, day: NaiveDate) {
        if matches!(day.weekday(), Weekday::Mon | Weekday::Thu) {
            let bridge = house::abroad(BRIDGE);
            let begin = moment(day, hours(10, 0));
            for who in 200..208 {
                let start = begin.after(random.millis(0, 240_000));
                let how =
                    (random.millis(1_000, 3_000), End::Answered(random.millis(80 * 60_000, 130 * 60_000)));
                self.add(who, out(start, who, bridge.clone(), how, "conference abroad"));
            }
        }
        if matches!(day.weekday(), Weekday::Tue | Weekday::Fri) {
            let begin = moment(day, hours(14, 30));
            for place in 0..16 {
                let start = begin.after(random.millis(0, 300_000));
                let (dialled, number) = house::direct(ROOM);
                let from_desk = place < 6;
                let who = 220 + place;
                let path = if from_desk {
                    Path::Room { extension: who.to_string().into() }
                } else {
                    Path::Service { caller: house::national(random).1 }
                };
                let call = Call {
                    start,
                    path,
                    dialled: if from_desk { ROOM.to_string().into() } else { dialled },
                    number: (!from_desk).then_some(number),
                    ring: random.millis(300, 1_500),
                    end: End::Answered(random.millis(60 * 60_000, 150 * 60_000)),
                    purpose: Purpose::Work("conference of the house"),
                };
                self.add(if from_desk { who } else { ROOM }, call);
            }
        }
    }

    /// Everybody calls at once: 150 calls between 9:00 and 9:20, and as many arrive.
    pub(super) fn monday_peak(&mut self, random: &mut Random, day: NaiveDate) {
        let nine = moment(day, hours(9, 0));
        for _ in 0..150 {
            let at = nine.after(random.millis(0, 1_200_000));
            let to = if random.percent(10) { number(random, &CUSTOMERS) } else { house::national(random) };
            let who = self.desks.free(random, &EVERYBODY, at);
            let how = outcome(random, &OFFICE_TALK);
            self.add(who, out(at, who, to, how, "Monday 9 o'clock"));
            let at = nine.after(random.millis(0, 1_200_000));
            let who = self.desks.free(random, &EVERYBODY, at);
            let call = incoming(random, at, who, &OFFICE_TALK, "Monday 9 o'clock");
            self.add(who, call);
        }
    }

    /// A mailing went out: 300 calls arrive within an hour, most of them short.
    pub(super) fn mailing(&mut self, random: &mut Random, day: NaiveDate) {
        for at in moments(random, day, 300, &[(1, 10)]) {
            let who = self.desks.free(random, &(260..=299), at);
            let call = incoming(random, at, who, &[(0, 3), (60, 25), (100, 180)], "answers to a mailing");
            self.add(who, call);
        }
    }

    /// Eight sales people call through a list for three hours, a quarter of it in Belgium, Germany and Switzerland.
    pub(super) fn sales_burst(&mut self, random: &mut Random, day: NaiveDate) {
        let (begin, end) = (moment(day, hours(14, 0)), moment(day, hours(17, 0)));
        for who in 240..248 {
            self.one_after_another(random, who, begin, end, |random, at| {
                let abroad = &[(2, ("322", 7)), (2, ("4930", 7)), (1, ("4122", 7))];
                let to = if random.percent(25) { number(random, abroad) } else { house::national(random) };
                out(at, who, to, outcome(random, &[(0, 4), (50, 30), (80, 120), (100, 900)]), "sales burst")
            });
        }
    }

    /// A fax to Germany finds a busy line nineteen times and then goes through; one at home does after closing time.
    pub(super) fn faxes(&mut self, random: &mut Random, day: NaiveDate) {
        let rounds = [(16, number(random, &[(1, ("4969", 7))])), (20, house::national(random))];
        for (hour, to) in rounds {
            let begin = moment(day, hours(hour, 10));
            for attempt in 0..20 {
                // Three minutes apart, as most machines are set.
                let start = begin.after(Duration::from_secs(180 * attempt));
                let end = if attempt == 19 {
                    End::Answered(random.millis(40_000, 110_000))
                } else {
                    End::Refused(486)
                };
                let how = (random.millis(500, 1_500), end);
                self.add(FAX, out(start, FAX, to.clone(), how, "fax"));
            }
        }
    }

    /// Somebody talks with a country that was never called before, three times in an afternoon.
    pub(super) fn new_customer(&mut self, random: &mut Random, day: NaiveDate) {
        let to = number(random, &NEW_CUSTOMERS);
        for hour in [11, 15, 16] {
            let at = moment(day, hours(hour, 0)).after(random.millis(0, 3_000_000));
            let who = self.desks.free(random, &(248..=252), at);
            let how = (random.millis(2_000, 9_000), End::Answered(random.quantile(&OFFICE_TALK)));
            self.add(who, out(at, who, to.clone(), how, "new customer"));
        }
    }

    /// Three people stay late: each calls home, and two of three days somebody talks with New York.
    pub(super) fn late_calls(&mut self, random: &mut Random, day: NaiveDate) {
        for _ in 0..3 {
            let at = moment(day, hours(19, 5)).after(random.millis(0, 5_400_000));
            let who = self.desks.free(random, &EVERYBODY, at);
            let to = house::national(random);
            let how = outcome(random, &OFFICE_TALK);
            self.add(who, out(at, who, to, how, "late call"));
        }
        if random.below(3) > 0 {
            let at = moment(day, hours(19, 30)).after(random.millis(0, 3_000_000));
            let how = (random.millis(2_000, 9_000), End::Answered(random.millis(300_000, 2_400_000)));
            self.add(211, out(at, 211, number(random, &[(1, ("1212555", 4))]), how, "late call"));
        }
    }

    /// Two people talk with the same customer in Morocco for three quarters of an hour, and four with a branch in Réunion.
    pub(super) fn far_away(&mut self, random: &mut Random, day: NaiveDate) {
        if !matches!(day.weekday(), Weekday::Tue | Weekday::Thu) {
            return;
        }
        for (first, people, hour, to, minutes) in
            [(253, 2, 10, ("2125224", 5), (40, 50)), (255, 4, 11, ("262262", 6), (20, 30))]
        {
            for who in first..first + people {
                let start = moment(day, hours(hour, 0)).after(random.millis(0, 240_000));
                let talk = random.millis(minutes.0 * 60_000, minutes.1 * 60_000);
                let how = (random.millis(2_000, 9_000), End::Answered(talk));
                self.add(who, out(start, who, number(random, &[(1, to)]), how, "far away"));
            }
        }
    }

    /// Five people are in a conference in New York that begins before closing time and ends after it.
    pub(super) fn over_closing(&mut self, random: &mut Random, day: NaiveDate) {
        if day.weekday() != Weekday::Tue {
            return;
        }
        let bridge = house::abroad("12125550123");
        for who in 212..217 {
            let start = moment(day, hours(19, 45)).after(random.millis(0, 300_000));
            let how = (random.millis(1_000, 3_000), End::Answered(random.millis(30 * 60_000, 50 * 60_000)));
            self.add(who, out(start, who, bridge.clone(), how, "over closing time"));
        }
    }

    /// One person on Saturdays, Sundays and holidays: a dozen calls come in, some go to mobiles and suppliers at home, and one
    /// a day to a customer in Germany or Switzerland.
    pub(super) fn on_call(&mut self, random: &mut Random, day: NaiveDate) {
        let times: &[(u64, u32)] = &[(1, 7), (2, 9), (2, 11), (2, 14), (2, 17), (1, 20), (1, 22)];
        let mut free = Timestamp::default();
        for at in moments(random, day, 18, times) {
            let start = at.max(free);
            let call = match random.below(18) {
                0..10 => incoming(random, start, ON_CALL, &OFFICE_TALK, "on call"),
                10..17 => {
                    out(start, ON_CALL, house::national(random), outcome(random, &OFFICE_TALK), "on call")
                }
                _ => {
                    let to = number(random, &[(2, ("4930", 7)), (1, ("4122", 7))]);
                    out(start, ON_CALL, to, outcome(random, &OFFICE_TALK), "on call")
                }
            };
            free = call.over().after(random.millis(5_000, 60_000));
            self.add(ON_CALL, call);
        }
    }
}

/// A conference service in London.
const BRIDGE: &str = "442033221100";
/// The conference room of the house.
const ROOM: u16 = 800;
/// The fax machine.
const FAX: u16 = 298;
/// The extension of whoever is on call.
const ON_CALL: u16 = 110;
