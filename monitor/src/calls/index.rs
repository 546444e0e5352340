//! Which calls a dialog may belong to: by Call-ID and the tag of who sent the INVITE. Who knows a Call-ID alone finds nobody
//! else's call.

use std::collections::BTreeSet;

use super::{call::CallId, leg::Leg, seen::Seen, token::Token};

/// Calls by the dialogs of their legs.
#[derive(Debug, Default)]
pub(super) struct DialogIndex {
    keys: BTreeSet<Key>,
}

type Key = (Token, Option<Token>, CallId);

impl DialogIndex {
    pub(super) fn add(&mut self, leg: &Leg, call: CallId) {
        self.keys.insert((leg.call_id, leg.caller, call));
    }

    /// Takes a leg out, unless another leg of the call is found under the same key.
    pub(super) fn remove(&mut self, leg: &Leg, others: &[Leg], call: CallId) {
        if !others.iter().any(|other| other.call_id == leg.call_id && other.caller == leg.caller) {
            self.keys.remove(&(leg.call_id, leg.caller, call));
        }
    }

    /// Calls with a leg whose caller is named by From or To of a message, the latest first.
    pub(super) fn of(&self, seen: &Seen<'_>) -> impl Iterator<Item = CallId> {
        let call_id = seen.call_id;
        let other = seen.to.filter(|_| seen.to != seen.from).map(Some);
        [Some(seen.from), other].into_iter().flatten().flat_map(move |tag| {
            let range = (call_id, tag, CallId(0))..=(call_id, tag, CallId(u64::MAX));
            self.keys.range(range).rev().take(MOST).map(|&(.., call)| call)
        })
    }

    /// Calls with a leg of this Call-ID, the latest first.
    pub(super) fn of_call_id(&self, call_id: Token) -> impl Iterator<Item = CallId> {
        let range = (call_id, None, CallId(0))..=(call_id, Some(Token::MAX), CallId(u64::MAX));
        self.keys.range(range).rev().take(MOST).map(|&(.., call)| call)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// Calls of one key that are looked at.
const MOST: usize = 32;
