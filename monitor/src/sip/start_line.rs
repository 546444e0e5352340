//! The start line (RFC 3261, 7.1 and 7.2), as tolerant as the kernel and the stacks behind it are.

use std::sync::Arc;

use sip_header::sip_uri::{Uri, UriParse};

use super::{Method, Start, text};

/// Reads the first line of a message; `None` where it is not SIP.
pub fn read(line: &str) -> Option<Start> {
    let line = line.trim_matches(is_blank);
    if is_version(line) {
        return status(line);
    }
    let (method, rest) = line.split_once(is_blank)?;
    let rest = rest.trim_start_matches(is_blank);
    let (uri, has_version) = match rest.rsplit_once(is_blank) {
        Some((uri, version)) if is_version(version) => (uri, true),
        None if is_version(rest) => ("", true),
        _ => (rest, false),
    };
    let uri = uri.trim_matches(is_blank).trim_start_matches('<').trim_end_matches('>');
    let is_sip = (has_version || has_scheme(uri)) && is_method(method);
    is_sip.then(|| Start::Request { method: Method::named(method), user: user(uri) })
}

/// Whether a word is a method that makes, changes or ends calls.
pub fn is_method_of_calls(word: &[u8]) -> bool {
    METHODS.iter().any(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes()))
}

impl Method {
    /// The method of that name, in any case: the stacks that take `invite` for `INVITE` make calls of it.
    pub(super) fn named(name: &str) -> Self {
        METHODS
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map_or(Self::Other, |(_, method)| *method)
    }
}

/// A status line; `None` where the code is not one of 100 to 699.
fn status(line: &str) -> Option<Start> {
    let (_, rest) = line.split_once(is_blank)?;
    let rest = rest.trim_start_matches(is_blank);
    let code = rest.split(is_blank).next()?;
    let is_code = code.len() == 3 && code.bytes().all(|octet| octet.is_ascii_digit());
    let code = code.parse().ok().filter(|code| is_code && (100..700).contains(code))?;
    Some(Start::Response { code })
}

/// The user part of a Request-URI; empty where there is none.
fn user(uri: &str) -> Arc<str> {
    Uri::parse(uri).ok().and_then(|uri| uri.user().map(text::decoded)).unwrap_or_default()
}

fn is_method(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':')
}

fn is_version(word: &str) -> bool {
    word.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("SIP/"))
}

fn has_scheme(uri: &str) -> bool {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    ["sip", "sips", "tel", "urn"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

const METHODS: [(&str, Method); 9] = [
    ("INVITE", Method::Invite),
    ("ACK", Method::Ack),
    ("BYE", Method::Bye),
    ("CANCEL", Method::Cancel),
    ("PRACK", Method::Prack),
    ("UPDATE", Method::Update),
    ("REFER", Method::Refer),
    ("INFO", Method::Info),
    ("NOTIFY", Method::Notify),
];
