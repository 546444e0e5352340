//! Link types of captures, brought to the two forms that the classifier takes: an Ethernet frame or an IP packet.
//!
//! Numbers and layouts: <https://www.tcpdump.org/linktypes.html>.

use std::fmt;

use monitor_common::abi::Link;

use super::Content;

/// Why a frame's octets cannot be given to the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unreadable {
    /// A link type that is not walked.
    LinkType(u16),
    /// A pcapng block that names an interface which no block describes.
    UnknownInterface(u32),
    /// The frame ends inside the header of its link type.
    ShortHeader(u16),
}

impl Unreadable {
    /// The label in the JSON output; it has no number in it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::LinkType(_) => "link_type",
            Self::UnknownInterface(_) => "unknown_interface",
            Self::ShortHeader(_) => "short_link_header",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkType(number) => write!(f, "link type {number} ({})", name(*number)),
            Self::UnknownInterface(index) => {
                write!(f, "interface {index}, which the capture does not describe")
            }
            Self::ShortHeader(number) => write!(f, "cut inside the {} header", name(*number)),
        }
    }
}

/// Brings a frame to one of the forms that the classifier takes.
pub(super) fn normalise(link_type: u16, octets: &mut [u8]) -> Result<Content<'_>, Unreadable> {
    let short = Unreadable::ShortHeader(link_type);
    match link_type {
        ETHERNET => Ok(Content { link: Link::Ethernet, octets }),
        RAW | RAW_BSD | RAW_OPENBSD | IPV4 | IPV6 => Ok(Content { link: Link::Ip, octets }),
        NULL | LOOP => loopback(octets).ok_or(short),
        SLL => cooked(octets).ok_or(short),
        SLL2 => cooked_v2(octets).ok_or(short),
        _ => Err(Unreadable::LinkType(link_type)),
    }
}

/// BSD loopback: an address family, in the byte order of the capturing host (NULL) or big endian (LOOP).
fn loopback(octets: &mut [u8]) -> Option<Content<'_>> {
    let (family, packet) = octets.split_first_chunk::<4>()?;
    let family = u32::from_be_bytes(*family);
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    if FAMILIES_OF_IP.contains(&family) {
        return Some(Content { link: Link::Ip, octets: packet });
    }
    // Another family has no IP header: an Ethernet header of zeros says so.
    Some(Content { link: Link::Ethernet, octets: &NO_PROTOCOL })
}

/// Linux cooked, 16 octets: type, hardware, address length (2 each), address (8), protocol (2). The last 14 of
/// them become an Ethernet header.
fn cooked(octets: &mut [u8]) -> Option<Content<'_>> {
    let header = octets.first_chunk_mut::<16>()?;
    header.copy_within(6..12, 8);
    header[2..8].fill(0);
    Some(Content { link: Link::Ethernet, octets: &octets[2..] })
}

/// Linux cooked version 2, 20 octets: protocol (2), reserved (2), interface (4), hardware (2), type (1),
/// address length (1), address (8). The last 14 of them become an Ethernet header.
fn cooked_v2(octets: &mut [u8]) -> Option<Content<'_>> {
    let header = octets.first_chunk_mut::<20>()?;
    header.copy_within(0..2, 18);
    header[6..12].fill(0);
    Some(Content { link: Link::Ethernet, octets: &octets[6..] })
}

const fn name(link_type: u16) -> &'static str {
    match link_type {
        NULL => "BSD loopback",
        LOOP => "OpenBSD loopback",
        ETHERNET => "Ethernet",
        RAW | RAW_BSD | RAW_OPENBSD | IPV4 | IPV6 => "raw IP",
        SLL => "Linux cooked",
        SLL2 => "Linux cooked v2",
        9 | 50 => "PPP",
        51 => "PPPoE",
        105 => "IEEE 802.11",
        127 => "IEEE 802.11 with radiotap",
        147..=162 => "private use",
        189 | 220 => "USB",
        187 | 201 => "Bluetooth HCI",
        252 => "Wireshark upper PDU",
        253 => "Linux netlink",
        _ => "see https://www.tcpdump.org/linktypes.html",
    }
}

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const RAW_BSD: u16 = 12;
const RAW_OPENBSD: u16 = 14;
const RAW: u16 = 101;
const LOOP: u16 = 108;
const SLL: u16 = 113;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const SLL2: u16 = 276;

/// AF_INET everywhere, and AF_INET6 on NetBSD and OpenBSD, FreeBSD, and Darwin.
const FAMILIES_OF_IP: [u32; 4] = [2, 24, 28, 30];

/// An Ethernet header with no protocol in it.
static NO_PROTOCOL: [u8; 14] = [0; 14];

#[cfg(test)]
mod tests {
    use super::*;

    fn row(link_type: u16, octets: &[u8]) -> Result<(Link, Vec<u8>), Unreadable> {
        normalise(link_type, &mut octets.to_vec()).map(|content| (content.link, content.octets.to_vec()))
    }

    #[test]
    fn cooked_headers_become_ethernet() {
        let packet = [0x45, 1, 2, 3];
        let ethernet = [&[0; 6][..], &[1, 2, 3, 4, 5, 6], &[0x08, 0x00], &packet].concat();
        let sll = [&[0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x08, 0x00][..], &packet].concat();
        assert_eq!(row(SLL, &sll), Ok((Link::Ethernet, ethernet.clone())));
        let sll2 =
            [&[0x08, 0x00, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 1, 2, 3, 4, 5, 6, 0, 0][..], &packet].concat();
        assert_eq!(row(SLL2, &sll2), Ok((Link::Ethernet, ethernet)));
    }

    #[test]
    fn loopback_in_either_byte_order() {
        for begin in [[2, 0, 0, 0], [0, 0, 0, 2], [30, 0, 0, 0], [0, 0, 0, 24], [28, 0, 0, 0]] {
            let frame = [&begin[..], &[0x45, 9]].concat();
            assert_eq!(row(NULL, &frame), Ok((Link::Ip, vec![0x45, 9])), "{begin:?}");
        }
        assert_eq!(row(LOOP, &[0, 0, 0, 7, 0x45]), Ok((Link::Ethernet, NO_PROTOCOL.to_vec())));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(row(105, &[0; 40]), Err(Unreadable::LinkType(105)));
        assert_eq!(Unreadable::LinkType(105).to_string(), "link type 105 (IEEE 802.11)");
        for (link_type, header) in [(NULL, 4), (SLL, 16), (SLL2, 20)] {
            for len in 0..header {
                assert_eq!(row(link_type, &vec![0; len]), Err(Unreadable::ShortHeader(link_type)));
            }
            assert!(row(link_type, &vec![0; header]).is_ok());
        }
    }
}
