//! `[money]`: in which currency calls cost something.

use iso_currency::{Currency, IntoEnumIterator};

use super::At;
use super::section::{Key, Section, shortened};
use super::suggest::nearest;
use crate::policy::report::{Finding, Findings};

/// `[money]` as written.
#[derive(Debug)]
pub struct MoneySection {
    /// The currency of every tariff and of every limit on spend.
    pub currency: Option<At<Currency>>,
}

impl MoneySection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        if !section.has(CURRENCY) {
            errors.push(section.missing(CURRENCY));
        }
        let text = section.text(CURRENCY, errors);
        Self { currency: text.and_then(|text| currency(&text, errors)) }
    }
}

fn currency(text: &At<&str>, errors: &mut Findings) -> Option<At<Currency>> {
    let known = Currency::from_code(text.value);
    if let Some(currency) = known.filter(|currency| is_money(*currency)) {
        return Some(text.with(currency));
    }
    let shown = shortened(text.value);
    let (title, meant) = match known {
        Some(old) if old.is_superseded().is_some() => {
            (format!("{shown} is no longer used"), Some(old.latest()))
        }
        Some(other) => (format!("{shown} is no money that calls are paid in: {}", other.name()), None),
        None => (format!("there is no currency \"{shown}\""), near(text.value)),
    };
    let help = meant.map_or_else(
        || format!("write {}, or another code of ISO 4217", CURRENCY.1),
        |meant| format!("write \"{}\" for {}", meant.code(), meant.name()),
    );
    errors.push(Finding::new(title, text.span(), "").help(help));
    None
}

/// The currency that was probably meant: by its code in small letters, its sign, or its name. Of several that share a
/// sign it is the one of most countries.
fn near(text: &str) -> Option<Currency> {
    let text = text.trim();
    let all = || Currency::iter().filter(|currency| is_money(*currency));
    Currency::from_code(&text.to_uppercase())
        .filter(|currency| is_money(*currency))
        .or_else(|| {
            let alike = all().filter(|currency| !text.is_empty() && currency.symbol().to_string() == text);
            alike.max_by_key(|currency| currency.used_by().len())
        })
        .or_else(|| {
            let names: Vec<_> = all().map(|currency| (currency.name().to_owned(), currency)).collect();
            let name = nearest(text, names.iter().map(|(name, _)| name.as_str()))?;
            names.iter().find(|(known, _)| known == name).map(|(_, currency)| *currency)
        })
}

/// Whether people pay with it: neither a fund, nor gold, nor a currency of the past.
fn is_money(currency: Currency) -> bool {
    currency.flags().is_empty()
}

const CURRENCY: Key = ("currency", "currency = \"EUR\"");

/// Keys of `[money]`.
pub(super) const KEYS: [Key; 1] = [CURRENCY];
