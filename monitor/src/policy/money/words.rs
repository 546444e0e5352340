//! Prices and amounts of money in words.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::{Band, Increments, Price};
use crate::policy::limits::When;

/// An amount with its currency: all of its decimals, and at least those that the currency has coins for.
#[must_use]
pub fn amount(amount: Decimal, currency: &str) -> String {
    let coins = Currency::from_code(currency).and_then(Currency::exponent).map_or(0, u32::from);
    let mut shown = amount.normalize();
    if shown.scale() < coins {
        shown.rescale(coins);
    }
    format!("{shown} {currency}")
}

impl Price {
    /// Both prices; the one that is nothing goes without saying.
    #[must_use]
    pub fn in_words(self, currency: &str) -> String {
        let minute = format!("{} a minute", amount(self.per_minute, currency));
        let call = format!("{} a call", amount(self.per_call, currency));
        match (self.per_minute.is_zero(), self.per_call.is_zero()) {
            (true, true) => "free".to_owned(),
            (false, true) => minute,
            (true, false) => call,
            (false, false) => format!("{minute} and {call}"),
        }
    }
}

impl Increments {
    /// How time is billed.
    #[must_use]
    pub fn in_words(self) -> String {
        let steps = match self.then {
            1 => "billed by the second".to_owned(),
            then => format!("billed in steps of {then} s"),
        };
        if self.first == self.then { steps } else { format!("{steps}, the first step {} s", self.first) }
    }
}

impl Band {
    /// When it is in force, as the policy says it.
    #[must_use]
    pub fn time_in_words(&self) -> String {
        match &self.when {
            When::Always => "always".to_owned(),
            When::During(schedule) => format!("during \"{}\"", schedule.name),
            When::Outside(schedule) => format!("outside \"{}\"", schedule.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency_at_least() {
        let shown = |text: &str, currency| amount(text.parse().unwrap(), currency);
        assert_eq!(shown("2.06", "EUR"), "2.06 EUR");
        assert_eq!(shown("2", "EUR"), "2.00 EUR");
        assert_eq!(shown("0.0120", "USD"), "0.012 USD");
        assert_eq!(shown("120", "JPY"), "120 JPY");
        assert_eq!(shown("1.5", "TND"), "1.500 TND");
        assert_eq!(shown("1", ""), "1 ");
    }

    #[test]
    fn prices_and_steps_are_said_as_people_say_them() {
        let price = |per_minute: u32, per_call: u32| {
            Price { per_minute: per_minute.into(), per_call: per_call.into() }.in_words("JPY")
        };
        assert_eq!(price(0, 0), "free");
        assert_eq!(price(8, 0), "8 JPY a minute");
        assert_eq!(price(0, 9), "9 JPY a call");
        assert_eq!(price(8, 9), "8 JPY a minute and 9 JPY a call");
        let steps = |first, then| Increments { first, then }.in_words();
        assert_eq!(steps(1, 1), "billed by the second");
        assert_eq!(steps(60, 1), "billed by the second, the first step 60 s");
        assert_eq!(steps(60, 60), "billed in steps of 60 s");
        assert_eq!(steps(30, 6), "billed in steps of 6 s, the first step 30 s");
    }
}
