//! What reports say that only the owner knows: who writes them, and what can be done now at what cost. `[report]`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// `[report]` and every `[[report.measure]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportTexts {
    /// Who hands the report over.
    pub operator: Operator,
    /// What can be done, in the order of the policy.
    pub remedies: Vec<Remedy>,
}

/// Who hands a report over. What is none is said to be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Whose name stands on it.
    pub name: Option<String>,
    /// Lines of an address.
    #[serde(default)]
    pub address: Vec<String>,
    /// A contract, a line or a file that it belongs to.
    pub reference: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
}

/// Something that can be done now: `[[report.measure]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// Its name.
    pub name: String,
    /// What it is, in French; none where the policy says it in English only.
    pub fr: Option<String>,
    /// What it is, in English; none where the policy says it in French only.
    pub en: Option<String>,
    /// Units of the policy's currency; none where nobody said what it costs.
    pub price: Option<Decimal>,
    /// For what the price is.
    pub per: Per,
    /// Destinations that it helps against; all where empty.
    #[serde(default)]
    pub destinations: Vec<String>,
    /// Kinds of incidents that it helps against; all where empty.
    #[serde(default)]
    pub kinds: Vec<String>,
}

impl Remedy {
    /// Whether it helps against an incident of a kind with calls to some destinations.
    #[must_use]
    pub fn applies<'a>(&self, kind: &str, mut destinations: impl Iterator<Item = &'a str>) -> bool {
        let is_named = |name: &str| self.destinations.iter().any(|own| own == name);
        (self.kinds.is_empty() || self.kinds.iter().any(|own| own == kind))
            && (self.destinations.is_empty() || destinations.any(is_named))
    }
}

crate::vocabulary::words! {
    /// For what a price is.
    Per {
        Once = "once", "Once and for all";
        Hour = "hour", "For each hour";
        Day = "day", "For each day";
        Month = "month", "For each month";
        Year = "year", "For each year";
        Call = "call", "For each call";
        Line = "line", "For each line or number";
    }
}
