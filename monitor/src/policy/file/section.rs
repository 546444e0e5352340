//! A table of the policy, and its values by type. A wrong type or an unknown key is an error with its place.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::At;
use super::suggest::nearest;
use crate::policy::report::{Finding, Findings};

/// A table with a fixed set of keys.
pub(super) struct Section<'t> {
    table: &'t DeTable<'t>,
    name: &'static str,
    span: Range<usize>,
}

/// A key that a section may have, and how it is written.
pub(super) type Key = (&'static str, &'static str);

impl<'t> Section<'t> {
    /// The whole file.
    pub(super) fn root(table: &'t DeTable<'t>, len: usize, errors: &mut Findings) -> Self {
        Self::new(table, "the policy", 0..len, &ROOT_KEYS, errors)
    }

    fn new(
        table: &'t DeTable<'t>,
        name: &'static str,
        span: Range<usize>,
        keys: &[Key],
        errors: &mut Findings,
    ) -> Self {
        for (key, _) in table.iter().filter(|(key, _)| !keys.iter().any(|(known, _)| known == key.get_ref()))
        {
            errors.push(unknown_key(key, name, keys));
        }
        Self { table, name, span }
    }

    /// Octets of the section's header, or of an inline table.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// A table within this one.
    pub(super) fn table(
        &self,
        key: &'static str,
        keys: &[Key],
        errors: &mut Findings,
    ) -> Option<Section<'t>> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(table, key, value.span(), keys, errors)),
            other => {
                errors.push(wrong_type(
                    value,
                    other,
                    "a section",
                    &format!("write [{key}] on a line of its own"),
                ));
                None
            }
        }
    }

    /// The tables of a list of tables.
    pub(super) fn tables(&self, key: &'static str, keys: &[Key], errors: &mut Findings) -> Vec<Section<'t>> {
        let help = format!("write [[{key}]] with two brackets, once for each");
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            errors.push(wrong_type(value, value.get_ref(), "a list of sections", &help));
            return Vec::new();
        };
        let mut sections = Vec::with_capacity(array.len());
        for item in array.iter() {
            match item.get_ref() {
                DeValue::Table(table) => sections.push(Section::new(table, key, item.span(), keys, errors)),
                other => errors.push(wrong_type(item, other, "a section", &help)),
            }
        }
        sections
    }

    /// A text.
    pub(super) fn text(&self, key: Key, errors: &mut Findings) -> Option<At<&'t str>> {
        let value = self.table.get(key.0)?;
        text(value, key, errors)
    }

    /// A boolean.
    pub(super) fn boolean(&self, key: Key, errors: &mut Findings) -> Option<At<bool>> {
        let value = self.table.get(key.0)?;
        match value.get_ref() {
            DeValue::Boolean(boolean) => Some(At::new(*boolean, value.span())),
            other => {
                errors.push(wrong_type(value, other, "true or false", &written(key)));
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn integer(&self, key: Key, bounds: Range<i64>, errors: &mut Findings) -> Option<At<i64>> {
        integer(self.table.get(key.0)?, key, bounds, errors)
    }

    /// A list of whole numbers within bounds.
    pub(super) fn integers(
        &self,
        key: Key,
        bounds: Range<i64>,
        errors: &mut Findings,
    ) -> Option<At<Vec<At<i64>>>> {
        let (array, span) = self.array(key, errors)?;
        let items = array.iter().filter_map(|item| integer(item, key, bounds.clone(), errors)).collect();
        Some(At::new(items, span))
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: Key, errors: &mut Findings) -> Option<At<Vec<At<&'t str>>>> {
        let (array, span) = self.array(key, errors)?;
        Some(At::new(array.iter().filter_map(|item| text(item, key, errors)).collect(), span))
    }

    /// A length of time within bounds, as humantime reads it.
    pub(super) fn duration(
        &self,
        key: Key,
        bounds: RangeInclusive<Duration>,
        errors: &mut Findings,
    ) -> Option<At<Duration>> {
        let text = self.text(key, errors)?;
        let title = match humantime::parse_duration(text.value.trim()) {
            Ok(time) if bounds.contains(&time) => return Some(text.with(time)),
            Ok(_) => format!(
                "\"{}\" is not between {} and {}",
                shortened(text.value),
                humantime::format_duration(*bounds.start()),
                humantime::format_duration(*bounds.end())
            ),
            Err(_) => format!("\"{}\" is no length of time", shortened(text.value)),
        };
        let help = format!("{}; units are seconds s, minutes m, hours h, days d, years y", written(key));
        errors.push(Finding::new(title, text.span(), "").help(help));
        None
    }

    /// A list of texts, or one text alone.
    pub(super) fn one_or_more(&self, key: Key, errors: &mut Findings) -> Option<At<Vec<At<&'t str>>>> {
        match self.value(key)?.get_ref() {
            DeValue::String(_) => self.text(key, errors).map(|text| At::new(vec![text.clone()], text.span())),
            _ => self.texts(key, errors),
        }
    }

    /// The value of a key, of whatever type.
    pub(super) fn value(&self, key: Key) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.get(key.0)
    }

    /// Where the value of a key stands; without one, the section.
    pub(super) fn span_of(&self, key: Key) -> Range<usize> {
        self.value(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// Whether the section has the key, of whatever type.
    pub(super) fn has(&self, key: Key) -> bool {
        self.table.contains_key(key.0)
    }

    /// Whether the key is missing, or an empty list.
    pub(super) fn lacks(&self, key: Key) -> bool {
        match self.table.get(key.0).map(Spanned::get_ref) {
            None => true,
            Some(DeValue::Array(array)) => array.is_empty(),
            Some(_) => false,
        }
    }

    /// An error for a key that must be there.
    pub(super) fn missing(&self, key: Key) -> Finding {
        Finding::new(format!("\"{}\" is missing in {}", key.0, self.name), self.span(), "").help(written(key))
    }

    fn array(&self, key: Key, errors: &mut Findings) -> Option<(&'t DeArray<'t>, Range<usize>)> {
        let value = self.table.get(key.0)?;
        match value.get_ref() {
            DeValue::Array(array) => Some((array, value.span())),
            other => {
                errors.push(wrong_type(value, other, "a list", &written(key)));
                None
            }
        }
    }
}

fn text<'t>(value: &'t Spanned<DeValue<'t>>, key: Key, errors: &mut Findings) -> Option<At<&'t str>> {
    match value.get_ref() {
        DeValue::String(text) => Some(At::new(text.as_ref(), value.span())),
        other => {
            errors.push(wrong_type(value, other, "text in quotes", &written(key)));
            None
        }
    }
}

fn integer(
    value: &Spanned<DeValue<'_>>,
    key: Key,
    bounds: Range<i64>,
    errors: &mut Findings,
) -> Option<At<i64>> {
    let DeValue::Integer(integer) = value.get_ref() else {
        errors.push(wrong_type(value, value.get_ref(), "a whole number", &written(key)));
        return None;
    };
    let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    let good = number.filter(|number| bounds.contains(number)).map(|number| At::new(number, value.span()));
    if good.is_none() {
        let title = format!("{integer} is not between {} and {}", bounds.start, bounds.end - 1);
        errors.push(Finding::new(title, value.span(), "").help(written(key)));
    }
    good
}

fn written((_, example): Key) -> String {
    format!("write {example}")
}

/// An error for a value of another type than the `expected` one.
pub(super) fn wrong_type(
    at: &Spanned<DeValue<'_>>,
    found: &DeValue<'_>,
    expected: &str,
    help: &str,
) -> Finding {
    let found = match found {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    };
    Finding::new(format!("{expected} should stand here, not {found}"), at.span(), "").help(help)
}

fn unknown_key(key: &Spanned<toml::de::DeString<'_>>, name: &str, keys: &[Key]) -> Finding {
    let known = keys.iter().map(|(key, _)| *key);
    let help = match nearest(key.get_ref(), known.clone()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("{name} can have {}", known.collect::<Vec<_>>().join(", ")),
    };
    Finding::new(format!("unknown key \"{}\" in {name}", shortened(key.get_ref())), key.span(), "").help(help)
}

/// The beginning of a text that may be of any length.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Characters of the owner's text that a title repeats at most.
const SHOWN: usize = 40;
/// Keys of the whole file.
const ROOT_KEYS: [Key; 16] = [
    ("dialplan", "[dialplan]"),
    ("network", "[network]"),
    ("privacy", "[privacy]"),
    ("calls", "[calls]"),
    ("alerts", "[alerts]"),
    ("packets", "[packets]"),
    ("calendar", "[calendar]"),
    ("destination", "[[destination]]"),
    ("schedule", "[[schedule]]"),
    ("customer", "[[customer]]"),
    ("limit", "[[limit]]"),
    ("unusual", "[unusual]"),
    ("money", "[money]"),
    ("tariff", "[[tariff]]"),
    ("report", "[report]"),
    ("sink", "[[sink]]"),
];
