//! From what was seen to what may be written: the message masked, bodies cut, checksums that fit.

use std::net::IpAddr;

use monitor_common::{
    abi::{EVENT_MESSAGE_MAX, Link, Transport},
    wire::{self, Flow},
};

use super::{
    mask::{self, How, Left, Secrets},
    seen::Seen,
};

/// A packet as it is written.
#[derive(Debug)]
pub struct Redacted {
    /// How the octets begin.
    pub link: Link,
    /// The frame as far as it may be written.
    pub octets: Vec<u8>,
    /// What is left of its messages.
    pub left: Left,
    /// Whether the event had less than the frame.
    pub was_cut: bool,
}

/// Masks a packet; `None` where its message cannot be read and so must not be written.
pub fn redact(seen: &Seen, how: How, secrets: &mut Secrets) -> Option<Redacted> {
    let mut octets = seen.frame.to_vec();
    let begin = seen.record.message_offset as usize;
    let is_stream = seen.record.transport == Transport::Tcp as u8;
    let left = mask::messages(octets.get_mut(begin..)?, is_stream, how, secrets)?;
    octets.truncate(begin + left.octets);
    let (link, flow) = place(seen)?;
    settle_checksum(&mut octets, seen, &flow);
    let was_cut = seen.record.message_len as usize > EVENT_MESSAGE_MAX;
    Some(Redacted { link, octets, left, was_cut })
}

/// How the frame begins, and where its transport header ends: the record does not say it.
fn place(seen: &Seen) -> Option<(Link, Flow)> {
    let frame = &&*seen.frame;
    let fits = |flow: &Flow| {
        flow.source_port == seen.record.source_port
            && flow.destination_port == seen.record.destination_port
            && flow.addresses.source(frame) == Some(seen.record.source)
            && flow.addresses.destination(frame) == Some(seen.record.destination)
    };
    [Link::Ethernet, Link::Ip]
        .into_iter()
        .find_map(|link| wire::walk(frame, link).ok().filter(fits).map(|flow| (link, flow)))
}

/// What was changed in a payload changes its checksum: over IPv4 a datagram needs none (RFC 768), elsewhere it is computed anew of
/// the octets that are left. The one that was sent would tell what was hidden.
fn settle_checksum(octets: &mut [u8], seen: &Seen, flow: &Flow) {
    let payload = flow.payload as usize;
    let is_tcp = flow.transport == Transport::Tcp;
    let Some(header) = (if is_tcp { tcp_header(octets, flow) } else { payload.checked_sub(UDP_HEADER) })
    else {
        return;
    };
    let place = header + if is_tcp { TCP_CHECKSUM } else { UDP_CHECKSUM };
    let Some(field) = octets.get_mut(place..place + 2) else { return };
    field.fill(0);
    if is_tcp || seen.source.is_ipv6() {
        let protocol = if is_tcp { TCP } else { UDP };
        let sum = checksum(&octets[header..], seen, protocol).to_be_bytes();
        octets[place..place + 2].copy_from_slice(&sum);
    }
}

/// Where the TCP header begins whose end is known: by its ports and its own length (RFC 9293, 3.1).
fn tcp_header(octets: &[u8], flow: &Flow) -> Option<usize> {
    let payload = flow.payload as usize;
    let ports = [flow.source_port.to_be_bytes(), flow.destination_port.to_be_bytes()].concat();
    (5..=15).map(|words| 4 * words).find_map(|len| {
        let header = payload.checked_sub(len)?;
        let says = usize::from(octets.get(header + TCP_LENGTH)? >> 4) * 4;
        (says == len && octets[header..].starts_with(&ports)).then_some(header)
    })
}

/// The Internet checksum (RFC 1071) of a transport header and its payload, with the pseudo header of its addresses.
fn checksum(octets: &[u8], seen: &Seen, protocol: u8) -> u16 {
    let addresses = match seen.source {
        IpAddr::V4(_) => [&seen.record.source[12..], &seen.record.destination[12..]].concat(),
        IpAddr::V6(_) => [seen.record.source, seen.record.destination].concat(),
    };
    let len = u32::try_from(octets.len()).unwrap_or_default().to_be_bytes();
    let sum = [&addresses[..], &len, &[0, protocol], octets].iter().map(|part| sum(part)).sum::<u64>();
    let folded = (0..3).fold(sum, |sum, _| (sum & 0xffff) + (sum >> 16));
    match !(folded as u16) {
        // A datagram's zero says that there is none (RFC 768).
        0 if protocol == UDP => u16::MAX,
        sum => sum,
    }
}

fn sum(octets: &[u8]) -> u64 {
    let words = octets.chunks(2).map(|word| u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
    words.map(u64::from).sum()
}

const UDP: u8 = 17;
const TCP: u8 = 6;
const UDP_HEADER: usize = 8;
const UDP_CHECKSUM: usize = 6;
const TCP_CHECKSUM: usize = 16;
const TCP_LENGTH: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packets::tests::{INVITE, seen, seen_over};

    const HOW: How = How { hidden: 4, bodies: false };

    #[test]
    fn a_datagram_keeps_its_headers_and_loses_its_body_and_its_checksum() {
        let seen = seen(INVITE);
        let redacted = redact(&seen, HOW, &mut Secrets::default()).unwrap();
        assert_eq!((redacted.link, redacted.was_cut), (Link::Ethernet, false));
        assert_eq!(redacted.left.body, Some(INVITE.len() - INVITE.find("v=0").unwrap()));
        assert_eq!(redacted.octets.len(), 42 + INVITE.find("v=0").unwrap());
        assert_eq!(redacted.octets[..40], seen.frame[..40]);
        assert_eq!(redacted.octets[40..42], [0, 0]);
        let text = String::from_utf8(redacted.octets[42..].to_vec()).unwrap();
        assert!(text.starts_with("INVITE sip:90053555xxxx@192.0.2.10 SIP/2.0\r\n"), "{text}");
    }

    #[test]
    fn where_a_checksum_is_needed_it_fits_what_is_left() {
        let bodiless =
            INVITE.split("v=0").next().unwrap().replace("Content-Length: 136", "Content-Length: 0");
        for (is_tcp, is_ipv6) in [(true, false), (true, true), (false, true)] {
            let seen = seen_over(&bodiless, is_tcp, is_ipv6);
            let redacted = redact(&seen, HOW, &mut Secrets::default()).unwrap();
            let (_, flow) = place(&seen).unwrap();
            let header = flow.payload as usize - if is_tcp { 20 } else { 8 };
            let protocol = if is_tcp { TCP } else { UDP };
            assert_eq!(redacted.octets.len(), seen.frame.len());
            // Summed up with the checksum in it, nothing is left (RFC 1071).
            let sum = checksum(&redacted.octets[header..], &seen, protocol);
            assert!(sum == 0 || sum == u16::MAX && protocol == UDP, "{is_tcp} {is_ipv6}: {sum:#x}");
        }
    }

    #[test]
    fn an_interface_without_a_link_header_is_told() {
        let mut seen = seen(INVITE);
        seen.frame = seen.frame[14..].into();
        seen.record.message_offset -= 14;
        let redacted = redact(&seen, HOW, &mut Secrets::default()).unwrap();
        assert_eq!((redacted.link, redacted.octets[0]), (Link::Ip, 0x45));
    }

    #[test]
    fn what_is_no_message_is_not_written() {
        for message in ["", "INVITE sip:0142345678@192.0.2.10 SIP/2.0"] {
            assert!(redact(&seen(message), HOW, &mut Secrets::default()).is_none(), "{message}");
        }
    }
}
