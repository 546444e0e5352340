//! What a call to the number would cost.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::policy::Tariffs;
use crate::policy::money::{Band, Increments, Price, amount};

/// The tariff of a call, at the prices in force at one moment.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct TariffFacts {
    pub(super) name: String,
    /// ISO 4217 code.
    pub(super) currency: String,
    /// Units of the currency.
    pub(super) per_minute: Decimal,
    /// Units of the currency.
    pub(super) per_call: Decimal,
    /// Seconds.
    pub(super) first_increment: u32,
    /// Seconds.
    pub(super) increment: u32,
    /// When the band that is in force is so; none where the tariff's own prices are.
    pub(super) band: Option<String>,
    /// What a call answered at that moment costs after a minute, units of the currency.
    pub(super) one_minute: Decimal,
    /// What it costs after an hour.
    pub(super) one_hour: Decimal,
}

impl TariffFacts {
    /// The tariff of a number and its destination for a call answered at `at`; none where nothing says what it costs.
    pub(super) fn of(
        tariffs: &Tariffs,
        number: Option<&str>,
        destination: &str,
        at: DateTime<Utc>,
    ) -> Option<Self> {
        let tariff = tariffs.of(number, destination)?;
        let band = tariff.band_at(at);
        let price = band.map_or(tariff.price(), |band| band.price);
        let cost = |minutes: u64| tariff.cost(at, Duration::from_secs(minutes * 60)).normalize();
        Some(Self {
            name: tariff.name().to_string(),
            currency: tariffs.currency().to_owned(),
            per_minute: price.per_minute,
            per_call: price.per_call,
            first_increment: tariff.increments().first,
            increment: tariff.increments().then,
            band: band.map(Band::time_in_words),
            one_minute: cost(1),
            one_hour: cost(60),
        })
    }

    /// Two lines: the prices, and what a minute and an hour come to.
    pub(super) fn in_words(&self) -> [String; 2] {
        let price = Price { per_minute: self.per_minute, per_call: self.per_call };
        let steps = Increments { first: self.first_increment, then: self.increment };
        let band = self.band.as_ref().map_or_else(String::new, |band| format!(", {band}"));
        let sum = |cost| amount(cost, &self.currency);
        [
            format!("\"{}\"{band}: {}, {}", self.name, price.in_words(&self.currency), steps.in_words()),
            format!("from now on 1 minute {}, 1 hour {}", sum(self.one_minute), sum(self.one_hour)),
        ]
    }
}
