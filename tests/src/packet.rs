//! Frames for tests: one builder, from the Ethernet header to the payload, that can also write wrong headers.

use std::net::IpAddr;

use monitor_common::abi::Link;

/// A frame in the making. What is not said is an ordinary UDP datagram from outside to the host.
#[derive(Clone, Debug)]
pub struct Packet {
    tags: Vec<u16>,
    link: Link,
    ethertype: Option<u16>,
    source: IpAddr,
    destination: IpAddr,
    ports: (u16, u16),
    upper: Upper,
    ip_options: usize,
    extensions: Vec<(u8, Vec<u8>)>,
    fragment: u16,
    payload: Vec<u8>,
    padding: usize,
    pokes: Vec<(usize, u8)>,
    kept: Option<usize>,
}

/// What follows the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upper {
    Udp,
    Tcp {
        words: u8,
    },
    /// The payload itself, under this protocol number.
    Protocol(u8),
}

impl Packet {
    /// A UDP datagram.
    #[must_use]
    pub fn udp(payload: impl AsRef<[u8]>) -> Self {
        Self {
            tags: Vec::new(),
            link: Link::Ethernet,
            ethertype: None,
            source: address(OUTSIDE),
            destination: address(HOST),
            ports: (5060, 5060),
            upper: Upper::Udp,
            ip_options: 0,
            extensions: Vec::new(),
            fragment: 0,
            payload: payload.as_ref().to_vec(),
            padding: 0,
            pokes: Vec::new(),
            kept: None,
        }
    }

    /// A TCP segment with a header of 20 octets.
    #[must_use]
    pub fn tcp(payload: impl AsRef<[u8]>) -> Self {
        Self { upper: Upper::Tcp { words: 5 }, ..Self::udp(payload) }
    }

    /// An IP packet of another protocol (IANA's number).
    #[must_use]
    pub fn protocol(number: u8, payload: impl AsRef<[u8]>) -> Self {
        Self { upper: Upper::Protocol(number), ..Self::udp(payload) }
    }

    /// An Ethernet frame with `ethertype` and this payload right behind it.
    #[must_use]
    pub fn ethernet(ethertype: u16, payload: impl AsRef<[u8]>) -> Self {
        Self { ethertype: Some(ethertype), ..Self::udp(payload) }
    }

    /// From one address to another; both of one family.
    #[must_use]
    pub fn between(self, source: &str, destination: &str) -> Self {
        Self { source: address(source), destination: address(destination), ..self }
    }

    /// Over IPv6, from outside to the host.
    #[must_use]
    pub fn v6(self) -> Self {
        self.between(OUTSIDE_V6, HOST_V6)
    }

    /// Source and destination port.
    #[must_use]
    pub fn ports(self, source: u16, destination: u16) -> Self {
        Self { ports: (source, destination), ..self }
    }

    /// One more VLAN tag of this protocol, inside those before it.
    #[must_use]
    pub fn tag(mut self, protocol: u16) -> Self {
        self.tags.push(protocol);
        self
    }

    /// Without an Ethernet header, as on tun or WireGuard.
    #[must_use]
    pub fn bare(self) -> Self {
        Self { link: Link::Ip, ..self }
    }

    /// So many 32-bit words of IPv4 options (0 to 10).
    #[must_use]
    pub fn ip_options(self, words: usize) -> Self {
        Self { ip_options: words, ..self }
    }

    /// So many 32-bit words of TCP header (5 to 15).
    #[must_use]
    pub fn tcp_words(self, words: u8) -> Self {
        Self { upper: Upper::Tcp { words }, ..self }
    }

    /// One more IPv6 extension header; `octets` without the first, which names the next header.
    #[must_use]
    pub fn extension(mut self, kind: u8, octets: &[u8]) -> Self {
        self.extensions.push((kind, octets.to_vec()));
        self
    }

    /// The IPv4 header's fragment field: offset in units of eight octets, and 0x2000 for "more follow".
    #[must_use]
    pub fn fragment(self, field: u16) -> Self {
        Self { fragment: field, ..self }
    }

    /// So many octets behind the IP packet, as Ethernet pads short frames.
    #[must_use]
    pub fn padded(self, octets: usize) -> Self {
        Self { padding: octets, ..self }
    }

    /// Writes an octet over the finished frame.
    #[must_use]
    pub fn poke(mut self, offset: usize, octet: u8) -> Self {
        self.pokes.push((offset, octet));
        self
    }

    /// Keeps the first octets of the finished frame only.
    #[must_use]
    pub fn cut(self, octets: usize) -> Self {
        Self { kept: Some(octets), ..self }
    }

    /// How the frame begins.
    #[must_use]
    pub const fn link(&self) -> Link {
        self.link
    }

    /// The frame.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let mut frame = Vec::new();
        if self.link == Link::Ethernet {
            frame.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
            for (place, tag) in self.tags.iter().enumerate() {
                frame.extend(tag.to_be_bytes());
                frame.extend([0, 100 + place as u8]);
            }
            let by_family = if self.source.is_ipv4() { 0x0800 } else { 0x86dd };
            frame.extend(self.ethertype.unwrap_or(by_family).to_be_bytes());
        }
        match self.ethertype {
            Some(_) => frame.extend(&self.payload),
            None => self.write_ip(&mut frame),
        }
        frame.resize(frame.len() + self.padding, 0);
        for (offset, octet) in &self.pokes {
            frame[*offset] = *octet;
        }
        frame.truncate(self.kept.unwrap_or(usize::MAX));
        frame
    }

    fn write_ip(&self, frame: &mut Vec<u8>) {
        let body = self.transport();
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let words = 5 + self.ip_options;
                frame.push(0x40 | words as u8);
                frame.push(0);
                frame.extend(((words * 4 + body.len()) as u16).to_be_bytes());
                frame.extend([0x12, 0x34]);
                frame.extend(self.fragment.to_be_bytes());
                frame.extend([64, self.number(), 0, 0]);
                frame.extend(source.octets());
                frame.extend(destination.octets());
                frame.resize(frame.len() + self.ip_options * 4, NO_OPERATION);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let (first, extensions) = self.chain();
                frame.extend([0x60, 0, 0, 0]);
                frame.extend(((extensions.len() + body.len()) as u16).to_be_bytes());
                frame.extend([first, 64]);
                frame.extend(source.octets());
                frame.extend(destination.octets());
                frame.extend(extensions);
            }
            _ => unreachable!("both addresses are of one family"),
        }
        frame.extend(body);
    }

    /// The first next-header value, and the extension headers.
    fn chain(&self) -> (u8, Vec<u8>) {
        let mut octets = Vec::new();
        for (place, (_, rest)) in self.extensions.iter().enumerate() {
            octets.push(self.extensions.get(place + 1).map_or(self.number(), |(kind, _)| *kind));
            octets.extend(rest);
        }
        (self.extensions.first().map_or(self.number(), |(kind, _)| *kind), octets)
    }

    const fn number(&self) -> u8 {
        match self.upper {
            Upper::Udp => 17,
            Upper::Tcp { .. } => 6,
            Upper::Protocol(number) => number,
        }
    }

    fn transport(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        let (source, destination) = self.ports;
        if !matches!(self.upper, Upper::Protocol(_)) {
            octets.extend(source.to_be_bytes());
            octets.extend(destination.to_be_bytes());
        }
        match self.upper {
            Upper::Udp => {
                octets.extend(((8 + self.payload.len()) as u16).to_be_bytes());
                octets.extend([0, 0]);
            }
            Upper::Tcp { words } => {
                octets.extend([0, 0, 0, 1, 0, 0, 0, 1, words << 4, 0x18, 1, 0, 0, 0, 0, 0]);
                octets.resize(usize::from(words.max(5)) * 4, 1);
            }
            Upper::Protocol(_) => {}
        }
        octets.extend(&self.payload);
        octets
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A host that is no trunk.
pub const OUTSIDE: &str = "198.51.100.7";
/// The PBX.
pub const HOST: &str = "192.0.2.10";
/// The operator's SBC.
pub const TRUNK: &str = "203.0.113.5";
/// A host that is no trunk.
pub const OUTSIDE_V6: &str = "2001:db8:1::7";
/// The PBX.
pub const HOST_V6: &str = "2001:db8::10";
/// The operator's SBC.
pub const TRUNK_V6: &str = "2001:db8:ff::5";

/// IPv4 option "no operation" (RFC 791, 3.1).
const NO_OPERATION: u8 = 1;
