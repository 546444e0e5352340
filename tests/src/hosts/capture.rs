//! What a host's own network stack saw on an interface: a tcpdump behind the hooks, read packet by packet.
//! XDP (native and generic) runs before the tap on ingress and tc before the tap on egress, so what is here
//! passed the guard. The reader shares no code with what it checks.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::{Host, Process, wait_until};

/// Which packets of an interface are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Those that arrived.
    Arrived,
    /// Those that left.
    Left,
}

/// A running tcpdump.
#[derive(Debug)]
pub struct Capture {
    process: Process,
    file: PathBuf,
}

impl Capture {
    /// Starts to listen; returns once it does. Files go to `folder`.
    pub fn start(host: &Host, interface: &str, side: Side, folder: &Path) -> Result<Self> {
        let direction = match side {
            Side::Arrived => "in",
            Side::Left => "out",
        };
        let name = format!("{}-{interface}-{direction}", host.name());
        let file = folder.join(format!("{name}.pcap"));
        let mut command = host.command("tcpdump");
        command.args([
            "-i",
            interface,
            "-Q",
            direction,
            "--immediate-mode",
            "-U",
            "-n",
            "-s",
            "0",
            "-B",
            "16384",
            "-Z",
            "root",
            "-w",
        ]);
        command.arg(&file).arg("udp");
        let mut process = Process::start(command, &folder.join(format!("{name}.log")))?;
        process.wait_for("listening on", READY).context("tcpdump does not start: is it installed?")?;
        Ok(Self { process, file })
    }

    /// Ends it and reads what it saw. tcpdump must have lost nothing.
    pub fn finish(mut self) -> Result<Vec<Datagram>> {
        self.settle()?;
        self.process.signal(Signal::INT)?;
        self.process.wait(READY)?;
        let log = self.process.output();
        ensure!(
            log.contains("\n0 packets dropped by kernel"),
            "tcpdump lost packets, so nothing can be compared:\n{log}"
        );
        read(&std::fs::read(&self.file)?).with_context(|| format!("{} is no capture", self.file.display()))
    }

    /// Waits until the file stops growing: packets in flight have arrived.
    fn settle(&self) -> Result<()> {
        let mut last = u64::MAX;
        wait_until(READY, || {
            let size = std::fs::metadata(&self.file)?.len();
            let still = size == last;
            last = size;
            std::thread::sleep(QUIET);
            Ok(still)
        })
    }
}

/// One UDP datagram that was seen whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Where it came from.
    pub source: SocketAddr,
    /// Where it went.
    pub destination: SocketAddr,
    /// What it carried.
    pub payload: Vec<u8>,
}

impl Datagram {
    /// The Request-URI, if this is an INVITE as our peers write it.
    #[must_use]
    pub fn invited(&self) -> Option<&str> {
        let line = self.payload.split(|&octet| octet == b'\r').next()?;
        std::str::from_utf8(line).ok()?.strip_prefix("INVITE ")?.strip_suffix(" SIP/2.0")
    }

    /// The value of a header, spelled as our peers spell it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(&self.payload).ok()?;
        let lines = text.split("\r\n").take_while(|line| !line.is_empty());
        lines
            .filter_map(|line| line.split_once(':'))
            .find(|(header, _)| *header == name)
            .map(|(_, value)| value.trim())
    }
}

/// Reads the classic pcap format as tcpdump writes it on this machine (its own octet order, microseconds).
fn read(mut octets: &[u8]) -> Result<Vec<Datagram>> {
    let header: [u8; 24] = take(&mut octets)?;
    ensure!(header[..4] == 0xa1b2_c3d4_u32.to_ne_bytes(), "another magic number");
    ensure!(header[20..24] == 1_u32.to_ne_bytes(), "not an Ethernet capture");
    let mut seen = Vec::new();
    while !octets.is_empty() {
        let record: [u8; 16] = take(&mut octets)?;
        let length = u32::from_ne_bytes([record[8], record[9], record[10], record[11]]) as usize;
        ensure!(octets.len() >= length, "cut in the middle of a packet");
        let (frame, rest) = octets.split_at(length);
        octets = rest;
        seen.extend(datagram(frame));
    }
    Ok(seen)
}

fn take<const N: usize>(octets: &mut &[u8]) -> Result<[u8; N]> {
    let (head, rest) = octets.split_first_chunk().context("cut in the middle of a header")?;
    *octets = rest;
    Ok(*head)
}

/// An Ethernet frame with IPv4 (with options) or IPv6 (without extension headers) and UDP.
fn datagram(frame: &[u8]) -> Option<Datagram> {
    let ip = frame.get(14..)?;
    let (addresses, udp): ([IpAddr; 2], _) = match frame.get(12..14)? {
        [0x08, 0x00] if ip.get(9) == Some(&UDP) => {
            let address = |at: usize| Some(IpAddr::from(<[u8; 4]>::try_from(ip.get(at..at + 4)?).ok()?));
            ([address(12)?, address(16)?], ip.get(usize::from(ip[0] & 15) * 4..)?)
        }
        [0x86, 0xdd] if ip.get(6) == Some(&UDP) => {
            let address = |at: usize| Some(IpAddr::from(<[u8; 16]>::try_from(ip.get(at..at + 16)?).ok()?));
            ([address(8)?, address(24)?], ip.get(40..)?)
        }
        _ => return None,
    };
    let field = |at: usize| Some(u16::from_be_bytes([*udp.get(at)?, *udp.get(at + 1)?]));
    Some(Datagram {
        source: SocketAddr::new(addresses[0], field(0)?),
        destination: SocketAddr::new(addresses[1], field(2)?),
        payload: udp.get(8..usize::from(field(4)?))?.to_vec(),
    })
}

const UDP: u8 = 17;
/// What tcpdump may take to start or to end on a busy machine.
const READY: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(60);
