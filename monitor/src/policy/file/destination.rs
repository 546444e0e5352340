//! `[[destination]]`: a named set of numbers and what becomes of calls to them.

use monitor_common::abi::{Action, slot};
use monitor_common::number::Digits;

use super::At;
use super::name::{self, Problem};
use super::section::{Key, Section, shortened};
use super::suggest::nearest;
use crate::policy::numbering::{Country, Kind, countries, risk};
use crate::policy::report::{Finding, Findings};

/// A destination as written.
#[derive(Debug)]
pub struct DestinationSection {
    /// Its name, fit for a label.
    pub name: Option<At<String>>,
    /// E.164 prefixes.
    pub prefixes: Vec<Prefix>,
    /// Countries.
    pub countries: Vec<At<&'static Country>>,
    /// Kinds of numbers.
    pub kinds: Vec<At<Kind>>,
    /// Lists of countries that ship with Ringfence.
    pub lists: Vec<At<&'static str>>,
    /// What becomes of a call.
    pub action: Option<Action>,
}

/// A prefix and the octet where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// E.164 digits, at least one.
    pub digits: Digits,
    /// Offset of its opening quote.
    pub offset: u32,
}

impl DestinationSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let read = Self {
            name: name::read(section, NAME, "destination", taken, errors),
            prefixes: prefixes(section, errors),
            countries: list(section, COUNTRIES, errors, country),
            kinds: list(section, KINDS, errors, kind),
            lists: list(section, LISTS, errors, risk_list),
            action: action(section, errors),
        };
        if [PREFIXES, COUNTRIES, KINDS, LISTS].into_iter().all(|key| section.lacks(key)) {
            let title = "a destination without numbers";
            let help = format!("write {}, {}, {} or {}", PREFIXES.1, COUNTRIES.1, KINDS.1, LISTS.1);
            errors.push(Finding::new(title, section.span(), "").help(help));
        }
        read
    }
}

/// Why a name would be taken for calls that no destination covers, and what to write.
fn taken(name: &str) -> Option<Problem> {
    if slot::RESERVED.contains(&name.to_lowercase().as_str()) {
        let help = "calls that no destination covers have it; choose another name";
        return Some(("is reserved", help.to_owned()));
    }
    countries::by_iso(&name.to_uppercase())?;
    let help = format!(
        "calls that no destination covers are counted under it; write \"{}-calls\"",
        name.to_lowercase()
    );
    Some(("is the code of a country", help))
}

fn action(section: &Section<'_>, errors: &mut Findings) -> Option<Action> {
    let Some(text) = section.text(ACTION, errors) else {
        if !section.has(ACTION) {
            errors.push(section.missing(ACTION));
        }
        return None;
    };
    let action = Action::ALL.iter().find(|action| action.label() == text.value).copied();
    if action.is_none() {
        let near = nearest(text.value, Action::ALL.iter().map(|action| action.label()));
        let help =
            near.map_or_else(|| format!("write {}", ACTION.1), |near| format!("did you mean \"{near}\"?"));
        let title = format!("there is no action \"{}\"", shortened(text.value));
        errors.push(Finding::new(title, text.span(), "").help(help));
    }
    action
}

fn prefixes(section: &Section<'_>, errors: &mut Findings) -> Vec<Prefix> {
    let texts = section.texts(PREFIXES, errors).map(|texts| texts.value).unwrap_or_default();
    let mut prefixes = Vec::with_capacity(texts.len());
    for text in &texts {
        match text.value.strip_prefix('+').and_then(Digits::parse).filter(|digits| !digits.is_empty()) {
            Some(digits) => prefixes.push(Prefix { digits, offset: text.span().start as u32 }),
            None => errors.push_with(|| bad_prefix(text)),
        }
    }
    prefixes
}

fn bad_prefix(text: &At<&str>) -> Finding {
    let digits: String = text.value.chars().filter(char::is_ascii_digit).collect();
    let unusual = text.value.chars().find(|symbol| !symbol.is_ascii_digit() && !"+ -./()".contains(*symbol));
    let international = text
        .value
        .strip_prefix("00")
        .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()));
    let (problem, help) = if digits.is_empty() && unusual.is_none() {
        ("is empty".to_owned(), "write \"+\" and the first digits of the numbers: \"+53\"".to_owned())
    } else if let Some(symbol) = unusual {
        (format!("holds {symbol:?}"), "write \"+\" and digits: \"+53\"".to_owned())
    } else if digits.len() > Digits::MAX {
        let problem = format!("has {} digits; E.164 has at most {}", digits.len(), Digits::MAX);
        (problem, "write fewer digits: the first ones decide".to_owned())
    } else if international {
        ("begins with an international prefix".to_owned(), format!("write \"+{}\"", &digits[2..]))
    } else if !text.value.starts_with('+') {
        let help = format!(
            "write \"+{digits}\" if these are E.164 digits; national numbers begin with the country code"
        );
        ("does not begin with \"+\"".to_owned(), help)
    } else {
        ("holds more than digits".to_owned(), format!("write \"+{digits}\""))
    };
    Finding::new(format!("the prefix \"{}\" {problem}", shortened(text.value)), text.span(), "").help(help)
}

/// The values of a list that `read` knows; each may stand once.
fn list<T: Copy>(
    section: &Section<'_>,
    key: Key,
    errors: &mut Findings,
    read: impl Fn(&str) -> Result<T, String>,
) -> Vec<At<T>> {
    let texts = section.texts(key, errors).map(|texts| texts.value).unwrap_or_default();
    let mut known: Vec<&At<&str>> = Vec::new();
    let mut values = Vec::new();
    for text in &texts {
        if let Some(first) = known.iter().find(|known| known.value == text.value) {
            let title = format!("\"{}\" is listed twice", shortened(text.value));
            let finding = Finding::new(title, text.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("keep one of the two"));
            continue;
        }
        match read(text.value) {
            Ok(value) => {
                known.push(text);
                values.push(text.with(value));
            }
            Err(help) => {
                let title = format!("unknown value \"{}\" in {}", shortened(text.value), key.0);
                errors.push(Finding::new(title, text.span(), "").help(help));
            }
        }
    }
    values
}

fn country(code: &str) -> Result<&'static Country, String> {
    if let Some(country) = countries::by_iso(code) {
        return Ok(country);
    }
    let aliases = [("UK", "GB"), ("EN", "GB"), ("KO", "KR")];
    let upper = code.to_uppercase();
    let alias = aliases.iter().find(|(alias, _)| *alias == upper).map_or(upper.as_str(), |(_, iso)| *iso);
    let meant = countries::by_iso(alias).or_else(|| {
        let name =
            nearest(code, countries::all().iter().map(|country| country.name)).filter(|_| code.len() > 2)?;
        countries::all().iter().find(|country| country.name == name)
    });
    Err(match meant {
        Some(country) => format!("did you mean \"{}\", {}?", country.iso, country.name),
        None => "write ISO 3166 codes of two capital letters, such as \"CU\"; a territory without numbers of its own has none".to_owned(),
    })
}

fn kind(label: &str) -> Result<Kind, String> {
    let labels = || Kind::ALL.into_iter().map(Kind::label);
    Kind::by_label(label).ok_or_else(|| match nearest(label, labels()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("kinds are {}", labels().collect::<Vec<_>>().join(", ")),
    })
}

fn risk_list(name: &str) -> Result<&'static str, String> {
    let known = risk::LISTS.into_iter().find(|list| *list == name);
    known.ok_or_else(|| format!("the lists are {}", risk::LISTS.join(", ")))
}

const NAME: Key = ("name", "name = \"cuba\"");
const PREFIXES: Key = ("prefixes", "prefixes = [\"+53\"]");
const COUNTRIES: Key = ("countries", "countries = [\"CU\"]");
const KINDS: Key = ("kinds", "kinds = [\"premium-rate\"]");
const LISTS: Key = ("lists", "lists = [\"high-risk\"]");
const ACTION: Key = ("action", "action = \"block\" (or \"allow\", \"watch\")");

/// Keys of a destination.
pub(super) const KEYS: [Key; 6] = [NAME, PREFIXES, COUNTRIES, KINDS, LISTS, ACTION];
