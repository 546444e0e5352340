//! What an engine counted: packets by class, what could not be read, and media streams.

use monitor_common::abi::{Class, Direction, Uninspected};

/// Counts of one engine, both directions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets by class slot, by direction slot.
    packets: [[u64; 32]; 2],
    /// Packets that could not be read, by reason slot, by direction slot.
    uninspected: [[u64; 32]; 2],
    /// Media streams that their sequence numbers confirmed and that still stood at the end.
    pub streams: u64,
    /// Media streams that gave way to newer ones.
    pub streams_evicted: u64,
}

impl Totals {
    /// The same counts with those of media streams.
    #[must_use]
    pub const fn with_streams(mut self, confirmed: u64, evicted: u64) -> Self {
        self.streams = confirmed;
        self.streams_evicted = evicted;
        self
    }

    /// Counts a packet.
    pub fn count(&mut self, direction: Direction, class: Class) {
        self.add(direction, class, 1);
    }

    /// Adds `packets` of one class.
    pub fn add(&mut self, direction: Direction, class: Class, packets: u64) {
        self.packets[direction as usize][class as usize] += packets;
    }

    /// Counts a packet that could not be read.
    pub fn count_uninspected(&mut self, direction: Direction, reason: Uninspected) {
        self.add_uninspected(direction, reason, 1);
    }

    /// Adds `packets` that could not be read.
    pub fn add_uninspected(&mut self, direction: Direction, reason: Uninspected, packets: u64) {
        self.uninspected[direction as usize][reason as usize] += packets;
    }

    /// Packets of a class, both directions.
    #[must_use]
    pub fn of(&self, class: Class) -> u64 {
        self.packets.iter().map(|classes| classes[class as usize]).sum()
    }

    /// Packets of every class in one direction.
    #[must_use]
    pub fn all(&self, direction: Direction) -> u64 {
        self.packets[direction as usize].iter().sum()
    }

    /// Packets of one direction that could not be read for a reason.
    #[must_use]
    pub fn uninspected(&self, direction: Direction, reason: Uninspected) -> u64 {
        self.uninspected[direction as usize][reason as usize]
    }

    /// Both counts together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        for direction in Direction::ALL {
            for class in Class::ALL {
                self.add(*direction, *class, other.packets[*direction as usize][*class as usize]);
            }
            for reason in Uninspected::ALL {
                self.add_uninspected(*direction, *reason, other.uninspected(*direction, *reason));
            }
        }
        self.streams += other.streams;
        self.streams_evicted += other.streams_evicted;
        self
    }
}
