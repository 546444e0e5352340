//! What calls cost: which tariff a call has, and in which currency. [`Tariff`] knows the prices.

mod days;
mod tariff;
mod words;

use std::{collections::HashMap, sync::Arc};

use monitor_common::{abi::slot, number::Digits};

pub use self::tariff::{Band, Increments, Price, Tariff};
pub use self::words::amount;
use super::prefixes::PrefixTable;

/// Every tariff of a policy.
#[derive(Debug, Default)]
pub struct Tariffs {
    currency: Box<str>,
    all: Vec<Arc<Tariff>>,
    reach: Reach,
}

/// Which calls have which tariff, each by its index.
#[derive(Debug, Default)]
pub struct Reach {
    /// By number; `None` where the numbers are of a country that shares its code with one that has a tariff.
    pub numbers: PrefixTable<Option<u16>>,
    /// By the name of the destination.
    pub destinations: HashMap<Arc<str>, u16>,
    /// All others.
    pub others: Option<u16>,
}

impl Tariffs {
    /// Tariffs in a currency, an ISO 4217 code; empty where there is no tariff.
    #[must_use]
    pub fn new(currency: &str, all: Vec<Tariff>, reach: Reach) -> Self {
        Self { currency: currency.into(), all: all.into_iter().map(Arc::new).collect(), reach }
    }

    /// The tariff of an outgoing call: by the longest prefix of its number (E.164 with `+`), else by its
    /// destination, else the one for all others. Internal and emergency calls have none.
    #[must_use]
    pub fn of(&self, number: Option<&str>, destination: &str) -> Option<&Arc<Tariff>> {
        if FREE.contains(&destination) {
            return None;
        }
        let by_number = || *self.reach.numbers.longest(digits(number?))?.1;
        let index = by_number()
            .or_else(|| self.reach.destinations.get(destination).copied())
            .or(self.reach.others)?;
        self.all.get(usize::from(index))
    }

    /// Which tariff numbers have, by its index: what is looked at before the destination.
    #[must_use]
    pub const fn prefixes(&self) -> &PrefixTable<Option<u16>> {
        &self.reach.numbers
    }

    /// Index of the tariff of a destination: of its calls whose numbers have none.
    #[must_use]
    pub fn of_destination(&self, name: &str) -> Option<u16> {
        self.reach.destinations.get(name).copied()
    }

    /// ISO 4217 code of the currency; empty where the policy has none.
    #[must_use]
    pub const fn currency(&self) -> &str {
        &self.currency
    }

    /// Every tariff, in the order of the policy.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Tariff>> {
        self.all.iter()
    }
}

/// The digits of a number that decide: the first fifteen.
fn digits(number: &str) -> Digits {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let decide = digits.get(..Digits::MAX).unwrap_or(digits);
    Digits::parse(decide).unwrap_or_default()
}

/// Destinations whose calls cost nothing.
const FREE: [&str; 2] = [slot::RESERVED[slot::INTERNAL as usize], slot::RESERVED[slot::EMERGENCY as usize]];

#[cfg(test)]
mod tests;
