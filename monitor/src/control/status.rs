//! How the running agent stands: the answer to `status`.

use serde::{Deserialize, Serialize};

use super::view::{BlockRow, Losses};

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the agent.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// When it started, RFC 3339.
    pub started: String,
    /// Seconds since then.
    pub uptime_seconds: u64,
    /// Each interface and how it is guarded: `native`, `generic` or `gone`.
    pub interfaces: Vec<(String, String)>,
    /// Where the guard is pinned that outlives the agent; `null` where it goes with the agent.
    #[serde(default)]
    pub pinned: Option<String>,
    /// Path of the policy file.
    pub policy: String,
    /// Prefixes that the policy in force names.
    pub policy_rules: u64,
    /// Policies put in force since the guard was set up.
    pub policy_generation: u64,
    /// Seconds until the policy on trial is taken back.
    pub confirm_within_seconds: Option<u64>,
    /// Whether it only counts.
    pub dry_run: bool,
    /// Calls that go on.
    pub calls_active: u64,
    /// Temporary blocks, the newest first.
    pub blocks: Vec<BlockRow>,
    /// Packets that could not be read, and so passed; only reasons that occurred.
    pub uninspected: Vec<Unread>,
    /// What the agent did not see.
    pub losses: Losses,
    /// The store of calls; `null` where there is none.
    pub store: Option<StoreState>,
    /// The evidence: journal, incidents, and what is still to be told; left out by an agent that has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceState>,
    /// What the owner should know, one sentence each: a block that matches nothing any more, for one.
    pub notes: Vec<String>,
}

/// Packets that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// `ingress` or `egress`.
    pub direction: String,
    /// Why: the label `reason` of `ringfence_uninspected_total`.
    pub reason: String,
    /// Packets.
    pub packets: u64,
}

/// The evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceState {
    /// Its path.
    pub file: String,
    /// Octets of its files.
    pub bytes: u64,
    /// Number of the journal's newest entry; 0 where it has none.
    pub entries: u64,
    /// Incidents that go on.
    pub incidents_going_on: u64,
    /// What is still to be told, by sink.
    pub outbox: Vec<OutboxState>,
    /// What waits in memory because nothing can be written.
    pub waiting: u64,
    /// Entries that were not written and never will be.
    pub lost: u64,
    /// What is wrong with it; `null` where it writes.
    pub problem: Option<String>,
}

/// What one sink is still to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxState {
    /// Its name.
    pub sink: String,
    /// Messages, each recipient's counted.
    pub waiting: u64,
    /// When the oldest of them was put into the outbox, RFC 3339; `null` where none waits.
    pub oldest: Option<String>,
}

/// The store of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreState {
    /// Its path.
    pub file: String,
    /// Calls that it holds.
    pub calls: u64,
    /// Octets of its files.
    pub bytes: u64,
    /// What is wrong with it; `null` where it writes.
    pub problem: Option<String>,
}
