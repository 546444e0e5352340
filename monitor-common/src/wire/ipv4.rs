//! IPv4 with options and fragments (RFC 791).

use super::{Addresses, Datagram, Opaque, Packet};
use crate::abi::{Class, Uninspected};

/// Walks the header at `at`.
#[inline(always)]
pub fn walk<P: Packet>(packet: &P, at: usize) -> Result<Datagram, Opaque> {
    let Some(header) = packet.load::<{ field::MINIMUM }>(at) else {
        return Err(Opaque::unread(Class::OtherIp, Uninspected::Truncated));
    };
    let header_len = usize::from(header[field::VERSION_IHL] & 0x0f) * 4;
    let total_len = usize::from(u16::from_be_bytes([header[field::TOTAL_LEN], header[field::TOTAL_LEN + 1]]));
    if header[field::VERSION_IHL] >> 4 != 4
        || header_len < field::MINIMUM
        || (total_len != 0 && total_len < header_len)
    {
        return Err(Opaque::unread(Class::OtherIp, Uninspected::Malformed));
    }
    let fragment = u16::from_be_bytes([header[field::FRAGMENT], header[field::FRAGMENT + 1]]);
    if fragment & OFFSET != 0 {
        return Err(Opaque::unread(Class::FragmentTail, Uninspected::FragmentTail));
    }
    Ok(Datagram {
        addresses: Addresses { at: (at + field::SOURCE) as u32, len: 4 },
        protocol: header[field::PROTOCOL],
        payload: at + header_len,
        // A total length of 0 is a segmentation super-packet of more than 64 KiB ("BIG TCP", Linux 6.3).
        end: if total_len == 0 { packet.len() } else { packet.len().min(at + total_len) },
    })
}

mod field {
    pub const VERSION_IHL: usize = 0;
    pub const TOTAL_LEN: usize = 2;
    pub const FRAGMENT: usize = 6;
    pub const PROTOCOL: usize = 9;
    pub const SOURCE: usize = 12;
    pub const MINIMUM: usize = 20;
}

const OFFSET: u16 = 0x1fff;
