//! What one agent pinned: its maps and programs, in a folder that bears the version of their layout and a number
//! that grows with every agent.

use std::path::{Path, PathBuf};

use monitor_common::abi::{
    self, Count, InviteCounts, MAX_DESTINATIONS, MAX_INTERFACES, PACKETS_ENTRIES, UNINSPECTED_ENTRIES, slot,
};

use super::{
    super::{
        Refusal,
        counters::{Counted, sum},
        totals::Totals,
    },
    book::{self, About},
    directory, shape,
};

/// The pins of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Generation {
    pub(super) folder: PathBuf,
    /// Grows with every agent.
    pub(super) number: u64,
}

impl Generation {
    /// Those in an instance's folder, the oldest first.
    pub(super) fn all(instance: &Path) -> Result<Vec<Self>, Refusal> {
        let names = directory::names(instance)?;
        let mut found: Vec<_> = names
            .iter()
            .filter_map(|name| Some(Self { folder: instance.join(name), number: number(name)? }))
            .collect();
        found.sort_by_key(|generation| generation.number);
        Ok(found)
    }

    /// Makes the folder of the agent that comes after those.
    pub(super) fn after(earlier: &[Self], instance: &Path) -> Result<Self, Refusal> {
        let number = earlier.last().map_or(1, |last| last.number + 1);
        let folder = instance.join(format!("abi-{}-{number}", abi::ABI_VERSION));
        directory::make(&folder)?;
        Ok(Self { folder, number })
    }

    /// What the agent wrote of itself. A book that is not there or cannot be read says nothing: an agent that was
    /// killed before its programs were attached leaves such.
    pub(super) fn about(&self) -> About {
        book::read(&self.folder)
            .inspect_err(
                |error| tracing::debug!(folder = %self.folder.display(), %error, "a generation without a book"),
            )
            .unwrap_or_default()
    }

    /// What was carried over to it.
    pub(super) fn carried(&self) -> Totals {
        let carried = book::carried(&self.folder);
        carried
            .inspect_err(|error| tracing::error!(%error, "counters begin anew: what was carried is lost"))
            .unwrap_or_default()
    }

    /// What its own programs counted. A map that is not what its name says counts nothing, and the log says so.
    pub(super) fn counted(&self, about: &About) -> Totals {
        let has_names = !about.slots.destinations.is_empty();
        let reserved = usize::from(slot::FIRST_NAMED);
        let used = if has_names { about.slots.destinations.len() } else { reserved };
        let interfaces = about.slots.interfaces.iter().take_while(|name| !name.is_empty()).count();
        let rows = interfaces * (PACKETS_ENTRIES / MAX_INTERFACES);
        Totals {
            packets: self.read::<Count>(abi::map::PACKETS, PACKETS_ENTRIES, rows),
            uninspected: self.read(abi::map::UNINSPECTED, UNINSPECTED_ENTRIES, UNINSPECTED_ENTRIES),
            invites: self.read::<InviteCounts>(abi::map::INVITES, MAX_DESTINATIONS, used),
            misc: self.read(abi::map::MISC, book::MISC_ENTRIES, book::MISC_ENTRIES),
        }
    }

    fn read<T: Counted>(&self, name: &str, entries: usize, used: usize) -> Vec<T> {
        let path = self.folder.join(name);
        if !path.exists() {
            return Vec::new();
        }
        let values = shape::per_cpu::<T>(&path, entries as u32)
            .and_then(|map| (0..used as u32).map(|index| sum(&map, index)).collect());
        values.inspect_err(|error| tracing::error!(%error, "these counters begin anew")).unwrap_or_default()
    }
}

/// The number in `abi-<version>-<number>`.
fn number(name: &str) -> Option<u64> {
    let (version, number) = name.strip_prefix("abi-")?.split_once('-')?;
    version.parse::<u32>().ok()?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_stand_in_the_order_of_their_numbers_whatever_their_layout() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["abi-2-9", "abi-3-10", "abi-1-11", "hooks", "abi-2", "abi-x-3", "abi-2-x"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let numbers: Vec<_> =
            Generation::all(folder.path()).unwrap().iter().map(|found| found.number).collect();
        assert_eq!(numbers, [9, 10, 11]);
        assert_eq!(Generation::all(&folder.path().join("none")).unwrap(), []);
    }
}
