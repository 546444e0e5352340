//! Which messages a sink takes, as written.

use super::super::section::{Key, Section};
use super::keys::{CUSTOMERS, DESTINATIONS, LIMITS, NEWS, SEVERITIES};
use crate::policy::file::At;
use crate::policy::file::words;
use crate::policy::report::{Finding, Findings};
use crate::vocabulary::{News, Severity};

/// The filter of a sink; an empty list is one that is not written.
#[derive(Debug)]
pub struct SinkFilterSection {
    /// How hard an incident is.
    pub severities: Vec<At<Severity>>,
    /// What is new of it.
    pub news: Vec<At<News>>,
    /// Names of destinations.
    pub destinations: Vec<At<String>>,
    /// Names of limits.
    pub limits: Vec<At<String>>,
    /// Names of customers.
    pub customers: Vec<At<String>>,
}

impl SinkFilterSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        for key in FILTERS.into_iter().filter(|key| section.has(*key) && section.lacks(*key)) {
            let title = format!("{} is empty: nobody would be told anything", key.0);
            let help = format!("leave it out to tell all, or write {}", key.1);
            errors.push(Finding::new(title, section.span_of(key), "").help(help));
        }
        let severities: Vec<_> = Severity::ALL.iter().map(|severity| severity.label()).collect();
        // A test goes through every sink, whatever it takes.
        let news: Vec<_> = News::ALL.iter().filter(|news| **news != News::Test).collect();
        let known: Vec<_> = news.iter().map(|news| news.label()).collect();
        let to_news = |word: &str| News::from_label(word).filter(|word| news.contains(&word));
        let texts = |key, errors: &mut Findings| {
            section.texts(key, errors).map(|texts| texts.value).unwrap_or_default()
        };
        let (severe, new) = (texts(SEVERITIES, errors), texts(NEWS, errors));
        Self {
            severities: words::some(&severe, "severity", Severity::from_label, &severities, errors),
            news: words::some(&new, "news", to_news, &known, errors),
            destinations: words::names(&texts(DESTINATIONS, errors), errors),
            limits: words::names(&texts(LIMITS, errors), errors),
            customers: words::names(&texts(CUSTOMERS, errors), errors),
        }
    }
}

const FILTERS: [Key; 5] = [SEVERITIES, NEWS, DESTINATIONS, LIMITS, CUSTOMERS];
