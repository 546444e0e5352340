//! A signal as it is compared with legs: its fingerprints, and whether it may speak for a leg.

use std::net::IpAddr;

use monitor_common::abi::Direction;

use super::{leg::Leg, signal::Signal, token::Token};
use crate::sip::Start;

/// One signal, and the fingerprints of what names its dialog and transaction.
pub(super) struct Seen<'a> {
    pub(super) signal: &'a Signal,
    pub(super) call_id: Token,
    pub(super) from: Option<Token>,
    pub(super) to: Option<Token>,
    pub(super) branch: Option<Token>,
    /// Which way a request goes that this is, or that this answers.
    request_went: Direction,
}

/// Who sent the request that a signal is or answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Who sent the INVITE of the leg.
    Caller,
    /// The other end.
    Callee,
}

impl<'a> Seen<'a> {
    pub(super) fn new(signal: &'a Signal) -> Self {
        let message = &signal.message;
        let is_request = matches!(message.start, Start::Request { .. });
        Self {
            signal,
            call_id: Token::of(&message.call_id),
            from: message.from.tag.as_deref().map(Token::of),
            to: message.to.tag.as_deref().map(Token::of),
            branch: message.branch.as_deref().map(Token::of),
            request_went: if is_request { signal.direction } else { opposite(signal.direction) },
        }
    }

    /// The other host.
    pub(super) fn remote(&self) -> IpAddr {
        self.signal.remote.0
    }

    /// Which way the request goes that it is or answers.
    pub(super) fn request_direction(&self) -> Direction {
        self.request_went
    }

    /// Whether it is a response.
    pub(super) fn is_response(&self) -> bool {
        matches!(self.signal.message.start, Start::Response { .. })
    }

    /// Whether it left this host: then it needs no other proof of who it speaks for.
    pub(super) fn left(&self) -> bool {
        self.signal.direction == Direction::Egress
    }

    /// Whose request it is or answers, where it is of this leg: its tags and direction fit, and it comes from a host
    /// that has to do with the leg. A host can change its port (NAT, TCP), not its address.
    pub(super) fn role(&self, leg: &Leg) -> Option<Role> {
        if leg.call_id != self.call_id || !(self.left() || leg.has_party(self.remote())) {
            return None;
        }
        if self.from == leg.caller && self.request_went == leg.direction {
            Some(Role::Caller)
        } else if self.to.is_some() && self.to == leg.caller && self.request_went != leg.direction {
            Some(Role::Callee)
        } else {
            None
        }
    }

    /// The tag of the end that did not send the INVITE of the leg.
    pub(super) fn callee(&self, role: Role) -> Token {
        let tag = if role == Role::Caller { self.to } else { self.from };
        tag.unwrap_or_else(|| Token::of(""))
    }

    /// Whether it is or answers the INVITE that the leg waits for.
    pub(super) fn is_of_invite(&self, leg: &Leg) -> bool {
        match (self.branch, leg.branch) {
            (Some(own), Some(of_leg)) => own == of_leg,
            _ => self.signal.message.cseq.number == leg.cseq,
        }
    }

    /// How close it is to a leg that it may belong to.
    pub(super) fn closeness(&self, leg: &Leg) -> u8 {
        u8::from(leg.has_party(self.remote())) * 2 + u8::from(leg.port == self.signal.remote.1)
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    }
}
