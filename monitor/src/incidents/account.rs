//! What an incident amounts to so far: calls, minutes, money, and what did not take place.

use std::{collections::BTreeMap, time::SystemTime};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Calls, minutes and money. Sums of money are units of [`Self::currency`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Calls that began and were not blocked.
    pub calls: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// Those that go on.
    pub active: u64,
    /// Calls that were blocked, as far as the agent followed them.
    pub blocked: u64,
    /// INVITEs that the kernel dropped for the same destination meanwhile, each packet: never less than what happened.
    pub dropped_invites: u64,
    /// Minutes from answer to end, with those that go on.
    pub minutes: Decimal,
    /// What the calls cost; none where no tariff says.
    pub spend: Option<Decimal>,
    /// ISO 4217; none without tariffs.
    pub currency: Option<String>,
    /// What the blocked calls would have cost; none where that cannot be said.
    pub prevented: Option<Estimate>,
    /// By the name of the destination; at most [`Self::MOST_DESTINATIONS`], then `other`.
    pub destinations: BTreeMap<String, PerDestination>,
    /// The numbers with most calls, masked; at most [`Self::MOST_NUMBERS`].
    pub numbers: Vec<PerNumber>,
    /// The same over time, the oldest first; at most [`Self::MOST_SLICES`], all as wide.
    pub slices: Vec<Slice>,
    /// Seconds that one of [`Self::slices`] is wide.
    pub slice_seconds: u64,
}

impl Account {
    /// Destinations that are told apart.
    pub const MOST_DESTINATIONS: usize = 32;
    /// Numbers that are told apart.
    pub const MOST_NUMBERS: usize = 32;
    /// Slices of time; with more, two become one.
    pub const MOST_SLICES: usize = 240;
}

/// What an incident amounts to for one destination.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerDestination {
    /// Calls that were not blocked.
    pub calls: u64,
    /// Calls that were.
    pub blocked: u64,
    /// From answer to end.
    pub minutes: Decimal,
    /// What they cost.
    pub spend: Option<Decimal>,
    /// Name of the tariff, and its price as [`crate::policy::money`] writes it.
    pub tariff: Option<String>,
}

/// One called number, masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerNumber {
    /// E.164 with `+`, masked.
    pub number: String,
    /// Stands for it in all records of this host.
    pub token: String,
    /// Calls to it, blocked or not.
    pub calls: u64,
}

/// A slice of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Its beginning.
    #[serde(with = "crate::incidents::incident::moment")]
    pub from: SystemTime,
    /// Calls that began in it and were not blocked.
    pub calls: u64,
    /// Calls that were.
    pub blocked: u64,
    /// Minutes talked in it.
    pub minutes: Decimal,
    /// Money spent in it.
    pub spend: Decimal,
}

/// What did not take place would have cost so much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Units of the currency.
    pub amount: Decimal,
    /// Calls that it is for.
    pub calls: u64,
    /// Seconds that each is taken to last.
    pub seconds_each: u64,
    /// Where these seconds come from: `incident` (the mean of its own answered calls), `destination` (of the answered calls
    /// to the same destination that the store has) or `increment` (the first increment of the tariff: the least that
    /// a call costs).
    pub basis: String,
    /// Name of the tariff.
    pub tariff: String,
}
