//! Which legs are one call: by what was dialled and who calls, where a PBX gives each leg a Call-ID of its own.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{call::CallId, token::Token};

/// What a leg says of the call that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Features {
    /// E.164 with `+`.
    pub(super) number: Option<Arc<str>>,
    /// Symbols that were dialled.
    pub(super) dialled: Arc<str>,
    /// User part of the Request-URI.
    pub(super) user: Arc<str>,
    /// User part of From.
    pub(super) caller: Arc<str>,
}

/// Keys of the calls that another leg may belong to.
#[derive(Debug, Default)]
pub(super) struct Offers {
    keys: BTreeSet<(Token, CallId)>,
}

/// Which side of a call offers itself: what arrived, or what left before anything arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Arrived = 0,
    Left = 8,
}

impl Offers {
    /// Lets other legs find the call.
    pub(super) fn add(&mut self, side: Side, features: &Features, call: CallId) {
        self.keys.extend(features.keys(side).map(|key| (key, call)));
    }

    /// Takes the call out.
    pub(super) fn remove(&mut self, side: Side, features: &Features, call: CallId) {
        for key in features.keys(side) {
            self.keys.remove(&(key, call));
        }
    }

    /// Calls whose number ends alike, the latest first.
    pub(super) fn by_number(&self, side: Side, features: &Features) -> impl Iterator<Item = CallId> {
        self.of(features.number_key(side))
    }

    /// Calls to the same user of the Request-URI, the latest first.
    pub(super) fn by_user(&self, side: Side, features: &Features) -> impl Iterator<Item = CallId> {
        self.of(features.user_key(side))
    }

    /// Calls of the same caller, the latest first.
    pub(super) fn by_caller(&self, side: Side, features: &Features) -> impl Iterator<Item = CallId> {
        self.of(features.caller_key(side))
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    fn of(&self, key: Option<Token>) -> impl Iterator<Item = CallId> {
        let range = key.map(|key| self.keys.range((key, CallId(0))..=(key, CallId(u64::MAX))));
        range.into_iter().flatten().rev().take(MOST_CANDIDATES).map(|&(_, call)| call)
    }
}

impl Features {
    /// How well the number of a leg to the outside fits that of another leg; `None`: not at all.
    pub(super) fn number_fits(&self, other: &Self) -> Option<u8> {
        if self.number.is_some() && self.number == other.number {
            return Some(3);
        }
        if !self.dialled.is_empty() && self.dialled == other.dialled {
            return Some(2);
        }
        let (own, others) = (self.number_digits(), other.number_digits());
        (own.len() >= NUMBER_TAIL
            && others.len() >= NUMBER_TAIL
            && tail(own, NUMBER_TAIL) == tail(others, NUMBER_TAIL))
        .then_some(1)
    }

    /// Whether the caller is the same.
    pub(super) fn is_same_caller(&self, other: &Self) -> bool {
        let own = self.caller_key(Side::Arrived);
        own.is_some() && own == other.caller_key(Side::Arrived)
    }

    /// Whether the user of the Request-URI is the same, or an extension that the number of a call that arrived ends with,
    /// as those of direct inward dialling do.
    pub(super) fn user_fits(&self, arrived: &Self) -> bool {
        let is_extension =
            self.user.len() >= EXTENSION && self.user.bytes().all(|octet| octet.is_ascii_digit());
        !self.user.is_empty()
            && (self.user == arrived.user || is_extension && arrived.number_digits().ends_with(&*self.user))
    }

    fn keys(&self, side: Side) -> impl Iterator<Item = Token> {
        [self.number_key(side), self.user_key(side), self.caller_key(side)].into_iter().flatten()
    }

    /// Last digits of what was dialled; fewer digits only equal themselves.
    fn number_key(&self, side: Side) -> Option<Token> {
        let digits = tail(self.number_digits(), NUMBER_TAIL);
        (!digits.is_empty()).then(|| Token::within(side as u8, digits))
    }

    fn user_key(&self, side: Side) -> Option<Token> {
        (!self.user.is_empty()).then(|| Token::within(side as u8 + 1, &self.user))
    }

    fn caller_key(&self, side: Side) -> Option<Token> {
        let caller = self.caller.trim_start_matches('+');
        if caller.is_empty() || NOBODY.iter().any(|nobody| caller.eq_ignore_ascii_case(nobody)) {
            return None;
        }
        let is_number = caller.len() >= CALLER_TAIL && caller.bytes().all(|octet| octet.is_ascii_digit());
        let text = if is_number { tail(caller, CALLER_TAIL) } else { caller };
        Some(Token::within(side as u8 + 2, text))
    }

    fn number_digits(&self) -> &str {
        match &self.number {
            Some(number) => number.trim_start_matches('+'),
            None => &self.dialled,
        }
    }
}

/// The last characters of a text.
fn tail(text: &str, length: usize) -> &str {
    let start = text.char_indices().rev().nth(length - 1).map_or(0, |(start, _)| start);
    &text[start..]
}

/// Digits at the end of a number that every way of dialling it shares.
const NUMBER_TAIL: usize = 7;
/// Digits at the end of a caller's number that every way of writing it shares.
const CALLER_TAIL: usize = 6;
/// Digits of the shortest extension that is looked for in a number.
const EXTENSION: usize = 2;
/// Calls of one key that are looked at.
const MOST_CANDIDATES: usize = 32;
/// Users of From that name nobody (RFC 3323, 4.1.1.3, and what PBXs write).
const NOBODY: [&str; 6] = ["anonymous", "unknown", "unavailable", "restricted", "private", "asterisk"];
