//! Base64 (RFC 4648, 4), as HTTP and signatures write octets.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The text of octets.
pub(super) fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// The octets of a text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
