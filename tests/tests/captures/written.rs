//! Captures written octet by octet, in every variant that the formats allow.

/// Byte order of a file or section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Big,
    Little,
}

impl Order {
    pub const BOTH: [Self; 2] = [Self::Big, Self::Little];

    pub fn u16(self, value: u16) -> [u8; 2] {
        if self == Self::Big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        if self == Self::Big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub fn i64(self, value: i64) -> [u8; 8] {
        if self == Self::Big { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

/// A pcap file: magic number as the writer's own byte order holds it, link type, frames of time in the
/// file's ticks, octets, and octets on the wire.
pub fn pcap(order: Order, magic: u32, link_type: u32, frames: &[(u32, u32, &[u8], u32)]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(order.u32(magic));
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    file.extend([0; 8]);
    file.extend(order.u32(262_144));
    file.extend(order.u32(link_type));
    for (seconds, fraction, octets, original) in frames {
        for field in [*seconds, *fraction, octets.len() as u32, *original] {
            file.extend(order.u32(field));
        }
        if magic == MODIFIED {
            file.extend([0; 8]);
        }
        file.extend(*octets);
    }
    file
}

pub const MICROSECONDS: u32 = 0xa1b2_c3d4;
pub const NANOSECONDS: u32 = 0xa1b2_3c4d;
pub const MODIFIED: u32 = 0xa1b2_cd34;

/// A block of pcapng: type, body padded to four octets, and the length on both ends.
pub fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = body.len().next_multiple_of(4) - body.len();
    let length = order.u32((12 + body.len() + padding) as u32);
    [&order.u32(kind)[..], &length, body, &[0; 3][..padding], &length].concat()
}

pub fn section_header(order: Order) -> Vec<u8> {
    let body = [&order.u32(0x1a2b_3c4d)[..], &order.u16(1), &order.u16(0), &order.i64(-1)].concat();
    block(order, 0x0a0d_0d0a, &body)
}

/// An interface: link type, octets kept of a frame (0 for all), options as code and value.
pub fn interface(order: Order, link_type: u16, snaplen: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = [&order.u16(link_type)[..], &order.u16(0), &order.u32(snaplen)].concat();
    for (code, value) in options {
        body.extend(order.u16(*code));
        body.extend(order.u16(value.len() as u16));
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    if !options.is_empty() {
        body.extend([0; 4]);
    }
    block(order, 1, &body)
}

pub const IF_TSRESOL: u16 = 9;
pub const IF_TSOFFSET: u16 = 14;

pub fn enhanced_packet(order: Order, interface: u32, ticks: u64, octets: &[u8], original: u32) -> Vec<u8> {
    let fields = [interface, (ticks >> 32) as u32, ticks as u32, octets.len() as u32, original];
    let body: Vec<u8> =
        fields.iter().flat_map(|field| order.u32(*field)).chain(octets.iter().copied()).collect();
    block(order, 6, &body)
}

pub fn simple_packet(order: Order, octets: &[u8], original: u32) -> Vec<u8> {
    block(order, 3, &[&order.u32(original)[..], octets].concat())
}

pub fn obsolete_packet(order: Order, interface: u16, ticks: u64, octets: &[u8], original: u32) -> Vec<u8> {
    let fields = [(ticks >> 32) as u32, ticks as u32, octets.len() as u32, original];
    let fields: Vec<u8> = fields.iter().flat_map(|field| order.u32(*field)).collect();
    block(order, 2, &[&order.u16(interface)[..], &order.u16(0), &fields, octets].concat())
}
