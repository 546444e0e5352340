//! The journal: an append-only record of what the guard did, each entry chained to the one before by SHA-256.
//! docs/JOURNAL.md says how a third party verifies it.
//!
//! 1. [`Entry`] is what is put into it, [`append`] puts it there, [`chain`] says how entries hang together.
//! 2. [`prune`] deletes contents whose time is over; the chain stays.
//! 3. [`Row`] is an entry as it is kept and exported, [`rows`] reads them, [`Verifier`] looks for what is wrong.

mod chain;
mod clock;
mod coverage;
mod entry;
mod export;
mod fault;
mod outside;
mod prune;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod verifier;

pub use clock::{ClockWatch, Reading};
pub use entry::{Entry, EntryKind};
pub use export::{Excerpt, Export};
pub use fault::{Fault, Found};
pub use outside::{Copy, copies};
pub use prune::{Pruned, prune};
pub use row::Row;
pub use table::{SCHEMA, append, head, rows};
pub use verifier::{Verified, Verifier, verify};
