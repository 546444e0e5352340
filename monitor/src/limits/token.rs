//! Tokens: what stands for a number, a caller or an address in everything that is kept.

use std::{fmt, hash::Hasher, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::policy::limits::Scope;

/// Stands for a value that a limit counts for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(u128);

/// Makes tokens. Who does not have its key cannot tell of what a token is, not even by trying every number.
#[derive(Clone, Copy)]
pub struct Tokens {
    key: [u8; 16],
}

impl Tokens {
    /// With a secret that stays the same over restarts.
    #[must_use]
    pub const fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// That of a value of a scope.
    #[must_use]
    pub fn of(&self, scope: Scope, value: &str) -> Token {
        self.hash(scope.label(), value.as_bytes())
    }

    /// That of two things together.
    pub(super) fn of_pair(&self, first: Token, second: Token) -> Token {
        let mut octets = [0; 32];
        octets[..16].copy_from_slice(&first.0.to_be_bytes());
        octets[16..].copy_from_slice(&second.0.to_be_bytes());
        self.hash("pair", &octets)
    }

    /// That of a list of texts.
    pub(super) fn of_texts(&self, texts: impl Iterator<Item = String>) -> Token {
        let mut octets = Vec::new();
        for text in texts {
            octets.extend_from_slice(text.as_bytes());
            octets.push(0);
        }
        self.hash("texts", &octets)
    }

    fn hash(&self, space: &str, value: &[u8]) -> Token {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(space.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(value);
        Token(hasher.finish128().as_u128())
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Token {
    /// Half of it: enough to tell the numbers of one key apart.
    pub(super) const fn half(self) -> u64 {
        self.0 as u64
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Token {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_in_every_run_and_another_with_another_secret() {
        let tokens = Tokens::new(*b"0123456789abcdef");
        let token = tokens.of(Scope::Number, "+13459490000");
        assert_eq!(token.to_string(), SAVED, "what an older agent counted would not be found again");
        assert_eq!(SAVED.parse(), Ok(token));
        assert_ne!(token, tokens.of(Scope::Caller, "+13459490000"));
        assert_ne!(token, Tokens::new(*b"0123456789abcdeF").of(Scope::Number, "+13459490000"));
        assert_eq!(format!("{tokens:?}"), "Tokens");
    }

    const SAVED: &str = "d87c2f7e1474ac62a7db94ee517f2e81";
}
