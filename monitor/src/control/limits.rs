//! How the limits stand: the answer to `limits`. Stable; documented in docs/LIMITS.md. Numbers are masked before they get
//! here; decimals are text, so that no reader rounds money.

use serde::{Deserialize, Serialize};

/// Which limits to show, or whose counts to take back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsWanted {
    /// Only this limit.
    pub limit: Option<String>,
    /// Take its counts back: those of every key, or of one.
    pub reset: bool,
    /// The token of the one key.
    pub key: Option<String>,
}

/// The limits of the policy in force, in the order of the file, and what calls have cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// One row a limit.
    pub limits: Vec<LimitRow>,
    /// ISO 4217 code of every price; `null` where the policy names no prices.
    pub currency: Option<String>,
    /// What outgoing calls have cost since the agent started, by destination, the dearest first.
    pub spend: Vec<SpendRow>,
}

/// One limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LimitRow {
    /// Its name.
    pub name: String,
    /// What it counts.
    pub counts: String,
    /// For whom, each apart.
    pub scope: String,
    /// `1h`, `day` or `month`; `null` for calls that go on at once.
    pub window: Option<String>,
    /// `calls`, `numbers`, `countries`, `minutes`, or the currency.
    pub unit: String,
    /// The threshold, a decimal.
    pub warning: Option<String>,
    /// The threshold, a decimal.
    pub critical: Option<String>,
    /// Whether calls count now, by its schedule.
    pub counts_now: bool,
    /// Whether it only says what it would do.
    pub report_only: bool,
    /// What it blocks once critical is reached.
    pub blocks: Vec<String>,
    /// The highest value, as a part of the critical threshold, or of the warning where there is no critical.
    pub used_ratio: f64,
    /// Keys that have a count.
    pub keys: u64,
    /// The highest of them, at most ten.
    pub highest: Vec<KeyRow>,
}

/// What a limit has counted for one key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyRow {
    /// For whom: a destination, a country, a number or caller (masked), an address; empty for everything together.
    pub key: String,
    /// Its name for `ringfence limits --reset`.
    pub token: String,
    /// The value, a decimal.
    pub value: String,
    /// `below`, `warning` or `critical`.
    pub state: String,
}

/// What calls to one destination have cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendRow {
    /// Name of the destination.
    pub destination: String,
    /// A decimal.
    pub amount: String,
}
