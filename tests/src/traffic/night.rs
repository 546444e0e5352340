//! The night-and-week-end case: a program guesses the PIN of a voicemail box in the night to Saturday, then a call forward is set
//! abroad, and until Monday morning four long calls go on at once.
//!
//! Victims and operators tell of North Korea, Cuba, Africa and the Baltics, of nights and week-ends, and of one program
//! that tries PINs call by call. The rest is reasoning: a PIN of four digits and three tries a call (what Asterisk's
//! `maxlogins` allows by default) takes 10 to 25 s a call, so some 110 calls an hour on one line; four hours of it find a
//! PIN of the hundred favourites. A forward takes one call in for one out; four at once for 20 to 60 minutes are what a
//! box's forward carries before a trunk of an SME is full.

use std::{sync::Arc, time::Duration};

use super::{
    Plan,
    call::{Call, End, Path, Purpose},
    clock::{day, hours, later, moment},
    house,
};
use crate::random::Random;

/// The guessing and the calls after it.
pub(super) fn plan(seed: u64) -> Plan {
    let mut random = Random::new(seed);
    let mut calls = guessing(&mut random);
    let begin = moment(SATURDAY, hours(5, 10));
    let end = moment(later(SATURDAY, 2), hours(6, 0));
    for line in 0..LINES {
        let mut free = begin.after(Duration::from_secs(40 * line));
        while free < end {
            let talk = random.millis(20 * 60_000, 60 * 60_000);
            let forwarded = forwarded(&mut random, free, talk);
            free = forwarded[1].over().after(random.millis(5_000, 40_000));
            calls.extend(forwarded);
        }
    }
    Plan::of(calls)
}

/// Calls to the voicemail, one after the other.
fn guessing(random: &mut Random) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut free = moment(SATURDAY, hours(1, 0));
    let end = moment(SATURDAY, hours(5, 0));
    while free < end {
        let (dialled, number) = house::direct(VOICEMAIL);
        let call = Call {
            start: free,
            path: Path::Service { caller: attacker(random) },
            dialled,
            number: Some(number),
            ring: random.millis(500, 1_500),
            end: End::Answered(random.millis(10_000, 25_000)),
            purpose: Purpose::Guessing,
        };
        free = call.over().after(random.millis(3_000, 12_000));
        calls.push(call);
    }
    calls
}

/// A call to the box's extension, and the one that its forward makes of it.
fn forwarded(random: &mut Random, start: monitor::calls::Timestamp, talk: Duration) -> [Call; 2] {
    let (dialled, number) = house::direct(142);
    let ring = random.millis(2_000, 6_000);
    let incoming = Call {
        start,
        path: Path::Service { caller: attacker(random) },
        dialled,
        number: Some(number),
        ring: ring + FORWARDS,
        end: End::Answered(talk),
        purpose: Purpose::Guessing,
    };
    let prefix = random.pick(&TARGETS);
    let (dialled, number) = house::abroad(&format!("{prefix}{:06}", random.below(2_000)));
    let outgoing = Call {
        start: start.after(FORWARDS),
        path: Path::Pbx,
        dialled,
        number: Some(number),
        ring,
        purpose: Purpose::Fraud,
        ..incoming.clone()
    };
    [incoming, outgoing]
}

/// Numbers that were made up, now one and now another.
fn attacker(random: &mut Random) -> Arc<str> {
    format!("+4420794605{:02}", random.below(4)).into()
}

/// Saturday.
const SATURDAY: chrono::NaiveDate = day(2025, 11, 8);
/// The number of the voicemail.
const VOICEMAIL: u16 = 999;
const LINES: u64 = 4;
/// How long the PBX takes to call on.
const FORWARDS: Duration = Duration::from_millis(300);
/// Cuba, North Korea, Latvia, Lithuania, Estonia, Somalia, the Gambia, Guinea.
const TARGETS: [&str; 8] = ["5352", "85019", "37122", "37069", "37254", "25261", "22030", "22462"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::most_at_once;

    #[test]
    fn the_guessing_comes_first_and_few_long_calls_after_it() {
        let calls = plan(1).calls;
        let of =
            |purpose| calls.iter().filter(move |call| call.purpose == purpose).cloned().collect::<Vec<_>>();
        let fraud = of(Purpose::Fraud);
        let first = fraud[0].start;
        let guesses = of(Purpose::Guessing).iter().filter(|call| call.start < first).count() - 1;
        assert!((350..700).contains(&guesses), "{guesses}");
        assert_eq!(most_at_once(&fraud), LINES as usize);
        assert!(fraud.iter().all(|call| call.talk() >= Duration::from_secs(1_200)));
        let hours = fraud.iter().map(Call::talk).sum::<Duration>().as_secs() / 3_600;
        assert!((190..200).contains(&hours), "{hours}");
    }
}
