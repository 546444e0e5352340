//! Telephone numbers by their look: digits, percent-encoded or not, with visual separators.

use std::ops::Range;

use super::{HIDDEN, Secrets};

/// A digit in the octets.
#[derive(Clone, Copy, Debug)]
pub struct Digit {
    at: usize,
    /// 1, or 3 where it is percent-encoded.
    len: usize,
    value: u8,
}

/// Hides the ends of what looks like a number, but for the `spared` ranges.
pub fn hide_numbers(octets: &mut [u8], spared: &[Range<usize>], hidden: u8, secrets: &mut Secrets) {
    let (mut at, mut digits) = (0, Vec::new());
    while at < octets.len() {
        if let Some(range) = spared.iter().find(|range| range.contains(&at)) {
            at = range.end;
        } else if let Some(end) = ipv4(octets, at).filter(|end| !is_known(octets, at..*end, secrets)) {
            at = end;
        } else if digit(octets, at).is_some() {
            at = number(octets, at, spared, &mut digits);
            hide(octets, &digits, 0, hidden, secrets);
        } else {
            at += 1;
        }
    }
}

/// Every digit of a range, whatever stands between them.
pub fn all(octets: &[u8], range: Range<usize>) -> Vec<Digit> {
    let (mut at, mut digits) = (range.start, Vec::new());
    while at < range.end {
        let digit = digit(octets, at).filter(|digit| at + digit.len <= range.end);
        digits.extend(digit);
        at += digit.map_or(1, |digit| digit.len);
    }
    digits
}

/// Hides the end of a number: its last digits, those of each run of digits in it that is a number by itself, and most of what is
/// longer than any number. `context` is how many digits stand before it elsewhere; with fewer than [`LEAST`] it is no
/// number of anybody.
pub fn hide(octets: &mut [u8], digits: &[Digit], context: usize, hidden: u8, secrets: &mut Secrets) {
    if digits.len() + context < LEAST || hidden == 0 {
        return;
    }
    hide_end(octets, digits, hidden, secrets);
    let mut begin = 0;
    for end in 1..=digits.len() {
        let goes_on = digits.get(end).is_some_and(|next| digits[end - 1].end() == next.at);
        if !goes_on {
            if end - begin >= LEAST && end - begin < digits.len() {
                hide_end(octets, &digits[begin..end], hidden, secrets);
            }
            begin = end;
        }
    }
}

fn hide_end(octets: &mut [u8], digits: &[Digit], hidden: u8, secrets: &mut Secrets) {
    secrets.add(digits.iter().map(|digit| digit.value));
    let beyond = if digits.len() > LONGEST { digits.len() - FIRST } else { 0 };
    let hidden = beyond.max(usize::from(hidden));
    for digit in &digits[digits.len().saturating_sub(hidden)..] {
        // `%78` is an `x`.
        let shown: &[u8] = if digit.len == 1 { &[HIDDEN] } else { b"%78" };
        octets[digit.at..digit.end()].copy_from_slice(shown);
    }
}

impl Digit {
    const fn end(&self) -> usize {
        self.at + self.len
    }
}

/// Reads the digits of what begins at `at`, and gives its end.
fn number(octets: &[u8], mut at: usize, spared: &[Range<usize>], digits: &mut Vec<Digit>) -> usize {
    digits.clear();
    loop {
        while let Some(digit) = digit(octets, at) {
            digits.push(digit);
            at = digit.end();
        }
        let next = at + separators(&octets[at..]);
        let is_spared = spared.iter().any(|range| range.contains(&next));
        if next == at || is_spared || digit(octets, next).is_none() || ipv4(octets, next).is_some() {
            return at;
        }
        at = next;
    }
}

fn digit(octets: &[u8], at: usize) -> Option<Digit> {
    match *octets.get(at..)? {
        [value @ b'0'..=b'9', ..] => Some(Digit { at, len: 1, value }),
        [b'%', b'3', value @ b'0'..=b'9', ..] => Some(Digit { at, len: 3, value }),
        _ => None,
    }
}

/// Octets of what may separate the digits of a number (RFC 3966, 5.1.1), blanks and folds with it.
fn separators(octets: &[u8]) -> usize {
    let mut at = 0;
    while at < MOST_SEPARATORS {
        match octets.get(at..).unwrap_or_default() {
            [b'-' | b'.' | b'(' | b')' | b'/' | b' ' | b'\t' | b'\r' | b'\n', ..] => at += 1,
            [b'%', b'2', b'0' | b'8' | b'9' | b'D' | b'd' | b'E' | b'e' | b'F' | b'f', ..] => at += 3,
            _ => return at,
        }
    }
    at
}

/// Whether what looks like an address is a number that was hidden before.
fn is_known(octets: &[u8], range: Range<usize>, secrets: &Secrets) -> bool {
    let digits = all(octets, range);
    secrets.has(digits.iter().map(|digit| digit.value))
}

/// The end of an IPv4 address that begins at `at`.
fn ipv4(octets: &[u8], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|before| octets[before]);
    if before.is_some_and(|octet| octet.is_ascii_digit() || octet == b'.') {
        return None;
    }
    let rest = &octets[at..];
    let len = rest.iter().take(LONGEST_IPV4).take_while(|octet| octet.is_ascii_digit() || **octet == b'.');
    let text = str::from_utf8(&rest[..len.count()]).ok()?.trim_end_matches('.');
    let follows_digit = rest.get(text.len()).is_some_and(u8::is_ascii_digit);
    (!follows_digit && text.parse::<std::net::Ipv4Addr>().is_ok()).then_some(at + text.len())
}

/// Digits that no extension has: from here on it is somebody's number. The same as [`crate::policy::mask::mask_party`] takes.
const LEAST: usize = 7;
/// Digits of the longest number (E.164, 6).
const LONGEST: usize = 15;
/// Digits that are shown of what is longer: perhaps several numbers.
const FIRST: usize = 6;
/// Separators between two digits.
const MOST_SEPARATORS: usize = 4;
/// Octets that are looked at, one more than the longest address has.
const LONGEST_IPV4: usize = 16;
