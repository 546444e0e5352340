//! Numbers, money and times as each language writes them.

use std::time::SystemTime;

use rust_decimal::Decimal;

use crate::{policy::money, vocabulary::Language};

/// A decimal without useless zeros; French has a comma.
pub(super) fn decimal(value: Decimal, language: Language) -> String {
    pointed(&value.normalize().to_string(), language)
}

/// An amount with its currency; without one, `None`.
pub(super) fn amount(value: Option<Decimal>, currency: Option<&str>, language: Language) -> Option<String> {
    Some(pointed(&money::amount(value?, currency?), language))
}

/// A decimal that is text already.
pub(super) fn pointed(text: &str, language: Language) -> String {
    match language {
        Language::English => text.to_owned(),
        Language::French => text.replace('.', ","),
    }
}

/// To the second, UTC: RFC 3339 without its letters.
pub(super) fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace('T', " ").replace('Z', " UTC")
}

/// Minutes, to one decimal.
pub(super) fn minutes(value: Decimal, language: Language) -> String {
    decimal(value.round_dp(1), language)
}

/// Without ends of lines, other controls, and what turns the direction of writing round: names come from policies, and
/// callers from whoever sent an INVITE.
pub(in crate::sinks) fn one_line(text: &str) -> String {
    let is_harmless = |letter: char| !letter.is_control() && !TURNS.contains(&letter);
    text.chars().map(|letter| if is_harmless(letter) { letter } else { ' ' }).collect()
}

/// Unicode's bidirectional controls (UAX 9, section 2), and the separators of lines and paragraphs.
const TURNS: [char; 14] = [
    '\u{200e}', '\u{200f}', '\u{061c}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{2028}', '\u{2029}',
];
