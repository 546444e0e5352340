//! A tariff: the prices of a call, at which times, and in which steps they are billed.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use super::days::Days;
use crate::policy::limits::When;

/// What calls cost: `[[tariff]]`.
#[derive(Debug)]
pub struct Tariff {
    name: Arc<str>,
    price: Price,
    increments: Increments,
    bands: Vec<Band>,
    days: Days,
}

/// What a call costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Units of the currency for a minute; at most [`Price::MOST`].
    pub per_minute: Decimal,
    /// Units of the currency at the answer; at most [`Price::MOST`].
    pub per_call: Decimal,
}

/// In which steps time is billed, seconds. A step is billed as a whole when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Increments {
    /// The first step, which begins at the answer; at least 1.
    pub first: u32,
    /// All further ones; at least 1.
    pub then: u32,
}

/// Other prices at other times.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// When they are in force.
    pub when: When,
    /// The prices.
    pub price: Price,
}

impl Price {
    /// Units of the currency: more than anything costs anywhere, and small enough for every sum.
    pub const MOST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
    /// Decimals of a price.
    pub const DECIMALS: u32 = 6;
}

impl Default for Increments {
    fn default() -> Self {
        Self { first: 1, then: 1 }
    }
}

impl Increments {
    /// Seconds billed for the increments that begin earlier than `within` after the answer.
    fn billed(self, within: Duration) -> u64 {
        if within.is_zero() {
            return 0;
        }
        let first = Duration::from_secs(u64::from(self.first.max(1)));
        let then = Duration::from_secs(u64::from(self.then.max(1)));
        let further = within.saturating_sub(first).as_nanos().div_ceil(then.as_nanos());
        first.as_secs() + then.as_secs() * u64::try_from(further).unwrap_or(u64::MAX / u64::from(u32::MAX))
    }
}

impl Tariff {
    /// A tariff; of several bands that are in force at once the first counts.
    #[must_use]
    pub fn new(name: &str, price: Price, increments: Increments, bands: Vec<Band>) -> Self {
        Self { name: name.into(), price, increments, bands, days: Days::default() }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its prices where no band is in force.
    #[must_use]
    pub const fn price(&self) -> Price {
        self.price
    }

    /// In which steps time is billed.
    #[must_use]
    pub const fn increments(&self) -> Increments {
        self.increments
    }

    /// Its other prices, the first that is in force first.
    #[must_use]
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The band in force.
    #[must_use]
    pub fn band_at(&self, at: DateTime<Utc>) -> Option<&Band> {
        self.bands.iter().find(|band| band.when.holds(at))
    }

    /// What a call costs so far, units of the currency, once `talk` has passed since the answer: the price per call
    /// in force at the answer and, for each increment begun, the price per minute in force when it begins. Parts of
    /// a thousand-millionth are rounded up. The first increment is due at once. Talk beyond ten years costs nothing.
    #[must_use]
    pub fn cost(&self, answered: DateTime<Utc>, talk: Duration) -> Decimal {
        let (answered, talk) =
            (answered.clamp(DateTime::UNIX_EPOCH, LATEST), talk.clamp(Duration::from_nanos(1), LONGEST));
        let (per_call, minute_seconds) = if self.bands.is_empty() {
            let seconds = Decimal::from(self.increments.billed(talk));
            (self.price.per_call, self.price.per_minute * seconds)
        } else {
            (self.price_at(answered).per_call, self.by_bands(answered, talk))
        };
        let time = minute_seconds / SECONDS_A_MINUTE;
        per_call + time.round_dp_with_strategy(DECIMALS, RoundingStrategy::ToPositiveInfinity)
    }

    fn price_at(&self, at: DateTime<Utc>) -> Price {
        self.days.price_at(self, at)
    }

    /// Seconds billed, each times the price of a minute.
    fn by_bands(&self, answered: DateTime<Utc>, talk: Duration) -> Decimal {
        let mut sum = Decimal::ZERO;
        let mut begins = Duration::ZERO;
        self.days.walk(self, answered, answered + talk, |price, until| {
            let ends = (until - answered).to_std().unwrap_or_default().min(talk);
            let seconds = self.increments.billed(ends) - self.increments.billed(begins);
            sum += price.per_minute * Decimal::from(seconds);
            begins = ends;
        });
        sum
    }
}

/// Ten years, of 365.25 days: more than any call lasts, and few enough days to look up.
const LONGEST: Duration = Duration::from_secs(315_576_000);
/// The year 9000: schedules end with the year 9999.
const LATEST: DateTime<Utc> = DateTime::from_timestamp(221_845_392_000, 0).unwrap();
/// Decimals of what a call costs.
const DECIMALS: u32 = 9;
const SECONDS_A_MINUTE: Decimal = Decimal::from_parts(60, 0, 0, false, 0);
