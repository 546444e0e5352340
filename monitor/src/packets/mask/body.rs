//! Bodies that stay: in session descriptions (RFC 8866) numbers, mailboxes and keys are hidden.

use super::{How, Secrets, blank, digits, header::Facts, uri};

/// Hides what may not be written of a body that stays.
pub fn mask(octets: &mut [u8], facts: &Facts, how: How, secrets: &mut Secrets) {
    if !facts.is_description {
        return;
    }
    for line in octets.split_inclusive_mut(|octet| *octet == b'\n') {
        hide(line, how.hidden, secrets);
    }
}

fn hide(line: &mut [u8], hidden: u8, secrets: &mut Secrets) {
    let is_key =
        KEYS.iter().find(|key| line.get(..key.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(key)));
    if let Some(key) = is_key {
        return blank(&mut line[key.len()..]);
    }
    if hidden == 0 {
        return;
    }
    match line {
        [b'e' | b'p', b'=', value @ ..] => blank(value),
        line if is_time(line) => {}
        _ => {
            let numbers = uri::hide_users(line, hidden, secrets);
            digits::hide_numbers(line, &numbers, hidden, secrets);
        }
    }
}

/// Seconds since 1900 (RFC 8866, 5.9).
fn is_time(line: &[u8]) -> bool {
    let times = line.strip_prefix(b"t=");
    times.is_some_and(|times| times.iter().all(|octet| octet.is_ascii_digit() || octet.is_ascii_whitespace()))
}

/// What begins a line that holds a key (RFC 4568, RFC 8839, RFC 8866, 5.12).
const KEYS: [&[u8]; 5] = [b"k=", b"a=crypto:", b"a=ice-pwd:", b"a=key-mgmt:", b"a=3ge2ae:"];
