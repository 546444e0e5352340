//! What a receiver is told: the document that every sink sends. Its fields are stable; docs/ALERTS.md lists them.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::Incident;
pub use crate::vocabulary::News;

/// One message. The same for every sink and recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Version of this document: 1.
    pub format: u32,
    /// Its name, the same each time that it is tried: a receiver that has it already has seen it.
    pub id: String,
    /// What is new.
    pub news: News,
    /// When the agent decided to tell it.
    #[serde(with = "crate::incidents::incident::moment")]
    pub time: SystemTime,
    /// Name of the host.
    pub host: String,
    /// How it stands.
    pub incident: Incident,
    /// The alert that it was told for, as standard output has it; none where time alone made it news.
    pub alert: Option<serde_json::Value>,
    /// The journal's head when it was told: a copy of it lies outside the host from then on.
    pub journal: Head,
}

/// The newest entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub seq: u64,
    /// Its SHA-256, hexadecimal.
    pub hash: String,
}
