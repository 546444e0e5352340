//! How octets are read, and the walk from a frame to its transport payload. One header a file, each with
//! its field table, its check and its meaning.

mod dtls;
mod ethernet;
mod ipv4;
mod ipv6;
mod plain;
mod rtp;
mod stun;
mod tcp;
mod text;
mod udp;

use crate::abi::{Class, Direction, Link, Transport, Uninspected};

pub use rtp::{Rtp, is_rtcp, rtp};
pub use text::{Text, bytes_below, every, first_byte, nonzero_bytes, zero_bytes};
pub(crate) use {dtls::is_dtls, stun::is_stun, tcp::is_tls, udp::is_tunnel};

/// Octets of one frame.
pub trait Packet {
    /// Octets of the frame.
    fn len(&self) -> usize;

    /// Copies `N` octets from `offset`, or `None` where the packet ends before that.
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]>;

    /// Copies the first `N` octets, or `None` where the packet ends before that, or they do not lie in one piece.
    #[inline(always)]
    fn head<const N: usize>(&self) -> Option<[u8; N]> {
        self.load(0)
    }

    /// The same value. In the kernel the verifier forgets what it knew of it: a loop that can end at each of
    /// a hundred steps with a hundred known offsets would have all that follows verified a hundred times.
    #[inline(always)]
    fn forget(&self, value: u64) -> u64 {
        value
    }

    /// Whether the frame has no octets.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Packet for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.get(offset..)?.first_chunk().copied()
    }
}

/// An IPv6 address, or an IPv4 address as `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2).
pub type Address = [u8; 16];

/// Where an IP header's addresses are. They are copied only where they are asked for: most packets are
/// classified without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Offset of the source address in the frame; the destination address follows it.
    at: u32,
    /// Octets of an address: 4 or 16.
    len: u32,
}

impl Addresses {
    /// The source address.
    #[inline(always)]
    pub fn source<P: Packet>(&self, packet: &P) -> Option<Address> {
        self.address(packet, 0)
    }

    /// The destination address.
    #[inline(always)]
    pub fn destination<P: Packet>(&self, packet: &P) -> Option<Address> {
        self.address(packet, 1)
    }

    /// The address of the other side.
    #[inline(always)]
    pub fn remote<P: Packet>(&self, packet: &P, direction: Direction) -> Option<Address> {
        self.address(packet, direction as usize)
    }

    /// The address of the other side, where it is of IPv4.
    #[inline(always)]
    pub fn remote_ipv4<P: Packet>(&self, packet: &P, direction: Direction) -> Option<[u8; 4]> {
        if self.len == 4 { packet.load(self.at as usize + 4 * direction as usize) } else { None }
    }

    #[inline(always)]
    fn address<P: Packet>(&self, packet: &P, place: usize) -> Option<Address> {
        if self.len == 16 {
            return packet.load(self.at as usize + 16 * place);
        }
        let [a, b, c, d] = packet.load(self.at as usize + 4 * place)?;
        Some([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d])
    }
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            addresses: Addresses { at: 0, len: 4 },
            source_port: 0,
            destination_port: 0,
            transport: Transport::Udp,
            payload: 0,
            end: 0,
        }
    }
}

/// A transport payload and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Where its addresses are.
    pub addresses: Addresses,
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// What carries the payload.
    pub transport: Transport,
    /// Offset of the payload in the frame.
    pub payload: u32,
    /// Offset of the payload's end, within the frame.
    pub end: u32,
}

/// A packet without a transport payload to read: its class, and what could not be read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// Class of the packet.
    pub class: Class,
    /// Why it could not be read, where that is so.
    pub uninspected: Option<Uninspected>,
}

impl Opaque {
    /// Something that is understood to be of no interest.
    pub(crate) const fn seen(class: Class) -> Self {
        Self { class, uninspected: None }
    }

    /// Something that could not be read.
    pub(crate) const fn unread(class: Class, reason: Uninspected) -> Self {
        Self { class, uninspected: Some(reason) }
    }
}

/// An IP packet's payload: the next header, its place, and whose it is.
struct Datagram {
    addresses: Addresses,
    protocol: u8,
    payload: usize,
    end: usize,
}

/// Walks from the frame's beginning to its transport payload.
#[inline(always)]
pub fn walk<P: Packet>(packet: &P, link: Link) -> Result<Flow, Opaque> {
    match plain::walk(packet, link) {
        Some(flow) => Ok(flow),
        None => walk_all(packet, link),
    }
}

/// Walks whatever there is, header by header.
#[inline(always)]
fn walk_all<P: Packet>(packet: &P, link: Link) -> Result<Flow, Opaque> {
    let datagram = match link {
        Link::Ethernet => ethernet::walk(packet)?,
        Link::Ip => walk_ip(packet)?,
    };
    let datagram = Datagram {
        addresses: Addresses {
            at: packet.forget(u64::from(datagram.addresses.at)) as u32,
            len: packet.forget(u64::from(datagram.addresses.len)) as u32,
        },
        payload: packet.forget(datagram.payload as u64) as usize,
        end: packet.forget(datagram.end as u64) as usize,
        ..datagram
    };
    let flow = match datagram.protocol {
        protocol::UDP => udp::walk(packet, datagram)?,
        protocol::TCP => tcp::walk(packet, datagram)?,
        protocol::IPIP
        | protocol::IPV6
        | protocol::GRE
        | protocol::ESP
        | protocol::L2TP
        | protocol::ETHERIP => return Err(Opaque::unread(Class::OtherIp, Uninspected::Tunnel)),
        _ => return Err(Opaque::seen(Class::OtherIp)),
    };
    Ok(Flow {
        payload: packet.forget(u64::from(flow.payload)) as u32,
        end: packet.forget(u64::from(flow.end)) as u32,
        ..flow
    })
}

/// An interface without a link header: the version tells IPv4 from IPv6.
#[inline(always)]
fn walk_ip<P: Packet>(packet: &P) -> Result<Datagram, Opaque> {
    let Some([first]) = packet.load::<1>(0) else {
        return Err(Opaque::unread(Class::NonIp, Uninspected::Truncated));
    };
    match first >> 4 {
        4 => ipv4::walk(packet, 0),
        6 => ipv6::walk(packet, 0),
        _ => Err(Opaque::seen(Class::NonIp)),
    }
}

/// Protocol numbers (IANA).
mod protocol {
    pub const IPIP: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const IPV6: u8 = 41;
    pub const GRE: u8 = 47;
    pub const ESP: u8 = 50;
    pub const ETHERIP: u8 = 97;
    pub const L2TP: u8 = 115;
}
