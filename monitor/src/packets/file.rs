//! The file of one incident's packets: whole blocks, appended one by one. What a crash left of a block is cut off when the
//! next agent goes on.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use monitor_common::abi::Link;
use pcap_parser::{Block, Linktype, OptionCode, parse_block_le};
use sha2::{Digest, Sha256};

use super::blocks::{self, Packet};

/// A file that packets are appended to.
#[derive(Debug)]
pub struct PacketFile {
    file: File,
    octets: u64,
    packets: u64,
    interfaces: Vec<(String, Link)>,
    is_synced: bool,
}

/// What a file amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its length.
    pub octets: u64,
    /// Packets in it.
    pub packets: u64,
    /// SHA-256 of it, hexadecimal.
    pub sha256: String,
}

impl PacketFile {
    /// Begins a file with the block of a section. A file of that name is put aside: it is of another incident.
    pub fn begin(path: &Path, section: &[u8]) -> io::Result<Self> {
        put_aside(path)?;
        let file = options().create_new(true).open(path)?;
        let mut begun = Self { file, octets: 0, packets: 0, interfaces: Vec::new(), is_synced: false };
        begun.append(section)?;
        Ok(begun)
    }

    /// Goes on with a file of an earlier agent; `None` where there is none with a section to go on with.
    pub fn resume(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match options().open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        let mut resumed = Self { file, octets: 0, packets: 0, interfaces: Vec::new(), is_synced: false };
        let mut rest = &content[..];
        while let Ok((behind, block)) = parse_block_le(rest) {
            match block {
                Block::SectionHeader(section) if rest.len() == content.len() && !section.big_endian() => (),
                Block::InterfaceDescription(block) => {
                    let name = block.options.iter().find(|option| option.code == OptionCode::IfName);
                    let name = name.and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned();
                    let link = if block.linktype == Linktype::RAW { Link::Ip } else { Link::Ethernet };
                    resumed.interfaces.push((name, link));
                }
                Block::EnhancedPacket(_) => resumed.packets += 1,
                _ => break,
            }
            rest = behind;
        }
        resumed.octets = (content.len() - rest.len()) as u64;
        if resumed.octets == 0 {
            return Ok(None);
        }
        if !rest.is_empty() {
            tracing::info!(file = %path.display(), octets = rest.len(), "a block of packets that a crash broke off is cut");
        }
        resumed.cut()?;
        Ok(Some(resumed))
    }

    /// Appends a packet of an interface, unless the file would become longer than `most`. Says whether it did.
    pub fn push(&mut self, name: &str, link: Link, packet: Packet<'_>, most: u64) -> io::Result<bool> {
        let known = self.interfaces.iter().position(|(known, of)| known == name && *of == link);
        let mut octets = if known.is_some() { Vec::new() } else { blocks::interface(name, link)? };
        let interface = u32::try_from(known.unwrap_or(self.interfaces.len())).map_err(io::Error::other)?;
        octets.extend(blocks::packet(&Packet { interface, ..packet })?);
        if self.octets + octets.len() as u64 > most {
            return Ok(false);
        }
        self.append(&octets)?;
        if known.is_none() {
            self.interfaces.push((name.to_owned(), link));
        }
        self.packets += 1;
        Ok(true)
    }

    /// Octets so far.
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// Packets so far.
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Waits until all of it is on the disk.
    pub fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.file.sync_data()?;
            self.is_synced = true;
        }
        Ok(())
    }

    /// Ends it: all of it is on the disk, and is read once more for its hash.
    pub fn seal(mut self) -> io::Result<Sealed> {
        self.file.sync_all()?;
        self.file.seek(SeekFrom::Start(0))?;
        let (mut hash, mut chunk, mut octets) = (Sha256::new(), vec![0; 64 << 10], 0);
        loop {
            match self.file.read(&mut chunk)? {
                0 => break,
                read => {
                    hash.update(&chunk[..read]);
                    octets += read as u64;
                }
            }
        }
        let sha256 = hash.finalize().iter().map(|octet| format!("{octet:02x}")).collect();
        Ok(Sealed { octets, packets: self.packets, sha256 })
    }

    /// Appends whole blocks, or nothing.
    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        self.is_synced = false;
        if let Err(error) = self.file.write_all(octets) {
            // What a full disk took of it is no block.
            self.cut()?;
            return Err(error);
        }
        self.octets += octets.len() as u64;
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.octets)?;
        self.file.seek(SeekFrom::Start(self.octets)).map(|_| ())
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    // A link in its place would have the agent write elsewhere.
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    options
}

fn put_aside(path: &Path) -> io::Result<()> {
    let Ok(facts) = path.symlink_metadata() else { return Ok(()) };
    let since = facts.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = |turn: u32| path.with_file_name(format!("{stem}-until-{}-{turn}.{SUFFIX}", since.as_secs()));
    let aside: PathBuf =
        (0..1000).map(name).find(|name| name.symlink_metadata().is_err()).unwrap_or_else(|| name(0));
    fs::rename(path, &aside)?;
    tracing::warn!(file = %aside.display(), "packets of another incident of this number were put aside");
    Ok(())
}

/// What names of these files end with.
pub const SUFFIX: &str = "pcapng";
