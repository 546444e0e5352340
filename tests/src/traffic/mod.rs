//! Traffic that never was, made from a seed: attacks as victims told of them, and weeks of people who work. Each module says
//! where its figures come from; docs/CASES.md tells what is tested with them.
//!
//! A [`Scenario`] and a seed make a [`Plan`], a list of [`Call`]s. A plan becomes messages for the tracker
//! ([`Plan::stream`]) or a capture file ([`Plan::write`]).

mod call;
mod call_centre;
mod capture;
mod clock;
mod destinations;
mod hotel;
mod house;
mod long_call;
mod night;
mod office;
mod shift;
mod signals;
mod slow;
mod stream;
mod three_days;

use std::io::{self, Write};

pub use call::{Call, End, Path, Purpose};
pub use capture::{Written, frame};
pub use clock::moment;
pub use long_call::LongCall;
pub use stream::{Step, Stream};
pub use three_days::{BILL, Door, PER_MINUTE, stretched};

/// What can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// Three days of short calls to Cayman and Niger from a stolen extension: 240 h 33 min, 29,733.11 €
    ThreeDays,
    /// The same, begun by the PBX itself
    ThreeDaysPbx,
    /// A voicemail PIN is guessed at night, then calls are forwarded abroad until Monday
    NightAndWeekend,
    /// One call of three hours, within which a day's budget runs out
    LongCall,
    /// Three weeks of an office, and some calls abroad each night of the last week
    Slow,
    /// A week of an office with 200 extensions
    Office,
    /// A week of a call centre with a predictive dialler
    CallCentre,
    /// A week of a hotel with 120 rooms
    Hotel,
}

/// Calls, in the order in which they begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The calls.
    pub calls: Vec<Call>,
}

impl Scenario {
    /// The calls of a seed: the same for the same seed, on every machine.
    #[must_use]
    pub fn plan(self, seed: u64) -> Plan {
        match self {
            Self::ThreeDays => three_days::plan(seed, Door::Extension),
            Self::ThreeDaysPbx => three_days::plan(seed, Door::Pbx),
            Self::NightAndWeekend => night::plan(seed),
            Self::LongCall => LongCall::new(seed).plan(),
            Self::Slow => slow::plan(seed),
            Self::Office => office::plan(seed, 1),
            Self::CallCentre => call_centre::plan(seed),
            Self::Hotel => hotel::plan(seed),
        }
    }
}

impl Plan {
    fn of(mut calls: Vec<Call>) -> Self {
        calls.sort_by_key(|call| call.start);
        Self { calls }
    }

    /// Its messages, in order.
    #[must_use]
    pub const fn stream(&self) -> Stream<'_> {
        Stream::new(self)
    }

    /// Writes it as a capture: pcap with whole Ethernet frames.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut impl Write) -> io::Result<Written> {
        capture::write(self, out)
    }
}

/// How many of some calls go on at once at most, from the INVITE to the end.
#[cfg(test)]
fn most_at_once(calls: &[Call]) -> usize {
    let begins = calls.iter().map(|call| (call.start, true));
    let ends = calls.iter().map(|call| (call.over(), false));
    let mut changes: Vec<_> = begins.chain(ends).collect();
    // Of one moment, the ends come first.
    changes.sort();
    let (mut now, mut most) = (0_usize, 0);
    for (_, begins) in changes {
        now = if begins { now + 1 } else { now - 1 };
        most = most.max(now);
    }
    most
}
