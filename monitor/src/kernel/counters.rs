//! The counters of the kernel: one value a CPU, added up when they are read, to what an earlier agent handed on.

use aya::maps::{MapData, PerCpuArray};
use monitor_common::abi::{
    self, Class, Count, Direction, InviteCounts, Misc, Uninspected, Verdict, packets_index, uninspected_index,
};

use super::{Object, Refusal, totals::Totals};

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
            packets: PacketCounters { map: object.take(abi::map::PACKETS)?, carried: Vec::new() },
            uninspected: UninspectedCounters {
                map: object.take(abi::map::UNINSPECTED)?,
                carried: Vec::new(),
            },
            invites: InviteCounters { map: object.take(abi::map::INVITES)?, carried: Vec::new() },
            misc: MiscCounters { map: object.take(abi::map::MISC)?, carried: Vec::new() },
        })
    }

    /// Goes on from what the programs of earlier agents have counted.
    pub fn carry(&mut self, totals: Totals) {
        self.packets.carried = totals.packets;
        self.uninspected.carried = totals.uninspected;
        self.invites.carried = totals.invites;
        self.misc.carried = totals.misc;
    }
}

/// Packets and octets by interface slot, direction and class.
pub struct PacketCounters {
    map: PerCpuArray<MapData, Count>,
    carried: Vec<Count>,
}

impl PacketCounters {
    /// Packets and octets of one class since the guard was set up.
    pub fn read(&self, interface: u32, direction: Direction, class: Class) -> Result<Count, Refusal> {
        let index = packets_index(interface, direction, class);
        Ok(sum(&self.map, index)?.and(carried(&self.carried, index)))
    }
}

/// Packets that could not be read, by direction and reason.
pub struct UninspectedCounters {
    map: PerCpuArray<MapData, u64>,
    carried: Vec<u64>,
}

impl UninspectedCounters {
    /// Packets since the guard was set up.
    pub fn read(&self, direction: Direction, reason: Uninspected) -> Result<u64, Refusal> {
        let index = uninspected_index(direction, reason);
        Ok(sum(&self.map, index)?.and(carried(&self.carried, index)))
    }
}

/// INVITEs by destination slot.
pub struct InviteCounters {
    map: PerCpuArray<MapData, InviteCounts>,
    carried: Vec<InviteCounts>,
}

impl InviteCounters {
    /// INVITEs of one destination since the guard was set up.
    pub fn read(&self, slot: u16) -> Result<InviteTotals, Refusal> {
        let own = sum(&self.map, u32::from(slot))?;
        Ok(InviteTotals(own.and(carried(&self.carried, u32::from(slot)))))
    }

    /// INVITEs of one destination since this agent began.
    pub fn read_own(&self, slot: u16) -> Result<InviteTotals, Refusal> {
        sum(&self.map, u32::from(slot)).map(InviteTotals)
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
pub struct MiscCounters {
    map: PerCpuArray<MapData, u64>,
    carried: Vec<u64>,
}

impl MiscCounters {
    /// The count since the guard was set up.
    pub fn read(&self, counter: Misc) -> Result<u64, Refusal> {
        Ok(self.read_own(counter)?.and(carried(&self.carried, counter as u32)))
    }

    /// The count since this agent began.
    pub fn read_own(&self, counter: Misc) -> Result<u64, Refusal> {
        sum(&self.map, counter as u32)
    }
}

/// What one entry of a counter map holds.
pub(super) trait Counted: aya::Pod + Default + PartialEq {
    /// Both together.
    fn and(self, other: Self) -> Self;
}

impl Counted for u64 {
    fn and(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}

impl Counted for Count {
    fn and(self, other: Self) -> Self {
        Self {
            packets: self.packets.wrapping_add(other.packets),
            bytes: self.bytes.wrapping_add(other.bytes),
        }
    }
}

impl Counted for InviteCounts {
    fn and(mut self, other: Self) -> Self {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.wrapping_add(more);
        }
        self
    }
}

/// One entry, summed over the CPUs.
pub(super) fn sum<T: Counted>(map: &PerCpuArray<MapData, T>, index: u32) -> Result<T, Refusal> {
    let values =
        map.get(&index, 0).map_err(|error| Refusal::from_map("reading the kernel's counters", &error))?;
    Ok(values.iter().fold(T::default(), |sum, count| sum.and(*count)))
}

fn carried<T: Counted>(totals: &[T], index: u32) -> T {
    totals.get(index as usize).copied().unwrap_or_default()
}
