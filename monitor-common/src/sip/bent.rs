//! The user part of a SIP or tel URI in every spelling that some stack dials, a symbol a step by table; what has no
//! symbol is passed over 32 octets at once.

use super::{
    octets::{self, stop},
    uri::{End, forget},
};
use crate::{
    number::Symbols,
    wire::{Packet, Text, bytes_below, every, nonzero_bytes, zero_bytes},
};

/// The symbols of any spelling that a stack dials: percent-encoded, with visual separators, user parameters, a password, or
/// a phone-context. Where a global context was put before the symbols, `plain` becomes the symbols without it.
#[inline(always)]
pub fn bent<P: Packet>(
    text: &Text<'_, P>,
    is_tel: bool,
    at: usize,
    symbols: &mut Symbols,
    plain: &mut Symbols,
) -> End {
    bent_by_parts(&mut Whole { text, symbols, plain }, is_tel, at)
}

/// The parts of the work of [`bent`]: functions of their own in the kernel, of which the verifier looks at each once.
pub trait Parts {
    /// See [`number`]; into the plain symbols where `is_context`.
    fn number(&mut self, is_context: bool, word: u64) -> u64;

    /// See [`tail`].
    fn tail(&mut self, word: u64) -> u64;

    /// See [`has_no_user`].
    fn has_no_user(&self, at: usize) -> bool;

    /// The symbols, and the plain ones.
    fn symbols(&mut self) -> Option<(&mut Symbols, &mut Symbols)>;
}

struct Whole<'a, 'b, P> {
    text: &'a Text<'b, P>,
    symbols: &'a mut Symbols,
    plain: &'a mut Symbols,
}

impl<P: Packet> Parts for Whole<'_, '_, P> {
    fn number(&mut self, is_context: bool, word: u64) -> u64 {
        number(self.text, word, if is_context { self.plain } else { self.symbols })
    }

    fn tail(&mut self, word: u64) -> u64 {
        tail(self.text, word)
    }

    fn has_no_user(&self, at: usize) -> bool {
        has_no_user(self.text, at)
    }

    fn symbols(&mut self) -> Option<(&mut Symbols, &mut Symbols)> {
        Some((self.symbols, self.plain))
    }
}

/// [`bent`], part by part.
#[inline(always)]
pub fn bent_by_parts<S: Parts>(parts: &mut S, is_tel: bool, at: usize) -> End {
    if let Some((symbols, plain)) = parts.symbols() {
        (*symbols, *plain) = (Symbols::default(), Symbols::default());
    }
    if !is_tel && parts.has_no_user(at) {
        return End::Nothing;
    }
    let stopped = whole_number(parts, false, at);
    let Some((symbols, _)) = parts.symbols() else { return End::Nothing };
    if !matches!(stopped.end(), End::Symbols) {
        *symbols = Symbols::default();
        return stopped.end();
    }
    let (end, context) = whole_tail(parts, is_tel, stopped);
    // A user part that begins with a letter has no symbols; one without any octet is none.
    let is_none = stopped.offset() == at && matches!(stopped.stop(), stop::AT | stop::URI);
    let Some((symbols, _)) = parts.symbols() else { return End::Nothing };
    if matches!(end, End::Nothing) || matches!(end, End::Symbols) && is_none {
        // What was read is a host's digits, which nobody dials.
        *symbols = Symbols::default();
        return End::Nothing;
    }
    // Stacks cut a user part that is too long, and dial the number that it begins with.
    let is_overlong = matches!(end, End::ScanLimit) && !symbols.is_empty();
    if !matches!(end, End::Symbols) && !is_overlong {
        return end;
    }
    if context == 0 || symbols.is_empty() || symbols.is_global() {
        return End::Symbols;
    }
    let stopped = whole_number(parts, true, context);
    let Some((symbols, plain)) = parts.symbols() else { return End::Nothing };
    let context = *plain;
    *plain = Symbols::default();
    if matches!(stopped.end(), End::Symbols) && context.is_global() {
        *plain = *symbols;
        *symbols = symbols.behind(context);
    }
    stopped.end()
}

/// Whether the URI whose scheme ends before `at` has no `@`, as far as its first 32 octets tell.
#[inline(always)]
pub fn has_no_user<P: Packet>(text: &Text<'_, P>, at: usize) -> bool {
    let ends = |word: u64, _| bytes_below(word, b' ' + 1) | zero_bytes(word ^ every(b'>'));
    let end = text.block(at, ends).map_or(32, |(place, _)| place);
    let user = text.block(at, |word, _| zero_bytes(word ^ every(b'@'))).map_or(0, |(place, _)| place);
    end < user
}

/// How far a number was read: [`End`] in bits 0 to 7, [`stop`] (0 where there are more symbols than are kept) from
/// bit 8 on, the count of symbols and separators from bit 16 on, the offset from bit 32 on.
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
        self.0 as u32 >> 8 & 0xff
    }

    #[inline(always)]
    const fn offset(self) -> usize {
        (self.0 >> 32) as usize
    }
}

/// Reads symbols at `at` until something ends them.
#[inline(always)]
fn whole_number<S: Parts>(parts: &mut S, is_context: bool, at: usize) -> Stopped {
    let mut word = (at as u64) << 32 | NOT_YET;
    for _ in 0..NUMBER_PARTS {
        word = parts.number(is_context, word);
        if word & 0xff != NOT_YET {
            return Stopped(word);
        }
    }
    Stopped(End::ScanLimit as u64)
}

/// Goes on reading symbols, from a word that says how far they were read to the next; its end is [`NOT_YET`] where more are
/// to come. Then the symbols are not yet aligned.
#[inline(always)]
pub fn number<P: Packet>(text: &Text<'_, P>, word: u64, number: &mut Symbols) -> u64 {
    let mut symbols = *number;
    let (mut offset, mut count) = (text.forget((word >> 32) as usize), (word >> 16) as usize & 0xffff);
    for _ in 0..NUMBER_STEPS {
        if count >= NUMBER_OCTETS {
            return End::ScanLimit as u64;
        }
        let Some([octet, high, low, _]) = text.load::<4>(offset) else { return End::Truncated as u64 };
        let escaped = u32::from(octets::PERCENT[usize::from(octet)]);
        let valid = octets::IS_HEX[usize::from(high)] & octets::IS_HEX[usize::from(low)];
        let decoded = (octets::HEX[usize::from(high)] << 4 | octets::HEX[usize::from(low)]) & valid;
        let escaped_column = (256 | u32::from(decoded)) & (escaped | escaped << 1);
        // Added, where no bit is in both: verifiers before Linux 6.12 know nothing of an OR of two unknown values, and the
        // compiler, which knows the OR to be below 512, leaves out the mask that they need.
        let column = (u32::from(octet) & !escaped) + escaped_column;
        let entry = octets::NUMBER[text.forget(column as usize) & 511];
        if entry >> 24 != 0 || symbols.len >= Symbols::KEPT {
            symbols.len += u32::from(entry >> 24 == 0);
            *number = forget(text, symbols).left_aligned();
            return (offset as u64) << 32 | u64::from(entry >> 24) << 8 | End::Symbols as u64;
        }
        symbols.push_masked(entry);
        offset = text.forget(offset + 1 + (escaped & 2) as usize);
        count = text.forget(count + 1);
        symbols = forget(text, symbols);
        if entry == 0
            && let Some((len, _)) = text.block(offset, |word, _| no_separators(word))
        {
            offset = text.forget(offset + len);
            count = text.forget(count + len);
        }
    }
    *number = symbols;
    (offset as u64) << 32 | (count as u64 & 0xffff) << 16 | NOT_YET
}

/// Marks octets that are no visual separators, exactly.
#[inline(always)]
const fn no_separators(word: u64) -> u64 {
    nonzero_bytes(word ^ every(b'-'))
        & nonzero_bytes(word ^ every(b'.'))
        & nonzero_bytes((word | every(1)) ^ every(b')'))
}

/// What follows the number within the URI: looks for the `@` that makes what was read a user part, and for a phone-context
/// before it. How it ends, and the offset of the phone-context's value; 0 where there is none.
#[inline(always)]
fn whole_tail<S: Parts>(parts: &mut S, is_tel: bool, number: Stopped) -> (End, usize) {
    // What a tel URI has is its number; a SIP URI without `@` has only a host.
    let without_at = if is_tel { End::Symbols } else { End::Nothing };
    match number.stop() {
        stop::AT if !is_tel => return (End::Symbols, 0),
        stop::URI => return (without_at, 0),
        _ => {}
    }
    let from = number.offset();
    let mut word = (from as u64) << 32 | u64::from(is_tel) << 8 | NOT_YET;
    let mut context = 0;
    for _ in 0..TAIL_PARTS {
        word = parts.tail(word);
        context = (word >> 16) as usize & 0xffff;
        if (word >> 32) as usize > from + TAIL_OCTETS {
            break;
        }
        match word & 0xff {
            NOT_YET => {}
            WITHOUT_AT => return (without_at, context),
            end => return (End::from_slot(end as u8), context),
        }
    }
    (End::ScanLimit, context)
}

/// Goes on through what follows a number. A word is how it ends ([`End`], [`WITHOUT_AT`] or [`NOT_YET`]), 1 from bit 8 on
/// for a tel URI, the offset of a phone-context's value from bit 16 on, and how far it went from bit 32 on.
#[inline(always)]
pub fn tail<P: Packet>(text: &Text<'_, P>, word: u64) -> u64 {
    let (mut offset, mut context) = (text.forget((word >> 32) as usize), (word >> 16) as usize & 0xffff);
    let is_tel = word >> 8 & 1 == 1;
    let mut end = NOT_YET;
    for _ in 0..TAIL_STEPS {
        let Some((len, is_marked)) = text.seek(offset, tail_marks) else {
            end = End::Truncated as u64;
            break;
        };
        offset = text.forget(offset + len);
        if !is_marked {
            continue;
        }
        let Some([octet]) = text.load::<1>(offset) else { continue };
        offset = text.forget(offset + 1);
        match octet {
            b';' => {
                if context == 0 && is_phone_context(text, offset) {
                    context = text.forget(offset + PHONE_CONTEXT_LEN);
                }
            }
            b'@' if is_tel => {}
            b'@' => {
                end = End::Symbols as u64;
                break;
            }
            _ => {
                end = WITHOUT_AT;
                break;
            }
        }
    }
    (offset as u64) << 32 | (context as u64 & 0xffff) << 16 | u64::from(is_tel) << 8 | end
}

/// Marks what ends a URI, `@`, and `;` before "p" or "P", exactly up to and with the lowest one.
#[inline(always)]
const fn tail_marks(word: u64, next: u64) -> u64 {
    let parameter = zero_bytes((word ^ every(b';')) | ((next | every(0x20)) ^ every(b'p')));
    bytes_below(word, b' ' + 1) | zero_bytes(word ^ every(b'>')) | zero_bytes(word ^ every(b'@')) | parameter
}

/// Whether "phone-context=" stands at `at` (RFC 3966, 5.1.5).
#[inline(always)]
fn is_phone_context<P: Packet>(text: &Text<'_, P>, at: usize) -> bool {
    // Zeros where there is nothing: verifiers before Linux 6.3 refuse to read what was never written, which the compiler
    // does where it looks at both at once.
    let [first, then] = [at, at + 8].map(|at| text.window(at).unwrap_or(0));
    first | every(0x20) == PHONE_CO && (then | every(0x20)) & 0xffff_ffff_ffff == NTEXT
}

const PHONE_CO: u64 = u64::from_le_bytes(*b"phone-co");
const NTEXT: u64 = u64::from_le_bytes(*b"ntext=\0\0");
const PHONE_CONTEXT_LEN: usize = 14;
/// Octets in which a number must end, an octet that is percent-encoded counted once: thrice Asterisk's longest extension.
const NUMBER_OCTETS: usize = 240;
/// Parts of a number, and steps of each: a symbol, or up to 33 separators.
const NUMBER_PARTS: usize = 16;
const NUMBER_STEPS: usize = 16;
/// Octets of the rest of a user part.
const TAIL_OCTETS: usize = 768;
/// Parts of the rest of a user part, and steps of each: 32 octets, or what may be a phone-context.
const TAIL_PARTS: usize = 8;
const TAIL_STEPS: usize = 16;
/// More is to come; not an [`End`].
const NOT_YET: u64 = 8;
/// There is no `@`; not an [`End`].
const WITHOUT_AT: u64 = 9;

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::{collection::vec, prelude::*};
    use std::{string::String, vec::Vec};

    use super::*;

    /// A number, an octet a step: its symbols, how it ends, what stops it, and where.
    fn plain_number(text: &[u8], at: usize) -> (Vec<u8>, End, u32, usize) {
        let (mut symbols, mut at) = (Vec::new(), at);
        for _ in 0..NUMBER_OCTETS {
            let Some([octet, high, low, _]) = text.get(at..).and_then(|rest| rest.first_chunk::<4>()) else {
                return (Vec::new(), End::Truncated, 0, 0);
            };
            let encoded = std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| {
                hex.bytes()
                    .all(|digit| digit.is_ascii_hexdigit())
                    .then(|| u8::from_str_radix(hex, 16).unwrap())
            });
            let (column, len) = if *octet == b'%' {
                (256 + usize::from(encoded.unwrap_or(0)), 3)
            } else {
                (usize::from(*octet), 1)
            };
            let entry = octets::NUMBER[column];
            if entry >> 24 != 0 || symbols.len() == 32 {
                symbols.extend((entry >> 24 == 0).then_some(0));
                return (symbols, End::Symbols, entry >> 24, at);
            }
            symbols.extend((entry >> 8 & 4 != 0).then_some(entry as u8));
            at += len;
        }
        (Vec::new(), End::ScanLimit, 0, 0)
    }

    fn packed(symbols: &[u8]) -> Symbols {
        let mut word = Symbols { first: 0, then: 0, len: symbols.len() as u32 };
        for (place, symbol) in symbols.iter().take(32).enumerate() {
            let half = if place < 16 { &mut word.first } else { &mut word.then };
            *half |= u64::from(*symbol) << (60 - 4 * (place & 15));
        }
        word
    }

    /// What follows the number, an octet a step.
    fn plain_tail(text: &[u8], is_tel: bool, stop: u32, from: usize) -> (End, usize) {
        let (without_at, mut context) = (if is_tel { End::Symbols } else { End::Nothing }, 0);
        match stop {
            stop::AT if !is_tel => return (End::Symbols, 0),
            stop::URI => return (without_at, 0),
            _ => {}
        }
        for (place, octet) in text.iter().enumerate().skip(from) {
            let rest = &text[place + 1..];
            match octet {
                b';' if context == 0 => {
                    let is_context =
                        rest.get(..14).is_some_and(|name| name.eq_ignore_ascii_case(b"phone-context="));
                    context = if is_context { place + 15 } else { 0 };
                }
                b'@' if !is_tel => return (End::Symbols, context),
                0..=b' ' | b'>' => return (without_at, context),
                _ => {}
            }
        }
        (End::Truncated, context)
    }

    fn plainly(text: &[u8], is_tel: bool) -> (End, Symbols, Symbols) {
        let none = Symbols::default();
        let (number, end, stop, at) = plain_number(text, 0);
        if !matches!(end, End::Symbols) {
            return (end, none, none);
        }
        let (end, context) = plain_tail(text, is_tel, stop, at);
        let is_none = at == 0 && matches!(stop, stop::AT | stop::URI);
        match end {
            End::Nothing => return (End::Nothing, none, none),
            End::Symbols if is_none => return (End::Nothing, none, none),
            End::Symbols => {}
            end => return (end, packed(&number), none),
        }
        if context == 0 || number.is_empty() || number[0] == crate::number::PLUS {
            return (End::Symbols, packed(&number), none);
        }
        let (context, end, ..) = plain_number(text, context);
        if matches!(end, End::Symbols) && context.first() == Some(&crate::number::PLUS) {
            return (end, packed(&number).behind(packed(&context)), packed(&number));
        }
        (end, packed(&number), none)
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[0-9+*#]{1,9}",
            2 => "[-.()]{1,70}",
            2 => "(%2[0-9a-fA-F]|%3[0-9]){1,9}",
            1 => "%[0-9a-gG%]{0,2}",
            2 => ";[pP]hone-[cC]ontext=\\+[0-9.-]{1,40}",
            2 => "[;a-zP=:]{1,70}",
            1 => "[@> a]",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8_000))]

        #[test]
        fn any_spelling_is_read_as_an_octet_a_step_reads_it(
            pieces in vec(piece(), 0..8), rest in "[@> ]?[ -~\r\n]{0,60}", is_tel: bool,
        ) {
            let octets = Vec::from(pieces.concat() + &rest);
            let packet = &octets[..];
            let (mut symbols, mut plain) = (Symbols::default(), Symbols::default());
            let end = bent(&Text::new(&packet, packet.len()), is_tel, 0, &mut symbols, &mut plain);
            if octets.len() >= 8 {
                let text = String::from_utf8_lossy(&octets);
                prop_assert_eq!((end, symbols, plain), plainly(&octets, is_tel), "{:?}", text);
            }
        }
    }
}
