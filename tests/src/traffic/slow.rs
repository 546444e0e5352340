//! The slow and thin attack: three weeks of an office, and from the Sunday before the last week on a call abroad every
//! forty minutes of the night, from four stolen extensions in turn, to numbers of two countries of which each is called
//! once a night.
//!
//! Figures: reasoning. A thief who knows of limits stays below them: no two calls at once, 2 to 6 minutes, no number twice a night,
//! an extension three or four times a night; a dozen calls and 50 minutes a night, some 100 € at 2.06 € a minute.

use super::{
    Plan,
    call::{Call, End, Path, Purpose},
    clock::{day, hours, later, moment},
    destinations::number,
    house, office,
};
use crate::random::Random;

/// Office and attack.
pub(super) fn plan(seed: u64) -> Plan {
    let mut random = Random::new(seed);
    let mut calls = office::calls(&mut random, WEEKS);
    for night in 0..NIGHTS {
        let dusk = moment(later(FIRST_NIGHT, night), hours(21, 30));
        let dawn = moment(later(FIRST_NIGHT, night + 1), hours(5, 30));
        let mut start = dusk.after(random.millis(0, 1_800_000));
        let mut turn = night as usize;
        while start < dawn {
            let (dialled, number) = number(&mut random, &[(1, ("3725", 6)), (1, ("3706", 7))]);
            let extension = STOLEN[turn % STOLEN.len()];
            calls.push(Call {
                start,
                path: Path::Out { extension: extension.into(), phone: house::thief() },
                dialled,
                number: Some(number),
                ring: random.millis(2_000, 8_000),
                end: End::Answered(random.millis(120_000, 360_000)),
                purpose: Purpose::Fraud,
            });
            start = start.after(random.millis(30 * 60_000, 50 * 60_000));
            turn += 1;
        }
    }
    Plan::of(calls)
}

const WEEKS: u64 = 3;
/// The Sunday before the third week.
const FIRST_NIGHT: chrono::NaiveDate = day(2025, 11, 16);
const NIGHTS: u64 = 6;
const STOLEN: [&str; 4] = ["121", "156", "187", "243"];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::traffic::most_at_once;

    #[test]
    fn it_is_slow_and_thin() {
        let fraud: Vec<_> = plan(1).calls.into_iter().filter(|call| call.purpose == Purpose::Fraud).collect();
        assert!((9 * NIGHTS..=16 * NIGHTS).contains(&(fraud.len() as u64)), "{}", fraud.len());
        assert_eq!(most_at_once(&fraud), 1);
        let talk = fraud.iter().map(Call::talk).sum::<Duration>().as_secs() / 60 / NIGHTS;
        assert!((30..70).contains(&talk), "{talk} minutes a night");
    }
}
