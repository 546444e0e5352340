//! Numbers as sections name them: by prefix, by country, by kind, and by list of countries.

use std::collections::HashSet;

use monitor_common::number::Digits;

use super::At;
use super::section::{Key, Section, shortened};
use super::suggest::nearest;
use crate::policy::digits;
use crate::policy::numbering::{Country, Kind, countries, risk};
use crate::policy::prefixes::PrefixTable;
use crate::policy::report::{Finding, Findings};

/// Numbers as written.
#[derive(Debug, Default)]
pub struct NumbersSection {
    /// E.164 prefixes.
    pub prefixes: Vec<Prefix>,
    /// Countries.
    pub countries: Vec<At<&'static Country>>,
    /// Kinds of numbers.
    pub kinds: Vec<At<Kind>>,
    /// Lists of countries that ship with Ringfence.
    pub lists: Vec<At<&'static str>>,
}

/// A prefix and the octet where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// E.164 digits, at least one.
    pub digits: Digits,
    /// Offset of its opening quote.
    pub offset: u32,
}

/// A prefix that a section stands for, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedPrefix {
    /// E.164 digits, at least one.
    pub digits: Digits,
    /// Offset in the policy's text of the opening quote of what names it.
    pub offset: u32,
    /// What names it.
    pub source: Source,
}

/// Why something has a prefix. Of two claims to one prefix the first listed here wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The owner wrote the prefix.
    Written,
    /// The owner named the country.
    Country,
    /// The owner named a kind.
    Kind,
    /// The owner named a list that the country is on.
    List,
    /// Nobody did: the country only gets its name.
    Nobody,
}

impl NumbersSection {
    /// Reads the four keys.
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        Self {
            prefixes: prefixes(section, errors),
            countries: list(section, COUNTRIES, errors, country),
            kinds: list(section, KINDS, errors, kind),
            lists: list(section, LISTS, errors, risk_list),
        }
    }

    /// Whether none of the four keys says anything, right or wrong.
    pub(super) fn is_unwritten(section: &Section<'_>) -> bool {
        [PREFIXES, COUNTRIES, KINDS, LISTS].into_iter().all(|key| section.lacks(key))
    }

    /// Whether any of the four keys stands there, even empty.
    pub(super) fn is_mentioned(section: &Section<'_>) -> bool {
        [PREFIXES, COUNTRIES, KINDS, LISTS].into_iter().any(|key| section.has(key))
    }

    /// Whether it names no number.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
            && self.countries.is_empty()
            && self.kinds.is_empty()
            && self.lists.is_empty()
    }

    /// Every prefix that it stands for, one perhaps more than once. A country that shares its code with others (the
    /// USA, Russia) has a prefix that holds theirs too: what is done with these has to leave them out.
    pub fn named(&self) -> impl Iterator<Item = NamedPrefix> {
        let written = self.prefixes.iter().map(|prefix| NamedPrefix {
            digits: prefix.digits,
            offset: prefix.offset,
            source: Source::Written,
        });
        let countries = self.countries.iter().flat_map(|at| all_of(at, &at.value.prefixes, Source::Country));
        let kinds = self.kinds.iter().flat_map(|at| all_of(at, at.value.prefixes(), Source::Kind));
        let lists = self.lists.iter().flat_map(|at| {
            let listed = risk::list(at.value).unwrap_or_default();
            listed.iter().flat_map(|listed| all_of(at, &listed.country.prefixes, Source::List))
        });
        written.chain(countries).chain(kinds).chain(lists)
    }

    /// The words for more than one prefix: countries, kinds and lists.
    pub fn words(&self) -> impl Iterator<Item = At<&'static str>> {
        let countries = self.countries.iter().map(|at| at.with(at.value.iso.as_str()));
        let kinds = self.kinds.iter().map(|at| at.with(at.value.label()));
        countries.chain(kinds).chain(self.lists.iter().cloned())
    }

    /// The prefixes of exactly these numbers: those of a country without the countries that share its code.
    #[must_use]
    pub fn table(&self) -> PrefixTable<()> {
        let listed = self.lists.iter().flat_map(|at| risk::list(at.value).unwrap_or_default());
        let own: HashSet<_> = self
            .countries
            .iter()
            .map(|at| at.value)
            .chain(listed.map(|listed| listed.country))
            .map(|country| country.iso)
            .collect();
        let others: Vec<_> = countries::all()
            .iter()
            .filter(|country| !own.contains(&country.iso))
            .flat_map(|country| country.prefixes.iter().copied())
            .collect();
        let mut prefixes = Vec::new();
        for named in self.named() {
            match named.source {
                Source::Country | Source::List => without(named.digits, &others, &mut prefixes),
                _ => prefixes.push(named.digits),
            }
        }
        PrefixTable::new(prefixes.into_iter().map(|prefix| (prefix, ())).collect())
    }
}

/// What to write for numbers.
pub(super) fn help() -> String {
    format!("write {}, {}, {} or {}", PREFIXES.1, COUNTRIES.1, KINDS.1, LISTS.1)
}

fn all_of<T>(at: &At<T>, prefixes: &[Digits], source: Source) -> impl Iterator<Item = NamedPrefix> {
    let offset = at.span().start as u32;
    prefixes.iter().map(move |prefix| NamedPrefix { digits: *prefix, offset, source })
}

/// Adds the prefixes of all numbers under `prefix` that begin with none of `others`.
fn without(prefix: Digits, others: &[Digits], into: &mut Vec<Digits>) {
    let within: Vec<_> = others.iter().copied().filter(|other| prefix.is_prefix_of(*other)).collect();
    if within.is_empty() {
        into.push(prefix);
    } else if !within.contains(&prefix) {
        for longer in (0..=9).filter_map(|digit| digits::push(prefix, digit)) {
            without(longer, &within, into);
        }
    }
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

/// The country of an ISO 3166 code, or what to write instead.
pub(crate) fn country(code: &str) -> Result<&'static Country, String> {
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

pub(super) const PREFIXES: Key = ("prefixes", "prefixes = [\"+53\"]");
pub(super) const COUNTRIES: Key = ("countries", "countries = [\"CU\"]");
pub(super) const KINDS: Key = ("kinds", "kinds = [\"premium-rate\"]");
pub(super) const LISTS: Key = ("lists", "lists = [\"high-risk\"]");

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(countries: &[&str], prefixes: &[&str]) -> PrefixTable<()> {
        let at = |iso: &&str| At::new(countries::by_iso(iso).unwrap(), 0..1);
        let prefix = |text: &&str| Prefix { digits: Digits::parse(text).unwrap(), offset: 0 };
        NumbersSection {
            prefixes: prefixes.iter().map(prefix).collect(),
            countries: countries.iter().map(at).collect(),
            ..NumbersSection::default()
        }
        .table()
    }

    #[test]
    fn a_country_is_its_own_numbers_and_those_of_no_neighbour() {
        let has = |table: &PrefixTable<()>, number| table.longest(Digits::parse(number).unwrap()).is_some();
        let usa = numbers(&["US"], &[]);
        assert!(has(&usa, "12125551234") && !has(&usa, "12425551234") && !has(&usa, "33142345678"));
        let both = numbers(&["US", "BS"], &[]);
        assert!(has(&both, "12425551234") && !has(&both, "13455551234"));
        assert!(has(&numbers(&["US"], &["1242"]), "12425551234"), "the owner wrote it");
        let russia = numbers(&["RU"], &[]);
        assert!(has(&russia, "74951234567") && !has(&russia, "77012345678"));
        assert!(numbers(&[], &[]).is_empty());
    }

    #[test]
    fn every_country_covers_the_numbers_that_are_found_in_it() {
        for country in countries::all() {
            let table = numbers(&[country.iso.as_str()], &[]);
            for (prefix, ()) in table.iter() {
                let found = countries::of(*prefix).map(|of| of.iso);
                assert_eq!(found, Some(country.iso), "+{prefix}");
            }
        }
    }
}
