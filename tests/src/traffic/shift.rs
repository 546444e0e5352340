//! What people who telephone have in common: when in the day they call, how long they ring and talk, how calls end, and that
//! nobody talks twice at once.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc, time::Duration};

use chrono::NaiveDate;
use monitor::calls::Timestamp;

use super::{
    call::{Call, End, Path, Purpose},
    clock::{hours, moment},
    house,
};
use crate::random::Random;

/// Weights of the hours of a day: from this hour on, so much of the day's calls.
pub(super) type Hours = [(u64, u32)];

/// So many moments of a day, in order.
pub(super) fn moments(random: &mut Random, day: NaiveDate, count: u64, weights: &Hours) -> Vec<Timestamp> {
    let mut moments: Vec<_> = (0..count)
        .map(|_| moment(day, hours(*random.weighted(weights), 0)).after(random.millis(0, 3_599_999)))
        .collect();
    moments.sort();
    moments
}

/// Who is free.
#[derive(Debug, Default)]
pub(super) struct Desks(BTreeMap<u16, Timestamp>);

impl Desks {
    /// Somebody of these who is not on the phone.
    pub(super) fn free(&self, random: &mut Random, among: &RangeInclusive<u16>, at: Timestamp) -> u16 {
        let (first, last) = (u64::from(*among.start()), u64::from(*among.end()));
        let mut one = 0;
        // Of 200 people never so many telephone that nobody is found.
        for _ in 0..64 {
            one = random.between(first, last) as u16;
            if self.0.get(&one).is_none_or(|free| *free <= at) {
                break;
            }
        }
        one
    }

    /// Until when somebody is on the phone.
    pub(super) fn busy(&mut self, extension: u16, until: Timestamp) {
        let free = self.0.entry(extension).or_default();
        *free = until.max(*free);
    }

    /// From when on somebody can be asked to call.
    pub(super) fn after(&self, extension: u16) -> Timestamp {
        self.0.get(&extension).copied().unwrap_or_default()
    }
}

/// How a call of an office ends: 66 of 100 are answered (some by a voicemail that the caller hangs up on), 19 ring in vain,
/// 9 meet a busy line, 4 a wrong number, 2 a fault of a network. An ASR of 60 to 70 % is what operators call ordinary for
/// business traffic.
pub(super) fn outcome(random: &mut Random, talk: &[(u64, u64)]) -> (Duration, End) {
    match random.below(100) {
        0..60 => (random.millis(2_000, 18_000), End::Answered(random.quantile(talk))),
        60..66 => (random.millis(15_000, 25_000), End::Answered(random.millis(2_000, 9_000))),
        66..85 => (random.millis(15_000, 45_000), End::GivenUp),
        85..94 => (random.millis(500, 3_000), End::Refused(486)),
        94..98 => (random.millis(500, 2_000), End::Refused(404)),
        _ => (random.millis(200, 6_000), End::Refused(503)),
    }
}

/// A call from a phone to an outside number.
pub(super) fn out(
    start: Timestamp,
    extension: u16,
    to: (Arc<str>, Arc<str>),
    how: (Duration, End),
    work: &'static str,
) -> Call {
    Call {
        start,
        path: Path::Out { extension: extension.to_string().into(), phone: house::phone(extension) },
        dialled: to.0,
        number: Some(to.1),
        ring: how.0,
        end: how.1,
        purpose: Purpose::Work(work),
    }
}

/// A call from outside to a phone.
pub(super) fn incoming(
    random: &mut Random,
    start: Timestamp,
    extension: u16,
    talk: &[(u64, u64)],
    work: &'static str,
) -> Call {
    let (dialled, number) = house::direct(extension);
    let (ring, end) = match outcome(random, talk) {
        // Who is called here exists.
        (ring, End::Refused(404)) => (ring, End::Refused(480)),
        other => other,
    };
    Call {
        start,
        path: Path::In { caller: house::national(random).1, extension: extension.to_string().into() },
        dialled,
        number: Some(number),
        ring,
        end,
        purpose: Purpose::Work(work),
    }
}

/// A call from one desk to another.
pub(super) fn inside(start: Timestamp, extension: u16, to: u16, how: (Duration, End)) -> Call {
    Call {
        start,
        path: Path::Inside { extension: extension.to_string().into() },
        dialled: to.to_string().into(),
        number: None,
        ring: how.0,
        end: how.1,
        purpose: Purpose::Work("within the house"),
    }
}

/// Talk of an office, per cent and seconds: half of the calls are over after 95 s, one in ten takes more than 7 minutes, one
/// in a thousand three quarters of an hour; the mean is three and a half minutes, a little above the three that
/// traffic engineers reckon with where nothing is known.
pub(super) const OFFICE_TALK: [(u64, u64); 8] =
    [(0, 5), (10, 15), (25, 40), (50, 95), (75, 210), (90, 430), (97, 900), (100, 2_700)];
