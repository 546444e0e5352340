//! What was told of a key, and when it is told again.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    breach::{Severity, Standing},
    clock::Now,
};
use crate::{
    calls::Timestamp,
    policy::limits::{Counted, Lasts, Limit, Window},
};

/// The thresholds of a limit in the units that are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Thresholds {
    pub(super) warning: Option<u64>,
    pub(super) critical: Option<u64>,
}

/// What was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    #[serde(default, rename = "w")]
    warning: bool,
    #[serde(default, rename = "c")]
    critical: bool,
    /// When what was blocked is over: the next that is counted tells it again.
    #[serde(default, rename = "a", skip_serializing_if = "Option::is_none")]
    again: Option<Timestamp>,
}

impl Thresholds {
    pub(super) fn of(limit: &Limit) -> Self {
        let units = |threshold: Option<Decimal>| threshold.map(|threshold| units(limit.counts, threshold));
        Self { warning: units(limit.warning), critical: units(limit.critical) }
    }

    /// Whether `value` is one of them, exactly.
    pub(super) fn has(&self, value: u64) -> bool {
        self.warning == Some(value) || self.critical == Some(value)
    }

    /// The greater.
    pub(super) fn highest(&self) -> u64 {
        self.warning.max(self.critical).unwrap_or_default()
    }
}

impl Told {
    /// Whether anything was told that may be told again.
    pub(super) const fn is_nothing(&self) -> bool {
        !self.warning && !self.critical
    }

    pub(super) const fn standing(&self) -> Standing {
        match (self.critical, self.warning) {
            (true, _) => Standing::Breached,
            (false, true) => Standing::Warned,
            (false, false) => Standing::Armed,
        }
    }

    /// What fell below its threshold may be told again; says whether anything did.
    pub(super) fn rearm(&mut self, value: u64, thresholds: &Thresholds) -> bool {
        let before = *self;
        self.warning &= thresholds.warning.is_some_and(|threshold| value >= threshold);
        self.critical &= thresholds.critical.is_some_and(|threshold| value >= threshold);
        self.again = self.again.filter(|_| self.critical);
        *self != before
    }

    /// What is to be told of a value. `is_counted`: something was counted just now.
    pub(super) fn judge(
        &mut self,
        value: u64,
        thresholds: &Thresholds,
        is_counted: bool,
        limit: &Limit,
        now: &Now,
    ) -> Option<Severity> {
        let is_reached = |threshold: Option<u64>| threshold.is_some_and(|threshold| value >= threshold);
        if is_reached(thresholds.critical) {
            let is_over = is_counted && self.again.is_some_and(|again| again <= now.at);
            if self.critical && !is_over {
                return None;
            }
            *self = Self { warning: thresholds.warning.is_some(), critical: true, again: over(limit, now) };
            return Some(Severity::Critical);
        }
        let is_new = is_reached(thresholds.warning) && !self.warning;
        self.warning |= is_new;
        is_new.then_some(Severity::Warning)
    }

    /// What followed a critical breach does not stand: the next that is counted `from` then on tells it
    /// again. Says whether it was told.
    pub(super) fn fall_due(&mut self, from: Timestamp) -> bool {
        self.again = self.critical.then_some(from);
        self.critical
    }

    /// Nothing was told; of what goes on at once it stays told until less goes on.
    pub(super) fn reset(&mut self, counts: Counted) {
        *self = match counts {
            Counted::ConcurrentCalls => Self { again: None, ..*self },
            _ => Self::default(),
        };
    }
}

/// A threshold in the units that are counted, rounded up: what is below it in units is below it.
fn units(counts: Counted, threshold: Decimal) -> u64 {
    let units = threshold.checked_mul(unit(counts).into()).unwrap_or(Decimal::MAX).ceil();
    if units.is_sign_negative() { 0 } else { u64::try_from(units).unwrap_or(u64::MAX) }
}

/// What was counted, as it is shown: calls, minutes, or units of the currency.
pub(super) fn shown(counts: Counted, units: u64) -> Decimal {
    (Decimal::from(units) / Decimal::from(unit(counts))).trunc_with_scale(SHOWN_PLACES).normalize()
}

/// An amount of money in units of the currency.
pub(super) fn money(units: u64) -> Decimal {
    shown(Counted::Spend, units)
}

/// Units of what is counted: microseconds of a minute, thousand-millionths of a unit of the currency.
pub(super) const fn unit(counts: Counted) -> u64 {
    match counts {
        Counted::Minutes => 60_000_000,
        Counted::Spend => MONEY,
        _ => 1,
    }
}

/// When what a breach blocks is over, where that is before the window is and before anybody says so.
fn over(limit: &Limit, now: &Now) -> Option<Timestamp> {
    if limit.then.blocks.is_empty() {
        return None;
    }
    let time = match (&limit.then.lasts, limit.window) {
        (Lasts::Window, Window::Sliding(time)) => Some(time),
        (lasts, _) => lasts.apart_from_window(now.moment.wall),
    };
    time.map(|time| now.at.after(time))
}

/// Parts of a unit of the currency that are counted.
pub(super) const MONEY: u64 = 1_000_000_000;
const SHOWN_PLACES: u32 = 9;
