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

/// Finds the first To header after the start line, which ends somewhere after `from`. Most INVITEs that arrive never need
/// it. `uri` becomes the offset of its URI.
#[inline(always)]
pub fn to<P: Packet>(text: &Text<'_, P>, from: usize, uri: &mut usize) -> Found {
    match value(text, from) {
        Ok(at) => parse(text, at, uri),
        Err(found) => found,
    }
}

/// Offset after the colon of the To header.
#[inline(always)]
fn value<P: Packet>(text: &Text<'_, P>, from: usize) -> Result<usize, Found> {
    let mut offset = from;
    for _ in 0..HEADER_STEPS {
        let Some(word) = text.window(offset) else { return Err(Found::Truncated) };
        let mask = zero_bytes(word ^ every(b'\n'));
        if mask == 0 {
            offset = text.forget(offset + 8);
            continue;
        }
        offset = text.forget(offset + first_byte(mask) + 1);
        let Some(line) = text.window(offset) else { return Err(Found::Truncated) };
        if line & 0xff == u64::from(b'\n') || line & 0xffff == EMPTY_LINE {
            return Err(Found::Missing);
        }
        if let Some(len) = name_len(line)
            && let Some(at) = after_colon(text, offset + len)
        {
            return Ok(at);
        }
    }
    Err(Found::ScanLimit)
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

/// Parses the header's value.
#[inline(always)]
fn parse<P: Packet>(text: &Text<'_, P>, at: usize, uri: &mut usize) -> Found {
    let (mut now, mut angle) = (u16::from(state::VALUE), 0usize);
    let mut offset = at;
    for _ in 0..VALUE_OCTETS {
        let Some([octet]) = text.load::<1>(offset) else { return Found::Truncated };
        offset = text.forget(offset + 1);
        let entry = octets::TO[usize::from(now & 31) << 8 | usize::from(octet)];
        let mark = 0usize.wrapping_sub(usize::from(entry >> 8));
        angle = text.forget(angle | offset & mark);
        now = entry & 31;
        if now >= u16::from(state::TAGGED) {
            *uri = if angle == 0 { first_octet(text, at) } else { text.forget(angle) };
            return if now == u16::from(state::TAGGED) { Found::Tagged } else { Found::Untagged };
        }
    }
    Found::ScanLimit
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
    pub const TAGGED: u8 = 30;
    pub const END: u8 = 31;
}

const EMPTY_LINE: u64 = u16::from_le_bytes(*b"\r\n") as u64;
/// Steps through the header section: windows of eight octets, and one more for each line.
const HEADER_STEPS: usize = 144;
/// Blanks before a colon, or before a URI without angle brackets.
const COLON: usize = 8;
/// Octets of the To header's value.
const VALUE_OCTETS: usize = 192;
