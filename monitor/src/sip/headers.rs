//! The headers that the call tracker asks for; the crate reads each value that is needed, and no other.

use std::sync::Arc;

use sip_header::{HeaderParse, MessageLine, MessageLines, MessageRow, SipReplaces, SipViaEntry};

use super::{CSeq, Message, Method, Party, Start, Unreadable, address, media, text};

/// What the headers say. Of a header that may stand once, the first counts.
#[derive(Debug, Default)]
pub struct Headers {
    /// Octets of the body, where they are said.
    pub content_length: Option<usize>,
    content_type: Option<String>,
    is_encoded: bool,
    call_id: Option<Arc<str>>,
    from: Option<Party>,
    to: Option<Party>,
    branch: Option<Arc<str>>,
    cseq: Option<CSeq>,
    has_credentials: bool,
    session_expires: Option<u32>,
    asserted: Option<Arc<str>>,
    refer_to: Option<Arc<str>>,
    replaces: Option<Arc<str>>,
}

/// Reads the headers that follow a start line, and gives the octets behind them, where the headers have an end.
/// A header that is cut is left out: half a tag would be another dialog's.
pub fn read<'a>(octets: &'a [u8], start: &Start) -> (Headers, Option<&'a [u8]>) {
    let mut headers = Headers::default();
    let mut lines = MessageLines::from_header_block(octets);
    for line in lines.by_ref() {
        if let MessageLine::Row(row) = line
            && row.span().range().end < octets.len()
        {
            headers.take(row, start);
        }
    }
    (headers, lines.blank_line_end().map(|end| &octets[end..]))
}

impl Headers {
    /// All that a message says.
    ///
    /// # Errors
    /// Where one of the headers is missing that every message has.
    pub fn into_message(self, start: Start, body: Option<&[u8]>) -> Result<Message, Unreadable> {
        let missing = |header| if body.is_some() { header } else { Unreadable::Cut };
        let is_whole = body.is_some_and(|body| self.content_length == Some(body.len()));
        let body = if self.is_encoded { None } else { body };
        let media = body.map(|body| media::read(body, is_whole, self.content_type.as_deref()));
        Ok(Message {
            start,
            call_id: self.call_id.ok_or_else(|| missing(Unreadable::CallId))?,
            from: self.from.ok_or_else(|| missing(Unreadable::From))?,
            to: self.to.ok_or_else(|| missing(Unreadable::To))?,
            branch: self.branch,
            cseq: self.cseq.ok_or_else(|| missing(Unreadable::CSeq))?,
            has_credentials: self.has_credentials,
            session_expires: self.session_expires,
            asserted: self.asserted,
            refer_to: self.refer_to,
            replaces: self.replaces,
            media: media.unwrap_or_default(),
        })
    }

    fn take(&mut self, row: MessageRow<'_, [u8]>, start: &Start) {
        let Some(name) = Name::of(row.name()) else { return };
        let value = row.value();
        let value = text::lossy(&value);
        match name {
            Name::CallId => keep(&mut self.call_id, || (!value.is_empty()).then(|| text::kept(&value))),
            Name::From => keep(&mut self.from, || address::party(&value)),
            Name::To => keep(&mut self.to, || address::party(&value)),
            Name::Via => keep(&mut self.branch, || branch(&value)),
            Name::CSeq => keep(&mut self.cseq, || cseq(&value)),
            Name::Authorization => self.has_credentials = true,
            Name::SessionExpires => keep(&mut self.session_expires, || number(&value)),
            Name::AssertedIdentity => keep(&mut self.asserted, || address::first_user(&value)),
            Name::ReferTo => keep(&mut self.refer_to, || address::first_user(&value)),
            Name::Contact if matches!(start, Start::Response { code: 300..400 }) => {
                keep(&mut self.refer_to, || address::first_user(&value));
            }
            Name::Contact => {}
            Name::Replaces => keep(&mut self.replaces, || replaces(&value)),
            Name::ContentLength => keep(&mut self.content_length, || number(&value)),
            Name::ContentType => keep(&mut self.content_type, || Some(value.into_owned())),
            Name::ContentEncoding => self.is_encoded = !value.eq_ignore_ascii_case("identity"),
        }
    }
}

fn keep<T>(place: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if place.is_none() {
        *place = value();
    }
}

fn branch(value: &str) -> Option<Arc<str>> {
    SipViaEntry::parse(value).ok()?.branch().map(text::kept)
}

fn replaces(value: &str) -> Option<Arc<str>> {
    Some(text::kept(SipReplaces::parse(value).ok()?.call_id()))
}

fn cseq(value: &str) -> Option<CSeq> {
    let mut words = value.split_ascii_whitespace();
    let number = number(words.next()?)?;
    Some(CSeq { number, method: Method::named(words.next()?) })
}

/// The number before any parameter.
fn number<T: std::str::FromStr>(value: &str) -> Option<T> {
    let digits = value.split(';').next()?.trim();
    digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Headers that are read.
#[derive(Clone, Copy)]
enum Name {
    CallId,
    From,
    To,
    Via,
    CSeq,
    Contact,
    Authorization,
    SessionExpires,
    AssertedIdentity,
    ReferTo,
    Replaces,
    ContentLength,
    ContentType,
    ContentEncoding,
}

impl Name {
    fn of(name: &[u8]) -> Option<Self> {
        NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes())).map(|(_, header)| *header)
    }
}

/// Names and compact forms (RFC 3261, 7.3.3; RFC 3515; RFC 4028).
const NAMES: [(&str, Name); 25] = [
    ("Via", Name::Via),
    ("v", Name::Via),
    ("From", Name::From),
    ("f", Name::From),
    ("To", Name::To),
    ("t", Name::To),
    ("Call-ID", Name::CallId),
    ("i", Name::CallId),
    ("CSeq", Name::CSeq),
    ("Contact", Name::Contact),
    ("m", Name::Contact),
    ("Content-Length", Name::ContentLength),
    ("l", Name::ContentLength),
    ("Content-Type", Name::ContentType),
    ("c", Name::ContentType),
    ("Content-Encoding", Name::ContentEncoding),
    ("e", Name::ContentEncoding),
    ("Authorization", Name::Authorization),
    ("Proxy-Authorization", Name::Authorization),
    ("Session-Expires", Name::SessionExpires),
    ("x", Name::SessionExpires),
    ("P-Asserted-Identity", Name::AssertedIdentity),
    ("Refer-To", Name::ReferTo),
    ("r", Name::ReferTo),
    ("Replaces", Name::Replaces),
];
