//! From what was seen to what may be written: the message masked, bodies cut, checksums that fit.

use monitor_common::{
    abi::{EVENT_MESSAGE_MAX, Link, Transport},
    wire::{self, Flow},
};

use super::{
    headers,
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
    headers::settle(&mut octets, seen, &flow);
    let was_cut = seen.record.message_len as usize > EVENT_MESSAGE_MAX;
    Some(Redacted { link, octets, left, was_cut })
}

/// How the frame begins, and where its transport header ends: the record does not say it.
pub fn place(seen: &Seen) -> Option<(Link, Flow)> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packets::tests::{INVITE, seen};

    const HOW: How = How { hidden: 4, bodies: false };

    #[test]
    fn a_datagram_keeps_its_headers_and_loses_its_body_and_its_checksum() {
        let seen = seen(INVITE);
        let redacted = redact(&seen, HOW, &mut Secrets::default()).unwrap();
        assert_eq!((redacted.link, redacted.was_cut), (Link::Ethernet, false));
        assert_eq!(redacted.left.body, Some(INVITE.len() - INVITE.find("v=0").unwrap()));
        assert_eq!(redacted.octets.len(), 42 + INVITE.find("v=0").unwrap());
        assert_eq!(redacted.octets[..16], seen.frame[..16]);
        assert_eq!(redacted.octets[26..38], seen.frame[26..38]);
        let ip = redacted.octets.len() - 14;
        assert_eq!(redacted.octets[16..18], (ip as u16).to_be_bytes());
        assert_eq!(redacted.octets[38..42], [&((ip - 20) as u16).to_be_bytes()[..], &[0, 0]].concat());
        let text = String::from_utf8(redacted.octets[42..].to_vec()).unwrap();
        assert!(text.starts_with("INVITE sip:90053555xxxx@192.0.2.10 SIP/2.0\r\n"), "{text}");
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
