//! What an agent writes beside its pinned counters, for the agent after it: the names of the slots, what was counted
//! before, and how far the take-over went.

use std::path::Path;

use aya::maps::{Array, MapData, MapError};
use monitor_common::abi::{
    Count, InviteCounts, MAX_DESTINATIONS, MAX_INTERFACES, Misc, PACKETS_ENTRIES, UNINSPECTED_ENTRIES,
};

use super::{
    super::{
        Refusal,
        totals::{Slots, Totals},
    },
    shape,
};

/// Names and numbers that change while the agent runs.
pub struct Book {
    labels: Array<MapData, Label>,
    about: Array<MapData, u64>,
    /// Slots whose name is written.
    written: usize,
}

/// What a book says of the agent that wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What the slots of its counters mean.
    pub slots: Slots,
    /// Its version.
    pub version: String,
    /// Its process id.
    pub process: u64,
    /// When it took the guard over, seconds since 1970.
    pub since: u64,
    /// Policies that were put in force, by it and by those before it.
    pub generation: u64,
    /// Whether what was carried over is complete.
    pub is_complete: bool,
}

impl Book {
    /// Begins a book in a folder of pins.
    pub(super) fn begin(folder: &Path, interfaces: &[String]) -> Result<Self, Refusal> {
        let labels = made(folder, LABELS, LABEL_ENTRIES)?;
        let mut book = Self { labels, about: made(folder, ABOUT, ABOUT_ENTRIES)?, written: 0 };
        for (slot, name) in (FIRST_INTERFACE..).zip(interfaces.iter().take(MAX_INTERFACES)) {
            book.label(slot, name)?;
        }
        book.label(VERSION, env!("CARGO_PKG_VERSION"))?;
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        book.note(PROCESS, u64::from(std::process::id()))?;
        book.note(SINCE, since)?;
        Ok(book)
    }

    /// Writes the names of destinations by slot, those that are new; to be done before a policy counts under them.
    pub fn enter<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
        for (slot, name) in names.enumerate().skip(self.written) {
            self.label(slot as u32, name)?;
            self.written = slot + 1;
        }
        Ok(())
    }

    /// Writes how many policies were put in force so far.
    pub fn generation(&mut self, generation: u64) -> Result<(), Refusal> {
        self.note(GENERATION, generation)
    }

    fn label(&mut self, index: u32, name: &str) -> Result<(), Refusal> {
        let mut label = [0; LABEL_OCTETS];
        label.iter_mut().zip(name.bytes()).for_each(|(octet, byte)| *octet = byte);
        self.labels.set(index, label, 0).map_err(|error| unwritten(&error))
    }

    fn note(&mut self, index: u32, value: u64) -> Result<(), Refusal> {
        self.about.set(index, value, 0).map_err(|error| unwritten(&error))
    }
}

/// What the book in a folder says.
pub(super) fn read(folder: &Path) -> Result<About, Refusal> {
    let labels = shape::array::<Label>(&folder.join(LABELS), LABEL_ENTRIES)?;
    let about = shape::array::<u64>(&folder.join(ABOUT), ABOUT_ENTRIES)?;
    let text =
        |index: u32| labels.get(&index, 0).map(|label| of_label(&label)).map_err(|error| unread(&error));
    let number = |index: u32| about.get(&index, 0).map_err(|error| unread(&error));
    let mut destinations = Vec::new();
    for slot in 0..FIRST_INTERFACE {
        match text(slot)? {
            // Slots are given out one after the other.
            name if name.is_empty() => break,
            name => destinations.push(name),
        }
    }
    let interfaces = (FIRST_INTERFACE..VERSION).map(text).collect::<Result<_, _>>()?;
    Ok(About {
        slots: Slots { destinations, interfaces },
        version: text(VERSION)?,
        process: number(PROCESS)?,
        since: number(SINCE)?,
        generation: number(GENERATION)?,
        is_complete: number(COMPLETE)? == 1,
    })
}

/// Writes what was carried over, and then that it is complete: once that is written, nothing older counts any more.
pub(super) fn complete(folder: &Path, totals: &Totals) -> Result<(), Refusal> {
    write(folder, CARRIED_PACKETS, PACKETS_ENTRIES, &totals.packets)?;
    write(folder, CARRIED_UNINSPECTED, UNINSPECTED_ENTRIES, &totals.uninspected)?;
    write(folder, CARRIED_INVITES, MAX_DESTINATIONS, &totals.invites)?;
    write(folder, CARRIED_MISC, MISC_ENTRIES, &totals.misc)?;
    let mut about = shape::array::<u64>(&folder.join(ABOUT), ABOUT_ENTRIES)?;
    about.set(COMPLETE, 1, 0).map_err(|error| unwritten(&error))
}

/// What was carried over.
pub(super) fn carried(folder: &Path) -> Result<Totals, Refusal> {
    Ok(Totals {
        packets: values::<Count>(folder, CARRIED_PACKETS, PACKETS_ENTRIES)?,
        uninspected: values(folder, CARRIED_UNINSPECTED, UNINSPECTED_ENTRIES)?,
        invites: values::<InviteCounts>(folder, CARRIED_INVITES, MAX_DESTINATIONS)?,
        misc: values(folder, CARRIED_MISC, MISC_ENTRIES)?,
    })
}

fn write<T: aya::Pod + Default + PartialEq>(
    folder: &Path,
    name: &str,
    entries: usize,
    values: &[T],
) -> Result<(), Refusal> {
    let mut map = made::<T>(folder, name, entries as u32)?;
    let not_zero = (0..).zip(values).filter(|(_, value)| **value != T::default());
    for (index, value) in not_zero {
        map.set(index, *value, 0).map_err(|error| unwritten(&error))?;
    }
    Ok(())
}

fn values<T: aya::Pod>(folder: &Path, name: &str, entries: usize) -> Result<Vec<T>, Refusal> {
    let map = shape::array::<T>(&folder.join(name), entries as u32)?;
    (0..entries as u32).map(|index| map.get(&index, 0).map_err(|error| unread(&error))).collect()
}

fn made<T: aya::Pod>(folder: &Path, name: &str, entries: u32) -> Result<Array<MapData, T>, Refusal> {
    let map = Array::<MapData, T>::create(entries, 0).map_err(|error| unwritten(&error))?;
    let path = folder.join(name);
    map.pin(&path).map_err(|error| super::directory::not_pinned(&path, &error))?;
    shape::array(&path, entries)
}

fn of_label(label: &Label) -> String {
    let end = label.iter().position(|octet| *octet == 0).unwrap_or(label.len());
    String::from_utf8_lossy(&label[..end]).into_owned()
}

fn unwritten(error: &MapError) -> Refusal {
    Refusal::from_map("writing what the next agent must know", error)
}

fn unread(error: &MapError) -> Refusal {
    Refusal::from_map("reading what the last agent has written", error)
}

/// A name, filled up with zeros.
type Label = [u8; LABEL_OCTETS];

/// Names of destinations have at most 48 octets, those of interfaces 15.
const LABEL_OCTETS: usize = 64;
/// Labels: destinations by slot, interfaces by slot, and the version.
const FIRST_INTERFACE: u32 = MAX_DESTINATIONS as u32;
const VERSION: u32 = FIRST_INTERFACE + MAX_INTERFACES as u32;
const LABEL_ENTRIES: u32 = VERSION + 1;

// Numbers in the map `about`.
const COMPLETE: u32 = 0;
const GENERATION: u32 = 1;
const PROCESS: u32 = 2;
const SINCE: u32 = 3;
const ABOUT_ENTRIES: u32 = 8;

/// Entries of the map of counters that stand alone.
pub(super) const MISC_ENTRIES: usize = 16;
const _: () = assert!(Misc::ALL.len() <= MISC_ENTRIES);

// File names; those of the object's own maps are upper case.
const LABELS: &str = "labels";
const ABOUT: &str = "about";
const CARRIED_PACKETS: &str = "carried_packets";
const CARRIED_UNINSPECTED: &str = "carried_uninspected";
const CARRIED_INVITES: &str = "carried_invites";
const CARRIED_MISC: &str = "carried_misc";
