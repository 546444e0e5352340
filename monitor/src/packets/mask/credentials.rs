//! `Authorization`, challenges and what answers them (RFC 3261, 20.44; RFC 7616): of Digest the parts that are no secret stay,
//! of any other scheme nothing.

use std::ops::Range;

use super::blank;

/// Hides every secret of a value.
pub fn hide(value: &mut [u8]) {
    let blanks = value.len() - value.trim_ascii_start().len();
    let word = value[blanks..].iter().take_while(|octet| is_token(**octet)).count();
    let begin = match value.get(blanks + word) {
        // Without a scheme, as in Authentication-Info.
        Some(b'=') => blanks,
        _ if value[blanks..blanks + word].eq_ignore_ascii_case(b"Digest") => blanks + word,
        _ => return blank(&mut value[blanks + word..]),
    };
    for range in parameters(value, begin) {
        let parameter = &mut value[range];
        let equals = memchr::memchr(b'=', parameter).unwrap_or(0);
        let name = parameter[..equals].trim_ascii();
        if !SHOWN.iter().any(|shown| name.eq_ignore_ascii_case(shown.as_bytes())) {
            blank(&mut parameter[equals..]);
        }
    }
}

/// What stands between commas that are in no quotes.
fn parameters(value: &[u8], begin: usize) -> Vec<Range<usize>> {
    let (mut ranges, mut from, mut is_quoted, mut is_escaped) = (Vec::new(), begin, false, false);
    for (at, octet) in value.iter().enumerate().skip(begin) {
        match octet {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                ranges.push(from..at);
                from = at + 1;
            }
            _ => (),
        }
    }
    ranges.push(from..value.len());
    ranges
}

const fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_')
}

/// Parts that are no secret. Numbers in them are hidden as everywhere.
const SHOWN: [&str; 10] =
    ["realm", "algorithm", "qop", "nc", "stale", "charset", "userhash", "uri", "domain", "username"];
