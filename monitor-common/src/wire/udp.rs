//! UDP (RFC 768). The checksum is not looked at: a veth leaves it partial.

use super::{Datagram, Flow, Opaque, Packet};
use crate::abi::{Class, Transport, Uninspected};

/// Walks the header that begins the datagram's payload.
#[inline(always)]
pub fn walk<P: Packet>(packet: &P, datagram: Datagram) -> Result<Flow, Opaque> {
    let Some(header) = packet.load::<{ field::LEN }>(datagram.payload) else {
        return Err(Opaque::unread(Class::OtherUdp, Uninspected::Truncated));
    };
    let len = usize::from(u16::from_be_bytes([header[field::LENGTH], header[field::LENGTH + 1]]));
    if len < field::LEN && len != 0 {
        return Err(Opaque::unread(Class::OtherUdp, Uninspected::Malformed));
    }
    Ok(Flow {
        addresses: datagram.addresses,
        source_port: u16::from_be_bytes([header[field::SOURCE], header[field::SOURCE + 1]]),
        destination_port: u16::from_be_bytes([header[field::DESTINATION], header[field::DESTINATION + 1]]),
        transport: Transport::Udp,
        payload: (datagram.payload + field::LEN) as u32,
        // A length of 0 is a jumbogram's (RFC 2675, 4).
        end: if len == 0 { datagram.end } else { datagram.end.min(datagram.payload + len) } as u32,
    })
}

/// Whether the port is one that tunnels over UDP are told by (IANA): GTP-U, VXLAN, Geneve.
#[inline(always)]
pub const fn is_tunnel(destination_port: u16) -> bool {
    matches!(destination_port, 2152 | 4789 | 6081)
}

mod field {
    pub const SOURCE: usize = 0;
    pub const DESTINATION: usize = 2;
    pub const LENGTH: usize = 4;
    pub const LEN: usize = 8;
}
