//! Exact numbers: a TOML integer, or a decimal in quotes. A TOML float is none: 0.1 has no exact one.

use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::DeValue;

use super::At;
use super::section::{Key, Section, shortened, wrong_type};
use crate::policy::report::{Finding, Findings};

/// The number of a key, or an error.
pub(super) fn read(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<At<Decimal>> {
    let at = section.value(key)?;
    let number = match at.get_ref() {
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(Decimal::from)
        }
        DeValue::String(text) => plain(text),
        DeValue::Float(float) => {
            let title = format!(
                "{} needs quotes: a number with a point is not exact in TOML",
                shortened(float.as_str())
            );
            let help = format!("write {} = \"{}\"", key.0, shortened(float.as_str()));
            errors.push(Finding::new(title, at.span(), "").help(help));
            return None;
        }
        other => {
            errors.push(wrong_type(at, other, "a number", &format!("write {}", key.1)));
            return None;
        }
    };
    if number.is_none() {
        errors.push(unreadable(at, key));
    }
    number.map(|number| At::new(number, at.span()))
}

/// Digits and at most one point, with a sign before them; no exponent and nothing between thousands.
fn plain(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let is_plain = text.ends_with(|digit: char| digit.is_ascii_digit())
        && text.chars().all(|symbol| symbol.is_ascii_digit() || "+-.".contains(symbol));
    is_plain.then(|| Decimal::from_str_exact(text).ok()).flatten()
}

fn unreadable(at: &Spanned<DeValue<'_>>, key: Key) -> Finding {
    let text = match at.get_ref() {
        DeValue::String(text) => format!("\"{}\"", shortened(text)),
        other => shortened(other.as_str().unwrap_or("this")),
    };
    let help = format!("write {}; digits and one point, at most 28 digits", key.1);
    Finding::new(format!("{text} is no number"), at.span(), "").help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_read() {
        for (text, number) in
            [("2.06", Some("2.06")), ("10", Some("10")), ("-1", Some("-1")), (" 0.5 ", Some("0.5"))]
        {
            assert_eq!(plain(text).map(|number| number.to_string()).as_deref(), number, "{text}");
        }
        for text in
            ["", ".", "1.", "1e3", "1,5", "1 000", "0x10", "1_000", "--1", "1.2.3", "€2", &"9".repeat(40)]
        {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
