//! TCP (RFC 9293) as far as a segment's payload, and how a TLS record begins.

use super::{Datagram, Flow, Opaque, Packet};
use crate::abi::{Class, Transport, Uninspected};

/// Walks the header that begins the datagram's payload.
#[inline(always)]
pub fn walk<P: Packet>(packet: &P, datagram: Datagram) -> Result<Flow, Opaque> {
    let Some(header) = packet.load::<16>(datagram.payload) else {
        return Err(Opaque::unread(Class::OtherTcp, Uninspected::Truncated));
    };
    let header_len = usize::from(header[field::DATA_OFFSET] >> 4) * 4;
    if header_len < field::MINIMUM {
        return Err(Opaque::unread(Class::OtherTcp, Uninspected::Malformed));
    }
    Ok(Flow {
        addresses: datagram.addresses,
        source_port: u16::from_be_bytes([header[field::SOURCE], header[field::SOURCE + 1]]),
        destination_port: u16::from_be_bytes([header[field::DESTINATION], header[field::DESTINATION + 1]]),
        transport: Transport::Tcp,
        payload: (datagram.payload + header_len) as u32,
        end: datagram.end as u32,
    })
}

/// Whether a segment begins with a TLS record: content type, then version 3.x (RFC 8446, 5.1).
#[inline(always)]
pub const fn is_tls(head: [u8; 8]) -> bool {
    matches!(head[0], 20..=24) && head[1] == 3 && head[2] <= 4
}

mod field {
    pub const SOURCE: usize = 0;
    pub const DESTINATION: usize = 2;
    pub const DATA_OFFSET: usize = 12;
    pub const MINIMUM: usize = 20;
}
