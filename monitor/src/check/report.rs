//! What reports will say by a policy, in words.

use super::counted;
use crate::policy::Compiled;
use crate::policy::money::amount;
use crate::policy::remedies::{Per, Remedy};

/// Who hands them over, and what can be done at what cost.
pub(super) fn in_words(policy: &Compiled) -> Vec<(String, String)> {
    let texts = &policy.report;
    let mut rows = Vec::new();
    if let Some(name) = &texts.operator.name {
        rows.push(("operator".to_owned(), name.clone()));
    }
    if !texts.remedies.is_empty() {
        rows.push(("measures".to_owned(), counted(texts.remedies.len(), "measure")));
    }
    let currency = policy.tariffs.currency();
    rows.extend(texts.remedies.iter().map(|remedy| (remedy.name.clone(), measure(remedy, currency))));
    rows
}

fn measure(remedy: &Remedy, currency: &str) -> String {
    let price = match (remedy.price, remedy.per) {
        (None, _) => "at a cost that nobody wrote".to_owned(),
        (Some(price), _) if price.is_zero() => "free".to_owned(),
        (Some(price), Per::Once) => format!("{} once", amount(price, currency)),
        (Some(price), per) => format!("{} a {}", amount(price, currency), per.label()),
    };
    let languages = match (&remedy.fr, &remedy.en) {
        (Some(_), Some(_)) => "in French and English",
        (Some(_), None) => "in French alone",
        _ => "in English alone",
    };
    let only = [&remedy.destinations, &remedy.kinds]
        .into_iter()
        .filter(|list| !list.is_empty())
        .map(|list| format!(", for {}", list.join(", ")));
    format!("{price}, {languages}{}", only.collect::<String>())
}
