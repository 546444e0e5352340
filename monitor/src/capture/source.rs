//! The octets of a file in order, with the offset of what is being read.

use std::io::{BufReader, Read};

use super::Fault;

/// Octets of a capture.
pub(super) struct Source<R> {
    reader: BufReader<R>,
    offset: u64,
    mark: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(BUFFER, reader), offset: 0, mark: 0 }
    }

    /// Octets read so far.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the record began that is being read.
    pub(super) const fn mark(&self) -> u64 {
        self.mark
    }

    /// Reads the first `N` octets of a record, or `None` where the file ends before the first of them.
    pub(super) fn header<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Fault> {
        self.mark = self.offset;
        let mut octets = [0; N];
        match self.fill(&mut octets)? {
            0 => Ok(None),
            had if had == N => Ok(Some(octets)),
            had => Err(Fault::CutShort { wanted: N as u64, had: had as u64 }),
        }
    }

    /// Reads exactly `N` octets more of the record.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut octets = [0; N];
        let had = self.fill(&mut octets)?;
        if had < N { Err(self.cut_short(N - had)) } else { Ok(octets) }
    }

    /// Appends exactly `len` octets of the record to `octets`.
    pub(super) fn append(&mut self, octets: &mut Vec<u8>, len: usize) -> Result<(), Fault> {
        let had = self.reader.by_ref().take(len as u64).read_to_end(octets)?;
        self.offset += had as u64;
        if had < len { Err(self.cut_short(len - had)) } else { Ok(()) }
    }

    /// Passes over `len` octets of the record.
    pub(super) fn skip(&mut self, len: u64) -> Result<(), Fault> {
        let had = std::io::copy(&mut self.reader.by_ref().take(len), &mut std::io::sink())?;
        self.offset += had;
        if had < len { Err(self.cut_short((len - had) as usize)) } else { Ok(()) }
    }

    fn fill(&mut self, octets: &mut [u8]) -> Result<usize, Fault> {
        let mut had = 0;
        while had < octets.len() {
            match self.reader.read(&mut octets[had..]) {
                Ok(0) => break,
                Ok(more) => had += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.offset += had as u64;
        Ok(had)
    }

    const fn cut_short(&self, missing: usize) -> Fault {
        let had = self.offset - self.mark;
        Fault::CutShort { wanted: had + missing as u64, had }
    }
}

/// Octets that are asked of the file at once.
const BUFFER: usize = 256 * 1024;
