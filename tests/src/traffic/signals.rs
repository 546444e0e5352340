//! A call as the SIP messages that a host with a PBX sees of it, each at its time.

use std::{net::IpAddr, sync::Arc, time::Duration};

use monitor::{calls::Trunk, sip::Method};
use monitor_common::abi::Direction;

use super::{
    call::{Call, End, Path},
    house,
};
use crate::simulation::{
    Timed,
    leg::{Leg, Side},
};

/// The messages of a call. `number` tells it from every other call of the plan; what judges an INVITE comes later.
#[must_use]
pub fn signals(call: &Call, number: u64) -> Vec<Timed> {
    let legs = legs(call, number);
    let (first, others) = legs.split_first().expect("a call has a leg");
    let mut timed = Vec::with_capacity(5 * legs.len());
    timed.push((Duration::ZERO, first.invite()));
    for leg in others {
        timed.push((FORWARDED, leg.invite()));
    }
    // What comes back goes through the last leg first.
    let back: Vec<_> = legs.iter().rev().collect();
    if call.ring > RINGS {
        timed.extend(back.iter().map(|leg| (RINGS, leg.response(180, Method::Invite, Side::Caller, 1))));
    }
    match call.end {
        End::Answered(talk) => {
            for leg in &back {
                timed.push((call.ring, leg.response(200, Method::Invite, Side::Caller, 1)));
                timed.push((call.ring, leg.request(Method::Ack, Side::Caller, 1)));
            }
            let refreshes = refresh(&legs, call.ring, talk, &mut timed);
            hang_up(&legs, number, call.ring + talk, refreshes, &mut timed);
        }
        End::Refused(code) => {
            for leg in &back {
                timed.push((call.ring, leg.response(code, Method::Invite, Side::Caller, 1)));
                timed.push((call.ring, leg.transaction(Method::Ack)));
            }
        }
        End::GivenUp => {
            for leg in &legs {
                timed.push((call.ring, leg.transaction(Method::Cancel)));
                timed.push((call.ring, leg.response(487, Method::Invite, Side::Caller, 1)));
                timed.push((call.ring, leg.transaction(Method::Ack)));
            }
        }
    }
    timed
}

/// Session refreshes of a long call, by whoever sent the INVITE; how many there are.
fn refresh(legs: &[Leg], ring: Duration, talk: Duration, timed: &mut Vec<Timed>) -> u32 {
    let mut count = 0;
    while REFRESH * (count + 1) < talk {
        count += 1;
        for leg in legs {
            let refresh = leg.within(Method::Update, Side::Caller, 1 + count);
            timed.extend(refresh.map(|signal| (ring + REFRESH * count, signal)));
        }
    }
    count
}

/// Every third call is ended by who was called.
fn hang_up(legs: &[Leg], number: u64, after: Duration, refreshes: u32, timed: &mut Vec<Timed>) {
    let is_callee = number.is_multiple_of(3);
    let side = if is_callee { Side::Callee } else { Side::Caller };
    let mut bye = |leg: &Leg| {
        timed.extend(leg.within(Method::Bye, side, 2 + refreshes).map(|signal| (after, signal)));
    };
    if is_callee {
        legs.iter().rev().for_each(&mut bye);
    } else {
        legs.iter().for_each(&mut bye);
    }
}

/// The legs, the one that comes first first.
fn legs(call: &Call, number: u64) -> Vec<Leg> {
    let leg = |direction, remote: IpAddr, caller: &Arc<str>, hop: &str| Leg {
        direction,
        remote,
        trunk: if remote == house::trunk() { Trunk::Yes } else { Trunk::No },
        call_id: format!("{number:x}-{hop}").into(),
        user: Arc::clone(&call.dialled),
        number: call.number.clone(),
        destination: "unknown".into(),
        caller: Arc::clone(caller),
        call: number,
    };
    let (arrives, leaves) = (Direction::Ingress, Direction::Egress);
    let phone_of = |extension: &str| house::phone(extension.parse().unwrap_or_default());
    // A call that arrives from the trunk is not judged by its number: what it dialled is all there is of it.
    let from_trunk =
        |caller: &Arc<str>| Leg { number: None, ..leg(arrives, house::trunk(), caller, "trunk") };
    // The PBX writes E.164 to its trunk.
    let to_trunk = || {
        let leg = leg(leaves, house::trunk(), &house::own_number(), "trunk");
        Leg { user: call.number.clone().unwrap_or_else(|| Arc::clone(&leg.user)), ..leg }
    };
    match &call.path {
        Path::Out { extension, phone } => vec![leg(arrives, *phone, extension, "phone"), to_trunk()],
        Path::Pbx => vec![to_trunk()],
        Path::In { caller, extension } => {
            let rings = leg(leaves, phone_of(extension), caller, "phone");
            let inside = Leg { user: Arc::clone(extension), number: None, ..rings };
            vec![from_trunk(caller), inside]
        }
        Path::Service { caller } => vec![from_trunk(caller)],
        Path::Inside { extension } => vec![
            leg(arrives, phone_of(extension), extension, "phone"),
            leg(leaves, phone_of(&call.dialled), extension, "other"),
        ],
        Path::Room { extension } => vec![leg(arrives, phone_of(extension), extension, "phone")],
    }
}

/// How long a B2BUA takes to send an INVITE on.
const FORWARDED: Duration = Duration::from_millis(2);
/// When it rings: the delay after dialling over a national network and a good part of those abroad.
const RINGS: Duration = Duration::from_millis(400);
/// Half of the session interval that RFC 4028, 4.2 recommends.
const REFRESH: Duration = Duration::from_secs(900);
