//! Names that become labels of metrics: those of destinations and of customers.

use super::At;
use super::section::{Key, Section, shortened};
use crate::policy::report::{Finding, Findings};

/// What is wrong with a name, and what to write.
pub(super) type Problem = (&'static str, String);

/// The name of a section that is `what`, or an error. `taken` finds what else is wrong with it.
pub(super) fn read(
    section: &Section<'_>,
    key: Key,
    what: &str,
    taken: impl Fn(&str) -> Option<Problem>,
    errors: &mut Findings,
) -> Option<At<String>> {
    let Some(name) = section.text(key, errors) else {
        if !section.has(key) {
            errors.push(section.missing(key));
        }
        return None;
    };
    let problem = reserved(name.value, what).or_else(|| taken(name.value)).or_else(|| unfit(name.value, key));
    let Some((problem, help)) = problem else {
        return Some(name.with(name.value.to_owned()));
    };
    let title = format!("the {what} name \"{}\" {problem}", shortened(name.value));
    errors.push(Finding::new(title, name.span(), "").help(help));
    None
}

/// Why a name would be taken for all those that have no label of their own, and what to write.
fn reserved(name: &str, what: &str) -> Option<Problem> {
    name.eq_ignore_ascii_case(OTHER).then(|| {
        let help = format!("metrics count under it what is beyond their bounds; write \"{OTHER}-{what}s\"");
        ("is reserved", help)
    })
}

/// Why a name cannot be the label of a metric, and what to write.
fn unfit(name: &str, key: Key) -> Option<Problem> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.is_empty() || name.len() > LONGEST {
        return Some(("must have 1 to 48 letters", format!("write a short one: {}", key.1)));
    }
    let starts_well = name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    if starts_well && name.chars().all(plain) {
        return None;
    }
    let fixed: String =
        name.to_lowercase().chars().map(|letter| if plain(letter) { letter } else { '-' }).collect();
    let fixed = fixed.trim_matches('-');
    let help = match fixed {
        "" => format!("write small letters, digits and \"-\" only: {}", key.1),
        fixed => format!("write small letters, digits and \"-\" only: \"{fixed}\""),
    };
    Some(("is not fit for the label of a metric", help))
}

/// The label under which metrics count what has no label of its own any more.
pub const OTHER: &str = "other";
/// Letters of a name at most.
const LONGEST: usize = 48;
