//! How entries hang together: what is hashed, octet by octet. Nothing here may ever change; another recipe needs another
//! name in its first line.

use sha2::{Digest, Sha256};

/// What stands for a content once it is deleted: nobody finds the content by trying, because the salt goes with it.
#[must_use]
pub(super) fn commitment(salt: &str, content: &str) -> String {
    digest(&[salt, "\n", content])
}

/// The entry's own SHA-256, over all that it is and the one before it.
#[must_use]
pub(super) fn hash(seq: u64, time: &str, kind: &str, commitment: &str, previous: &str) -> String {
    digest(&[RECIPE, "\n", &seq.to_string(), "\n", time, "\n", kind, "\n", commitment, "\n", previous, "\n"])
}

/// Whether a text is a SHA-256 or a salt as the journal writes them.
#[must_use]
pub(super) fn is_hex(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

fn digest(parts: &[&str]) -> String {
    let digest = parts.iter().fold(Sha256::new(), Digest::chain_update).finalize();
    format!("{digest:x}")
}

/// What the first entry has for the hash of the one before it.
pub(super) const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The first line of what is hashed: name and version of the recipe.
const RECIPE: &str = "ringfence-journal-1";
/// Hexadecimal digits of 256 bits.
const DIGITS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with coreutils: `printf '%s\n%s' SALT CONTENT | sha256sum`, `printf 'ringfence-journal-1\n1\n…' | sha256sum`.
    #[test]
    fn the_recipe_is_that_of_the_documentation() {
        let salt = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        let commitment = commitment(salt, r#"{"version":"0.1.0"}"#);
        assert_eq!(commitment, COMMITMENT);
        assert_eq!(hash(1, "2026-11-22T01:02:03.456Z", "start", &commitment, NOTHING_BEFORE), HASH);
    }

    #[test]
    fn hexadecimal_is_lower_case_and_whole() {
        assert!(is_hex(NOTHING_BEFORE) && is_hex(COMMITMENT));
        for text in ["", "00", &COMMITMENT.to_uppercase(), &COMMITMENT[1..], &COMMITMENT.replace('a', "\n")] {
            assert!(!is_hex(text), "{text}");
        }
    }

    const COMMITMENT: &str = "f68418f6801c13c24e78a72854fb33232d58b79b6088041621893c5776b8976f";
    const HASH: &str = "e01358881d76148293bfbd44ace945920db013a094c04e796a15cc58ff7a785f";
}
