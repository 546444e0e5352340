//! Where and why a capture cannot be read any further.

use std::io;

use thiserror::Error;

/// The place where a capture breaks off. What stands before it was read.
#[derive(Debug, Error)]
#[error("frame {frame}, at octet {offset} of the file: {fault}")]
pub struct Broken {
    /// Octets from the beginning of the file to the record or block that is at fault.
    pub offset: u64,
    /// Number of the frame that would have come next.
    pub frame: u64,
    /// What is wrong there.
    #[source]
    pub fault: Fault,
}

/// What is wrong with a capture.
#[derive(Debug, Error)]
pub enum Fault {
    /// A file without an octet.
    #[error("the file is empty; give a pcap or pcapng capture")]
    Empty,
    /// Compressed by gzip, zstd, xz or lz4.
    #[error("this is a {0} archive; decompress it first")]
    Compressed(&'static str),
    /// First octets that no capture has.
    #[error("the file begins with {}, as no pcap or pcapng capture does", hex(.0))]
    NotACapture([u8; 4]),
    /// The file ends inside a record.
    #[error("the file ends here: {had} of {wanted} octets are there; the rest of the capture is missing")]
    CutShort {
        /// Octets that the record or block needs.
        wanted: u64,
        /// Octets that are there.
        had: u64,
    },
    /// A length that no frame has.
    #[error("a frame of {0} octets is longer than any link carries: the lengths in this file are damaged")]
    FrameLength(u32),
    /// A block length that is too short, too long or no multiple of four.
    #[error("a block cannot be {0} octets long: the lengths in this file are damaged")]
    BlockLength(u32),
    /// The two lengths of one block differ.
    #[error("the block says {first} octets at its beginning and {last} at its end: it is damaged")]
    BlockEnds {
        /// Length at the beginning of the block, octets.
        first: u32,
        /// Length at its end, octets.
        last: u32,
    },
    /// A block whose fields contradict its length.
    #[error("the fields of a block of type {0:#x} do not fit its length: it is damaged")]
    BlockFields(u32),
    /// A version of pcapng that came after this program.
    #[error("this is pcapng version {0}; only version 1 can be read")]
    Version(u16),
    /// A section that does not say its byte order.
    #[error("a section begins with the byte order {}, neither big nor little endian: it is damaged", hex(.0))]
    ByteOrder([u8; 4]),
    /// The file could not be read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ")
}
