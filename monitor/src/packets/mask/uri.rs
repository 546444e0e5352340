//! The user parts of SIP and tel URIs wherever they stand in a line (RFC 3261, 19.1; RFC 3966).

use std::ops::Range;

use super::{Secrets, blank, digits};

/// Hides the ends of the numbers in every URI of the line, and every password. Gives where the numbers stand: what is left of
/// them is to be shown.
pub fn hide_users(line: &mut [u8], hidden: u8, secrets: &mut Secrets) -> Vec<Range<usize>> {
    let (mut at, mut numbers) = (0, Vec::new());
    while let Some(colon) = memchr::memchr(b':', &line[at..]).map(|found| at + found) {
        at = colon + 1;
        match scheme(&line[..colon]) {
            Some(Scheme::Sip) => numbers.extend(hide_user_info(line, at, hidden, secrets)),
            Some(Scheme::Tel) => {
                let end = end_of(line, at, |octet| is_end(octet) || matches!(octet, b';' | b'?' | b','));
                numbers.push(hide_number(line, at..end, hidden, secrets));
            }
            None => (),
        }
    }
    numbers
}

/// Hides what embedded headers of URIs say of credentials.
pub fn hide_embedded_credentials(line: &mut [u8]) {
    for place in super::names::places(line, b"authorization=") {
        let end = end_of(line, place, |octet| is_end(octet) || octet == b'&');
        blank(&mut line[place..end]);
    }
}

enum Scheme {
    Sip,
    Tel,
}

/// The scheme that ends here.
fn scheme(before: &[u8]) -> Option<Scheme> {
    let letters = before.iter().rev().take_while(|octet| octet.is_ascii_alphanumeric()).count();
    let word = &before[before.len() - letters..];
    let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
    if ["sip", "sips", "im", "pres"].into_iter().any(is) {
        Some(Scheme::Sip)
    } else {
        ["tel", "fax", "modem", "callto"].into_iter().any(is).then_some(Scheme::Tel)
    }
}

/// `user:password@`, as far as there is an `@` at all.
fn hide_user_info(line: &mut [u8], begin: usize, hidden: u8, secrets: &mut Secrets) -> Option<Range<usize>> {
    let end = end_of(line, begin, is_end);
    let at = memchr::memchr(b'@', &line[begin..end]).map(|found| begin + found)?;
    let colon = memchr::memchr(b':', &line[begin..at]).map_or(at, |found| begin + found);
    blank(&mut line[colon..at]);
    Some(hide_number(line, begin..colon, hidden, secrets))
}

/// A user part: the number before its parameters. Where the beginning of the number stands in the context, what is left is a
/// number too.
fn hide_number(line: &mut [u8], user: Range<usize>, hidden: u8, secrets: &mut Secrets) -> Range<usize> {
    let end = end_of(&line[..user.end], user.start, |octet| octet == b';');
    let extent = end_of(line, end, |octet| is_end(octet) || octet == b'@');
    let context = super::names::places(&line[end..extent], b"phone-context=").next().map(|place| end + place);
    let context = context.map_or(0, |place| {
        let ends = end_of(&line[..extent], place, |octet| octet == b';');
        digits::all(line, place..ends).len()
    });
    let number = digits::all(line, user.start..end);
    digits::hide(line, &number, context, hidden, secrets);
    user.start..end
}

fn end_of(line: &[u8], begin: usize, is_end: impl Fn(u8) -> bool) -> usize {
    line[begin..].iter().position(|octet| is_end(*octet)).map_or(line.len(), |found| begin + found)
}

/// What no URI holds.
const fn is_end(octet: u8) -> bool {
    octet <= b' ' || matches!(octet, b'<' | b'>' | b'"')
}
