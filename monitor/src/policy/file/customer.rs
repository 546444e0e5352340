//! `[[customer]]`: whose calls are whose, and whom to tell.

use std::fmt;

use fluent_uri::Uri;
use ipnet::IpNet;

use super::At;
use super::name;
use super::network::networks;
use super::section::{Key, Section, shortened};
use super::words;
use crate::policy::report::{Finding, Findings};
use crate::vocabulary::Language;

/// A customer as written.
#[derive(Debug)]
pub struct CustomerSection {
    /// Its name, fit for a label.
    pub name: Option<At<String>>,
    /// Addresses that its calls come from.
    pub sources: Vec<At<IpNet>>,
    /// User parts of From that its calls bear.
    pub callers: Vec<At<CallerPattern>>,
    /// URIs of those who are told.
    pub contacts: Vec<At<String>>,
    /// The language that they are told in.
    pub language: Option<Language>,
}

/// One caller, or all whose user part begins alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallerPattern {
    /// The whole user part.
    Whole(String),
    /// Its beginning, written with a star behind it.
    Prefix(String),
}

impl fmt::Display for CallerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(caller) => f.write_str(caller),
            Self::Prefix(stem) => write!(f, "{stem}*"),
        }
    }
}

impl CustomerSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings, warnings: &mut Findings) -> Self {
        let read = Self {
            name: name::read(section, NAME, "customer", |_| None, errors),
            sources: networks(section, SOURCES, errors, warnings),
            callers: list(section, CALLERS, errors, caller),
            contacts: list(section, CONTACTS, errors, contact),
            language: words::language(section, LANG, errors),
        };
        if section.lacks(SOURCES) && section.lacks(CALLERS) {
            let title = "a customer without sources or callers: no call would be its own";
            let help = format!("write {} or {}", SOURCES.1, CALLERS.1);
            errors.push(Finding::new(title, section.span(), "").help(help));
        }
        read
    }
}

/// The values of a list that `read` can make sense of; for the others it says what is wrong and what to write.
pub(super) fn list<T>(
    section: &Section<'_>,
    key: Key,
    errors: &mut Findings,
    read: impl Fn(&str) -> Result<T, (&'static str, String)>,
) -> Vec<At<T>> {
    let texts = section.texts(key, errors).map(|texts| texts.value).unwrap_or_default();
    let mut values = Vec::with_capacity(texts.len());
    for text in &texts {
        match read(text.value) {
            Ok(value) => values.push(text.with(value)),
            Err((problem, help)) => errors.push_with(|| {
                let title = format!("\"{}\" in {} {problem}", shortened(text.value), key.0);
                Finding::new(title, text.span(), "").help(help)
            }),
        }
    }
    values
}

/// The user part of From, or its beginning with a star behind it.
pub(super) fn caller(text: &str) -> Result<CallerPattern, (&'static str, String)> {
    let example = format!("write {}", CALLERS.1);
    let (stem, is_prefix) = text.strip_suffix('*').map_or((text, false), |stem| (stem, true));
    let user = user_part(stem);
    if text.is_empty() {
        Err(("is empty", example))
    } else if stem.is_empty() {
        Err((
            "is every caller",
            "name the customer's sources instead: sources = [\"0.0.0.0/0\", \"::/0\"]".into(),
        ))
    } else if stem.contains('*') {
        Err(("has a star before its end", format!("{example}; a star stands for the rest of the caller")))
    } else if user != stem {
        Err(("is more than the user part of From", format!("write \"{user}\"")))
    } else if stem.len() > LONGEST_CALLER {
        Err(("is longer than 64 octets", format!("{example}; a star stands for the rest of the caller")))
    } else if stem
        .chars()
        .any(|letter| letter.is_whitespace() || letter.is_control() || "<>\"".contains(letter))
    {
        Err(("is no user part of a SIP address", example))
    } else if is_prefix {
        Ok(CallerPattern::Prefix(stem.to_owned()))
    } else {
        Ok(CallerPattern::Whole(stem.to_owned()))
    }
}

/// What is left of a URI without its scheme, password and host.
fn user_part(text: &str) -> &str {
    let rest = ["sip:", "sips:", "tel:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    rest.split(['@', ':']).next().unwrap_or(rest)
}

fn contact(text: &str) -> Result<String, (&'static str, String)> {
    let example = format!("write {}", CONTACTS.1);
    let Ok(uri) = Uri::parse(text) else {
        let help = match text.split_once('@') {
            Some((name, host)) if !name.is_empty() && !host.is_empty() && !text.contains([':', ' ']) => {
                format!("write \"mailto:{text}\"")
            }
            _ if text.starts_with('+') => format!("write \"tel:{}\"", text.replace(' ', "-")),
            _ => example,
        };
        return Err(("is no URI", help));
    };
    let problem = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
        "mailto" => bad_mail(uri.path().as_str()).then_some("names no mailbox"),
        "https" => uri.authority().is_none_or(|to| to.host().is_empty()).then_some("names no host"),
        "http" => {
            return Err(("would be sent unprotected", format!("write \"https{}\"", &text["http".len()..])));
        }
        "tel" => {
            bad_number(uri.path().as_str()).then_some("is no number that can be dialled from everywhere")
        }
        _ => Some("cannot be told anything: its scheme is not mailto, https or tel"),
    };
    problem.map_or_else(|| Ok(text.to_owned()), |problem| Err((problem, example)))
}

/// RFC 6068: one address here, so that who is told can be read from the policy.
fn bad_mail(address: &str) -> bool {
    address.split_once('@').is_none_or(|(mailbox, host)| {
        mailbox.is_empty() || host.is_empty() || host.contains('@') || address.contains(',')
    })
}

/// RFC 3966 section 5.1.4: a global number is `+`, digits and visual separators.
fn bad_number(number: &str) -> bool {
    let Some(number) = number.strip_prefix('+') else { return true };
    let number = number.split(';').next().unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    !(LEAST_DIGITS..=MOST_DIGITS).contains(&digits)
        || !number.chars().all(|symbol| symbol.is_ascii_digit() || "-.()".contains(symbol))
}

const NAME: Key = ("name", "name = \"bakery\"");
const SOURCES: Key = ("sources", "sources = [\"198.51.100.0/24\"]");
const CALLERS: Key = ("callers", "callers = [\"101\", \"+331423456*\"]");
const LANG: Key = ("lang", "lang = \"fr\"");
const CONTACTS: Key = (
    "contacts",
    "contacts = [\"mailto:noc@example.com\", \"https://example.com/alerts\", \"tel:+33142345678\"]",
);

/// Keys of a customer.
pub(super) const KEYS: [Key; 5] = [NAME, SOURCES, CALLERS, CONTACTS, LANG];
/// Octets of a caller at most.
const LONGEST_CALLER: usize = 64;
/// Digits of a telephone number: E.164 has at most 15, and no country has numbers as short as two.
const LEAST_DIGITS: usize = 3;
const MOST_DIGITS: usize = 15;
