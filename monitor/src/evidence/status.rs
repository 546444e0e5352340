//! What the ledger says about itself to `status`.

use std::{path::PathBuf, time::SystemTime};

use crate::incidents::Head;

/// How the ledger stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The path of the file.
    pub file: PathBuf,
    /// Octets of its files.
    pub bytes: u64,
    /// The newest entry of the journal that is on the disk.
    pub head: Option<Head>,
    /// Incidents that go on.
    pub incidents_going_on: u64,
    /// What waits in memory because nothing can be written.
    pub waiting: u64,
    /// Entries and sealed numbers that were not written and never will be.
    pub lost: u64,
    /// Files that were set aside, the newest first.
    pub set_aside: Vec<PathBuf>,
    /// What is wrong, and what to do about it; `None` where it writes.
    pub problem: Option<String>,
    /// What is still to be delivered, by sink.
    pub outbox: Vec<Outbox>,
}

/// What waits for one sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    /// Its name.
    pub sink: String,
    /// Messages that were not delivered yet, each recipient's counted.
    pub waiting: u64,
    /// When the oldest of them was put into the outbox.
    pub oldest: Option<SystemTime>,
}
