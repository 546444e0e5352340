//! Hides in the octets of SIP messages what may not be written: the ends of numbers, display names, credentials, keys. No octet
//! changes its place.

mod body;
mod credentials;
mod digits;
mod header;
mod lines;
mod names;
mod secrets;
#[cfg(test)]
mod tests;
mod uri;

use lines::Head;
pub use secrets::Secrets;

/// What is to be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// Digits at the end of every number; 0 shows them whole, and display names too. Credentials are hidden whatever stands here.
    pub hidden: u8,
    /// Whether session descriptions stay, and where `hidden` is 0 every body.
    pub bodies: bool,
}

/// What is left of the octets of a datagram or segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// So many from the beginning on may be written.
    pub octets: usize,
    /// Length of the body that is left out, as its message says it.
    pub body: Option<usize>,
    /// Messages that stand behind that body in one segment, and are left out with it.
    pub messages: usize,
    /// The headers have no end within the octets: they are cut after the last whole line.
    pub is_cut: bool,
}

/// Masks the message of a datagram, or with `is_stream` all that a segment holds. `None` where nothing of it can be told: then
/// nothing of it may be written.
pub fn messages(octets: &mut [u8], is_stream: bool, how: How, secrets: &mut Secrets) -> Option<Left> {
    let mut left = Left::default();
    loop {
        let rest = octets.get_mut(left.octets..)?;
        let begin = rest.iter().position(|octet| !is_blank(*octet));
        let Some(begin) = begin.map(|blanks| left.octets + blanks) else {
            let is_any = left.octets > 0;
            left.octets = octets.len();
            return is_any.then_some(left);
        };
        let Some(head) = Head::of(&octets[begin..]) else {
            left.messages = 1;
            return (left.octets > 0).then_some(left);
        };
        let message = &mut octets[begin..];
        let (headers, behind) = message.split_at_mut(head.end);
        let facts = header::mask(headers, &head, how, secrets);
        left.octets = begin + head.end;
        if !head.is_whole {
            return Some(Left { is_cut: true, ..left });
        }
        let body = behind.len().min(facts.content_length.unwrap_or(behind.len()));
        if body > 0 {
            if !facts.keeps_body(how) {
                let messages = if is_stream { count(&behind[body..]) } else { 0 };
                if is_stream {
                    header::put_no_body(headers, &facts);
                }
                return Some(Left { body: Some(facts.content_length.unwrap_or(body)), messages, ..left });
            }
            body::mask(&mut behind[..body], &facts, how, secrets);
            left.octets += body;
        }
        if !is_stream {
            return Some(left);
        }
    }
}

/// Messages that begin here, as far as they can be told apart.
fn count(octets: &[u8]) -> usize {
    crate::sip::messages(octets).count()
}

/// Puts `x` for every letter and digit, and for what is no ASCII.
fn blank(octets: &mut [u8]) {
    for octet in octets.iter_mut().filter(|octet| octet.is_ascii_alphanumeric() || !octet.is_ascii()) {
        *octet = HIDDEN;
    }
}

/// What may stand before a message.
const fn is_blank(octet: u8) -> bool {
    octet <= b' '
}

const HIDDEN: u8 = b'x';
