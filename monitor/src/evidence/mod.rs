//! The evidence: `evidence.sqlite` in the state directory holds the journal, the incidents, and what is to be told to whom.
//! One thread writes; what belongs together is one transaction, on the disk before anybody is told.
//!
//! 1. [`Change`] is what is handed over; [`work`] holds what waits in memory, and no more than memory is meant for.
//! 2. [`Ledger`] is the face to the agent, [`shared`] what its threads share; [`writer`] writes, each [`transaction`] as a
//!    whole, and [`opening`] opens the [file](crate::sqlite) or another one in its place. [`sweep`] deletes what was kept for long enough.
//! 3. [`dispatch`] has a [`lane`] for each address: strictly in order, and tried again and again as [`pace`] says.
//! 4. [`Archive`] reads, beside a running agent or without one. [`schema`] has the tables, [`row`] their columns.

mod archive;
mod change;
mod dispatch;
mod early;
mod lane;
mod ledger;
mod metrics;
mod opening;
mod outcome;
mod pace;
mod row;
mod schema;
mod shared;
mod status;
mod sweep;
#[cfg(test)]
mod tests;
mod transaction;
mod work;
mod writer;

pub use archive::{Archive, Filter, Told, Unreadable};
pub use change::Change;
pub use ledger::Ledger;
pub use outcome::{Delivery, Outcome, Sealed, Try};
pub use shared::Setting;
pub use status::{Outbox, Status};
pub use sweep::Retention;

/// Name of the file.
pub const FILE: &str = "evidence.sqlite";
