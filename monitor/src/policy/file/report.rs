//! `[report]` and `[[report.measure]]`: what a report says that only the owner knows.

use rust_decimal::Decimal;

use super::section::{Key, Section, shortened};
use super::{At, decimal, name, words};
use crate::policy::money::Price;
use crate::policy::remedies::{Operator, Per};
use crate::policy::report::{Finding, Findings};

/// `[report]` as written.
#[derive(Debug, Default)]
pub struct ReportSection {
    /// Who hands it over.
    pub operator: Operator,
    /// Every `[[report.measure]]`, in the order of the file.
    pub measures: Vec<MeasureSection>,
}

/// `[[report.measure]]` as written.
#[derive(Debug)]
pub struct MeasureSection {
    /// Its name.
    pub name: Option<At<String>>,
    /// What it is, in French.
    pub fr: Option<String>,
    /// What it is, in English.
    pub en: Option<String>,
    /// Units of the currency.
    pub price: Option<At<Decimal>>,
    /// For what the price is.
    pub per: Option<Per>,
    /// Names of destinations, or ISO codes of countries.
    pub destinations: Vec<At<String>>,
    /// Kinds of incidents.
    pub kinds: Vec<At<&'static str>>,
}

impl ReportSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let operator = Operator {
            name: prose(section, OPERATOR, errors),
            address: lines(section, errors),
            reference: prose(section, REFERENCE, errors),
            contact: prose(section, CONTACT, errors),
        };
        let sections = section.tables("measure", &MEASURE_KEYS, errors);
        if sections.len() > MOST_MEASURES {
            let title = format!("{} measures: at most {MOST_MEASURES}", sections.len());
            let help = "nobody reads more on the day it matters; keep those that count";
            errors.push(Finding::new(title, sections[MOST_MEASURES].span(), "").help(help));
        }
        let measures = sections.iter().map(|measure| MeasureSection::read(measure, errors)).collect();
        Self { operator, measures }
    }
}

impl MeasureSection {
    fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        if !section.has(FR) && !section.has(EN) {
            let title = "a measure that says nothing";
            let help = format!("write {}, {}, or both", FR.1, EN.1);
            errors.push(Finding::new(title, section.span(), "").help(help));
        }
        if section.has(PER) && !section.has(PRICE) {
            let title = "\"per\" without a price";
            let help = format!("write {}, or take \"per\" out", PRICE.1);
            errors.push(Finding::new(title, section.span_of(PER), "").help(help));
        }
        let known: Vec<_> = Per::ALL.iter().map(|per| per.label()).collect();
        let per = words::one(section, PER, "such price", Per::from_label, &known, errors);
        Self {
            name: name::read(section, NAME, "measure", |_| None, errors),
            fr: prose(section, FR, errors),
            en: prose(section, EN, errors),
            price: price(section, errors),
            per: per.map(|at| at.value),
            destinations: destinations(section, errors),
            kinds: kinds(section, errors),
        }
    }
}

/// A text for people: not empty, not endless, and of no letters that move the others about.
fn prose(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<String> {
    let text = section.text(key, errors)?;
    checked(&text, key, errors)
}

fn checked(text: &At<&str>, key: Key, errors: &mut Findings) -> Option<String> {
    let plain = text.value.trim();
    let is_hostile = |letter: char| {
        letter.is_control() && letter != '\n'
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let problem = if plain.is_empty() {
        Some("is empty".to_owned())
    } else if plain.chars().count() > LONGEST {
        Some(format!("has more than {LONGEST} letters"))
    } else if plain.chars().any(is_hostile) {
        Some("holds control characters".to_owned())
    } else {
        None
    };
    let Some(problem) = problem else { return Some(plain.to_owned()) };
    let title = format!("\"{}\" {problem}", key.0);
    errors.push(Finding::new(title, text.span(), "").help(format!("write {}", key.1)));
    None
}

fn lines(section: &Section<'_>, errors: &mut Findings) -> Vec<String> {
    let texts = section.one_or_more(ADDRESS, errors).map(|texts| texts.value).unwrap_or_default();
    texts.iter().filter_map(|line| checked(line, ADDRESS, errors)).collect()
}

fn price(section: &Section<'_>, errors: &mut Findings) -> Option<At<Decimal>> {
    let number = decimal::read(section, PRICE, errors)?;
    let plain = number.value.normalize();
    let title = if plain.is_sign_negative() && !plain.is_zero() {
        format!("{plain} is negative")
    } else if plain > Price::MOST {
        format!("{plain} is more than {}", Price::MOST)
    } else if plain.scale() > Price::DECIMALS {
        format!("{plain} has {} decimals; at most {}", plain.scale(), Price::DECIMALS)
    } else {
        return Some(number.with(plain.abs()));
    };
    let help = format!("write {}, in units of the currency; what is free costs 0", PRICE.1);
    errors.push(Finding::new(shortened(&title), number.span(), "").help(help));
    None
}

fn destinations(section: &Section<'_>, errors: &mut Findings) -> Vec<At<String>> {
    let texts = section.texts(DESTINATIONS, errors).map(|texts| texts.value).unwrap_or_default();
    texts.iter().map(|text| text.with(text.value.to_owned())).collect()
}

fn kinds(section: &Section<'_>, errors: &mut Findings) -> Vec<At<&'static str>> {
    let texts = section.texts(KINDS, errors).map(|texts| texts.value).unwrap_or_default();
    let read = |text: &str| INCIDENT_KINDS.into_iter().find(|kind| *kind == text);
    words::some(&texts, "kind of incident", read, &INCIDENT_KINDS, errors)
}

/// Kinds of incidents: [`crate::incidents::Kind`], which lies above the policy.
pub(crate) const INCIDENT_KINDS: [&str; 4] = ["limit", "unusual", "blocked_invites", "gap"];

const OPERATOR: Key = ("operator", "operator = \"Exemple Télécom SAS\"");
const ADDRESS: Key = ("address", "address = [\"12 rue des Lilas\", \"75011 Paris\"]");
const REFERENCE: Key = ("reference", "reference = \"contract 2026-0042\"");
const CONTACT: Key = ("contact", "contact = \"fraud desk, +33 1 42 34 56 78\"");
const NAME: Key = ("name", "name = \"close-abroad\"");
const FR: Key = ("fr", "fr = \"Fermer l'international\"");
const EN: Key = ("en", "en = \"Close international calls\"");
const PRICE: Key = ("price", "price = \"15.00\"");
const PER: Key = ("per", "per = \"month\"");
const DESTINATIONS: Key =
    ("destinations", "destinations = [\"cuba\", \"KY\"], names of destinations or countries");
const KINDS: Key = ("kinds", "kinds = [\"limit\", \"unusual\"], kinds of incidents");

/// Keys of `[report]`.
pub(super) const KEYS: [Key; 5] = [OPERATOR, ADDRESS, REFERENCE, CONTACT, ("measure", "[[report.measure]]")];
/// Keys of a measure.
const MEASURE_KEYS: [Key; 7] = [NAME, FR, EN, PRICE, PER, DESTINATIONS, KINDS];
/// Letters of a text at most.
const LONGEST: usize = 2000;
/// Measures at most.
const MOST_MEASURES: usize = 32;
