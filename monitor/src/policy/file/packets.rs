//! `[packets]`: what is kept of the SIP of an incident.

use std::ops::Range;

use super::At;
use super::section::{Key, Section};
use super::words;
use crate::policy::packets::Numbers;
use crate::policy::report::{Finding, Findings};

/// `[packets]` as written.
#[derive(Debug, Default)]
pub struct PacketsSection {
    /// Whether packets are kept at all.
    pub enabled: Option<bool>,
    /// Whether bodies are.
    pub bodies: Option<bool>,
    /// How numbers stand in them.
    pub numbers: Option<Numbers>,
    /// Packets of one incident.
    pub most: Option<u64>,
    /// Octets of one incident.
    pub most_bytes: Option<u64>,
    /// Octets of all incidents.
    pub total_bytes: Option<u64>,
}

impl PacketsSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let known = Numbers::ALL.iter().map(|numbers| numbers.label()).collect::<Vec<_>>();
        let numbers =
            words::one(section, NUMBERS, "way to write numbers", Numbers::from_label, &known, errors);
        let most_bytes = section.integer(MOST_BYTES, ONE_FILE, errors);
        let total_bytes = section.integer(TOTAL_BYTES, ALL_FILES, errors);
        if let (Some(one), Some(all)) = (&most_bytes, &total_bytes)
            && one.value > all.value
        {
            errors.push(no_room_for_one(one, all));
        }
        Self {
            enabled: section.boolean(ENABLED, errors).map(|at| at.value),
            bodies: section.boolean(BODIES, errors).map(|at| at.value),
            numbers: numbers.map(|at| at.value),
            most: section.integer(MOST, PACKETS, errors).map(|at| at.value.unsigned_abs()),
            most_bytes: most_bytes.map(|at| at.value.unsigned_abs()),
            total_bytes: total_bytes.map(|at| at.value.unsigned_abs()),
        }
    }
}

fn no_room_for_one(one: &At<i64>, all: &At<i64>) -> Finding {
    Finding::new("one incident may take more than all together", one.span(), "for one")
        .also(all.span(), "for all")
        .help("make total_bytes at least as large as most_bytes")
}

const ENABLED: Key = ("enabled", "enabled = false, to keep no packets");
const BODIES: Key = ("bodies", "bodies = true, to keep session descriptions");
const NUMBERS: Key = ("numbers", "numbers = \"masked\" or \"whole\"");
const MOST: Key = ("most", "most = 200");
const MOST_BYTES: Key = ("most_bytes", "most_bytes = 1000000");
const TOTAL_BYTES: Key = ("total_bytes", "total_bytes = 100000000");

/// Keys of `[packets]`.
pub(super) const KEYS: [Key; 6] = [ENABLED, BODIES, NUMBERS, MOST, MOST_BYTES, TOTAL_BYTES];
/// Packets of one incident: with more, every event would be compared with more than what fits a cache.
const PACKETS: Range<i64> = 1..10_001;
/// Octets of one file: the longest packet fits twice.
const ONE_FILE: Range<i64> = 10_000..100_000_001;
/// Octets of all files.
const ALL_FILES: Range<i64> = 10_000..1_000_000_000_001;
