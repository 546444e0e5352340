//! What is kept of a leg that is over, for as long as its messages may come again: a few octets, 32 seconds.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
};

use monitor_common::abi::Direction;

use super::{Timestamp, leg::Leg, seen::Seen, timers::TRANSACTION, token::Token};

/// Legs that are over.
#[derive(Debug, Default)]
pub(super) struct Remnants {
    /// By Call-ID, tag of the caller, direction and remote host.
    kept: BTreeMap<Key, Remnant>,
    /// The oldest first: each is kept for the same time.
    order: VecDeque<(Timestamp, Key)>,
}

/// What is known of a leg that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remnant {
    branch: Option<Token>,
    cseq: u32,
    until: Timestamp,
    /// Its INVITE was dropped.
    pub(super) was_blocked: bool,
    /// Nothing more can come of it: a message ended it, or its dialog was.
    pub(super) is_settled: bool,
}

type Key = (Token, Option<Token>, bool, IpAddr);

impl Remnants {
    /// Keeps what is needed of a leg.
    pub(super) fn keep(&mut self, leg: &Leg, was_blocked: bool, is_settled: bool, now: Timestamp) {
        let until = now.after(TRANSACTION);
        let key = (leg.call_id, leg.caller, leg.direction == Direction::Ingress, leg.remote);
        let remnant = Remnant { branch: leg.branch, cseq: leg.cseq, until, was_blocked, is_settled };
        self.kept.insert(key, remnant);
        self.order.push_back((until, key));
    }

    /// The leg that an INVITE would repeat.
    pub(super) fn repeated(&self, seen: &Seen<'_>) -> Option<&Remnant> {
        let is_ingress = seen.signal.direction == Direction::Ingress;
        let remnant = self.kept.get(&(seen.call_id, seen.from, is_ingress, seen.remote()))?;
        let is_same_cseq = remnant.cseq == seen.signal.message.cseq.number;
        let is_same = match (seen.branch, remnant.branch) {
            (Some(own), Some(kept)) => own == kept || (remnant.was_blocked && is_same_cseq),
            _ => is_same_cseq,
        };
        is_same.then_some(remnant)
    }

    /// Whether the dialog of a message is known to be over.
    pub(super) fn knows(&self, seen: &Seen<'_>) -> bool {
        let host = seen.remote();
        [seen.from, seen.to].into_iter().any(|tag| {
            [true, false].into_iter().any(|is_ingress| {
                self.kept.get(&(seen.call_id, tag, is_ingress, host)).is_some_and(|kept| kept.is_settled)
            })
        })
    }

    /// Forgets what is old enough.
    pub(super) fn forget(&mut self, now: Timestamp) {
        while let Some(&(until, key)) = self.order.front() {
            if until > now {
                break;
            }
            self.order.pop_front();
            if self.kept.get(&key).is_some_and(|kept| kept.until <= now) {
                self.kept.remove(&key);
            }
        }
        if self.order.capacity() > LEAST && self.order.len() < self.order.capacity() / 4 {
            self.order.shrink_to(self.order.len() * 2);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.order.capacity()
    }
}

/// Room that is never given back.
const LEAST: usize = 1024;
