//! A limit that was reached, and what a limit tells of itself.

use std::sync::Arc;

use rust_decimal::Decimal;

pub use crate::vocabulary::Severity;

use super::{key::Key, token::Token};
use crate::{
    calls::{Call, Timestamp},
    policy::limits::Limit,
    vocabulary::words,
};

words! {
    /// Where a key of a limit stands.
    Standing {
        Armed = "armed", "Below its thresholds";
        Warned = "warned", "The warning was told";
        Breached = "breached", "The critical breach was told";
    }
}

/// A limit was reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// Which.
    pub limit: Arc<Limit>,
    /// How much too much it is.
    pub severity: Severity,
    /// For whom; never to be written as it is.
    pub key: Key,
    /// What stands for it: [`super::Engine::reset`] takes it. Of `repeated_calls` it stands for the number too.
    pub token: Token,
    /// What was counted: calls, minutes, numbers, countries, or units of the currency.
    pub value: Decimal,
    /// The threshold that it reached.
    pub threshold: Decimal,
    /// When.
    pub at: Timestamp,
    /// The call that reached it; none where calls were only inferred.
    pub call: Option<Arc<Call>>,
    /// How many of the counted calls were only inferred from the kernel's counters, for their events were lost.
    pub inferred: u64,
    /// What the calls that count have cost within the window, where tariffs are there; not of concurrent calls.
    pub spent: Option<Decimal>,
}

/// A limit and for whom it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitRow {
    /// Which.
    pub limit: Arc<Limit>,
    /// The keys that are nearest to its thresholds, the nearest first.
    pub keys: Vec<KeyRow>,
    /// How many keys it counts for.
    pub count: usize,
    /// How many gave way to others because there were too many.
    pub evicted: u64,
    /// How much of it is used by the key that is nearest: [`KeyRow::ratio`]; zero without any.
    pub ratio: Decimal,
}

/// What a limit counted for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// For whom, masked; of `repeated_calls` with the number.
    pub label: String,
    /// What stands for it.
    pub token: Token,
    /// What was counted.
    pub value: Decimal,
    /// Of the critical threshold, or of the warning where there is no other: 1 is reached.
    pub ratio: Decimal,
    /// Where it stands.
    pub standing: Standing,
    /// How many were only inferred.
    pub inferred: u64,
}
