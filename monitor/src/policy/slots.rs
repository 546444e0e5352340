//! The counter slot of each destination name: given once, kept for as long as the agent runs.

use std::collections::HashMap;

use monitor_common::abi::{MAX_DESTINATIONS, slot};

use super::DestinationName;

/// Names and their slots. A name keeps its slot over every reload, so that its counters never jump.
#[derive(Clone, Debug)]
pub struct SlotTable {
    slots: HashMap<DestinationName, u16>,
    names: Vec<DestinationName>,
}

/// The counters have no room for another destination.
#[derive(Debug, thiserror::Error)]
#[error(
    "no counter is left for destination \"{name}\": {limit} names have been used since the agent started; \
     restart it to forget the names that no policy uses any more"
)]
pub struct SlotsFull {
    /// The name that found no slot.
    pub name: DestinationName,
    /// Names that fit.
    pub limit: usize,
}

impl SlotTable {
    /// A table with only the reserved names.
    #[must_use]
    pub fn new() -> Self {
        let names: Vec<_> = slot::RESERVED.iter().map(|name| DestinationName::new(name)).collect();
        let slots = names.iter().cloned().zip(0..).collect();
        Self { slots, names }
    }

    /// The slots of `names`, in their order; a new name takes the next free slot. On an error nothing
    /// has changed.
    pub fn assign(&mut self, names: &[DestinationName]) -> Result<Vec<u16>, SlotsFull> {
        let known = self.names.len();
        let slots: Result<_, _> = names.iter().map(|name| self.slot_or_next(name)).collect();
        if slots.is_err() {
            for name in self.names.drain(known..) {
                self.slots.remove(&name);
            }
        }
        slots
    }

    /// The slot that a name has, if it ever got one.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<u16> {
        self.slots.get(&DestinationName::new(name)).copied()
    }

    /// The name of a slot.
    #[must_use]
    pub fn name(&self, slot: u16) -> Option<&DestinationName> {
        self.names.get(usize::from(slot))
    }

    /// Every name so far, in the order of the slots.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &DestinationName)> {
        (0..).zip(&self.names)
    }

    fn slot_or_next(&mut self, name: &DestinationName) -> Result<u16, SlotsFull> {
        if let Some(slot) = self.slots.get(name) {
            return Ok(*slot);
        }
        if self.names.len() >= MAX_DESTINATIONS {
            return Err(SlotsFull { name: name.clone(), limit: MAX_DESTINATIONS });
        }
        let slot = u16::try_from(self.names.len()).expect("MAX_DESTINATIONS fits a slot");
        self.names.push(name.clone());
        self.slots.insert(name.clone(), slot);
        Ok(slot)
    }
}

impl Default for SlotTable {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<DestinationName> {
        (0..count).map(|n| DestinationName::new(&format!("d{n}"))).collect()
    }

    #[test]
    fn a_name_keeps_its_slot_over_reloads() {
        let mut table = SlotTable::new();
        let [cuba, niger] = ["cuba", "NE"].map(DestinationName::new);
        assert_eq!(table.assign(&[cuba.clone(), niger.clone()]).unwrap(), [3, 4]);
        assert_eq!(table.assign(std::slice::from_ref(&niger)).unwrap(), [4]);
        assert_eq!(table.assign(&[DestinationName::new("new"), cuba]).unwrap(), [5, 3]);
        assert_eq!(table.name(4), Some(&niger));
        assert_eq!(table.slot("unknown"), Some(slot::UNKNOWN));
        assert_eq!(table.slot("emergency"), Some(slot::EMERGENCY));
    }

    #[test]
    fn a_full_table_refuses_and_stays_as_it_was() {
        let mut table = SlotTable::new();
        table.assign(&names(MAX_DESTINATIONS - slot::RESERVED.len() - 1)).unwrap();
        let error = table.assign(&["one", "two"].map(DestinationName::new)).unwrap_err();
        assert_eq!(error.name.as_str(), "two");
        assert_eq!(table.slot("one"), None);
        assert!(table.assign(&[DestinationName::new("one")]).is_ok());
    }
}
