//! Destinations, numbers, and what was done, as tables of few rows.

use std::cmp::Reverse;

use super::{Table, written};
use crate::{
    incidents::{Incident, Measure},
    vocabulary::Language,
};

/// The tables that have rows.
pub(super) fn tables(incident: &Incident, language: Language) -> Vec<Table> {
    let tables =
        [destinations(incident, language), numbers(incident, language), measures(incident, language)];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn destinations(incident: &Incident, language: Language) -> Table {
    let account = &incident.account;
    let mut ordered: Vec<_> = account.destinations.iter().collect();
    ordered.sort_by_key(|(_, it)| Reverse(it.calls + it.blocked));
    let rows = ordered.into_iter().take(MOST_ROWS).map(|(name, it)| {
        let spend = written::amount(it.spend, account.currency.as_deref(), language);
        vec![
            written::one_line(name),
            it.calls.to_string(),
            it.blocked.to_string(),
            written::minutes(it.minutes, language),
            spend.unwrap_or_default(),
        ]
    });
    Table {
        title: language.of("Destinations", "Destinations"),
        head: vec![
            language.of("Destination", "Destination"),
            language.of("Calls", "Appels"),
            language.of("Blocked", "Bloqués"),
            language.of("Minutes", "Minutes"),
            language.of("Cost", "Coût"),
        ],
        rows: rows.collect(),
    }
}

fn numbers(incident: &Incident, language: Language) -> Table {
    let rows = incident.account.numbers.iter().take(MOST_ROWS);
    Table {
        title: language.of("Numbers most called", "Numéros les plus appelés"),
        head: vec![language.of("Number, masked", "Numéro, masqué"), language.of("Calls", "Appels")],
        rows: rows.map(|it| vec![written::one_line(&it.number), it.calls.to_string()]).collect(),
    }
}

fn measures(incident: &Incident, language: Language) -> Table {
    let latest = incident.measures.len().saturating_sub(MOST_ROWS);
    let rows = incident.measures.iter().skip(latest).map(|it| measure(it, language));
    Table {
        title: language.of("What was done", "Ce qui a été fait"),
        head: vec![
            language.of("What", "Quoi"),
            language.of("Until", "Jusqu'à"),
            language.of("Why not", "Pourquoi pas"),
        ],
        rows: rows.collect(),
    }
}

fn measure(it: &Measure, language: Language) -> Vec<String> {
    let what = match it.what.as_str() {
        "blocked" => language.of("blocked", "bloqué"),
        "would_block" => language.of("would block", "serait bloqué"),
        "not_blocked" => language.of("not blocked", "pas bloqué"),
        "unblocked" => language.of("unblocked", "débloqué"),
        "program" => language.of("program started", "programme lancé"),
        other => other,
    };
    vec![
        written::one_line(&format!("{} {what}: {}", written::time(it.time), it.target)),
        it.until.clone().unwrap_or_default(),
        written::one_line(it.why.as_deref().unwrap_or_default()),
    ]
}

/// A letter is read on a telephone at night.
const MOST_ROWS: usize = 8;
