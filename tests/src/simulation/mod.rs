//! Calls that never were, signal by signal. The same seed makes the same calls.

pub(crate) mod leg;
mod octets;
mod play;

use std::{sync::Arc, time::Duration};

use monitor::{
    calls::{Signal, Trunk},
    sip::Method,
};
use monitor_common::abi::Direction;

use self::leg::{Leg, Side};
pub use self::{octets::octets, play::play};
use crate::random::Random;

/// Makes calls.
#[derive(Debug)]
pub struct Simulation {
    random: Random,
    calls: u64,
}

/// A signal, and how long after the beginning of its call it comes.
pub type Timed = (Duration, Signal);

impl Simulation {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), calls: 0 }
    }

    /// A phone's call through a B2BUA to a trunk, answered: ten signals up to the last ACK, then four that end it.
    pub fn through(&mut self) -> (Vec<Signal>, Vec<Signal>) {
        let (phone, trunk) = self.legs();
        let mut begin = Vec::new();
        begin.push(phone.invite());
        begin.push(phone.response(100, Method::Invite, Side::Caller, 1));
        begin.push(trunk.invite());
        for code in [100, 180] {
            begin.push(trunk.response(code, Method::Invite, Side::Caller, 1));
        }
        begin.push(phone.response(180, Method::Invite, Side::Caller, 1));
        for leg in [&trunk, &phone] {
            begin.push(leg.response(200, Method::Invite, Side::Caller, 1));
            begin.push(leg.request(Method::Ack, Side::Caller, 1));
        }
        let end = [&phone, &trunk].into_iter().flat_map(|leg| leg.bye(Side::Caller)).collect();
        (begin, end)
    }

    /// A call with any kind of end; a few signals are lost.
    pub fn any(&mut self) -> Vec<Timed> {
        let mut signals = match self.random.below(100) {
            0..45 => self.answered(),
            45..60 => self.unanswered(486),
            60..65 => self.unanswered(404),
            65..70 => self.unanswered(503),
            70..80 => self.cancelled(),
            80..85 => self.unauthorized(),
            85..92 => self.alone(),
            _ => self.silent(),
        };
        signals.retain(|_| self.random.below(200) != 0);
        signals
    }

    /// How long until the next call, some 21 seconds on average: three million calls in two years.
    pub fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.below(42_000))
    }

    fn answered(&mut self) -> Vec<Timed> {
        let (begin, end) = self.through();
        let (ring, talk) = (1_000 + self.random.below(20_000), 1_000 + self.random.below(300_000));
        let mut timed = Vec::new();
        for (index, signal) in begin.into_iter().enumerate() {
            let wait = if index < 6 { index as u64 } else { ring + index as u64 };
            timed.push((Duration::from_millis(wait), signal));
        }
        // One in fifty ends unheard.
        if self.random.below(50) != 0 {
            let ends = end.into_iter().enumerate();
            timed.extend(ends.map(|(index, end)| (Duration::from_millis(ring + talk + index as u64), end)));
        }
        timed
    }

    fn unanswered(&mut self, code: u16) -> Vec<Timed> {
        let (phone, trunk) = self.legs();
        let wait = Duration::from_millis(self.random.below(30_000));
        let mut timed = begin(&phone, &trunk);
        for leg in [&trunk, &phone] {
            timed.push((wait, leg.response(code, Method::Invite, Side::Caller, 1)));
            timed.push((wait, leg.transaction(Method::Ack)));
        }
        timed
    }

    fn cancelled(&mut self) -> Vec<Timed> {
        let (phone, trunk) = self.legs();
        let wait = Duration::from_millis(100 + self.random.below(30_000));
        let mut timed = begin(&phone, &trunk);
        for leg in [&phone, &trunk] {
            timed.push((wait, leg.transaction(Method::Cancel)));
            timed.push((wait, leg.response(487, Method::Invite, Side::Caller, 1)));
            timed.push((wait, leg.transaction(Method::Ack)));
        }
        timed
    }

    fn unauthorized(&mut self) -> Vec<Timed> {
        let (phone, _) = self.legs();
        let challenge = phone.response(401, Method::Invite, Side::Caller, 1);
        [phone.invite(), challenge, phone.transaction(Method::Ack)]
            .into_iter()
            .map(|signal| (Duration::ZERO, signal))
            .collect()
    }

    /// The PBX calls of its own accord.
    fn alone(&mut self) -> Vec<Timed> {
        let (_, trunk) = self.legs();
        let talk = Duration::from_millis(1_000 + self.random.below(60_000));
        let mut timed = vec![(Duration::ZERO, trunk.invite())];
        timed.push((Duration::from_millis(900), trunk.response(200, Method::Invite, Side::Caller, 1)));
        timed.push((Duration::from_millis(901), trunk.request(Method::Ack, Side::Caller, 1)));
        timed.extend(trunk.bye(Side::Callee).map(|signal| (talk, signal)));
        timed
    }

    /// Nobody responds.
    fn silent(&mut self) -> Vec<Timed> {
        let (phone, _) = self.legs();
        vec![(Duration::ZERO, phone.invite())]
    }

    fn legs(&mut self) -> (Leg, Leg) {
        self.calls += 1;
        let call = self.calls;
        let number = 510_000_000 + self.random.below(9_999_999);
        let extension: Arc<str> = (100 + call % 900).to_string().into();
        let phone = Leg {
            direction: Direction::Ingress,
            remote: [10, 0, (call >> 8) as u8, call as u8].into(),
            trunk: Trunk::No,
            call_id: format!("{call:x}-phone-9cPqZbX1v0kqYH0r@10.0.0.1").into(),
            user: format!("0053{number}").into(),
            number: Some(format!("+53{number}").into()),
            destination: "cuba".into(),
            caller: Arc::clone(&extension),
            call,
        };
        let trunk = Leg {
            direction: Direction::Egress,
            remote: [203, 0, 113, 5].into(),
            trunk: Trunk::Yes,
            call_id: format!("{call:x}-trunk-7oTq3wYH0r9cPqZb@192.0.2.10").into(),
            user: format!("+53{number}").into(),
            caller: format!("+3314234{:04}", call % 900).into(),
            ..phone.clone()
        };
        (phone, trunk)
    }
}

fn begin(phone: &Leg, trunk: &Leg) -> Vec<Timed> {
    let mut timed = vec![(Duration::ZERO, phone.invite()), (Duration::ZERO, trunk.invite())];
    let ring = Duration::from_millis(50);
    timed.push((ring, trunk.response(180, Method::Invite, Side::Caller, 1)));
    timed.push((ring, phone.response(180, Method::Invite, Side::Caller, 1)));
    timed
}
