//! Fingerprints of Call-IDs, tags and branches: eight octets each, whatever a peer sends, and no address or name
//! of anybody in what is saved.

use std::{hash::Hasher, num::NonZeroU64};

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

/// The fingerprint of a text that is only ever compared. The same in every run, so that a saved call is known
/// again; the indexes are trees, so that nobody gains by making two texts that share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Token(NonZeroU64);

impl Token {
    /// The greatest.
    pub(super) const MAX: Self = Self(NonZeroU64::MAX);

    /// Of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut hasher = SipHasher13::new();
        hasher.write(text.as_bytes());
        Self(NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MIN))
    }

    /// Of a text in a space of its own.
    pub(super) fn within(space: u8, text: &str) -> Self {
        let mut hasher = SipHasher13::new();
        hasher.write_u8(space);
        hasher.write(text.as_bytes());
        Self(NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_fingerprint_is_the_same_in_every_run() {
        let saved = serde_json::to_string(&Token::of("z9hG4bK776asdhds")).unwrap();
        assert_eq!(saved, SAVED, "calls that were saved by an older agent would not be known again");
        assert_ne!(Token::of("a"), Token::of("b"));
        assert_ne!(Token::within(1, "a"), Token::within(2, "a"));
    }

    const SAVED: &str = "6021317750461247552";
}
