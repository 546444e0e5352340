//! A call as a limit looks at it: whose it is, and what stands for it.

use std::sync::Arc;

use super::{
    followed::Membership,
    key::Key,
    parties::{Parties, SCOPES},
    token::{Token, Tokens},
};
use crate::{
    calls::Call,
    policy::{
        limits::{Counted, Limit, Scope},
        mask::mask,
    },
};

/// A call and its tokens.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) call: &'a Arc<Call>,
    pub(super) parties: &'a Parties,
    /// In the order of [`Scope::ALL`].
    pub(super) tokens: &'a [Option<Token>; SCOPES],
    pub(super) make: Tokens,
    pub(super) hidden_digits: u8,
}

impl Subject<'_> {
    /// Where it counts in a limit.
    pub(super) fn membership(&self, index: usize, limit: &Limit) -> Option<Membership> {
        membership(index, limit, self.tokens, &self.make)
    }

    /// The key as it may be written.
    pub(super) fn label(&self, limit: &Limit) -> String {
        let key = self.key(limit).masked(self.hidden_digits);
        match (&self.parties.called, limit.counts) {
            (Some(number), Counted::RepeatedCalls) => {
                format!("{key} to {}", mask(number, self.hidden_digits))
            }
            _ => key,
        }
    }

    /// The key.
    pub(super) fn key(&self, limit: &Limit) -> Key {
        self.parties.key(limit.scope).unwrap_or(Key::All)
    }
}

/// Where a call with these tokens counts in a limit, where it has what the limit asks for. Of `repeated_calls` the token
/// stands for the number too.
pub(super) fn membership(
    limit: usize,
    rule: &Limit,
    tokens: &[Option<Token>; SCOPES],
    make: &Tokens,
) -> Option<Membership> {
    let of = |scope| tokens[Scope::ALL.iter().position(|other| *other == scope)?];
    let key = of(rule.scope)?;
    let (token, distinct) = match rule.counts {
        Counted::RepeatedCalls => (make.of_pair(key, of(Scope::Number)?), 0),
        Counted::Numbers => (key, of(Scope::Number)?.half()),
        Counted::NewCountries => (key, of(Scope::Country)?.half()),
        _ => (key, 0),
    };
    Some(Membership { limit, token, distinct, is_current: true })
}
