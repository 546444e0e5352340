//! What is handed to the ledger for one step of one incident.

use std::sync::Arc;

use crate::incidents::{Incident, News};

/// An incident changed: one transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// As it is now.
    pub incident: Arc<Incident>,
    /// The alert that changed it, as standard output has it: goes into the journal, told or not.
    pub alert: Option<serde_json::Value>,
    /// What is to be told; none where repeats are held back. It goes into the journal, too: that somebody took the
    /// incident up as `acknowledgement`, all else as `incident`. Neither is to be recorded again.
    pub news: Option<News>,
}
