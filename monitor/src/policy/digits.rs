//! Small operations on E.164 digits that only the policy needs.

use monitor_common::number::Digits;

/// The first `len` digits.
#[must_use]
pub(crate) const fn first(number: Digits, len: usize) -> Digits {
    match len {
        0 => Digits(0),
        _ if len >= number.len() => number,
        _ => Digits(number.0 >> (64 - 4 * len) << (64 - 4 * len) | len as u64),
    }
}

/// `prefix` with one digit more; `None` where that would be more than E.164 allows.
#[must_use]
pub(crate) fn push(prefix: Digits, digit: u8) -> Option<Digits> {
    let len = prefix.len();
    (len < Digits::MAX).then(|| Digits((prefix.0 | u64::from(digit) << (60 - 4 * len)) + 1))
}

/// `before` followed by `after`; what goes beyond 15 digits is cut off.
#[must_use]
pub(crate) fn concat(before: Digits, after: Digits) -> Digits {
    (0..after.len()).fold(before, |number, place| push(number, after.digit(place)).unwrap_or(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Digits {
        Digits::parse(text).unwrap()
    }

    #[test]
    fn cuts_and_joins() {
        assert_eq!(first(digits("33142345678"), 2), digits("33"));
        assert_eq!(first(digits("33"), 15), digits("33"));
        assert_eq!(first(digits("33"), 0), Digits::default());
        assert_eq!(push(digits("123456789012345"), 1), None);
        assert_eq!(push(digits("88"), 0), Some(digits("880")));
        assert_eq!(concat(digits("33"), digits("142345678")), digits("33142345678"));
    }
}
