//! Hides the end of phone numbers in what the agent writes, and reads what is left of them.

use monitor_common::number::Digits;

/// `number` with its last `hidden` digits as `x`; other symbols stay. A number that is no longer than what
/// is to be hidden is hidden whole. What is hidden already counts as hidden: masking twice hides no more.
#[must_use]
pub fn mask(number: &str, hidden: u8) -> String {
    let shown = digits(number).saturating_sub(usize::from(hidden));
    let mut seen = 0;
    number
        .chars()
        .map(|symbol| {
            seen += usize::from(is_digit(symbol));
            if is_digit(symbol) && seen > shown { HIDDEN } else { symbol }
        })
        .collect()
}

/// A caller, or what was dialled where that is no outside number: an extension, a name or a service code stays as it
/// is, and what has seven digits and more is masked like a number.
#[must_use]
pub fn mask_party(party: &str, hidden: u8) -> String {
    if digits(party) < LEAST_DIGITS { party.to_owned() } else { mask(party, hidden) }
}

/// A prefix: up to seven digits name a range of many numbers and stay; what has more is masked like a number.
#[must_use]
pub fn mask_prefix(prefix: &str, hidden: u8) -> String {
    if digits(prefix) <= LONGEST_RANGE { prefix.to_owned() } else { mask(prefix, hidden) }
}

/// The digits of an E.164 number up to the first that is hidden; `None` where there is none.
#[must_use]
pub fn known_digits(number: &str) -> Option<Digits> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let known = digits.bytes().take_while(u8::is_ascii_digit).take(Digits::MAX).count();
    Digits::parse(&digits[..known]).filter(|digits| !digits.is_empty())
}

/// Whether digits are hidden.
#[must_use]
pub fn is_masked(number: &str) -> bool {
    number.contains(HIDDEN)
}

fn digits(number: &str) -> usize {
    number.chars().filter(|symbol| is_digit(*symbol)).count()
}

/// Whether a symbol is a digit, or was one.
fn is_digit(symbol: char) -> bool {
    symbol.is_ascii_digit() || symbol == HIDDEN
}

/// Digits that no extension has: from here on it is somebody's telephone number.
const LEAST_DIGITS: usize = 7;
/// Digits of a prefix that still names a range of many numbers.
const LONGEST_RANGE: usize = 7;
const HIDDEN: char = 'x';

#[cfg(test)]
mod tests {
    use super::{known_digits, mask, mask_party, mask_prefix};

    #[test]
    fn hides_the_last_digits_only() {
        assert_eq!(mask("+33142345678", 4), "+3314234xxxx");
        assert_eq!(mask("900535551234", 4), "90053555xxxx");
        assert_eq!(mask("*9#00535551234", 6), "*9#00535xxxxxx");
        assert_eq!(mask("+33142345678", 0), "+33142345678");
        assert_eq!(mask("112", 4), "xxx");
        assert_eq!(mask("", 4), "");
    }
    #[test]
    fn what_is_hidden_stays_as_it_is() {
        for number in ["+33142345678", "*9#00535551234", "112", "0033 1 42 34 56 78", ""] {
            let once = mask(number, 4);
            assert_eq!(mask(&once, 4), once);
            assert_eq!(mask(&once, 0), once);
            assert_eq!(mask(&mask(number, 2), 4), once);
        }
    }

    #[test]
    fn what_is_not_hidden_is_known() {
        for (number, known) in [
            ("+33142345678", Some("33142345678")),
            ("+3314234xxxx", Some("3314234")),
            ("+xxxx", None),
            ("+", None),
            ("", None),
        ] {
            assert_eq!(known_digits(number).map(|digits| digits.to_string()).as_deref(), known, "{number}");
        }
    }

    #[test]
    fn a_range_is_no_number() {
        for (prefix, shown) in [("+53", "+53"), ("+2279012", "+2279012"), ("+22790123", "+2279xxxx")] {
            assert_eq!(mask_prefix(prefix, 4), shown);
        }
    }

    #[test]
    fn an_extension_is_no_number() {
        for (party, shown) in [
            ("101", "101"),
            ("*98", "*98"),
            ("alice", "alice"),
            ("123456", "123456"),
            ("1234567", "123xxxx"),
            ("+33142345678", "+3314234xxxx"),
            ("+3314234xxxx", "+3314234xxxx"),
            ("", ""),
        ] {
            assert_eq!(mask_party(party, 4), shown);
        }
    }
}
