//! The start line: what makes a payload SIP, and where its Request-URI begins.

use super::uri::{Scheme, scheme};
use crate::{
    abi::Class,
    wire::{Packet, Text, bytes_below, every, first_byte, zero_bytes},
};

/// A request's method and Request-URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Class by method.
    pub class: Class,
    /// Scheme of the Request-URI.
    pub scheme: Scheme,
    /// Offset of what follows the scheme.
    pub uri: usize,
}

/// A SIP message's start line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// Request-Line (RFC 3261, 7.1).
    Request(Request),
    /// Status-Line (RFC 3261, 7.2), by status class.
    Response(Class),
}

impl StartLine {
    /// One word: the class, the scheme from bit 8 on, the URI's offset from bit 32 on; all ones for `None`.
    #[inline(always)]
    #[must_use]
    pub const fn pack(line: Option<Self>) -> u64 {
        match line {
            Some(Self::Request(Request { class, scheme, uri })) => {
                (uri as u64) << 32 | (scheme as u64) << 8 | class as u64
            }
            Some(Self::Response(class)) => class as u64,
            None => u64::MAX,
        }
    }

    /// What [`Self::pack`] packed.
    #[inline(always)]
    #[must_use]
    pub const fn unpack(word: u64) -> Option<Self> {
        match Class::from_slot(word as u8) {
            Some(class) if (class as u8) < Class::Status1xx as u8 => {
                let scheme = Scheme::from_slot((word >> 8) as u8);
                Some(Self::Request(Request { class, scheme, uri: (word >> 32) as usize }))
            }
            Some(class) => Some(Self::Response(class)),
            None => None,
        }
    }
}

/// Whether [`start_line`] can find anything in a payload that begins with `head`: three octets of a method or
/// version, or what is skipped before them. It spares most packets that are not SIP a look at the methods.
#[inline(always)]
#[must_use]
pub const fn may_begin(head: [u8; 8]) -> bool {
    let word = u64::from_le_bytes(head);
    is_lead(head[0]) || (bytes_below(word, b' ') | (word & every(0x80))) & 0xff_ffff == 0
}

/// Reads the start line of the payload at `from`; `None` where the payload is not SIP.
#[inline(always)]
pub fn start_line<P: Packet>(text: &Text<'_, P>, from: usize) -> Option<StartLine> {
    let head = text.load::<8>(from)?;
    let (at, head) = if is_lead(head[0]) {
        let at = skip(text, from)?;
        (at, text.load::<8>(at)?)
    } else {
        (from, head)
    };
    let word = u64::from_le_bytes(head) | LOWER_CASE;
    if word == STATUS {
        return status(text, at + 8).map(StartLine::Response);
    }
    let mut request = Request { class: Class::OtherMethod, scheme: Scheme::Other, uri: at };
    if let Some((class, after)) = known_method(text, at, head) {
        let (scheme, uri) = scheme(text, skip(text, after)?);
        request = Request { class, scheme, uri };
    } else if !is_text(head) {
        return None;
    }
    // SIP has a SIP scheme, or a line that ends as SIP's does.
    let is_sip = !matches!(request.scheme, Scheme::Other) || is_sip_line(text, at);
    is_sip.then_some(StartLine::Request(request))
}

/// The class of a known method that begins with the octets of `head`, and the offset after it, where a
/// blank or a line end follows: pjsip takes a folded start line.
#[inline(always)]
fn known_method<P: Packet>(text: &Text<'_, P>, at: usize, head: [u8; 8]) -> Option<(Class, usize)> {
    let word = u64::from_le_bytes(head) | LOWER_CASE;
    let (class, len) = METHODS
        .iter()
        .find_map(|&(class, method, mask, len)| (word & mask == method).then_some((class, len)))?;
    let after = match (len, text.load::<2>(at + 8)?) {
        (8, [after, _]) => after,
        (9, [b'e' | b'E', after]) => after,
        (9, _) => return None,
        _ => (u64::from_le_bytes(head) >> (8 * (len & 7))) as u8,
    };
    let class = Class::from_slot(text.forget(class as usize) as u8)?;
    is_gap(after).then_some((class, text.forget(at + len)))
}

/// The status class at `at`: three digits and a blank.
#[inline(always)]
fn status<P: Packet>(text: &Text<'_, P>, at: usize) -> Option<Class> {
    let code = text.load::<4>(at)?;
    if !code[1].is_ascii_digit() || !code[2].is_ascii_digit() || code[3] != b' ' {
        return None;
    }
    match code[0] {
        digit @ b'1'..=b'6' => Class::from_slot(Class::Status1xx as u8 + (digit - b'1')),
        _ => None,
    }
}

/// Whether the line at `at` ends with "SIP/" and a version of three octets.
#[inline(never)]
fn is_sip_line<P: Packet>(text: &Text<'_, P>, at: usize) -> bool {
    let mut offset = text.forget(at);
    for _ in 0..LINE_WINDOWS {
        let Some(word) = text.window(offset) else { return false };
        let mask = zero_bytes(word ^ every(b'\n'));
        if mask != 0 {
            let end = text.forget(offset + first_byte(mask));
            return end >= at + 16 && ends_with_version(text, end);
        }
        offset = text.forget(offset + 8);
    }
    false
}

/// Whether " SIP/x.y" stands before `end`, with or without a carriage return.
#[inline(always)]
fn ends_with_version<P: Packet>(text: &Text<'_, P>, end: usize) -> bool {
    let Some([.., last]) = text.load::<1>(end - 1) else { return false };
    let end = if last == b'\r' { end - 1 } else { end };
    let Some(version) = text.load::<8>(end - 8) else { return false };
    let word = u64::from_le_bytes(version) | LOWER_CASE;
    word & VERSION_MASK == VERSION
}

/// The offset of the first octet from `at` on that is neither a blank nor a control character: pjsip and Kamailio skip as
/// many as there are. At most [`BLANK_BLOCKS`] blocks of 32 octets are skipped.
#[inline(always)]
fn skip<P: Packet>(text: &Text<'_, P>, at: usize) -> Option<usize> {
    let printed = not_blank(text.window(at)?);
    if printed != 0 {
        return Some(text.forget(at + first_byte(printed)));
    }
    let mut offset = text.forget(at);
    for _ in 0..BLANK_BLOCKS {
        let Some(block) = text.load::<32>(offset) else { break };
        let words: [[u8; 8]; 4] = zerocopy::transmute!(block);
        let [first, second, third, fourth] = words.map(|word| not_blank(u64::from_le_bytes(word)));
        if first | second | third | fourth != 0 {
            break;
        }
        offset = text.forget(offset + 32);
    }
    for _ in 0..4 {
        let printed = not_blank(text.window(offset)?);
        if printed != 0 {
            return Some(text.forget(offset + first_byte(printed)));
        }
        offset = text.forget(offset + 8);
    }
    None
}

/// Marks octets above a blank, exactly.
#[inline(always)]
const fn not_blank(word: u64) -> u64 {
    (((word & every(0x7f)) + every(0x7f - b' ')) | word) & every(0x80)
}

/// Whether all eight octets are printable.
#[inline(always)]
fn is_text(head: [u8; 8]) -> bool {
    let word = u64::from_le_bytes(head);
    bytes_below(word, b' ') == 0 && word & every(0x80) == 0 && head[0] != b' '
}

/// What stands behind a method.
#[inline(always)]
const fn is_gap(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// What stacks skip before a start line: pjsip, sofia and Kamailio take some of these each.
#[inline(always)]
const fn is_lead(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

/// A method as (class, lower-cased first eight octets, their mask, length).
type Method = (Class, u64, u64, usize);

const fn method(class: Class, name: &[u8]) -> Method {
    let (mut word, mut mask, mut place) = (0, 0, 0);
    while place < name.len() && place < 8 {
        word |= (name[place] as u64) << (8 * place);
        mask |= 0xff << (8 * place);
        place += 1;
    }
    (class, word, mask, name.len())
}

const METHODS: [Method; 14] = [
    method(Class::Invite, b"invite"),
    method(Class::Ack, b"ack"),
    method(Class::Bye, b"bye"),
    method(Class::Cancel, b"cancel"),
    method(Class::Options, b"options"),
    method(Class::Register, b"register"),
    method(Class::Prack, b"prack"),
    method(Class::Subscribe, b"subscribe"),
    method(Class::Notify, b"notify"),
    method(Class::Publish, b"publish"),
    method(Class::Info, b"info"),
    method(Class::Refer, b"refer"),
    method(Class::Message, b"message"),
    method(Class::Update, b"update"),
];

const LOWER_CASE: u64 = every(0x20);
const STATUS: u64 = u64::from_le_bytes(*b"sip/2.0 ");
const VERSION: u64 = u64::from_le_bytes(*b" sip/\0.\0");
const VERSION_MASK: u64 = u64::from_le_bytes([0xff, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0]);
/// Blocks of 32 blanks skipped before the start line and after the method: all that an Ethernet frame holds.
const BLANK_BLOCKS: usize = 48;
/// Windows of eight octets in which a start line must end.
const LINE_WINDOWS: usize = 64;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_a_start_line_may_begin_one(
            line in prop_oneof![
                Just("INVITE sip:1@a SIP/2.0\r\n"), Just("ack tel:112 SIP/2.0\r\n"), Just("SIP/2.0 200 OK\r\n"),
                Just("\r\n\r\nBYE sip:a SIP/2.0\r\n"), Just("DO sip:a SIP/2.0\r\n"), Just("\0 \tOPTIONS <sip:a>\r\n"),
            ],
            place in 0..8usize, octet: u8, is_mutated: bool,
        ) {
            let mut octets = Vec::from(line);
            if is_mutated {
                octets[place] = octet;
            }
            let packet = &octets[..];
            let is_line = start_line(&Text::new(&packet, packet.len()), 0).is_some();
            let head = *packet.first_chunk().expect("eight octets");
            prop_assert!(is_mutated || is_line);
            prop_assert!(!is_line || may_begin(head), "{octets:?}");
        }
    }
}
