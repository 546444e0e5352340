//! The media streams that the kernel follows.

use std::os::fd::AsFd;

use aya::maps::Map;
use monitor_common::abi::{self, MediaSlot};

use super::{Object, Refusal, mapped::MappedArray};

/// The media table, in the agent's memory.
pub struct MediaTable {
    slots: MappedArray<MediaSlot>,
}

impl MediaTable {
    /// Maps the object's media table.
    pub fn take(object: &mut Object) -> Result<Self, Refusal> {
        let entries = object.media_entries()?;
        let Map::Array(map) = object.take_any(abi::map::MEDIA)? else {
            return Err(Refusal::Incomplete(format!("array {}", abi::map::MEDIA)));
        };
        let slots = MappedArray::new(map.fd().as_fd(), entries);
        Ok(Self { slots: slots.map_err(|error| Refusal::from_io("mapping the media table", &error))? })
    }

    /// Streams that their sequence numbers confirmed, in no order.
    pub fn confirmed(&self) -> impl Iterator<Item = MediaSlot> {
        (0..self.slots.len())
            .filter_map(|index| self.slots.read(index))
            .filter(|slot| slot.state == CONFIRMED)
    }
}

/// [`MediaSlot::state`] of a stream that its sequence numbers confirmed.
const CONFIRMED: u8 = 2;
