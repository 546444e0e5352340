//! Dialled symbols in a policy: digits, and `*` and `#` where a prefix may hold them.

use monitor_common::abi::Packed;
use monitor_common::number::Digits;

use super::At;
use super::section::shortened;
use crate::policy::report::{Finding, Findings};

/// What a list of symbols is for, and what it may hold.
pub(super) struct Rule {
    /// What one of them is called.
    pub(super) what: &'static str,
    /// Symbols at most.
    pub(super) most: usize,
    /// Whether `*` and `#` are symbols of it.
    pub(super) stars: bool,
    /// How one is written.
    pub(super) example: &'static str,
}

/// Packs the symbols, or says what is wrong with them.
pub(super) fn pack(text: &At<&str>, rule: &Rule, errors: &mut Findings) -> Option<At<Packed>> {
    let problem = if text.value.is_empty() {
        Some("is empty".to_owned())
    } else if let Some(symbol) = text.value.chars().find(|symbol| value(*symbol, rule.stars).is_none()) {
        Some(format!("cannot hold {symbol:?}"))
    } else if text.value.len() > rule.most {
        Some(format!("has {} symbols; at most {} can be matched", text.value.len(), rule.most))
    } else {
        None
    };
    if let Some(problem) = problem {
        let symbols = if rule.stars { "digits, * and #" } else { "digits" };
        let title = format!("{} \"{}\" {problem}", rule.what, shortened(text.value));
        errors.push(
            Finding::new(title, text.span(), "")
                .help(format!("write {symbols} only, such as {}", rule.example)),
        );
        return None;
    }
    let symbols = text.value.chars().filter_map(|symbol| value(symbol, rule.stars));
    let packed = symbols.zip(0..).fold(0, |packed, (symbol, place)| packed | symbol << (60 - 4 * place));
    Some(text.with(Packed(packed | text.value.len() as u64)))
}

/// E.164 digits without anything around them, or an error.
pub(super) fn digits(text: &At<&str>, rule: &Rule, errors: &mut Findings) -> Option<At<Digits>> {
    pack(text, rule, errors).map(|packed| packed.with(Digits(packed.value.0)))
}

fn value(symbol: char, stars: bool) -> Option<u64> {
    match symbol {
        '0'..='9' => Some(u64::from(symbol as u32 - '0' as u32)),
        '*' if stars => Some(10),
        '#' if stars => Some(11),
        _ => None,
    }
}
