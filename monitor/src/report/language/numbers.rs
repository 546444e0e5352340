//! Numbers and money as a language writes them: groups and marks of CLDR.

use icu_decimal::{DecimalFormatter, input};
use icu_locale_core::locale;
use iso_currency::Currency;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Language;

/// Writes numbers in one language.
pub struct Numbers {
    language: Language,
}

impl Numbers {
    /// Those of `language`.
    #[must_use]
    pub const fn of(language: Language) -> Self {
        Self { language }
    }

    /// A number in plain digits with its groups; what is none stays as it is.
    #[must_use]
    pub fn whole(&self, plain: &str) -> String {
        match (self.formatter(), plain.parse::<input::Decimal>()) {
            (Some(formatter), Ok(number)) => formatter.format(&number).to_string(),
            _ => plain.to_owned(),
        }
    }

    /// Made anew each time, from tables that are compiled in: it cannot be shared between threads.
    fn formatter(&self) -> Option<DecimalFormatter> {
        let locale = match self.language {
            Language::French => locale!("fr"),
            Language::English => locale!("en-GB"),
        };
        DecimalFormatter::try_new(locale.into(), Default::default()).ok()
    }

    /// A number, rounded half away from zero to so many decimals.
    #[must_use]
    pub fn rounded(&self, number: Decimal, decimals: u32) -> String {
        let mut rounded = number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(decimals);
        self.whole(&rounded.to_string())
    }

    /// A number with as many decimals as it has, at least `least`: a price.
    #[must_use]
    pub fn exact(&self, number: Decimal, least: u32) -> String {
        let plain = number.normalize();
        self.rounded(plain, plain.scale().max(least))
    }

    /// A sum of money, to the coin of its currency.
    #[must_use]
    pub fn money(&self, amount: Decimal, currency: &str) -> String {
        self.with_sign(&self.rounded(amount, coins(currency)), currency)
    }

    /// A price with all its decimals.
    #[must_use]
    pub fn price(&self, amount: Decimal, currency: &str) -> String {
        self.with_sign(&self.exact(amount, coins(currency)), currency)
    }

    /// A sum of money without its coins, for the axis of a chart.
    #[must_use]
    pub fn money_in_units(&self, amount: Decimal, currency: &str) -> String {
        self.with_sign(&self.exact(amount, 0), currency)
    }

    /// Signs that stand for one currency only; a dollar is not one.
    fn with_sign(&self, number: &str, currency: &str) -> String {
        match (currency, self.language) {
            ("EUR", Language::French) => format!("{number}\u{a0}€"),
            ("EUR", Language::English) => format!("€{number}"),
            ("GBP", Language::French) => format!("{number}\u{a0}£"),
            ("GBP", Language::English) => format!("£{number}"),
            ("", _) => number.to_owned(),
            (code, _) => format!("{number}\u{a0}{code}"),
        }
    }
}

/// Decimals that the currency has coins for.
fn coins(currency: &str) -> u32 {
    Currency::from_code(currency).and_then(Currency::exponent).map_or(2, u32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn money_is_written_as_people_write_it() {
        let (french, english) = (Numbers::of(Language::French), Numbers::of(Language::English));
        assert_eq!(french.money(amount("29733.11"), "EUR"), "29\u{202f}733,11\u{a0}€");
        assert_eq!(english.money(amount("29733.11"), "EUR"), "€29,733.11");
        assert_eq!(french.money(amount("0.005"), "EUR"), "0,01\u{a0}€");
        assert_eq!(english.money(amount("120"), "JPY"), "120\u{a0}JPY");
        assert_eq!(english.money(amount("1234567.5"), "USD"), "1,234,567.50\u{a0}USD");
        assert_eq!(french.money(amount("1.5"), "TND"), "1,500\u{a0}TND");
        assert_eq!(french.money_in_units(amount("20000"), "EUR"), "20\u{202f}000\u{a0}€");
    }

    #[test]
    fn prices_keep_their_decimals() {
        let french = Numbers::of(Language::French);
        assert_eq!(french.price(amount("2.0600"), "EUR"), "2,06\u{a0}€");
        assert_eq!(french.price(amount("0.01234"), "EUR"), "0,01234\u{a0}€");
        assert_eq!(french.rounded(amount("2.45"), 1), "2,5");
        assert_eq!(french.whole("soon"), "soon");
    }
}
