//! The three-day case: a PBX that was broken into places simultaneous calls of a few seconds, without pause, to premium numbers
//! of the Cayman Islands and Niger, for three days from a Friday evening.
//!
//! The victim's own figures: 240 hours of calls in 3 days, 29,733.11 € of a customer who pays 150 € a month, 2.06 € a minute.
//! 29,733.11 € at 2.06 € are 14,433.55 minutes: 240 h 33 min 33 s. The rest follows from them: over 72 hours
//! that is 3.34 calls that talk at any moment, so five lines with some seconds between two calls (four would have to do without ringing); calls of 4 to 12 s are
//! "a few seconds", and it takes some 108,000 of them. Short calls are what a PBX that bills whole minutes is robbed with:
//! each costs the victim a minute where the operator's tariff rounds up; here it does not, as in the victim's bill.

use std::time::Duration;

use monitor::calls::Timestamp;

use super::{
    Plan,
    call::{Call, End, Path, Purpose},
    clock::{day, hours, moment},
    house,
};
use crate::random::Random;

/// What the case cost, in hundredths of a euro.
pub const BILL: i64 = 2_973_311;
/// What a minute of it cost, in hundredths of a euro.
pub const PER_MINUTE: i64 = 206;

/// Where the thieves come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The password of an extension: INVITEs arrive from the internet.
    Extension,
    /// The PBX itself (its web interface, DISA, a voicemail box): nothing arrives.
    Pbx,
}

/// All calls of the three days.
pub(super) fn plan(seed: u64, door: Door) -> Plan {
    stretched(seed, door, 1)
}

/// The same hours over the same three days, of so many times fewer calls that each take so many times longer: for captures
/// that have to be small.
#[must_use]
pub fn stretched(seed: u64, door: Door, times: u64) -> Plan {
    let mut random = Random::new(seed);
    let targets = targets(&mut random);
    let begin = moment(day(2025, 11, 7), hours(20, 0));
    // The lines are tried one after the other.
    let mut free = [begin; LINES];
    for line in 1..LINES {
        free[line] = free[line - 1].after(random.millis(500, 5_000));
    }
    let mut calls = Vec::new();
    let mut rest = TALK;
    while rest > 0 {
        // A whole second each, and the last call takes what is left.
        let talk = random.between(times * SHORTEST, times * LONGEST).min(rest);
        rest -= talk;
        let line = free.iter_mut().min().expect("there are lines");
        let call = Call {
            start: *line,
            path: door.path(),
            ring: random.millis(1_000, 3_000) * times as u32,
            end: End::Answered(Duration::from_secs(talk)),
            purpose: Purpose::Fraud,
            ..random.pick(&targets).clone()
        };
        *line = call.over().after(random.millis(915, 3_000) * times as u32);
        calls.push(call);
    }
    Plan::of(calls)
}

impl Door {
    fn path(self) -> Path {
        match self {
            Self::Extension => Path::Out { extension: "142".into(), phone: house::thief() },
            Self::Pbx => Path::Pbx,
        }
    }
}

/// Forty numbers, half of them in each country: ranges are rented by the ten and the hundred.
fn targets(random: &mut Random) -> Vec<Call> {
    let number = |digits: String| {
        let (dialled, number) = house::abroad(&digits);
        Call {
            start: Timestamp::default(),
            path: Path::Pbx,
            dialled,
            number: Some(number),
            ring: Duration::ZERO,
            end: End::GivenUp,
            purpose: Purpose::Fraud,
        }
    };
    let mut targets = Vec::new();
    for _ in 0..NUMBERS / 2 {
        targets.push(number(format!("1345{}", 9_000_000 + random.below(100_000))));
        targets.push(number(format!("227{}", 90_000_000 + random.below(100_000))));
    }
    targets
}

/// Seconds of talk that make the bill.
pub(super) const TALK: u64 = 240 * 3_600 + 33 * 60 + 33;
const LINES: usize = 5;
const NUMBERS: usize = 40;
/// Seconds.
const SHORTEST: u64 = 4;
/// Seconds.
const LONGEST: u64 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_case() {
        for (seed, door) in [(1, Door::Extension), (2, Door::Pbx)] {
            let calls = plan(seed, door).calls;
            let talk: Duration = calls.iter().map(Call::talk).sum();
            assert_eq!(talk, Duration::from_secs(TALK));
            // To the nearest hundredth, as a bill is.
            let bill = (2 * talk.as_secs() as i64 * PER_MINUTE + 60) / 120;
            assert_eq!(bill, BILL);
            let last = calls.iter().map(Call::over).max().unwrap();
            let length = last.since(calls[0].start).as_secs();
            assert!((71 * 3_600 + 45 * 60..=72 * 3_600).contains(&length), "{length} s");
            assert!((105_000..112_000).contains(&calls.len()), "{}", calls.len());
            assert!(
                calls.windows(2).all(|two| two[1].start.since(two[0].start) < Duration::from_secs(15)),
                "a pause"
            );
            assert_eq!(crate::traffic::most_at_once(&calls), LINES);
        }
    }

    #[test]
    fn fewer_calls_make_the_same_sum() {
        let calls = stretched(1, Door::Pbx, 6).calls;
        assert_eq!(calls.iter().map(Call::talk).sum::<Duration>(), Duration::from_secs(TALK));
        assert!((17_000..19_000).contains(&calls.len()), "{}", calls.len());
        let length = calls.iter().map(Call::over).max().unwrap().since(calls[0].start).as_secs();
        assert!((71 * 3_600 + 40 * 60..=72 * 3_600 + 20 * 60).contains(&length), "{length} s");
    }

    #[test]
    fn half_of_the_calls_go_to_each_country() {
        let calls = plan(3, Door::Extension).calls;
        let cayman = calls.iter().filter(|call| call.number.as_deref().unwrap().starts_with("+1345")).count();
        assert!((calls.len() * 2 / 5..calls.len() * 3 / 5).contains(&cayman));
        let numbers: std::collections::BTreeSet<_> =
            calls.iter().filter_map(|call| call.number.clone()).collect();
        assert!(numbers.len() > NUMBERS - 3 && numbers.len() <= NUMBERS, "{}", numbers.len());
    }
}
