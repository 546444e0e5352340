//! The lines of a message's head by their names: what is hidden in each.

use std::ops::Range;

use super::{How, Secrets, blank, credentials, digits, lines::Head, names, uri};

/// What the headers say of the body.
#[derive(Debug, Default)]
pub struct Facts {
    /// `Content-Length`, where it is a number.
    pub content_length: Option<usize>,
    /// Where that stands in the head.
    length_at: Range<usize>,
    /// Whether it is a session description as it stands.
    pub is_description: bool,
    is_encoded: bool,
}

impl Facts {
    /// Whether the body may be written.
    pub const fn keeps_body(&self, how: How) -> bool {
        how.bodies && (how.hidden == 0 || self.is_description && !self.is_encoded)
    }
}

/// Says in a head that no body follows: over a stream a reader would wait for it (RFC 3261, 20.14).
pub fn put_no_body(octets: &mut [u8], facts: &Facts) {
    let digits = octets.get_mut(facts.length_at.clone()).unwrap_or_default();
    digits.iter_mut().filter(|octet| octet.is_ascii_digit()).for_each(|octet| *octet = b'0');
}

/// Hides what may not be written in the lines of a head.
pub fn mask(octets: &mut [u8], head: &Head, how: How, secrets: &mut Secrets) -> Facts {
    let mut facts = Facts::default();
    let mut kinds = Vec::with_capacity(head.lines.len());
    for (place, range) in head.lines.iter().enumerate() {
        let line = &mut octets[range.clone()];
        let (kind, value) = if place == 0 { (Kind::Start, 0) } else { Kind::of(line) };
        if kind == Kind::ContentLength && facts.content_length.is_none() {
            facts.length_at = range.start + value..range.end;
        }
        facts.take(kind, &line[value..]);
        hide(line, kind, value, how.hidden, secrets);
        kinds.push(kind);
    }
    for (range, _) in head.lines.iter().zip(kinds).filter(|(_, kind)| !kind.is_count()) {
        secrets.hide(&mut octets[range.clone()], how.hidden);
    }
    facts
}

impl Facts {
    fn take(&mut self, kind: Kind, value: &[u8]) {
        let text = str::from_utf8(value).unwrap_or_default().trim();
        match kind {
            Kind::ContentLength if self.content_length.is_none() => self.content_length = text.parse().ok(),
            Kind::ContentType => {
                let name = text.split(';').next().unwrap_or_default().trim();
                self.is_description = name.eq_ignore_ascii_case("application/sdp");
            }
            Kind::ContentEncoding => self.is_encoded = !text.eq_ignore_ascii_case("identity"),
            _ => (),
        }
    }
}

/// `value` is where the value begins.
fn hide(line: &mut [u8], kind: Kind, value: usize, hidden: u8, secrets: &mut Secrets) {
    match kind {
        Kind::Dialog | Kind::Count | Kind::ContentLength => return,
        Kind::Credentials => credentials::hide(&mut line[value..]),
        Kind::Opaque if hidden > 0 => return blank(&mut line[value..]),
        Kind::Broken => return blank(line),
        Kind::Address if hidden > 0 => names::hide(&mut line[value..]),
        _ => (),
    }
    let numbers = uri::hide_users(line, hidden, secrets);
    uri::hide_embedded_credentials(line);
    let mut spared = names::spared(line, kind.spared());
    spared.extend(numbers);
    if kind == Kind::Start && line.starts_with(b"SIP/") {
        spared.push(0..STATUS.min(line.len()));
    }
    if hidden > 0 {
        digits::hide_numbers(line, &spared, hidden, secrets);
    }
}

/// What a line may say of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Start,
    /// Names a dialog or a transaction: stays as it is.
    Dialog,
    /// Counts: stays as it is.
    Count,
    ContentLength,
    ContentType,
    ContentEncoding,
    Via,
    /// Addresses with display names.
    Address,
    /// Secrets and challenges.
    Credentials,
    /// Numbers or places in a form that is not read here.
    Opaque,
    /// Anything else: what looks like a number is one.
    Plain,
    /// No header.
    Broken,
}

impl Kind {
    /// The kind of a line, and where its value begins.
    fn of(line: &[u8]) -> (Self, usize) {
        let Some(colon) = memchr::memchr(b':', line) else { return (Self::Broken, 0) };
        let name = line[..colon].trim_ascii_end();
        let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        if !is_name {
            return (Self::Broken, 0);
        }
        let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        (known.map_or(Self::Plain, |(_, kind)| *kind), colon + 1)
    }

    /// Whether it is digits that are no number of anybody.
    const fn is_count(self) -> bool {
        matches!(self, Self::Count | Self::ContentLength)
    }

    /// Parameters whose values stay as they are.
    const fn spared(self) -> &'static [&'static [u8]] {
        match self {
            Self::Via => &[b"branch="],
            Self::Address => &[b"tag=", b"replaces="],
            _ => &[],
        }
    }
}

/// Octets of a status line before its phrase (RFC 3261, 7.2).
const STATUS: usize = 12;

/// Names and compact forms (IANA, SIP parameters: header fields).
const NAMES: [(&str, Kind); 57] = [
    ("Call-ID", Kind::Dialog),
    ("i", Kind::Dialog),
    ("In-Reply-To", Kind::Dialog),
    ("Replaces", Kind::Dialog),
    ("Join", Kind::Dialog),
    ("Target-Dialog", Kind::Dialog),
    ("Session-ID", Kind::Dialog),
    ("CSeq", Kind::Count),
    ("RSeq", Kind::Count),
    ("RAck", Kind::Count),
    ("Max-Forwards", Kind::Count),
    ("Content-Length", Kind::ContentLength),
    ("l", Kind::ContentLength),
    ("Content-Type", Kind::ContentType),
    ("c", Kind::ContentType),
    ("Content-Encoding", Kind::ContentEncoding),
    ("e", Kind::ContentEncoding),
    ("Via", Kind::Via),
    ("v", Kind::Via),
    ("From", Kind::Address),
    ("f", Kind::Address),
    ("To", Kind::Address),
    ("t", Kind::Address),
    ("Contact", Kind::Address),
    ("m", Kind::Address),
    ("Route", Kind::Address),
    ("Record-Route", Kind::Address),
    ("Path", Kind::Address),
    ("Service-Route", Kind::Address),
    ("Reply-To", Kind::Address),
    ("P-Asserted-Identity", Kind::Address),
    ("P-Preferred-Identity", Kind::Address),
    ("P-Called-Party-ID", Kind::Address),
    ("P-Associated-URI", Kind::Address),
    ("P-Served-User", Kind::Address),
    ("P-Profile-Key", Kind::Address),
    ("Remote-Party-ID", Kind::Address),
    ("Diversion", Kind::Address),
    ("CC-Diversion", Kind::Address),
    ("History-Info", Kind::Address),
    ("Refer-To", Kind::Address),
    ("r", Kind::Address),
    ("Referred-By", Kind::Address),
    ("b", Kind::Address),
    ("Authorization", Kind::Credentials),
    ("Proxy-Authorization", Kind::Credentials),
    ("WWW-Authenticate", Kind::Credentials),
    ("Proxy-Authenticate", Kind::Credentials),
    ("Authentication-Info", Kind::Credentials),
    ("Proxy-Authentication-Info", Kind::Credentials),
    ("Identity", Kind::Opaque),
    ("y", Kind::Opaque),
    ("User-to-User", Kind::Opaque),
    ("P-Access-Network-Info", Kind::Opaque),
    ("Cellular-Network-Info", Kind::Opaque),
    ("Geolocation", Kind::Opaque),
    ("Subject", Kind::Plain),
];
