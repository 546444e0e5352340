//! Tokens and seals of numbers, with keys that are derived from the secret of the state directory.

use std::fmt;

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use rustix::rand::{GetRandomFlags, getrandom};
use sha2::Sha256;

/// Makes tokens of numbers, seals numbers and opens them. Who does not have the state directory's secret can do neither,
/// not even by trying every number.
#[derive(Clone)]
pub struct Pseudonyms {
    token_key: [u8; 32],
    sealing_key: [u8; 32],
}

/// Why a seal does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was sealed with another secret, for another number, or it was changed")]
pub struct Unsealed;

impl Pseudonyms {
    /// With the secret of the state directory. Each use has a key of its own: HMAC-SHA-256 of its name.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self { token_key: mac(secret, FOR_TOKENS), sealing_key: mac(secret, FOR_SEALS) }
    }

    /// The same for the same number for as long as the state directory keeps its secret: 128 bits, hexadecimal.
    #[must_use]
    pub fn token(&self, number: &str) -> String {
        let octets = mac(&self.token_key, number.as_bytes());
        octets[..OCTETS_OF_TOKEN].iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// A whole number for [`Self::unseal`], bound to its token: nonce and cipher text. None where the kernel gives no
    /// random numbers.
    #[must_use]
    pub fn seal(&self, token: &str, number: &str) -> Option<Vec<u8>> {
        let mut nonce = [0; OCTETS_OF_NONCE];
        let filled = getrandom(&mut nonce, GetRandomFlags::empty()).ok()?;
        if filled != nonce.len() {
            return None;
        }
        // As long as any other number's: its length would tell of which country it is.
        let padded = format!("{number:<LONGEST$}");
        let payload = Payload { msg: padded.as_bytes(), aad: token.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// The whole number of a token.
    pub fn unseal(&self, token: &str, sealed: &[u8]) -> Result<String, Unsealed> {
        let (nonce, cipher_text) = sealed.split_at_checked(OCTETS_OF_NONCE).ok_or(Unsealed)?;
        let payload = Payload { msg: cipher_text, aad: token.as_bytes() };
        let padded = self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| Unsealed)?;
        let padded = String::from_utf8(padded).map_err(|_| Unsealed)?;
        Ok(padded.trim_end_matches(' ').to_owned())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.sealing_key.into())
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length (RFC 2104, section 2): there is no other error.
    let Ok(mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    mac.chain_update(text).finalize().into_bytes().into()
}

/// What the two keys are derived with.
const FOR_TOKENS: &[u8] = b"ringfence privacy 1: tokens of numbers";
const FOR_SEALS: &[u8] = b"ringfence privacy 1: sealed numbers";
const OCTETS_OF_TOKEN: usize = 16;
const OCTETS_OF_NONCE: usize = 24;
/// Letters that every number is made to have before it is sealed: `+` and the 15 digits of E.164, and some that were dialled.
const LONGEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 16] = *b"0123456789abcdef";

    /// Computed with OpenSSL: `openssl dgst -sha256 -mac HMAC`, first for the key, then for the number.
    #[test]
    fn a_token_is_the_same_in_every_run_and_another_with_another_secret() {
        let names = Pseudonyms::new(&SECRET);
        assert_eq!(names.token("+13459490000"), SAVED);
        assert_ne!(names.token("+13459490001"), SAVED);
        assert_ne!(Pseudonyms::new(b"0123456789abcdeF").token("+13459490000"), SAVED);
        assert_eq!(format!("{names:?}"), "Pseudonyms");
    }

    #[test]
    fn a_seal_opens_for_its_token_and_secret_only() {
        let names = Pseudonyms::new(&SECRET);
        for number in ["+13459490000", "112", "", "900535551234#*", &"9".repeat(80)] {
            let token = names.token(number);
            let sealed = names.seal(&token, number).unwrap();
            assert_eq!(names.unseal(&token, &sealed).as_deref(), Ok(number));
            assert!(number.is_empty() || !String::from_utf8_lossy(&sealed).contains(number));
            assert_ne!(names.seal(&token, number).unwrap(), sealed, "each time with another nonce");
            assert_eq!(names.unseal(&names.token("+1"), &sealed), Err(Unsealed));
            assert_eq!(Pseudonyms::new(b"another").unseal(&token, &sealed), Err(Unsealed));
            for at in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert_eq!(names.unseal(&token, &changed), Err(Unsealed), "octet {at}");
                assert_eq!(names.unseal(&token, &sealed[..at]), Err(Unsealed), "cut at {at}");
            }
        }
    }

    #[test]
    fn a_seal_tells_not_even_how_long_the_number_is() {
        let names = Pseudonyms::new(&SECRET);
        let length = |number: &str| names.seal(&names.token(number), number).unwrap().len();
        assert_eq!(length("+53555"), length("+13459490000"));
    }

    const SAVED: &str = "8b757b7a5803cddd6f22eae9aacdaf8c";
}
