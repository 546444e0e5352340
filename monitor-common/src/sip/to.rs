//! The To header: whether it has a tag (then the request belongs to a dialog), and where its URI is.

use super::octets;
use crate::wire::{Packet, Text, every, first_byte, zero_bytes};

/// What was found of a To header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A header with a tag: the request belongs to a dialog.
    Tagged,
    /// A header without a tag.
    Untagged,
    /// No header.
    Missing,
    /// The payload ends first.
    Truncated,
    /// The header section is longer than is scanned.
    ScanLimit,
}

impl Found {
    /// What a number that came out of a function stands for.
    #[inline(always)]
    #[must_use]
    pub const fn from_slot(slot: u8) -> Self {
        match slot {
            0 => Self::Tagged,
            1 => Self::Untagged,
            2 => Self::Missing,
            3 => Self::Truncated,
            _ => Self::ScanLimit,
        }
    }
}

/// Finds the first To header after the start line, which ends somewhere after `from`. `uri` becomes the offset of its URI.
#[inline(always)]
pub fn to<P: Packet>(text: &Text<'_, P>, from: usize, uri: &mut usize) -> Found {
    to_by_parts(text, from, uri, |at| header(text, at), |word| value(text, word))
}

/// [`to`] with [`header`] and [`value`] as functions of their own in the kernel: the verifier looks at each of their loops
/// once, and not once for each step that came before.
#[inline(always)]
pub fn to_by_parts<P: Packet>(
    text: &Text<'_, P>,
    from: usize,
    uri: &mut usize,
    header: impl Fn(usize) -> u64,
    value: impl Fn(u64) -> u64,
) -> Found {
    let at = match find(from, header) {
        Ok(at) => at,
        Err(found) => return found,
    };
    let mut word = value(at as u64);
    for _ in 0..VALUE_PARTS {
        let (angle, now) = ((word >> 16) as usize & OFFSET, (word >> 32) as u8);
        let found = match now {
            state::TAGGED => Found::Tagged,
            state::END => Found::Untagged,
            state::CUT => return Found::Truncated,
            _ => {
                word = value(word);
                continue;
            }
        };
        *uri = if angle == 0 { first_octet(text, at) } else { angle };
        return found;
    }
    Found::ScanLimit
}

/// Offset after the colon of the To header.
#[inline(always)]
fn find(from: usize, header: impl Fn(usize) -> u64) -> Result<usize, Found> {
    let mut word = header(from);
    for _ in 0..HEADER_PARTS {
        let offset = word as u32 as usize;
        if offset > from + REACH {
            break;
        }
        match (word >> 32) as u8 {
            part::TO => return Ok(offset),
            part::NOT_YET => word = header(offset),
            part::MISSING => return Err(Found::Missing),
            _ => return Err(Found::Truncated),
        }
    }
    Err(Found::ScanLimit)
}

/// Goes on to the To header from `at`: the offset after its colon, or how far it went, and above 32 bits which [`part`].
#[inline(always)]
pub fn header<P: Packet>(text: &Text<'_, P>, at: usize) -> u64 {
    let mut offset = text.forget(at);
    for _ in 0..HEADER_STEPS {
        let Some((len, line)) = next_line(text, offset) else { return part::word(part::CUT, offset) };
        offset = text.forget(offset + len);
        if line & 0xff == 0 {
            continue;
        }
        if line & 0xff == u64::from(b'\n') || line & 0xffff == EMPTY_LINE {
            return part::word(part::MISSING, offset);
        }
        if let Some(len) = name_len(line)
            && let Some(at) = after_colon(text, offset + len)
        {
            return part::word(part::TO, at);
        }
    }
    part::word(part::NOT_YET, offset)
}

/// One step to the beginning of the next line: how far it goes, and the first octets there; 0 where it did not come so far
/// or the line begins with that. `None` at the payload's end.
#[inline(always)]
fn next_line<P: Packet>(text: &Text<'_, P>, at: usize) -> Option<(usize, u64)> {
    let line_feeds = |word: u64| zero_bytes(word ^ every(b'\n'));
    if let Some((place, line)) = text.block(at, |word, _| line_feeds(word)) {
        return Some(if place == 32 { (32, 0) } else { (place + 1, line) });
    }
    let mask = line_feeds(text.window(at)?);
    if mask == 0 {
        return Some((8, 0));
    }
    let len = first_byte(mask) + 1;
    Some((len, text.window(at + len)?))
}

/// Length of the name where a line begins with "To" or "t" and a colon or blank (RFC 3261, 7.3.3).
#[inline(always)]
const fn name_len(line: u64) -> Option<usize> {
    let [first, second, third, ..] = line.to_le_bytes();
    if first | 0x20 != b't' {
        return None;
    }
    match second {
        b':' | b' ' | b'\t' => Some(1),
        b'o' | b'O' if matches!(third, b':' | b' ' | b'\t') => Some(2),
        _ => None,
    }
}

/// Offset after the colon that follows at most [`COLON`] blanks.
#[inline(always)]
fn after_colon<P: Packet>(text: &Text<'_, P>, at: usize) -> Option<usize> {
    let mut offset = at;
    for _ in 0..=COLON {
        let [octet] = text.load::<1>(offset)?;
        offset = text.forget(offset + 1);
        match octet {
            b':' => return Some(offset),
            b' ' | b'\t' => {}
            _ => return None,
        }
    }
    None
}

/// Goes on through the header's value. A word is the offset, from bit 16 on that of the URI behind an angle bracket (0
/// where there is none), from bit 32 on the [`state`].
#[inline(always)]
pub fn value<P: Packet>(text: &Text<'_, P>, word: u64) -> u64 {
    let (mut offset, mut angle) = (word as usize & OFFSET, (word >> 16) as usize & OFFSET);
    let mut now = (word >> 32) as u16 & 31;
    for _ in 0..VALUE_STEPS {
        if CALM >> now & 1 == 1 {
            let Some((len, is_marked)) = text.seek(offset, marks) else {
                return state::word(state::CUT, 0, 0);
            };
            offset = text.forget(offset + len);
            if !is_marked {
                continue;
            }
        }
        let Some([octet]) = text.load::<1>(offset) else { return state::word(state::CUT, 0, 0) };
        offset = text.forget(offset + 1);
        let entry =
            octets::TO[text.forget(usize::from(now) << 8 | usize::from(octet)) & (octets::TO.len() - 1)];
        let mark = 0usize.wrapping_sub(usize::from(entry >> 8));
        angle = text.forget(angle | offset & mark);
        now = entry & 31;
        if now >= u16::from(state::CUT) {
            break;
        }
    }
    state::word(now as u8, angle, offset)
}

/// Marks the octets by which a calm state may end, exactly up to and with the lowest one.
#[inline(always)]
const fn marks(word: u64, _: u64) -> u64 {
    zero_bytes(word ^ every(b'"'))
        | zero_bytes(word ^ every(b'\\'))
        | zero_bytes((word | every(2)) ^ every(b'>'))
        | zero_bytes(word ^ every(b';'))
        | zero_bytes(word ^ every(b'\n'))
}

/// Offset of the first octet from `at` on that is not a blank.
#[inline(always)]
fn first_octet<P: Packet>(text: &Text<'_, P>, at: usize) -> usize {
    let mut offset = text.forget(at);
    for _ in 0..COLON {
        match text.load::<1>(offset) {
            Some([b' ' | b'\t' | b'\r' | b'\n']) => offset = text.forget(offset + 1),
            _ => break,
        }
    }
    offset
}

/// States of the header's value. Those from [`state::TAGGED`] on end it.
pub mod state {
    pub const VALUE: u8 = 0;
    pub const QUOTE: u8 = 1;
    pub const QUOTE_ESCAPE: u8 = 2;
    pub const ANGLE: u8 = 3;
    pub const AFTER: u8 = 4;
    pub const PARAMETER: u8 = 5;
    pub const T: u8 = 6;
    pub const TA: u8 = 7;
    pub const TAG: u8 = 8;
    pub const FOLD_VALUE: u8 = 9;
    pub const FOLD_QUOTE: u8 = 10;
    pub const FOLD_AFTER: u8 = 11;
    pub const FOLD_PARAMETER: u8 = 12;
    pub const AFTER_QUOTE: u8 = 13;
    pub const AFTER_QUOTE_ESCAPE: u8 = 14;
    /// The payload ends.
    pub const CUT: u8 = 29;
    pub const TAGGED: u8 = 30;
    pub const END: u8 = 31;

    /// See [`super::value`].
    pub const fn word(state: u8, angle: usize, offset: usize) -> u64 {
        (state as u64) << 32 | (angle as u64 & 0xffff) << 16 | offset as u64 & 0xffff
    }
}

/// How a part of the search for the header ended.
mod part {
    /// The header is found.
    pub const TO: u8 = 0;
    /// It is not, as far as the part went.
    pub const NOT_YET: u8 = 1;
    /// The header section ends.
    pub const MISSING: u8 = 2;
    /// The payload ends.
    pub const CUT: u8 = 3;

    pub const fn word(part: u8, offset: usize) -> u64 {
        (part as u64) << 32 | offset as u64
    }
}

const EMPTY_LINE: u64 = u16::from_le_bytes(*b"\r\n") as u64;
/// The states that only an octet of [`marks`] ends.
const CALM: u32 =
    1 << state::VALUE | 1 << state::QUOTE | 1 << state::ANGLE | 1 << state::AFTER | 1 << state::AFTER_QUOTE;
/// Octets after the start of the Request-URI within which the header must begin.
const REACH: usize = 1168;
/// Parts of the search for the header, and steps of each: 32 octets, or the rest of a line.
const HEADER_PARTS: usize = 12;
const HEADER_STEPS: usize = 12;
/// Parts of the header's value, and steps of each: an octet that means something, and before it up to 31 that do not.
const VALUE_PARTS: usize = 12;
const VALUE_STEPS: usize = 16;
/// What offsets have at most.
const OFFSET: usize = 0xffff;
/// Blanks before a colon, or before a URI without angle brackets.
const COLON: usize = 8;

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::prelude::*;
    use std::{string::String, vec::Vec};

    use super::*;

    /// An octet a step, without any bound but the text's end.
    fn plainly(text: &[u8], from: usize) -> (Found, usize) {
        let mut at = from;
        let value = loop {
            let Some(line) = text[at..].iter().position(|octet| *octet == b'\n').map(|place| at + place + 1)
            else {
                return (Found::Truncated, 0);
            };
            at = line;
            let rest = &text[at..];
            if rest.is_empty() {
                return (Found::Truncated, 0);
            }
            if rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
                return (Found::Missing, 0);
            }
            let name = rest.iter().position(|octet| matches!(octet, b':' | b' ' | b'\t')).unwrap_or(0);
            let blanks = rest[name..].iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
            let is_to = rest[..name].eq_ignore_ascii_case(b"to") || rest[..name].eq_ignore_ascii_case(b"t");
            if is_to && blanks <= COLON && rest.get(name + blanks) == Some(&b':') {
                break at + name + blanks + 1;
            }
        };
        let (mut now, mut angle) = (state::VALUE, 0);
        for (place, octet) in text.iter().enumerate().skip(value) {
            let entry = octets::TO[usize::from(now) << 8 | usize::from(*octet)];
            if entry >> 8 != 0 {
                angle = place + 1;
            }
            now = entry as u8 & 31;
            if now >= state::TAGGED {
                let blanks = text[value..].iter().take(COLON).take_while(|octet| b" \t\r\n".contains(octet));
                let uri = if angle == 0 { value + blanks.count() } else { angle };
                return (if now == state::TAGGED { Found::Tagged } else { Found::Untagged }, uri);
            }
        }
        (Found::Truncated, 0)
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            "[TtVvf][oOi]?[ \t]{0,3}:[ <\"a-z0-9@;=:>]{0,60}(\r\n [;a-z]{0,9})?\r?\n",
            "(To|t|TO): ?(\"[^\"\r\n]{0,40}\" ?)?<sip:[0-9a-z;=.@]{0,60}>[;a-z=. ]{0,9}(;[Tt]ag=[a-z]{0,8})?[;\"a]{0,3}\r\n",
            "[!-~ ]{0,90}\r?\n",
            Just(String::from("\r\n")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn to_is_found_as_an_octet_a_step_finds_it(
            start in "[ -~]{0,50}\r\n", lines in proptest::collection::vec(line(), 0..10), from in 0..8usize,
        ) {
            let octets = Vec::from(start + &lines.concat());
            let from = from.min(octets.len());
            let (packet, mut uri) = (&octets[..], 0);
            let found = to(&Text::new(&packet, packet.len()), from, &mut uri);
            if octets.len() >= 8 {
                prop_assert_eq!((found, uri), plainly(&octets, from), "{:?}", String::from_utf8_lossy(&octets));
            }
        }
    }
}
