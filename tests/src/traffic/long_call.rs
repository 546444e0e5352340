//! The cap: two calls to New York in the morning, then one of three hours, within which a day's budget for calls abroad
//! runs out. Long calls are what a budget that is only looked at when a call ends does not see.

use std::time::Duration;

use monitor::calls::Timestamp;

use super::{
    Plan,
    call::{Call, End, Path, Purpose},
    clock::{day, hours, moment},
    house,
};
use crate::random::Random;

/// The calls, by name.
#[derive(Clone, Debug)]
pub struct LongCall {
    /// Those before it.
    pub before: [Call; 2],
    /// The long one.
    pub long: Call,
    /// Calls at home, which cost nothing of that budget.
    pub home: Vec<Call>,
}

impl LongCall {
    /// The calls of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut abroad = |hour, minutes: u64| {
            let (dialled, number) = house::abroad("12125550123");
            Call {
                start: moment(TUESDAY, hours(hour, 0)).after(random.millis(0, 600_000)),
                path: Path::Out { extension: "117".into(), phone: house::phone(117) },
                dialled,
                number: Some(number),
                ring: random.millis(2_000, 9_000),
                end: End::Answered(Duration::from_secs(60 * minutes) + random.millis(0, 59_000)),
                purpose: Purpose::Work("a call to New York"),
            }
        };
        let (before, long) = ([abroad(9, 7), abroad(11, 12)], abroad(14, 180));
        let home = (0..20).map(|_| at_home(&mut random)).collect();
        Self { before, long, home }
    }

    /// All of them.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan::of(self.before.iter().chain([&self.long]).chain(&self.home).cloned().collect())
    }

    /// When somebody answers the long call.
    #[must_use]
    pub fn answered(&self) -> Timestamp {
        self.long.start.after(self.long.ring)
    }
}

fn at_home(random: &mut Random) -> Call {
    let (dialled, number) = house::national(random);
    Call {
        start: moment(TUESDAY, hours(8, 0)).after(random.millis(0, 10 * 3_600_000)),
        path: Path::Out { extension: "118".into(), phone: house::phone(118) },
        dialled,
        number: Some(number),
        ring: random.millis(2_000, 9_000),
        end: End::Answered(random.millis(5_000, 900_000)),
        purpose: Purpose::Work("a call at home"),
    }
}

const TUESDAY: chrono::NaiveDate = day(2025, 11, 4);
