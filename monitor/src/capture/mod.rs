//! Captures (pcap and pcapng), read one frame at a time: memory holds one frame, however long the capture is.

mod fault;
mod link;
mod pcap;
mod pcapng;
mod source;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

pub use fault::{Broken, Fault};
pub use link::Unreadable;
use monitor_common::abi::Link;

/// One frame of a capture.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Counted from 1 over the whole file, as Wireshark does.
    pub number: u64,
    /// Since 1970-01-01 00:00 UTC; `None` where the capture does not say (simple packet blocks).
    pub time: Option<Duration>,
    /// Octets that were on the wire.
    pub original_len: u32,
    /// Whether the capture holds fewer octets than were on the wire.
    pub cut: bool,
    /// The octets, or why the frame cannot be read; reading goes on with the next frame either way.
    pub content: Result<Content<'a>, Unreadable>,
}

/// Octets of a frame in one of the two forms that the classifier takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    /// How the octets begin. Linux cooked captures are given an Ethernet header.
    pub link: Link,
    /// The octets.
    pub octets: &'a [u8],
}

/// A capture, open for reading.
pub struct Capture<R> {
    source: source::Source<R>,
    format: Format,
    frames: u64,
    ended: bool,
    octets: Vec<u8>,
}

impl Capture<File> {
    /// Opens a capture and reads its header.
    ///
    /// # Errors
    /// Where the file cannot be opened, or is not a capture.
    pub fn open(path: &Path) -> Result<Self, Broken> {
        let file = File::open(path).map_err(|error| Broken { offset: 0, frame: 1, fault: error.into() })?;
        Self::new(file)
    }
}

impl<R: Read> Capture<R> {
    /// Reads the header of a capture.
    ///
    /// # Errors
    /// Where the octets do not begin as a capture does.
    pub fn new(reader: R) -> Result<Self, Broken> {
        let mut source = source::Source::new(reader);
        match Format::read(&mut source) {
            Ok(format) => Ok(Self { source, format, frames: 0, ended: false, octets: Vec::new() }),
            Err(fault) => Err(Broken { offset: 0, frame: 1, fault }),
        }
    }

    /// The next frame, or `None` at the end of the capture and after an error.
    ///
    /// # Errors
    /// Where the capture breaks off; what was read before it stands.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Broken> {
        if self.ended {
            return Ok(None);
        }
        let read = match &mut self.format {
            Format::Pcap(file) => file.next_record(&mut self.source, &mut self.octets),
            Format::Pcapng(section) => section.next_record(&mut self.source, &mut self.octets),
        };
        match read {
            Ok(Some(record)) => Ok(Some(self.frame(record))),
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
            Err(fault) => {
                self.ended = true;
                Err(Broken { offset: self.source.mark(), frame: self.frames + 1, fault })
            }
        }
    }

    /// Octets of the file that have been read.
    pub fn offset(&self) -> u64 {
        self.source.offset()
    }

    fn frame(&mut self, record: Record) -> Frame<'_> {
        self.frames += 1;
        let captured = self.octets.len();
        Frame {
            number: self.frames,
            time: record.time,
            original_len: record.original_len,
            cut: (captured as u64) < u64::from(record.original_len),
            content: record.link_type.and_then(|link_type| link::normalise(link_type, &mut self.octets)),
        }
    }
}

/// What a file format says of a frame beside its octets.
struct Record {
    link_type: Result<u16, Unreadable>,
    time: Option<Duration>,
    original_len: u32,
}

enum Format {
    Pcap(pcap::Pcap),
    Pcapng(pcapng::Section),
}

impl Format {
    fn read<R: Read>(source: &mut source::Source<R>) -> Result<Self, Fault> {
        let magic = source.header::<4>()?.ok_or(Fault::Empty)?;
        if magic == pcapng::SECTION_HEADER {
            return pcapng::Section::read(source).map(Self::Pcapng);
        }
        pcap::Pcap::read(magic, source).map(Self::Pcap)
    }
}
