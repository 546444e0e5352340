//! A plan as a capture file: what a tcpdump on the PBX would have written (pcap, link type Ethernet).

use std::io::{self, Write};

use monitor_common::abi::Direction;

use super::{Plan, house, stream::Step};
use crate::{packet::Packet, simulation::octets};

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Frames.
    pub frames: u64,
    /// Octets, headers of the file included.
    pub octets: u64,
}

/// Writes all messages of a plan, one frame each; memory does not grow with it.
///
/// # Errors
/// What the writer says.
pub fn write(plan: &Plan, out: &mut impl Write) -> io::Result<Written> {
    let mut written = Written { frames: 0, octets: FILE_HEADER.len() as u64 };
    out.write_all(&FILE_HEADER)?;
    for step in plan.stream() {
        let frame = frame(&step);
        let seconds = u32::try_from(step.at.0 / 1_000_000).map_err(io::Error::other)?;
        let micros = (step.at.0 % 1_000_000) as u32;
        let len = u32::try_from(frame.len()).map_err(io::Error::other)?;
        for field in [seconds, micros, len, len] {
            out.write_all(&field.to_le_bytes())?;
        }
        out.write_all(&frame)?;
        written.frames += 1;
        written.octets += 16 + u64::from(len);
    }
    out.flush()?;
    Ok(written)
}

/// The frame of a message.
#[must_use]
pub fn frame(step: &Step) -> Vec<u8> {
    let signal = &step.signal;
    let (remote, local) = (signal.remote.0.to_string(), house::pbx().to_string());
    let packet = Packet::udp(octets(signal));
    match signal.direction {
        Direction::Ingress => packet.between(&remote, &local),
        Direction::Egress => packet.between(&local, &remote),
    }
    .octets()
}

/// Magic number of microseconds, version 2.4, no zone, no limit that matters, Ethernet: little endian.
const FILE_HEADER: [u8; 24] =
    [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0];
