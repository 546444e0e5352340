//! For whom something is counted: one caller, one country, one address.

use std::{net::IpAddr, sync::Arc};

use super::token::{Token, Tokens};
use crate::policy::{
    limits::Scope,
    mask::{mask, mask_party},
};

/// For whom a limit counted. Real values, never to be written; [`Key::masked`] is. Of a call that was followed before
/// a restart only the masked number and caller are known: with `x` for what is hidden.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Everybody.
    All,
    /// Name of a destination.
    Destination(Arc<str>),
    /// ISO 3166 code of a country.
    Country(Arc<str>),
    /// E.164 digits with `+`.
    Number(Arc<str>),
    /// A caller.
    Caller(Arc<str>),
    /// Where calls came from.
    Source(IpAddr),
    /// A trunk.
    Trunk(IpAddr),
    /// Name of a customer.
    Customer(Arc<str>),
}

impl Key {
    /// Of which scope it is.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self {
            Self::All => Scope::All,
            Self::Destination(_) => Scope::Destination,
            Self::Country(_) => Scope::Country,
            Self::Number(_) => Scope::Number,
            Self::Caller(_) => Scope::Caller,
            Self::Source(_) => Scope::Source,
            Self::Trunk(_) => Scope::Trunk,
            Self::Customer(_) => Scope::Customer,
        }
    }

    /// What stands for it.
    #[must_use]
    pub fn token(&self, tokens: &Tokens) -> Token {
        match self {
            Self::All => tokens.of(Scope::All, ""),
            Self::Number(text) | Self::Caller(text) => tokens.of(self.scope(), text),
            Self::Destination(text) | Self::Country(text) | Self::Customer(text) => {
                tokens.of(self.scope(), text)
            }
            Self::Source(address) | Self::Trunk(address) => tokens.of(self.scope(), &address.to_string()),
        }
    }

    /// As it may be written; `all` for everybody.
    #[must_use]
    pub fn masked(&self, hidden_digits: u8) -> String {
        match self {
            Self::All => Scope::All.label().to_owned(),
            Self::Number(number) => mask(number, hidden_digits),
            Self::Caller(caller) => mask_party(caller, hidden_digits),
            Self::Destination(name) | Self::Country(name) | Self::Customer(name) => name.as_ref().to_owned(),
            Self::Source(address) | Self::Trunk(address) => address.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_and_nothing_else() {
        let text = |text: &str| Arc::from(text);
        for (key, shown) in [
            (Key::All, "all"),
            (Key::Number(text("+13459490000")), "+1345949xxxx"),
            (Key::Caller(text("+33142345678")), "+3314234xxxx"),
            (Key::Caller(text("101")), "101"),
            (Key::Destination(text("cayman")), "cayman"),
            (Key::Country(text("KY")), "KY"),
            (Key::Customer(text("acme")), "acme"),
            (Key::Source("192.0.2.7".parse().unwrap()), "192.0.2.7"),
            (Key::Trunk("2001:db8::7".parse().unwrap()), "2001:db8::7"),
        ] {
            assert_eq!(key.masked(4), shown);
        }
    }
}
