//! The lengths and checksums of a packet whose payload was cut and masked: they are made to fit what is left, so that a reader finds a
//! whole message. How long it was stands beside it in the file.

use std::net::IpAddr;

use monitor_common::{abi::Transport, wire::Flow};

use super::seen::Seen;

/// Makes the headers fit. Over IPv4 a datagram needs no checksum (RFC 768); the one that was sent would tell what is hidden.
pub fn settle(octets: &mut [u8], seen: &Seen, flow: &Flow) {
    let is_tcp = flow.transport == Transport::Tcp;
    let payload = flow.payload as usize;
    let transport = if is_tcp { tcp(octets, flow) } else { payload.checked_sub(UDP_HEADER) };
    let (Some(network), Some(transport)) = (network(octets, seen, payload), transport) else { return };
    settle_network(&mut octets[network..], seen);
    let header = &mut octets[transport..];
    if !is_tcp {
        let len = length(header);
        put(header, UDP_LENGTH, len);
    }
    let place = if is_tcp { TCP_CHECKSUM } else { UDP_CHECKSUM };
    put(header, place, 0);
    if is_tcp || seen.source.is_ipv6() {
        let sum = checksum(header, seen, if is_tcp { TCP } else { UDP });
        put(header, place, sum);
    }
}

fn settle_network(packet: &mut [u8], seen: &Seen) {
    let len = length(packet);
    if seen.source.is_ipv6() {
        return put(packet, IPV6_LENGTH, len.saturating_sub(IPV6_HEADER));
    }
    put(packet, IPV4_LENGTH, len);
    put(packet, IPV4_CHECKSUM, 0);
    let header = usize::from(packet[0] & 0x0f) * 4;
    let sum = !folded(sum(packet.get(..header).unwrap_or_default()));
    put(packet, IPV4_CHECKSUM, sum);
}

/// Where the IP header begins: its version and its addresses tell it, whatever stands before it.
fn network(octets: &[u8], seen: &Seen, payload: usize) -> Option<usize> {
    let record = &seen.record;
    let (version, at, addresses) = match seen.source {
        IpAddr::V4(_) => (4, 12, [&record.source[12..], &record.destination[12..]].concat()),
        IpAddr::V6(_) => (6, 8, [record.source, record.destination].concat()),
    };
    (0..payload).find(|begin| {
        let header = octets.get(*begin..).unwrap_or_default();
        header.first().is_some_and(|first| first >> 4 == version)
            && header.get(at..).is_some_and(|rest| rest.starts_with(&addresses))
    })
}

/// Where the TCP header begins whose end is known: by its ports and its own length (RFC 9293, 3.1).
fn tcp(octets: &[u8], flow: &Flow) -> Option<usize> {
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
    let parts = [&addresses[..], &len, &[0, protocol], octets];
    match !folded(parts.iter().map(|part| sum(part)).sum()) {
        // A datagram's zero says that there is none (RFC 768).
        0 if protocol == UDP => u16::MAX,
        sum => sum,
    }
}

fn sum(octets: &[u8]) -> u64 {
    let words = octets.chunks(2).map(|word| u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
    words.map(u64::from).sum()
}

fn folded(sum: u64) -> u16 {
    (0..3).fold(sum, |sum, _| (sum & 0xffff) + (sum >> 16)) as u16
}

fn length(octets: &[u8]) -> u16 {
    u16::try_from(octets.len()).unwrap_or(u16::MAX)
}

fn put(octets: &mut [u8], place: usize, value: u16) {
    if let Some(field) = octets.get_mut(place..place + 2) {
        field.copy_from_slice(&value.to_be_bytes());
    }
}

const UDP: u8 = 17;
const TCP: u8 = 6;
const IPV4_LENGTH: usize = 2;
const IPV4_CHECKSUM: usize = 10;
const IPV6_LENGTH: usize = 4;
const IPV6_HEADER: u16 = 40;
const UDP_HEADER: usize = 8;
const UDP_LENGTH: usize = 4;
const UDP_CHECKSUM: usize = 6;
const TCP_LENGTH: usize = 12;
const TCP_CHECKSUM: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packets::{
        mask::{How, Secrets},
        redact::{place, redact},
        tests::{INVITE, seen_over},
    };

    #[test]
    fn every_length_and_every_checksum_fits_what_is_left() {
        for (is_tcp, is_ipv6) in [(true, false), (true, true), (false, true), (false, false)] {
            let seen = seen_over(INVITE, is_tcp, is_ipv6);
            let how = How { hidden: 4, bodies: false };
            let octets = redact(&seen, how, &mut Secrets::default()).unwrap().octets;
            let left = octets.len();
            assert!(left < seen.frame.len() - 100);
            let (_, flow) = place(&seen).unwrap();
            let header = flow.payload as usize - if is_tcp { 20 } else { 8 };
            let at = |place: usize| usize::from(u16::from_be_bytes([octets[place], octets[place + 1]]));
            if is_ipv6 {
                assert_eq!(at(14 + 4), left - 14 - 40);
            } else {
                // Summed up with the checksum in it, nothing is left (RFC 1071).
                assert_eq!((at(14 + 2), !folded(sum(&octets[14..34]))), (left - 14, 0));
            }
            assert!(is_tcp || at(header + 4) == left - header);
            if is_tcp || is_ipv6 {
                let protocol = if is_tcp { TCP } else { UDP };
                let sum = checksum(&octets[header..], &seen, protocol);
                assert!(sum == 0 || sum == u16::MAX && !is_tcp, "{is_tcp} {is_ipv6}: {sum:#x}");
            } else {
                assert_eq!(at(header + 6), 0);
            }
        }
    }
}
