//! IPv6 with extension headers (RFC 8200) and fragments.

use super::{Addresses, Datagram, Opaque, Packet};
use crate::abi::{Class, Uninspected};

/// Walks the header at `at` and its extension headers.
#[inline(always)]
pub fn walk<P: Packet>(packet: &P, at: usize) -> Result<Datagram, Opaque> {
    let Some(header) = packet.load::<8>(at) else {
        return Err(Opaque::unread(Class::OtherIp, Uninspected::Truncated));
    };
    if header[field::VERSION] >> 4 != 6 {
        return Err(Opaque::unread(Class::OtherIp, Uninspected::Malformed));
    }
    let payload_len =
        usize::from(u16::from_be_bytes([header[field::PAYLOAD_LEN], header[field::PAYLOAD_LEN + 1]]));
    let start = at + field::LEN;
    let (protocol, payload) = extensions(packet, header[field::NEXT_HEADER], start)?;
    Ok(Datagram {
        addresses: Addresses { at: (at + field::SOURCE) as u32, len: 16 },
        protocol,
        payload,
        // A payload length of 0 with a payload is a jumbogram (RFC 2675) or a segmentation super-packet.
        end: if payload_len == 0 { packet.len() } else { packet.len().min(start + payload_len) },
    })
}

/// The upper-layer protocol and its place.
#[inline(always)]
fn extensions<P: Packet>(packet: &P, mut next: u8, mut at: usize) -> Result<(u8, usize), Opaque> {
    for _ in 0..=MAX_EXTENSIONS {
        if !is_extension(next) {
            return Ok((next, at));
        }
        let Some(extension) = packet.load::<4>(at) else {
            return Err(Opaque::unread(Class::OtherIp, Uninspected::Truncated));
        };
        let len = usize::from(extension[1]);
        at += match next {
            header::FRAGMENT if u16::from_be_bytes([extension[2], extension[3]]) & !7 != 0 => {
                return Err(Opaque::unread(Class::FragmentTail, Uninspected::FragmentTail));
            }
            header::FRAGMENT => 8,
            header::AUTHENTICATION => (len + 2) * 4,
            _ => (len + 1) * 8,
        };
        at = packet.forget(at as u64) as usize;
        next = extension[0];
    }
    Err(Opaque::unread(Class::OtherIp, Uninspected::ExtensionLimit))
}

#[inline(always)]
const fn is_extension(next: u8) -> bool {
    matches!(
        next,
        header::HOP_BY_HOP
            | header::ROUTING
            | header::FRAGMENT
            | header::AUTHENTICATION
            | header::DESTINATION
            | header::MOBILITY
            | header::HIP
            | header::SHIM6
    )
}

mod field {
    pub const VERSION: usize = 0;
    pub const PAYLOAD_LEN: usize = 4;
    pub const NEXT_HEADER: usize = 6;
    pub const SOURCE: usize = 8;
    pub const LEN: usize = 40;
}

/// Extension headers (IANA "IPv6 Extension Header Types").
mod header {
    pub const HOP_BY_HOP: u8 = 0;
    pub const ROUTING: u8 = 43;
    pub const FRAGMENT: u8 = 44;
    pub const AUTHENTICATION: u8 = 51;
    pub const DESTINATION: u8 = 60;
    pub const MOBILITY: u8 = 135;
    pub const HIP: u8 = 139;
    pub const SHIM6: u8 = 140;
}

const MAX_EXTENSIONS: usize = 8;
