//! The user part of a SIP or tel URI (RFC 3261, 19.1; RFC 3966): the symbols that a PBX would dial.
//!
//! Two readers that a property test holds equal: [`ordinary`] for plain digits before `@`, eight octets a
//! step, and [`super::bent`] for every spelling that some stack dials, a symbol a step by table.

use crate::{
    number::Symbols,
    wire::{Packet, Text, every, first_byte},
};

/// What a URI's scheme says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sip:` or `sips:`.
    Sip,
    /// `tel:`.
    Tel,
    /// `urn:service:sos` and what is below it (RFC 5031): an emergency call.
    Sos,
    /// None that a call is placed with.
    Other,
}

/// How reading a user part ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// There are symbols, or none before a letter.
    Symbols,
    /// There is no user part.
    Nothing,
    /// The payload ends first.
    Truncated,
    /// It is longer than is scanned.
    ScanLimit,
}

impl End {
    /// The end of a number that came out of a function.
    #[inline(always)]
    #[must_use]
    pub const fn from_slot(slot: u8) -> Self {
        match slot {
            0 => Self::Symbols,
            1 => Self::Nothing,
            2 => Self::Truncated,
            _ => Self::ScanLimit,
        }
    }
}

impl Scheme {
    /// The scheme of a number that came out of a function.
    #[inline(always)]
    #[must_use]
    pub const fn from_slot(slot: u8) -> Self {
        match slot {
            0 => Self::Sip,
            1 => Self::Tel,
            2 => Self::Sos,
            _ => Self::Other,
        }
    }
}

/// The scheme of the URI at `at`, with or without an angle bracket, and the offset after it.
#[inline(always)]
pub fn scheme<P: Packet>(text: &Text<'_, P>, at: usize) -> (Scheme, usize) {
    let bracket = text.window(at).is_some_and(|word| word as u8 == b'<');
    let at = text.forget(at + usize::from(bracket));
    let Some(word) = text.window(at) else { return (Scheme::Other, at) };
    let word = word | every(0x20);
    match word & 0xffff_ffff {
        SIP => (Scheme::Sip, at + 4),
        TEL => (Scheme::Tel, at + 4),
        URN if sos(text, at + 4) => (Scheme::Sos, at + 4),
        _ if word & 0xff_ffff_ffff == SIPS => (Scheme::Sip, text.forget(at + 5)),
        _ => (Scheme::Other, at),
    }
}

/// Whether "service:sos" stands at `at`, whole or with a sub-service.
#[inline(always)]
fn sos<P: Packet>(text: &Text<'_, P>, at: usize) -> bool {
    // Zeros where there is nothing: verifiers before Linux 6.3 refuse to read what was never written, which the compiler
    // does where it looks at both at once.
    let service = text.load::<8>(at).unwrap_or_default();
    let sos = text.load::<4>(at + 8).unwrap_or_default();
    let after = sos[3];
    u64::from_le_bytes(service) | every(0x20) == SERVICE
        && u32::from_le_bytes(sos) & 0xff_ffff | 0x20_2020 == SOS
        && !after.is_ascii_alphanumeric()
}

/// Reads one to fifteen digits, or `+` and as many, right before `@`; `None` for every other spelling.
#[inline(always)]
pub fn ordinary<P: Packet>(text: &Text<'_, P>, at: usize) -> Option<Symbols> {
    let head: [[u8; 8]; 2] = zerocopy::transmute!(text.load::<16>(at)?);
    let plus = head[0][0] == b'+';
    let [low, high] = if plus { zerocopy::transmute!(text.load::<16>(at + 1)?) } else { head };
    let (low, high) = (u64::from_le_bytes(low), u64::from_le_bytes(high));
    let (low_mask, high_mask) = (not_digits(low), not_digits(high));
    let (count, after) = if low_mask != 0 {
        let place = first_byte(low_mask);
        (place, low >> ((8 * place as u32) & 63))
    } else if high_mask != 0 {
        let place = first_byte(high_mask);
        (8 + place, high >> ((8 * place as u32) & 63))
    } else {
        return None;
    };
    if after as u8 != b'@' || count == 0 {
        return None;
    }
    let nibbles = u64::from(pack(low)) << 32 | u64::from(pack(high));
    let digits = nibbles & !(u64::MAX >> ((4 * count as u32) & 63));
    let symbols = Symbols { first: digits, then: 0, len: count as u32 };
    Some(forget(text, if plus { symbols.after_plus() } else { symbols }))
}

/// See [`Packet::forget`].
#[inline(always)]
pub(super) fn forget<P: Packet>(text: &Text<'_, P>, symbols: Symbols) -> Symbols {
    Symbols {
        first: text.forget_word(symbols.first),
        then: text.forget_word(symbols.then),
        len: text.forget_word(u64::from(symbols.len)) as u32,
    }
}

/// Marks octets that are not ASCII digits, exactly.
#[inline(always)]
const fn not_digits(word: u64) -> u64 {
    let value = word ^ every(b'0');
    (((value & every(0x7f)) + every(0x76)) | value) & every(0x80)
}

/// Packs the low halves of eight octets, the first one highest.
#[inline(always)]
const fn pack(word: u64) -> u32 {
    let word = word.swap_bytes() & every(0x0f);
    let word = (word | word >> 4) & 0x00ff_00ff_00ff_00ff;
    let word = (word | word >> 8) & 0x0000_ffff_0000_ffff;
    (word | word >> 16) as u32
}

const SIP: u64 = u32::from_le_bytes(*b"sip:") as u64;
const TEL: u64 = u32::from_le_bytes(*b"tel:") as u64;
const URN: u64 = u32::from_le_bytes(*b"urn:") as u64;
const SIPS: u64 = u64::from_le_bytes(*b"sips:\0\0\0");
const SERVICE: u64 = u64::from_le_bytes(*b"service:");
const SOS: u32 = u32::from_le_bytes(*b"sos\0");
