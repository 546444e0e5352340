//! A SIP message as the call tracker needs it: what a maintained crate read, in the words of RFC 3261.

mod address;
mod headers;
mod media;
mod message;
mod start_line;
mod text;
mod unreadable;

use std::borrow::Cow;

pub use message::{CSeq, Media, Message, Method, Party, Start};
pub use unreadable::Unreadable;

/// The messages of a TCP segment that begins with a start line, each as far as it is there. Of a datagram only the
/// first counts: see [`message`].
#[must_use]
pub fn messages(octets: &[u8]) -> Messages<'_> {
    Messages { rest: octets }
}

/// The message of a datagram. What stands behind its `Content-Length` is not SIP (RFC 3261, 18.3).
///
/// # Errors
/// Where it is no SIP message, or says nothing of the dialog that it belongs to.
pub fn message(octets: &[u8]) -> Result<Message, Unreadable> {
    messages(octets).next().unwrap_or(Err(Unreadable::StartLine))
}

/// Iterates over the messages in a run of octets; see [`messages`].
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl Iterator for Messages<'_> {
    type Item = Result<Message, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        let begin = self.rest.iter().position(|octet| !is_blank(*octet))?;
        let octets = std::mem::take(&mut self.rest).get(begin..)?;
        Some(self.read(octets))
    }
}

impl<'a> Messages<'a> {
    fn read(&mut self, octets: &'a [u8]) -> Result<Message, Unreadable> {
        let (line, rest) = first_line(octets).ok_or(Unreadable::StartLine)?;
        let start = start_line::read(&text::lossy(&line)).ok_or(Unreadable::StartLine)?;
        let (headers, body) = headers::read(rest, &start);
        let body = body.map(|body| {
            let (body, rest) = body.split_at(headers.content_length.unwrap_or(body.len()).min(body.len()));
            self.rest = rest;
            body
        });
        headers.into_message(start, body)
    }
}

/// The start line, and what follows it. Whatever blanks and line ends stand behind the method of a call are skipped, as the
/// kernel and pjsip do.
fn first_line(octets: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let (word, rest) = octets.split_at(octets.iter().position(|octet| is_blank(*octet))?);
    let begin = rest.iter().position(|octet| !is_blank(*octet))?;
    if rest[..begin] == *b" " || !start_line::is_method_of_calls(word) {
        return text::line(octets).map(|(line, rest)| (Cow::Borrowed(line), rest));
    }
    let (line, rest) = text::line(&rest[begin..])?;
    Some((Cow::Owned([word, b" ", line].concat()), rest))
}

/// What the kernel skips before a start line and behind its method; pjsip, sofia and Kamailio take some of these each.
const fn is_blank(octet: u8) -> bool {
    octet <= b' '
}

#[cfg(test)]
mod tests;
