//! Values that are one word of a few.

use super::At;
use super::section::{Key, Section, shortened};
use super::suggest::nearest;
use crate::policy::report::{Finding, Findings};
use crate::vocabulary::Language;

/// The word of a key, as `read` knows it; for another one an error with the nearest, or with all that are `known`.
pub(super) fn one<T>(
    section: &Section<'_>,
    key: Key,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
    known: &[&str],
    errors: &mut Findings,
) -> Option<At<T>> {
    let text = section.text(key, errors)?;
    let value = read(text.value);
    if value.is_none() {
        errors.push(unknown(&text, what, known));
    }
    value.map(|value| text.with(value))
}

/// The language of a key.
pub(super) fn language(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<Language> {
    let known: Vec<_> = Language::ALL.iter().map(|language| language.label()).collect();
    one(section, key, "language", Language::from_label, &known, errors).map(|at| at.value)
}

/// The words of a list, each once.
pub(super) fn some<T: Copy + PartialEq>(
    texts: &[At<&str>],
    what: &str,
    read: impl Fn(&str) -> Option<T>,
    known: &[&str],
    errors: &mut Findings,
) -> Vec<At<T>> {
    let mut values: Vec<At<T>> = Vec::with_capacity(texts.len());
    for text in texts {
        match read(text.value).map(|value| text.with(value)) {
            None => errors.push_with(|| unknown(text, what, known)),
            Some(value) => match values.iter().find(|first| first.value == value.value) {
                Some(first) => errors.push_with(|| twice(text, first.span())),
                None => values.push(value),
            },
        }
    }
    values
}

/// Names, each once.
pub(super) fn names(texts: &[At<&str>], errors: &mut Findings) -> Vec<At<String>> {
    let mut names: Vec<At<String>> = Vec::with_capacity(texts.len());
    for text in texts {
        match names.iter().find(|first| first.value == text.value) {
            Some(first) => errors.push_with(|| twice(text, first.span())),
            None => names.push(text.with(text.value.to_owned())),
        }
    }
    names
}

/// An error for a value that stands twice in a list.
pub(super) fn twice<T: AsRef<str>>(again: &At<T>, first: std::ops::Range<usize>) -> Finding {
    let title = format!("\"{}\" is listed twice", shortened(again.value.as_ref()));
    Finding::new(title, again.span(), "again here").also(first, "first here").help("keep one of the two")
}

fn unknown(text: &At<&str>, what: &str, known: &[&str]) -> Finding {
    let help = match nearest(text.value, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of {}", known.join(", ")),
    };
    let title = format!("there is no {what} \"{}\"", shortened(text.value));
    Finding::new(title, text.span(), "").help(help)
}
