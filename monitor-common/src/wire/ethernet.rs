//! Ethernet II with up to two VLAN tags (IEEE 802.3, 802.1Q, 802.1ad).

use super::{Datagram, Opaque, Packet, ipv4, ipv6};
use crate::abi::{Class, Uninspected};

/// Walks the header and its tags.
#[inline(always)]
pub fn walk<P: Packet>(packet: &P) -> Result<Datagram, Opaque> {
    let mut at = field::ETHERTYPE;
    for _ in 0..=MAX_TAGS {
        let Some(ethertype) = packet.load::<2>(at) else {
            return Err(Opaque::unread(Class::NonIp, Uninspected::Truncated));
        };
        let next = packet.forget(at as u64 + 2) as usize;
        match u16::from_be_bytes(ethertype) {
            ethertype::IPV4 => return ipv4::walk(packet, next),
            ethertype::IPV6 => return ipv6::walk(packet, next),
            ethertype::VLAN | ethertype::QINQ | ethertype::QINQ_OLD => at += field::TAG,
            ethertype::PPPOE | ethertype::MPLS => {
                return Err(Opaque::unread(Class::NonIp, Uninspected::Tunnel));
            }
            _ => return Err(Opaque::seen(Class::NonIp)),
        }
    }
    Err(Opaque::unread(Class::NonIp, Uninspected::VlanDepth))
}

mod field {
    /// After two addresses of six octets.
    pub const ETHERTYPE: usize = 12;
    /// A tag's protocol and control information.
    pub const TAG: usize = 4;
}

mod ethertype {
    pub const IPV4: u16 = 0x0800;
    pub const VLAN: u16 = 0x8100;
    pub const IPV6: u16 = 0x86dd;
    pub const MPLS: u16 = 0x8847;
    pub const PPPOE: u16 = 0x8864;
    pub const QINQ: u16 = 0x88a8;
    pub const QINQ_OLD: u16 = 0x9100;
}

const MAX_TAGS: usize = 2;
