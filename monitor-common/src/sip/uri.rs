//! The user part of a SIP or tel URI (RFC 3261, 19.1; RFC 3966): the symbols that a PBX would dial.
//!
//! Two readers that a property test holds equal: [`ordinary`] for plain digits before `@`, eight octets a
//! step, and [`bent`] for every spelling that some stack dials, an octet a step by table.

use super::octets::{self, stop};
use crate::{
    number::Symbols,
    wire::{Packet, Text, bytes_below, every, first_byte, zero_bytes},
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
    let (Some(service), Some(sos)) = (text.load::<8>(at), text.load::<4>(at + 8)) else { return false };
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

/// The symbols of any spelling that a stack dials: percent-encoded, with visual separators, user
/// parameters, a password, or a phone-context. Where a global context was put before the symbols, `plain`
/// becomes the symbols without it.
#[inline(always)]
pub fn bent<P: Packet>(
    text: &Text<'_, P>,
    is_tel: bool,
    at: usize,
    symbols: &mut Symbols,
    plain: &mut Symbols,
) -> End {
    let stopped = number(text, at, symbols);
    if !matches!(stopped.end(), End::Symbols) {
        return stopped.end();
    }
    let tail = tail(text, is_tel, stopped);
    // A user part that begins with a letter has no symbols; one without any octet is none.
    let is_none = stopped.offset() == at && matches!(stopped.stop(), stop::AT | stop::URI);
    if matches!(tail.end, End::Nothing) || matches!(tail.end, End::Symbols) && is_none {
        // What was read is a host's digits, which nobody dials.
        *symbols = Symbols::default();
        return End::Nothing;
    }
    // Stacks cut a user part that is too long, and dial the number that it begins with.
    let is_overlong = matches!(tail.end, End::ScanLimit) && !symbols.is_empty();
    if !matches!(tail.end, End::Symbols) && !is_overlong {
        return tail.end;
    }
    if tail.context == 0 || symbols.is_empty() || symbols.is_global() {
        return End::Symbols;
    }
    let mut context = Symbols::default();
    let stopped = number(text, tail.context, &mut context);
    if context.is_global() {
        *plain = *symbols;
        *symbols = symbols.behind(context);
    }
    stopped.end()
}

/// Where a number ended: [`End`] in bits 0 to 7, [`stop`] (0 where there are more symbols than are kept) from
/// bit 8 on, the offset from bit 32 on.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Stopped(u64);

impl Stopped {
    #[inline(always)]
    const fn end(self) -> End {
        End::from_slot(self.0 as u8)
    }

    #[inline(always)]
    const fn stop(self) -> u32 {
        self.0 as u32 >> 8
    }

    #[inline(always)]
    const fn offset(self) -> usize {
        (self.0 >> 32) as usize
    }
}

/// Reads symbols at `at` until something ends them.
#[inline(always)]
fn number<P: Packet>(text: &Text<'_, P>, at: usize, number: &mut Symbols) -> Stopped {
    let mut symbols = Symbols::default();
    let mut offset = text.forget(at);
    for _ in 0..NUMBER_OCTETS {
        let Some([octet, high, low, _]) = text.load::<4>(offset) else {
            return Stopped(End::Truncated as u64);
        };
        let escaped = u32::from(octets::PERCENT[usize::from(octet)]);
        let valid = octets::IS_HEX[usize::from(high)] & octets::IS_HEX[usize::from(low)];
        let decoded = (octets::HEX[usize::from(high)] << 4 | octets::HEX[usize::from(low)]) & valid;
        let escaped_column = (256 | u32::from(decoded)) & (escaped | escaped << 1);
        let column = (u32::from(octet) & !escaped) | escaped_column;
        let entry = octets::NUMBER[(column & 511) as usize];
        if entry >> 24 != 0 || symbols.len >= Symbols::KEPT {
            let more = entry >> 24 == 0;
            symbols.len += u32::from(more);
            *number = forget(text, symbols).left_aligned();
            return Stopped((offset as u64) << 32 | u64::from(entry >> 24) << 8 | End::Symbols as u64);
        }
        symbols.push_masked(entry);
        offset = text.forget(offset + 1 + (escaped & 2) as usize);
        symbols = forget(text, symbols);
    }
    Stopped(End::ScanLimit as u64)
}

/// See [`Packet::forget`].
#[inline(always)]
fn forget<P: Packet>(text: &Text<'_, P>, symbols: Symbols) -> Symbols {
    Symbols {
        first: text.forget_word(symbols.first),
        then: text.forget_word(symbols.then),
        len: text.forget_word(u64::from(symbols.len)) as u32,
    }
}

/// What follows the number within the URI.
struct Tail {
    end: End,
    /// Offset of a phone-context's value; 0 where there is none.
    context: usize,
}

/// Looks for the `@` that makes what was read a user part, and for a phone-context before it.
#[inline(always)]
fn tail<P: Packet>(text: &Text<'_, P>, is_tel: bool, number: Stopped) -> Tail {
    // What a tel URI has is its number; a SIP URI without `@` has only a host.
    let without_at = if is_tel { End::Symbols } else { End::Nothing };
    match number.stop() {
        stop::AT if !is_tel => return Tail { end: End::Symbols, context: 0 },
        stop::URI => return Tail { end: without_at, context: 0 },
        _ => {}
    }
    let (mut offset, mut context) = (text.forget(number.offset()), 0);
    for _ in 0..TAIL_STEPS {
        let Some(word) = text.window(offset) else { return Tail { end: End::Truncated, context } };
        let ends = bytes_below(word, b' ' + 1) | zero_bytes(word ^ every(b'>'));
        let marks = zero_bytes(word ^ every(b'@')) | zero_bytes(word ^ every(b';'));
        let mask = ends | marks;
        if mask == 0 {
            offset = text.forget(offset + 8);
            continue;
        }
        let place = first_byte(mask);
        offset = text.forget(offset + place + 1);
        match (word >> ((8 * place as u32) & 63)) as u8 {
            b';' => {
                if context == 0 && is_phone_context(text, offset) {
                    context = text.forget(offset + PHONE_CONTEXT_LEN);
                }
            }
            b'@' if is_tel => {}
            b'@' => return Tail { end: End::Symbols, context },
            _ => return Tail { end: without_at, context },
        }
    }
    Tail { end: End::ScanLimit, context }
}

/// Whether "phone-context=" stands at `at` (RFC 3966, 5.1.5).
#[inline(always)]
fn is_phone_context<P: Packet>(text: &Text<'_, P>, at: usize) -> bool {
    let (Some(first), Some(then)) = (text.window(at), text.window(at + 8)) else { return false };
    first | every(0x20) == PHONE_CO && (then | every(0x20)) & 0xffff_ffff_ffff == NTEXT
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
const PHONE_CO: u64 = u64::from_le_bytes(*b"phone-co");
const NTEXT: u64 = u64::from_le_bytes(*b"ntext=\0\0");
const PHONE_CONTEXT_LEN: usize = 14;
/// Octets in which a number must end: Asterisk's longest extension (80), each octet percent-encoded.
const NUMBER_OCTETS: usize = 240;
/// Steps through the rest of a user part: windows of eight octets, and one more for each parameter.
const TAIL_STEPS: usize = 96;
