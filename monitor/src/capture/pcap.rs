//! The pcap format (draft-ietf-opsawg-pcap): a file header, then a header before each frame.
//!
//! | octets | field |
//! |---|---|
//! | 4 | seconds |
//! | 4 | microseconds or nanoseconds, by the magic number |
//! | 4 | octets captured |
//! | 4 | octets on the wire |
//! | 8 | only in the "modified" format of old Linux systems: interface, protocol, packet type |

use std::io::Read;
use std::time::Duration;

use pcap_parser::parse_pcap_header;

use super::source::Source;
use super::{Fault, Record};

/// The file header, as far as it decides how frames are read.
pub(super) struct Pcap {
    big_endian: bool,
    nanoseconds: bool,
    modified: bool,
    link_type: u16,
}

impl Pcap {
    /// Reads the file header that begins with `magic`.
    pub(super) fn read<R: Read>(magic: [u8; 4], source: &mut Source<R>) -> Result<Self, Fault> {
        if let Some((_, archive)) = ARCHIVES.iter().find(|(begin, _)| magic.starts_with(begin)) {
            return Err(Fault::Compressed(archive));
        }
        // The crate does not know the big-endian modified format: its header differs in the magic only.
        let modified = [magic, reversed(magic)].contains(&MODIFIED);
        let known = if magic == reversed(MODIFIED) { MICROSECONDS_BIG_ENDIAN } else { magic };
        let rest = if KNOWN.contains(&known) || modified {
            source.array::<20>()?
        } else {
            return Err(Fault::NotACapture(magic));
        };
        let (_, header) =
            parse_pcap_header(&[&known[..], &rest[..]].concat()).map_err(|_| Fault::NotACapture(magic))?;
        Ok(Self {
            big_endian: header.is_bigendian(),
            nanoseconds: header.is_nanosecond_precision(),
            modified,
            // The upper half holds the length of the frame check sequence.
            link_type: (header.network.0 & 0xffff) as u16,
        })
    }

    /// Reads the next frame into `octets`; `None` where the file ends in due form.
    pub(super) fn next_record<R: Read>(
        &self,
        source: &mut Source<R>,
        octets: &mut Vec<u8>,
    ) -> Result<Option<Record>, Fault> {
        let Some(header) = source.header::<16>()? else { return Ok(None) };
        let field = |place: usize| {
            let octets = [header[place], header[place + 1], header[place + 2], header[place + 3]];
            if self.big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
        };
        let captured = field(8);
        if captured > FRAME_MAX {
            return Err(Fault::FrameLength(captured));
        }
        if self.modified {
            source.array::<8>()?;
        }
        octets.clear();
        source.append(octets, captured as usize)?;
        let fraction = u64::from(field(4)) * if self.nanoseconds { 1 } else { 1_000 };
        Ok(Some(Record {
            link_type: Ok(self.link_type),
            time: Some(Duration::from_secs(field(0).into()) + Duration::from_nanos(fraction)),
            original_len: field(12),
        }))
    }
}

const fn reversed([a, b, c, d]: [u8; 4]) -> [u8; 4] {
    [d, c, b, a]
}

const MODIFIED: [u8; 4] = [0x34, 0xcd, 0xb2, 0xa1];
const MICROSECONDS_BIG_ENDIAN: [u8; 4] = [0xa1, 0xb2, 0xc3, 0xd4];
const KNOWN: [[u8; 4]; 4] = [
    MICROSECONDS_BIG_ENDIAN,
    reversed(MICROSECONDS_BIG_ENDIAN),
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
];

/// Octets of the longest frame that is believed. Wireshark takes 256 KiB on networks; a length beyond this
/// comes from a damaged file.
pub(super) const FRAME_MAX: u32 = 16 << 20;

const ARCHIVES: [(&[u8], &str); 4] = [
    (&[0x1f, 0x8b], "gzip"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    (&[0xfd, b'7', b'z', b'X'], "xz"),
    (&[0x04, 0x22, 0x4d, 0x18], "lz4"),
];
