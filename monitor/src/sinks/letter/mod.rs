//! What a person reads of a message: a subject, what happened, how much, what was done and what to do now, in the
//! reader's language. Laid out as mail by [`super::mail`]; its headline is what syslog and journald show.

mod facts;
mod headline;
mod offers;
mod steps;
mod tables;
mod written;

use serde::Serialize;

pub use headline::headline;
pub use offers::Offers;
pub(in crate::sinks) use written::one_line;

use crate::{
    incidents::{Message, News},
    vocabulary::Language,
};

/// Whom a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Whoever runs this host: is told which commands to type.
    Operator,
    /// A contact of the customer whose incident it is.
    Customer,
}

/// What can be done and what it costs, as the policy says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// What.
    pub what: String,
    /// Its price in words, where there is one.
    pub price: Option<String>,
}

/// Everything that a person reads, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// The language, as HTML names it.
    pub lang: &'static str,
    /// One line for a list of letters.
    pub subject: String,
    /// What it is about.
    pub headline: String,
    /// `warning` or `critical`.
    pub severity: &'static str,
    /// What is new, in one or two sentences.
    pub lead: String,
    /// What is known, a line each.
    pub facts: Vec<Fact>,
    /// Destinations, numbers, and what was done.
    pub tables: Vec<Table>,
    /// The title over the steps.
    pub steps_title: &'static str,
    /// What to do now.
    pub steps: Vec<Step>,
    /// The title over the offers.
    pub offers_title: &'static str,
    /// What can be done, and what it costs.
    pub offers: Vec<Offer>,
    /// How the letter can be proved.
    pub notes: Vec<String>,
}

/// One line of what is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Its name.
    pub label: String,
    /// What it is.
    pub value: String,
}

/// A table with its title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Over it.
    pub title: &'static str,
    /// Names of its columns.
    pub head: Vec<&'static str>,
    /// Its rows, as long as the head.
    pub rows: Vec<Vec<String>>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it does.
    pub what: String,
    /// What to type.
    pub command: Option<String>,
}

impl Letter {
    /// The letter about a message.
    #[must_use]
    pub fn about(message: &Message, reader: Reader, language: Language, offers: &Offers) -> Self {
        Self {
            lang: language.label(),
            subject: headline::subject(message, reader, language),
            headline: headline(message, language),
            severity: message.incident.severity.label(),
            lead: headline::lead(message, language),
            facts: facts::facts(message, reader, language),
            tables: tables::tables(&message.incident, language),
            steps_title: language.of("What to do now", "Que faire maintenant"),
            steps: steps::steps(message, reader, language),
            offers_title: language
                .of("What can be done, and what it costs", "Ce qui est possible, et à quel prix"),
            offers: offers.about(message, language),
            notes: steps::notes(message, language),
        }
    }
}

/// Whether nothing is left to be done about it.
fn is_over(news: News) -> bool {
    matches!(news, News::Ended | News::Test)
}
