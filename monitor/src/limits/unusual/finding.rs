//! What was found to be unlike before.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::Class;
use crate::{
    calls::{Call, Timestamp},
    limits::Severity,
    vocabulary::words,
};

words! {
    /// What is compared with the usual.
    Measure {
        Calls = "calls", "Calls that began";
        Minutes = "minutes", "Minutes of answered calls, counted while they go on";
        Spend = "spend", "What the calls cost by the tariffs, counted while they go on";
    }
}

words! {
    /// Over how long it is compared.
    Horizon {
        Hour = "hour", "The hour of the clock that goes on";
        Day = "day", "This hour and the 23 before it";
        Week = "week", "This hour and the 167 before it";
    }
}

/// Something goes beyond what is usual.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Where the calls go.
    pub class: Class,
    /// What is too much.
    pub measure: Measure,
    /// Within what time.
    pub horizon: Horizon,
    /// How much it is: calls, minutes, or units of the currency.
    pub value: Decimal,
    /// How much it usually is.
    pub usual: Decimal,
    /// From how much on it is unusual.
    pub bound: Decimal,
    /// Critical where it is as far beyond the bound as the bound is from the usual.
    pub severity: Severity,
    /// Nothing follows: the baseline still learns, or the policy says so.
    pub report_only: bool,
    /// When.
    pub at: Timestamp,
    /// The call of the class that was counted last.
    pub call: Option<Arc<Call>>,
}

impl Horizon {
    /// Hours that it holds, the one that goes on included.
    pub(super) const fn hours(self) -> usize {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 168,
        }
    }
}

/// How many measures there are.
pub(super) const MEASURES: usize = Measure::ALL.len();
