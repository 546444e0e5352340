//! The TOML itself: what is no text at all, and every error of the syntax, with a bound on the work.

use toml::de::DeTable;

use super::amounts;
use crate::policy::report::{Finding, Findings};

/// The document, or what could be recovered of it. `None` where the text is no policy by any reading, or
/// too long to look for more than its first errors.
pub(super) fn parse<'t>(text: &'t str, errors: &mut Findings) -> Option<DeTable<'t>> {
    if let Some(finding) = control_character(text).or_else(|| amounts::check(text)) {
        errors.push(finding);
        return None;
    }
    let first = match DeTable::parse(text) {
        Ok(table) => return Some(table.into_inner()),
        Err(error) => error.span().map_or(0, |span| span.start),
    };
    let window = window(text, first);
    let (table, found) = DeTable::parse_recoverable(window);
    let whole = window.len() == text.len();
    let in_window = |at: usize| whole || at < window.len() || at <= first;
    for error in found {
        let span = error.span().unwrap_or(0..0);
        if in_window(span.start) {
            errors.push(Finding::new(error.message(), span, "").help(help(error.message())));
        }
    }
    whole.then(|| table.into_inner())
}

/// Where a file is long, errors are only looked for up to a little after the first one: junk has one error
/// an octet.
fn window(text: &str, first: usize) -> &str {
    if text.len() <= ALL_ERRORS_UP_TO {
        return text;
    }
    let end = (first + ERRORS_AFTER_THE_FIRST).min(text.len());
    let end = text.as_bytes()[..end].iter().rposition(|octet| *octet == b'\n').map_or(end, |at| at + 1);
    let end = if end > first { end } else { (first + ERRORS_AFTER_THE_FIRST).min(text.len()) };
    (0..=end).rev().find_map(|end| text.get(..end)).unwrap_or(text)
}

fn control_character(text: &str) -> Option<Finding> {
    let at = text.bytes().position(|octet| (octet < b' ' && !b"\t\n\r".contains(&octet)) || octet == 0x7F)?;
    let octet = text.as_bytes()[at];
    Some(
        Finding::new(format!("control character U+{octet:04X}: this is not a text file"), at..at + 1, "")
            .help("give the path of a policy in TOML; docs/POLICY.md shows one"),
    )
}

fn help(message: &str) -> &'static str {
    let known = HELP.iter().find(|(part, _)| message.contains(part));
    known.map_or(
        "write key = value, one a line, under a [section]; docs/POLICY.md shows every key",
        |(_, help)| help,
    )
}

/// What to write instead, by a part of the parser's message.
const HELP: [(&str, &str); 6] = [
    ("duplicate key", "keep one of the two; a list takes several values: [\"a\", \"b\"]"),
    ("string values must be quoted", "put quotes around text: name = \"cuba\"; booleans are true and false"),
    ("invalid array", "close the list with ] and put commas between its values: [\"+53\", \"+88\"]"),
    ("unclosed array", "close the list with ] and put commas between its values: [\"+53\", \"+88\"]"),
    ("invalid basic string", "close the text with \" on the same line"),
    ("invalid table header", "a section begins with [name] or, for each destination, [[destination]]"),
];
/// Octets of a file in which every error is looked for.
const ALL_ERRORS_UP_TO: usize = 1 << 20;
/// Octets after the first error in which more are looked for, where the file is longer.
const ERRORS_AFTER_THE_FIRST: usize = 16 << 10;
