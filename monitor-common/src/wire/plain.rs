//! The headers of most packets, looked at all at once: Ethernet, IPv4 without options, UDP. Whatever is not so is walked
//! header by header; a property test holds both equal.

use super::{Addresses, Flow, Packet};
use crate::abi::{Link, Transport};

/// The flow of such a packet; `None` of any other.
#[inline(always)]
pub fn walk<P: Packet>(packet: &P, link: Link) -> Option<Flow> {
    if !matches!(link, Link::Ethernet) {
        return None;
    }
    let header = packet.head::<PAYLOAD>()?;
    let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let is_plain = word(field::ETHERTYPE) == IPV4
        && header[field::VERSION_IHL] == NO_OPTIONS
        && word(field::FRAGMENT) & OFFSET == 0
        && header[field::PROTOCOL] == UDP;
    let (total, len) = (usize::from(word(field::TOTAL_LEN)), usize::from(word(field::LEN)));
    // What is out of order is looked at one by one.
    if !is_plain || total < PAYLOAD - field::VERSION_IHL || len < PAYLOAD - field::PORTS {
        return None;
    }
    let end = packet.len().min(field::VERSION_IHL + total).min(field::PORTS + len);
    Some(Flow {
        addresses: Addresses {
            at: packet.forget(field::ADDRESSES as u64) as u32,
            len: packet.forget(4) as u32,
        },
        source_port: word(field::PORTS),
        destination_port: word(field::PORTS + 2),
        transport: Transport::Udp,
        payload: packet.forget(PAYLOAD as u64) as u32,
        end: packet.forget(end as u64) as u32,
    })
}

/// Offsets in the frame.
mod field {
    pub const ETHERTYPE: usize = 12;
    pub const VERSION_IHL: usize = 14;
    pub const TOTAL_LEN: usize = 16;
    pub const FRAGMENT: usize = 20;
    pub const PROTOCOL: usize = 23;
    pub const ADDRESSES: usize = 26;
    pub const PORTS: usize = 34;
    pub const LEN: usize = 38;
}

const PAYLOAD: usize = 42;
const IPV4: u16 = 0x0800;
const NO_OPTIONS: u8 = 0x45;
const OFFSET: u16 = 0x1fff;
const UDP: u8 = 17;

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::{collection::vec, prelude::*};
    use std::vec::Vec;

    use super::*;
    use crate::wire::walk_all;

    /// A frame that is walked at once.
    const FRAME: [u8; 46] = [
        2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 32, 0, 1, 0x40, 0, 64, 17, 0, 0, 198, 51, 100,
        7, 192, 0, 2, 10, 0x13, 0xc4, 0x13, 0xc4, 0, 12, 0, 0, b'S', b'I', b'P', b'/',
    ];

    #[test]
    fn a_plain_frame_is_walked_at_once() {
        assert!(walk(&&FRAME[..], Link::Ethernet).is_some());
        assert!(walk(&&FRAME[..], Link::Ip).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn it_is_walked_as_header_by_header(
            changes in vec((12..42usize, prop_oneof![Just(0u8), Just(1), Just(8), Just(0x45), Just(0xff), any::<u8>()]), 0..4),
            len in 30..=46usize,
        ) {
            let mut frame = Vec::from(FRAME);
            for (place, octet) in changes {
                frame[place] = octet;
            }
            frame.truncate(len);
            let packet = &frame[..];
            if let Some(flow) = walk(&packet, Link::Ethernet) {
                prop_assert_eq!(Ok(flow), walk_all(&packet, Link::Ethernet));
            }
        }
    }
}
