//! Reads the reviewed tables: fields between tabs, `#` begins a comment line.

use monitor_common::number::Digits;

/// The rows of an embedded table. Its tests read every row, so a malformed one never ships.
pub(super) fn rows<const FIELDS: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; FIELDS]> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let fields: Vec<_> = line.split('\t').collect();
        fields.try_into().unwrap_or_else(|_| panic!("a row of {FIELDS} fields: {line}"))
    })
}

/// Values between blanks; none where the field is "-".
pub(super) fn values(field: &'static str) -> impl Iterator<Item = &'static str> {
    field.split_ascii_whitespace().filter(|value| *value != "-")
}

/// Digits of an embedded table.
pub(super) fn digits(field: &str) -> Digits {
    Digits::parse(field).unwrap_or_else(|| panic!("digits: {field}"))
}
