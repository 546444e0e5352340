//! The table that tells the kernel which interfaces are guarded and how their frames begin.

use aya::maps::{Array, MapData};
use monitor_common::abi::{self, Interface, InterfaceTable, Link};

use super::{Object, Refusal};

/// The interface table. An entry's index is the interface slot of the counters.
pub struct Interfaces {
    map: Array<MapData, InterfaceTable>,
    table: InterfaceTable,
}

impl Interfaces {
    /// Takes the table out of the object; it is empty.
    pub fn take(object: &mut Object) -> Result<Self, Refusal> {
        Ok(Self { map: object.take(abi::map::INTERFACES)?, table: InterfaceTable::default() })
    }

    /// Enters an interface. Must come before its hooks are attached: the kernel takes packets of an interface that is
    /// not in the table for Ethernet frames of the first one.
    pub fn register(&mut self, slot: u32, ifindex: u32, link: Link) -> Result<(), Refusal> {
        self.write(slot, Interface { ifindex, link: link as u32 })
    }

    /// Takes an interface out; its counters stay.
    pub fn forget(&mut self, slot: u32) -> Result<(), Refusal> {
        self.write(slot, Interface::default())
    }

    fn write(&mut self, slot: u32, interface: Interface) -> Result<(), Refusal> {
        if let Some(entry) = self.table.0.get_mut(slot as usize) {
            *entry = interface;
        }
        self.map.set(0, self.table, 0).map_err(|error| Refusal::from_map("entering the interface", &error))
    }
}
