//! What calls cost by a policy, in words.

use super::{counted, thousands};
use crate::policy::Compiled;
use crate::policy::money::Tariff;

/// How many tariffs there are, and what each costs.
pub(super) fn in_words(policy: &Compiled) -> Vec<(String, String)> {
    let tariffs = &policy.tariffs;
    let mut rows = Vec::new();
    if tariffs.iter().len() == 0 {
        return rows;
    }
    let prefixes = tariffs.prefixes().iter().filter(|(_, owner)| owner.is_some()).count();
    let count = counted(tariffs.iter().len(), "tariff");
    rows.push((
        "tariffs".to_owned(),
        format!("{count} in {}, for {} prefixes", tariffs.currency(), thousands(prefixes)),
    ));
    rows.extend(
        tariffs
            .iter()
            .take(SHOWN)
            .map(|tariff| (tariff.name().to_string(), price(tariff, tariffs.currency()))),
    );
    if tariffs.iter().len() > SHOWN {
        rows.push(("…".to_owned(), format!("{} more", tariffs.iter().len() - SHOWN)));
    }
    rows
}

fn price(tariff: &Tariff, currency: &str) -> String {
    let bands = tariff
        .bands()
        .iter()
        .map(|band| format!("; {} {}", band.time_in_words(), band.price.in_words(currency)));
    let bands: String = bands.collect();
    format!("{}, {}{bands}", tariff.price().in_words(currency), tariff.increments().in_words())
}

/// Tariffs that a summary shows one by one.
const SHOWN: usize = 12;
