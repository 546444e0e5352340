//! The part of a report that says what it rests on: the policy in force, the clock, what was lost, the journal, what is missing.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::vocabulary::words;

/// The policy that was in force when the incident began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInForce {
    /// SHA-256 of its text, hexadecimal.
    pub sha256: Option<String>,
    /// Where it was read from.
    pub path: Option<String>,
    /// When it was put in force, as the journal says.
    #[serde(with = "crate::incidents::moment_if_any")]
    pub loaded: Option<SystemTime>,
    /// The entry of the journal that says so.
    pub journal: Option<u64>,
    /// Whether its text is at hand: what follows, the measures and the operator come from it.
    pub text: PolicyText,
    /// SHA-256 of the text that was found, where that is another.
    pub found_sha256: Option<String>,
    /// The lines of its text that concern this incident, each section as the owner wrote it.
    pub excerpts: Vec<String>,
    /// ISO 4217 code of its currency.
    pub currency: Option<String>,
}

words! {
    /// Which text of a policy was found.
    PolicyText {
        Same = "same", "The text that was in force";
        Other = "other", "A text that was changed since";
        Missing = "missing", "None";
    }
}

/// The clock that times come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// As the journal says, the latest before the incident first.
    pub states: Vec<ClockState>,
}

/// How the clock stood from a time on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockState {
    /// From when on.
    #[serde(with = "crate::incidents::moment")]
    pub time: SystemTime,
    /// Whether something keeps it in time; none where that was not known.
    pub synchronised: Option<bool>,
    /// How far it may have been off, seconds, as the kernel estimates.
    pub error_seconds: Option<f64>,
    /// By how much it was set, seconds.
    pub set_by_seconds: Option<f64>,
    /// The entry of the journal.
    pub journal: u64,
}

/// What the agent did not see, or could not write down, between the beginning and the end of the incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Events of the kernel that were lost; none where nothing recorded it.
    pub events: Option<u64>,
    /// Entries of the journal that could not be written.
    pub entries: u64,
    /// Times without a guard, or without anybody who followed calls.
    pub gaps: Vec<Gap>,
    /// Contents of the journal that were deleted because their time was over, within the incident.
    pub deleted: u64,
}

/// A time without a guard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When it began; none where nobody knows.
    #[serde(with = "crate::incidents::moment_if_any")]
    pub from: Option<SystemTime>,
    /// When it was over.
    #[serde(with = "crate::incidents::moment")]
    pub until: SystemTime,
    /// What was missing, as the journal has it.
    pub what: String,
    /// The entry of the journal.
    pub journal: u64,
}

/// That the journal is whole, or where it is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The journal's first entry; none where it is empty.
    pub first: Option<Entry>,
    /// Its last entry when the report was made.
    pub last: Option<Entry>,
    /// The first entry that speaks of this incident.
    pub incident_first: Option<Entry>,
    /// The last one.
    pub incident_last: Option<Entry>,
    /// How many entries it has.
    pub entries: u64,
    /// Whether the chain held when the report was made; none where it was not verified.
    pub whole: Option<bool>,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub seq: u64,
    /// Its time.
    #[serde(with = "crate::incidents::moment")]
    pub time: SystemTime,
    /// Its SHA-256, hexadecimal.
    pub hash: String,
}

words! {
    /// What a report should say and cannot.
    Missing {
        Policy = "policy", "The policy that was in force is not at hand";
        PolicyChanged = "policy_changed", "The policy was changed since: operator, measures and prices are those of today";
        Operator = "operator", "The policy does not say who hands the report over";
        Remedies = "remedies", "The policy names nothing that can be done";
        Spend = "spend", "No tariff says what the calls cost";
        Prevented = "prevented", "What the blocked calls would have cost cannot be said";
        Slices = "slices", "How calls spread over time was not recorded";
        Clock = "clock", "The journal says nothing of the clock before the incident";
        Events = "events", "Whether events were lost meanwhile was not recorded";
        Journal = "journal", "The journal could not be read";
        Host = "host", "The name of the host was not recorded";
        GoesOn = "goes_on", "The incident goes on: its figures will change";
    }
}
