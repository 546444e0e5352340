//! The counters of the kernel: one value a CPU, added up when they are read.

use aya::maps::{MapData, PerCpuArray};
use monitor_common::abi::{
    self, Class, Count, Direction, InviteCounts, Misc, Uninspected, Verdict, packets_index, uninspected_index,
};

use super::{Object, Refusal};

/// Every counter of the kernel.
pub struct Counters {
    /// Packets and octets by interface, direction and class.
    pub packets: PacketCounters,
    /// What could not be read.
    pub uninspected: UninspectedCounters,
    /// INVITEs by destination, direction and verdict.
    pub invites: InviteCounters,
    /// Counters that stand alone.
    pub misc: MiscCounters,
}

impl Counters {
    /// Takes the counters out of the object.
    pub fn take(object: &mut Object) -> Result<Self, Refusal> {
        Ok(Self {
            packets: PacketCounters(object.take(abi::map::PACKETS)?),
            uninspected: UninspectedCounters(object.take(abi::map::UNINSPECTED)?),
            invites: InviteCounters(object.take(abi::map::INVITES)?),
            misc: MiscCounters(object.take(abi::map::MISC)?),
        })
    }
}

/// Packets and octets by interface slot, direction and class.
pub struct PacketCounters(PerCpuArray<MapData, Count>);

impl PacketCounters {
    /// Packets and octets of one class since the agent started.
    pub fn read(&self, interface: u32, direction: Direction, class: Class) -> Result<Count, Refusal> {
        let values = self.0.get(&packets_index(interface, direction, class), 0);
        let values = values.map_err(|error| Refusal::from_map("reading the packet counters", &error))?;
        Ok(values.iter().fold(Count::default(), |sum, count| Count {
            packets: sum.packets.wrapping_add(count.packets),
            bytes: sum.bytes.wrapping_add(count.bytes),
        }))
    }
}

/// Packets that could not be read, by direction and reason.
pub struct UninspectedCounters(PerCpuArray<MapData, u64>);

impl UninspectedCounters {
    /// Packets since the agent started.
    pub fn read(&self, direction: Direction, reason: Uninspected) -> Result<u64, Refusal> {
        sum(&self.0, uninspected_index(direction, reason))
    }
}

/// INVITEs by destination slot.
pub struct InviteCounters(PerCpuArray<MapData, InviteCounts>);

impl InviteCounters {
    /// INVITEs of one destination since the agent started.
    pub fn read(&self, slot: u16) -> Result<InviteTotals, Refusal> {
        let values = self.0.get(&u32::from(slot), 0);
        let values = values.map_err(|error| Refusal::from_map("reading the INVITE counters", &error))?;
        let mut totals = InviteCounts::default();
        for counts in values.iter() {
            for (total, count) in totals.0.iter_mut().zip(counts.0) {
                *total = total.wrapping_add(count);
            }
        }
        Ok(InviteTotals(totals))
    }
}

/// INVITEs of one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InviteTotals(InviteCounts);

impl InviteTotals {
    /// INVITEs that went one way and met one verdict.
    #[must_use]
    pub fn count(&self, direction: Direction, verdict: Verdict) -> u64 {
        self.0.0[direction as usize * 4 + verdict as usize]
    }
}

/// Counters that stand alone.
pub struct MiscCounters(PerCpuArray<MapData, u64>);

impl MiscCounters {
    /// The count since the agent started.
    pub fn read(&self, counter: Misc) -> Result<u64, Refusal> {
        sum(&self.0, counter as u32)
    }
}

fn sum(map: &PerCpuArray<MapData, u64>, index: u32) -> Result<u64, Refusal> {
    let values = map.get(&index, 0).map_err(|error| Refusal::from_map("reading the counters", &error))?;
    Ok(values.iter().fold(0, |sum, count| sum.wrapping_add(*count)))
}
