//! The page: one HTML file without anything from elsewhere. The templates beside this file say what stands where; every value
//! is escaped by minijinja.

mod filters;
mod opening;

use chrono_tz::Tz;
use minijinja::{Environment, UndefinedBehavior, context, value::Serde};

use super::{
    ReportDocument,
    chart::Chart,
    language::{Language, NoText, Words},
};

/// Why there is no page: a fault of this program.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A text is missing.
    #[error(transparent)]
    Text(#[from] NoText),
    /// A template does not fit the document.
    #[error("the page cannot be made: {0:#}; please report this fault")]
    Template(#[from] minijinja::Error),
}

/// The page of a report.
///
/// # Errors
/// Where a text is missing, or a template does not fit: faults of this program.
pub fn html(document: &ReportDocument, language: Language) -> Result<String, PageError> {
    let words = Words::of(language);
    let zone = document.made.zone.parse().unwrap_or(Tz::UTC);
    let opening = opening::of(document, &words, zone)?;
    let chart = Chart::of(&document.incident.account, &words, zone)?;
    let currency = document.incident.account.currency.clone().or_else(|| document.policy.currency.clone());
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    filters::add(&mut environment, words, zone, currency.unwrap_or_default());
    let page = environment.get_template("page.html")?;
    Ok(page.render(context! {
        d => Serde(document),
        chart => Serde(chart),
        opening => Serde(opening),
        language => language.label(),
    })?)
}

/// The names end in .html so that minijinja escapes what stands in them; the style sheet has no values.
const TEMPLATES: [(&str, &str); 8] = [
    ("page.html", include_str!("page.html")),
    ("page.css", include_str!("page.css")),
    ("parts.html", include_str!("parts.html")),
    ("cover.html", include_str!("cover.html")),
    ("facts.html", include_str!("facts.html")),
    ("charts.html", include_str!("charts.html")),
    ("people.html", include_str!("people.html")),
    ("annex.html", include_str!("annex.html")),
];
