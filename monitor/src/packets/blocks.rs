//! Blocks of pcapng (draft-ietf-opsawg-pcapng): what a section, an interface and a packet are made of. Octets, no file.

use std::{borrow::Cow, io, time::SystemTime};

use monitor_common::abi::{Direction, Link};
use pcap_parser::{
    EnhancedPacketBlock, InterfaceDescriptionBlock, Linktype, OptionCode, PcapNGOption, SectionHeaderBlock,
    ToVec,
};

/// The block that begins a file.
pub fn section(comment: &str, application: &str, system: &str) -> io::Result<Vec<u8>> {
    let options = vec![
        text(OptionCode::Comment, comment),
        text(OptionCode::ShbOs, system),
        text(OptionCode::ShbUserAppl, application),
    ];
    written(SectionHeaderBlock {
        block_type: 0,
        block_len1: 0,
        bom: 0,
        major_version: 1,
        minor_version: 0,
        section_len: -1,
        options,
        block_len2: 0,
    })
}

/// The block of an interface; stamps count nanoseconds.
pub fn interface(name: &str, link: Link) -> io::Result<Vec<u8>> {
    written(InterfaceDescriptionBlock {
        block_type: 0,
        block_len1: 0,
        linktype: match link {
            Link::Ethernet => Linktype::ETHERNET,
            Link::Ip => Linktype::RAW,
        },
        reserved: 0,
        snaplen: 0,
        options: vec![text(OptionCode::IfName, name)],
        block_len2: 0,
        if_tsresol: NANOSECONDS,
        if_tsoffset: 0,
    })
}

/// What the block of a packet says.
#[derive(Debug)]
pub struct Packet<'a> {
    /// Place of its interface among those of the section.
    pub interface: u32,
    /// When it was seen.
    pub wall: SystemTime,
    /// Which way it went.
    pub direction: Direction,
    /// Octets that it had on the wire.
    pub len: u32,
    /// As much of it as is kept.
    pub octets: &'a [u8],
    /// What is said of it.
    pub comment: &'a str,
}

/// The block of a packet.
pub fn packet(packet: &Packet<'_>) -> io::Result<Vec<u8>> {
    let since = packet.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let stamp = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    let flags: u32 = match packet.direction {
        Direction::Ingress => 1,
        Direction::Egress => 2,
    };
    let flags = PcapNGOption { code: EPB_FLAGS, len: 4, value: Cow::Owned(flags.to_le_bytes().to_vec()) };
    let caplen = u32::try_from(packet.octets.len()).map_err(io::Error::other)?;
    written(EnhancedPacketBlock {
        block_type: 0,
        block_len1: 0,
        if_id: packet.interface,
        ts_high: (stamp >> 32) as u32,
        ts_low: stamp as u32,
        caplen,
        origlen: packet.len.max(caplen),
        data: packet.octets,
        options: vec![text(OptionCode::Comment, packet.comment), flags],
        block_len2: 0,
    })
}

fn written(mut block: impl ToVec) -> io::Result<Vec<u8>> {
    block.to_vec().map_err(|error| io::Error::other(error.to_string()))
}

/// An option; what is longer than an option can be ends early.
fn text(code: OptionCode, text: &str) -> PcapNGOption<'_> {
    let end = (0..=text.len().min(LONGEST_OPTION)).rev().find(|end| text.is_char_boundary(*end));
    let value = &text[..end.unwrap_or_default()];
    PcapNGOption { code, len: value.len() as u16, value: Cow::Borrowed(value.as_bytes()) }
}

/// Ten to the power of minus nine seconds.
const NANOSECONDS: u8 = 9;
/// `epb_flags`: which way it went, in its lowest two bits.
const EPB_FLAGS: OptionCode = OptionCode(2);
/// Octets of the longest text.
const LONGEST_OPTION: usize = 8192;
