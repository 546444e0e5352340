//! The session description in a body (RFC 8866): where its sender wants each stream.

use std::net::IpAddr;

use sdp_types::{Connection, Session};
use sip_header::{BodyPartParse, HeaderParse, MessageLines, SipContentType};

use super::{Media, text};

/// The streams that a body asks for; none where it is no session description. `is_whole` says that its last line is
/// not cut, though it may have no end.
pub fn read(body: &[u8], is_whole: bool, content_type: Option<&str>) -> Vec<Media> {
    let Some(content_type) = content_type else { return streams(body, is_whole) };
    let Ok(content_type) = SipContentType::parse(content_type) else { return Vec::new() };
    if is_sdp(&content_type) {
        return streams(body, is_whole);
    }
    let boundary = content_type.param("boundary").flatten().filter(|boundary| !boundary.is_empty());
    match boundary {
        Some(boundary) if content_type.media_type().eq_ignore_ascii_case("multipart") => part(body, boundary),
        _ => Vec::new(),
    }
}

/// The streams of the first part that is a session description (RFC 5621; RFC 2046, 5.1).
fn part(body: &[u8], boundary: &str) -> Vec<Media> {
    let delimiter = format!("--{boundary}");
    let mut parts = memchr::memmem::find_iter(body, &delimiter).peekable();
    while let Some(begin) = parts.next() {
        let end = parts.peek().copied();
        let part = &body[begin + delimiter.len()..end.unwrap_or(body.len())];
        if let Some((_, part)) = text::line(part)
            && let Some(description) = description(part)
        {
            return streams(description, end.is_some());
        }
    }
    Vec::new()
}

/// What follows the headers of a part, where they say that it is a session description.
fn description(part: &[u8]) -> Option<&[u8]> {
    let mut lines = MessageLines::from_header_block(part);
    let mut rows = lines.clone().rows();
    let content_type = rows.find(|row| row.name().eq_ignore_ascii_case(b"Content-Type"))?;
    let content_type = SipContentType::parse_body_part(&text::lossy(&content_type.value())).ok()?;
    lines.by_ref().for_each(drop);
    is_sdp(&content_type).then(|| lines.blank_line_end().map(|end| &part[end..]))?
}

fn is_sdp(content_type: &SipContentType) -> bool {
    content_type.media_type().eq_ignore_ascii_case("application")
        && content_type.subtype().eq_ignore_ascii_case("sdp")
}

/// The streams of a session description. Only the lines that say where media goes are given to the crate: it refuses
/// the whole where any line is broken or cut, and the others (attributes mostly) are nine tenths of the work.
fn streams(description: &[u8], is_whole: bool) -> Vec<Media> {
    let mut lines = Vec::with_capacity(description.len().min(LINES_MAX));
    lines.extend_from_slice(b"v=0\n");
    let mut rest = description;
    while !rest.is_empty() {
        let (line, after) = match text::line(rest) {
            Some(found) => found,
            None if is_whole => (rest, &rest[rest.len()..]),
            None => break,
        };
        if matches!(line, [b'm' | b'c', b'=', ..]) {
            lines.extend_from_slice(line.trim_ascii_end());
            lines.push(b'\n');
        }
        rest = after;
    }
    let Ok(session) = Session::parse(&lines) else { return Vec::new() };
    session.medias.iter().filter(|media| media.port != 0).map(|media| stream(media, &session)).collect()
}

fn stream(media: &sdp_types::Media, session: &Session) -> Media {
    let connection = media.connections.first().or(session.connection.as_ref());
    Media {
        address: connection.and_then(address),
        port: media.port,
        is_audio: media.media.eq_ignore_ascii_case("audio"),
    }
}

/// The address of `c=`, without the TTL and count that a multicast address has (RFC 8866, 5.7).
fn address(connection: &Connection) -> Option<IpAddr> {
    connection.connection_address.split('/').next()?.parse().ok()
}

/// Octets of the lines that say where media goes, at most, before there is more room needed.
const LINES_MAX: usize = 256;
