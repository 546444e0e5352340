//! The journal: an append-only record of what the guard did, each entry chained to the one before by SHA-256.
//! docs/JOURNAL.md says how a third party verifies it.

mod entry;

pub use entry::{Entry, EntryKind};
