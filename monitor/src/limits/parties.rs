//! Whose a call is: what limits ask of it, and the tokens that stand for it.

use std::{net::IpAddr, sync::Arc};

use monitor_common::{
    abi::{Reason, Verdict, slot},
    number::Digits,
};

use super::{
    key::Key,
    token::{Token, Tokens},
};
use crate::{
    calls::{Call, Origin, Route},
    policy::{limits::Scope, mask::known_digits, numbering::countries},
};

/// What limits ask of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parties {
    pub(super) route: Route,
    pub(super) origin: Origin,
    pub(super) destination: Arc<str>,
    pub(super) number: Option<Arc<str>>,
    /// The called number: E.164 where it has one, else as it was dialled, as calls to the house are.
    pub(super) called: Option<Arc<str>>,
    pub(super) caller: Arc<str>,
    /// None where the PBX itself began the call: it came from no other host.
    pub(super) source: Option<IpAddr>,
    pub(super) trunk: Option<IpAddr>,
    pub(super) customer: Option<Arc<str>>,
    /// An emergency call, or one that Ringfence dropped: it counts nowhere.
    pub(super) is_exempt: bool,
}

impl Parties {
    pub(super) fn of(call: &Call) -> Self {
        Self {
            route: call.route,
            origin: call.origin,
            destination: Arc::clone(&call.destination),
            number: call.number.clone(),
            called: called(call),
            caller: Arc::clone(&call.caller),
            source: source(call),
            trunk: call.trunk.map(|trunk| trunk.to_canonical()),
            customer: call.customer.clone(),
            is_exempt: is_exempt(call),
        }
    }

    /// Whether they are still those of `call`; asked for every call each second.
    pub(super) fn are_of(&self, call: &Call) -> bool {
        self.destination == call.destination
            && self.number == call.number
            && self.called == called(call)
            && self.caller == call.caller
            && self.customer == call.customer
            && (self.route, self.origin) == (call.route, call.origin)
            && self.source == source(call)
            && self.trunk == call.trunk.map(|trunk| trunk.to_canonical())
            && self.is_exempt == is_exempt(call)
    }

    /// The digits of its number that are known: all, or those that are not hidden.
    pub(super) fn digits(&self) -> Option<Digits> {
        known_digits(self.number.as_deref()?)
    }

    /// For whom it counts in a scope, where there is somebody.
    pub(super) fn key(&self, scope: Scope) -> Option<Key> {
        Some(match scope {
            Scope::All => Key::All,
            Scope::Destination => Key::Destination(Arc::clone(&self.destination)),
            Scope::Country => Key::Country(self.country()?.into()),
            Scope::Number => Key::Number(self.called.clone()?),
            Scope::Caller => Key::Caller(Some(&self.caller).filter(|caller| !caller.is_empty()).cloned()?),
            Scope::Source => Key::Source(self.source?),
            Scope::Trunk => Key::Trunk(self.trunk?),
            Scope::Customer => Key::Customer(self.customer.clone()?),
        })
    }

    pub(super) fn country(&self) -> Option<&'static str> {
        countries::of(self.digits()?).map(|country| country.iso.as_str())
    }

    /// The token of each scope in which it counts, in the order of [`Scope::ALL`].
    pub(super) fn tokens(&self, tokens: &Tokens) -> [Option<Token>; SCOPES] {
        std::array::from_fn(|index| self.key(Scope::ALL[index]).map(|key| key.token(tokens)))
    }
}

fn called(call: &Call) -> Option<Arc<str>> {
    let is_to_house = call.route != Route::Outgoing && !call.dialled.is_empty();
    let dialled = Some(&call.dialled).filter(|_| is_to_house);
    call.number.as_ref().or(dialled).cloned()
}

fn source(call: &Call) -> Option<IpAddr> {
    (call.origin != Origin::Pbx).then(|| call.source.to_canonical())
}

pub(super) fn is_exempt(call: &Call) -> bool {
    call.verdict == Verdict::Drop || call.reason == Reason::Emergency || &*call.destination == EMERGENCY
}

pub(super) const SCOPES: usize = Scope::ALL.len();
/// The destination of emergency calls: a name that no policy can give.
pub(super) const EMERGENCY: &str = slot::RESERVED[slot::EMERGENCY as usize];
