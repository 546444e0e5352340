//! Octets as text: lines, octets that are not UTF-8, percent-encoding, control characters.

use std::{borrow::Cow, sync::Arc};

use percent_encoding::percent_decode_str;

/// The first line without its end, and what follows it; `None` where the line has no end.
pub fn line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', octets)?;
    let line = &octets[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), &octets[end + 1..]))
}

/// The text, with U+FFFD for what is not UTF-8.
pub fn lossy(octets: &[u8]) -> Cow<'_, str> {
    str::from_utf8(octets).map_or_else(|_| String::from_utf8_lossy(octets), Cow::Borrowed)
}

/// The text as it is kept: with U+FFFD for control characters, which would be commands to a terminal.
pub fn kept(text: &str) -> Arc<str> {
    let is_plain = text.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    if is_plain { text.into() } else { text.replace(char::is_control, "\u{fffd}").into() }
}

/// The text without its percent-encoding (RFC 3261, 19.1.2).
pub fn decoded(text: &str) -> Arc<str> {
    if !text.contains('%') {
        return kept(text);
    }
    kept(&percent_decode_str(text).decode_utf8_lossy())
}
