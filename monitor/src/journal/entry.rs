//! What is put into the journal.

use std::time::SystemTime;

use serde_json::Value;

use crate::vocabulary::words;

words! {
    /// What an entry is about.
    EntryKind {
        Start = "start", "The agent guards";
        Stop = "stop", "The agent was asked to end";
        Gap = "gap", "Nothing guarded, or nobody followed calls, for a time";
        Lost = "lost", "Entries could not be written: how many, and when";
        PolicyLoaded = "policy_loaded", "A policy is in force; with its SHA-256";
        PolicyRefused = "policy_refused", "A policy was at fault, and the one before stays";
        Clock = "clock", "Whether the clock is synchronised, and how far it may be off; or that it was set";
        Alert = "alert", "An alert, with the incident that it belongs to";
        Incident = "incident", "An incident began, grew, was told again, or ended: what was told, and to whom it goes";
        Delivery = "delivery", "A message was delivered, failed for good, or was given up; with the receiver's answer";
        Acknowledgement = "acknowledgement", "Somebody took an incident up";
        Block = "block", "Something is blocked for a time, by whom and why";
        Unblock = "unblock", "A block was taken away, by whom";
        Reveal = "reveal", "Whole numbers were shown to somebody, of which incident";
        Retention = "retention", "Contents were deleted because their time is over: up to which entry";
    }
}

/// One entry before it has its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is about.
    pub kind: EntryKind,
    /// The wall clock's time.
    pub time: SystemTime,
    /// An object; masked.
    pub content: Value,
}

impl Entry {
    /// An entry of this moment.
    #[must_use]
    pub fn now(kind: EntryKind, content: Value) -> Self {
        Self { kind, time: SystemTime::now(), content }
    }
}
