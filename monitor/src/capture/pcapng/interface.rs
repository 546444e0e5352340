//! One interface of a pcapng section: link type, octets kept of a frame, and what its clock's ticks mean.

use std::time::Duration;

use pcap_parser::{InterfaceDescriptionBlock, OptionCode};

/// An interface description block, as far as it decides how frames are read.
pub(super) struct Interface {
    pub(super) link_type: u16,
    /// Octets of a frame that are kept; 0 for all.
    pub(super) snaplen: u32,
    /// Ticks of the clock in a second; `None` where no clock can be so fine.
    ticks_per_second: Option<u128>,
    /// Seconds to add to each time.
    offset: i64,
}

impl Interface {
    pub(super) fn new(block: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> Self {
        Self {
            link_type: block.linktype.0 as u16,
            snaplen: block.snaplen,
            ticks_per_second: ticks_per_second(block.if_tsresol),
            offset: offset(block, big_endian),
        }
    }

    /// Time since 1970-01-01 00:00 UTC, or `None` where it is before that or cannot be told.
    pub(super) fn time(&self, ticks: u64) -> Option<Duration> {
        let since = u128::from(ticks).checked_mul(NANOSECONDS)? / self.ticks_per_second?;
        let nanoseconds = i128::try_from(since).ok()? + i128::from(self.offset) * NANOSECONDS as i128;
        let nanoseconds = u128::try_from(nanoseconds).ok()?;
        let seconds = u64::try_from(nanoseconds / NANOSECONDS).ok()?;
        Some(Duration::new(seconds, (nanoseconds % NANOSECONDS) as u32))
    }
}

/// `if_tsresol`: a power of ten, or with the highest bit a power of two.
const fn ticks_per_second(resolution: u8) -> Option<u128> {
    let power = (resolution & 0x7f) as u32;
    if resolution & 0x80 == 0 { 10u128.checked_pow(power) } else { 1u128.checked_shl(power) }
}

/// `if_tsoffset`, seconds. The crate reads it as little endian always (its issue 62).
fn offset(block: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> i64 {
    let option = block.options.iter().find(|option| option.code == OptionCode::IfTsoffset);
    let octets = option.and_then(|option| option.value.first_chunk::<8>().copied()).unwrap_or_default();
    if big_endian { i64::from_be_bytes(octets) } else { i64::from_le_bytes(octets) }
}

const NANOSECONDS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(resolution: u8, offset: i64) -> Interface {
        Interface { link_type: 1, snaplen: 0, ticks_per_second: ticks_per_second(resolution), offset }
    }

    #[test]
    fn ticks_become_time() {
        let rows = [
            ("microseconds", 6, 0, 1_700_000_000_000_001, Some((1_700_000_000, 1_000))),
            ("nanoseconds", 9, 0, 1_700_000_000_000_000_001, Some((1_700_000_000, 1))),
            ("seconds", 0, 0, 1_700_000_000, Some((1_700_000_000, 0))),
            ("powers of two", 0x80 | 10, 0, 1_700_000_000 * 1024 + 512, Some((1_700_000_000, 500_000_000))),
            ("offset forward", 6, 3_600, 1_000_000, Some((3_601, 0))),
            ("offset back", 6, -1, 1_500_000, Some((0, 500_000_000))),
            ("before 1970", 6, -2, 1_500_000, None),
            ("no such clock", 0x7f, 0, 1, None),
            ("the finest binary clock", 0xff, 0, u64::MAX, Some((0, 0))),
            ("furthest", 0, i64::MAX, u64::MAX, None),
        ];
        for (name, resolution, offset, ticks, expected) in rows {
            let time = interface(resolution, offset).time(ticks);
            assert_eq!(time.map(|time| (time.as_secs(), time.subsec_nanos())), expected, "{name}");
        }
    }
}
