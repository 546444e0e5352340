//! The pcapng format (draft-ietf-opsawg-pcapng): blocks of a type and a length, in sections of one byte order.
//!
//! The fields of a block are parsed by `pcap-parser`. Its reader is not used: it keeps no offset of the block
//! that is at fault, and a damaged length would make it ask for gigabytes.

use std::io::Read;

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, parse_block_be, parse_block_le};

use super::pcap::FRAME_MAX;
use super::source::Source;
use super::{Fault, Record, Unreadable};
use interface::Interface;

mod interface;

/// Type of a section header block; the same in both byte orders.
pub(super) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The section that is being read.
pub(super) struct Section {
    big_endian: bool,
    interfaces: Vec<Interface>,
    block: Vec<u8>,
}

impl Section {
    /// Reads the section header block whose type has been read.
    pub(super) fn read<R: Read>(source: &mut Source<R>) -> Result<Self, Fault> {
        let mut section = Self { big_endian: false, interfaces: Vec::new(), block: Vec::new() };
        let length = source.array()?;
        section.begin(length, source)?;
        Ok(section)
    }

    /// Reads blocks up to the next frame, whose octets it leaves in `octets`.
    pub(super) fn next_record<R: Read>(
        &mut self,
        source: &mut Source<R>,
        octets: &mut Vec<u8>,
    ) -> Result<Option<Record>, Fault> {
        while let Some([a, b, c, d, length @ ..]) = source.header::<8>()? {
            match self.number([a, b, c, d]) {
                _ if [a, b, c, d] == SECTION_HEADER => self.begin(length, source)?,
                kind @ (INTERFACE | OBSOLETE_PACKET | SIMPLE_PACKET | ENHANCED_PACKET) => {
                    self.read_block([a, b, c, d], length, source)?;
                    if let Some(record) = self.record(kind, octets)? {
                        return Ok(Some(record));
                    }
                }
                _ => self.skip_block(length, source)?,
            }
        }
        Ok(None)
    }

    /// Reads a section header block after its length: byte order, then an empty list of interfaces.
    fn begin<R: Read>(&mut self, length: [u8; 4], source: &mut Source<R>) -> Result<(), Fault> {
        let order = source.array()?;
        self.big_endian = match order {
            [0x1a, 0x2b, 0x3c, 0x4d] => true,
            [0x4d, 0x3c, 0x2b, 0x1a] => false,
            _ => return Err(Fault::ByteOrder(order)),
        };
        let total = self.number(length);
        check_length(total, SECTION_HEADER_MIN)?;
        let version: [u8; 2] = source.array()?;
        let major = if self.big_endian { u16::from_be_bytes(version) } else { u16::from_le_bytes(version) };
        if major != 1 {
            return Err(Fault::Version(major));
        }
        source.skip(u64::from(total) - 18)?;
        self.check_end(total, source)?;
        self.interfaces.clear();
        Ok(())
    }

    /// Reads a whole block into `self.block`.
    fn read_block<R: Read>(
        &mut self,
        kind: [u8; 4],
        length: [u8; 4],
        source: &mut Source<R>,
    ) -> Result<(), Fault> {
        let total = self.number(length);
        check_length(total, BLOCK_MIN)?;
        if total > BLOCK_MAX {
            return Err(Fault::BlockLength(total));
        }
        self.block.clear();
        self.block.extend_from_slice(&kind);
        self.block.extend_from_slice(&length);
        source.append(&mut self.block, total as usize - 12)?;
        let end = self.check_end(total, source)?;
        self.block.extend_from_slice(&end);
        Ok(())
    }

    fn skip_block<R: Read>(&self, length: [u8; 4], source: &mut Source<R>) -> Result<(), Fault> {
        let total = self.number(length);
        check_length(total, BLOCK_MIN)?;
        source.skip(u64::from(total) - 12)?;
        self.check_end(total, source).map(|_| ())
    }

    fn check_end<R: Read>(&self, first: u32, source: &mut Source<R>) -> Result<[u8; 4], Fault> {
        let end = source.array()?;
        let last = self.number(end);
        if first == last { Ok(end) } else { Err(Fault::BlockEnds { first, last }) }
    }

    /// What the block in `self.block` means: a frame, or an interface to remember.
    fn record(&mut self, kind: u32, octets: &mut Vec<u8>) -> Result<Option<Record>, Fault> {
        if kind == OBSOLETE_PACKET {
            return self.obsolete_packet(octets).map(Some).ok_or(Fault::BlockFields(kind));
        }
        let parse = if self.big_endian { parse_block_be } else { parse_block_le };
        match parse(&self.block) {
            Ok((_, Block::InterfaceDescription(block))) => {
                self.interfaces.push(Interface::new(&block, self.big_endian));
                Ok(None)
            }
            Ok((_, Block::EnhancedPacket(block))) => {
                keep(octets, block.packet_data());
                let ticks = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
                Ok(Some(self.of_interface(block.if_id, Some(ticks), block.origlen)))
            }
            Ok((_, Block::SimplePacket(block))) => {
                let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
                let captured = if snaplen == 0 { block.origlen } else { block.origlen.min(snaplen) };
                let data = block.data.get(..captured as usize).ok_or(Fault::BlockFields(kind))?;
                keep(octets, data);
                Ok(Some(self.of_interface(0, None, block.origlen)))
            }
            _ => Err(Fault::BlockFields(kind)),
        }
    }

    /// The packet block that enhanced packet blocks replaced (appendix of the draft); the crate has none.
    fn obsolete_packet(&self, octets: &mut Vec<u8>) -> Option<Record> {
        let field = |place: usize| self.block.get(place..)?.first_chunk().map(|octets| self.number(*octets));
        let interface: [u8; 2] = *self.block.get(8..)?.first_chunk()?;
        let interface =
            if self.big_endian { u16::from_be_bytes(interface) } else { u16::from_le_bytes(interface) };
        let ticks = u64::from(field(12)?) << 32 | u64::from(field(16)?);
        let body = self.block.get(28..self.block.len().checked_sub(4)?)?;
        keep(octets, body.get(..field(20)? as usize)?);
        Some(self.of_interface(interface.into(), Some(ticks), field(24)?))
    }

    fn of_interface(&self, index: u32, ticks: Option<u64>, original_len: u32) -> Record {
        let interface = self.interfaces.get(index as usize);
        Record {
            link_type: interface
                .map(|interface| interface.link_type)
                .ok_or(Unreadable::UnknownInterface(index)),
            time: interface.zip(ticks).and_then(|(interface, ticks)| interface.time(ticks)),
            original_len,
        }
    }

    const fn number(&self, octets: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
    }
}

fn keep(octets: &mut Vec<u8>, data: &[u8]) {
    octets.clear();
    octets.extend_from_slice(data);
}

const fn check_length(total: u32, least: u32) -> Result<(), Fault> {
    if total < least || !total.is_multiple_of(4) { Err(Fault::BlockLength(total)) } else { Ok(()) }
}

const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// Octets of the shortest section header block.
const SECTION_HEADER_MIN: u32 = 28;
/// Octets of the shortest block: type and both lengths.
const BLOCK_MIN: u32 = 12;
/// Octets of the longest block that is kept in memory: the longest frame, and room for its options.
const BLOCK_MAX: u32 = FRAME_MAX + (1 << 20);
