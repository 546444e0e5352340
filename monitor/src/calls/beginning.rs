//! What an INVITE says of its call: where it goes, who calls, what more a second leg tells.

use std::sync::Arc;

use monitor_common::abi::{Direction, Reason, Verdict};

use super::{
    Timestamp,
    call::{Call, CallId, Origin, Route, Seconds},
    leg::Leg,
    matching::Features,
    seen::Seen,
    signal::{Judged, Trunk},
};
use crate::sip::Start;

impl Features {
    /// Of the leg of an INVITE.
    pub(super) fn of(seen: &Seen<'_>) -> Self {
        let message = &seen.signal.message;
        let user = request_user(seen);
        let judged = seen.signal.judged.as_ref();
        Self {
            number: judged.and_then(|judged| judged.number.clone()),
            dialled: judged.map_or_else(|| Arc::clone(&user), |judged| Arc::clone(&judged.dialled)),
            user,
            caller: Arc::clone(&message.from.user),
        }
    }

    /// Of a call that was saved.
    pub(super) fn of_call(call: &Call) -> Self {
        Self {
            number: call.number.clone(),
            dialled: Arc::clone(&call.dialled),
            user: Arc::clone(&call.dialled),
            caller: Arc::clone(&call.caller),
        }
    }
}

/// A call of which this is the first that was seen.
pub(super) fn new_call(id: CallId, seen: &Seen<'_>, direction: Direction, now: Timestamp) -> Call {
    let signal = seen.signal;
    let judged = signal.judged.clone().unwrap_or_else(|| Judged {
        dialled: request_user(seen),
        number: None,
        destination: Arc::from(UNKNOWN),
        verdict: Verdict::Pass,
        reason: Reason::NoNumber,
    });
    let arrives = direction == Direction::Ingress;
    let (route, origin) = match (arrives, signal.trunk) {
        (true, Trunk::Yes) => (Route::Incoming, Origin::Trunk),
        (true, _) => (if is_outside(&judged) { Route::Outgoing } else { Route::Internal }, Origin::Extension),
        (false, _) => (if goes_outside(seen) { Route::Outgoing } else { Route::Internal }, Origin::Pbx),
    };
    Call {
        id,
        route,
        origin,
        destination: judged.destination,
        dialled: judged.dialled,
        number: judged.number,
        caller: Arc::clone(&signal.message.from.user),
        source: seen.remote(),
        trunk: (signal.trunk == Trunk::Yes).then_some(seen.remote()),
        customer: signal.customer.clone(),
        verdict: judged.verdict,
        reason: judged.reason,
        started: now,
        rang: None,
        answered: None,
        ended: None,
        result: None,
        status: None,
        attempts: 1,
        legs_out: u32::from(!arrives),
        media: Seconds::default(),
        is_whole: true,
    }
}

/// The leg that arrived comes to light after one that left.
pub(super) fn arrive(call: &mut Call, seen: &Seen<'_>) {
    let is_from_trunk = seen.signal.trunk == Trunk::Yes;
    call.origin = if is_from_trunk { Origin::Trunk } else { Origin::Extension };
    if is_from_trunk && call.route == Route::Internal {
        call.route = Route::Incoming;
    }
    call.caller = Arc::clone(&seen.signal.message.from.user);
    call.source = seen.remote();
    if is_from_trunk && call.trunk.is_none() {
        call.trunk = Some(seen.remote());
    }
}

/// Another leg of the call: one to the outside says what the call is to.
pub(super) fn widen(call: &mut Call, leg: &Leg, seen: &Seen<'_>) {
    call.attempts += 1;
    if call.customer.is_none() {
        call.customer = seen.signal.customer.clone();
    }
    if leg.direction == Direction::Ingress {
        return;
    }
    call.legs_out += 1;
    if !goes_outside(seen) {
        return;
    }
    call.route = Route::Outgoing;
    if leg.trunk == Trunk::Yes {
        call.trunk = Some(leg.remote);
    }
    if let Some(judged) = &seen.signal.judged {
        call.destination = Arc::clone(&judged.destination);
        call.dialled = Arc::clone(&judged.dialled);
        call.number = judged.number.clone();
    }
}

/// Whether a leg that leaves goes to the outside.
pub(super) fn goes_outside(seen: &Seen<'_>) -> bool {
    let judged = seen.signal.judged.as_ref();
    seen.signal.trunk == Trunk::Yes || judged.is_some_and(is_outside)
}

fn is_outside(judged: &Judged) -> bool {
    judged.number.is_some() || judged.reason == Reason::Emergency
}

/// Whether the kernel dropped it.
pub(super) fn was_dropped(seen: &Seen<'_>) -> bool {
    seen.signal.judged.as_ref().is_some_and(|judged| judged.verdict == Verdict::Drop)
}

/// User part of the Request-URI; of To, where it is a response.
fn request_user(seen: &Seen<'_>) -> Arc<str> {
    match &seen.signal.message.start {
        Start::Request { user, .. } if !user.is_empty() => Arc::clone(user),
        _ => Arc::clone(&seen.signal.message.to.user),
    }
}

/// Destination of a call whose INVITE was not seen.
const UNKNOWN: &str = "unknown";
