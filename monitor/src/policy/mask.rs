//! Hides the end of phone numbers in what the agent writes.

/// `number` with its last `hidden` digits as `x`; other symbols stay. A number that is no longer than what
/// is to be hidden is hidden whole.
#[must_use]
pub fn mask(number: &str, hidden: u8) -> String {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let shown = digits.saturating_sub(usize::from(hidden));
    let mut seen = 0;
    number
        .chars()
        .map(|symbol| {
            seen += usize::from(symbol.is_ascii_digit());
            if symbol.is_ascii_digit() && seen > shown { HIDDEN } else { symbol }
        })
        .collect()
}

const HIDDEN: char = 'x';

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn hides_the_last_digits_only() {
        assert_eq!(mask("+33142345678", 4), "+3314234xxxx");
        assert_eq!(mask("900535551234", 4), "90053555xxxx");
        assert_eq!(mask("*9#00535551234", 6), "*9#00535xxxxxx");
        assert_eq!(mask("+33142345678", 0), "+33142345678");
        assert_eq!(mask("112", 4), "xxx");
        assert_eq!(mask("", 4), "");
    }
}
