//! Blocks of a destination: a name of the policy, or a country's ISO code.

use std::collections::BTreeSet;

use monitor_common::abi::{Action, slot};

use super::{Known, Read, Target, read::listed, target};
use crate::policy::{
    Compiled, PrefixRule,
    numbering::{Country, countries},
};

/// Reads `text` as a destination; `None` where it is none.
pub(super) fn read(text: &str, known: &Known<'_>) -> Option<Result<Read, String>> {
    if let Some(name) = slot::RESERVED.into_iter().find(|name| name.eq_ignore_ascii_case(text)) {
        return Some(reserved(name));
    }
    let policy = known.policy;
    let exact = |wanted: &str| policy.destinations.iter().position(|name| name.as_str() == wanted);
    let index =
        exact(text).or_else(|| exact(&text.to_lowercase())).or_else(|| exact(&text.to_uppercase()))?;
    let name = policy.destinations[index].as_str();
    Some(if index < policy.named_destinations {
        Ok(Read { target: Target::Destination(name.into()), notes: named_notes(name, index, policy) })
    } else {
        countries::by_iso(name).map_or_else(
            || Err(format!("`{name}` is the code of no country that has numbers")),
            |country| of_country(country, index, policy),
        )
    })
}

/// Whether any number can be counted under a destination.
pub(super) fn is_counted(name: &str, policy: &Compiled) -> bool {
    let index = policy.destinations.iter().position(|destination| destination.as_str() == name);
    slot::RESERVED.contains(&name)
        || index.is_some_and(|index| policy.rules.iter().any(|rule| usize::from(rule.destination.0) == index))
}

fn reserved(name: &str) -> Result<Read, String> {
    let why = match name {
        "unknown" => {
            let note = "`unknown` is every outside number that no destination covers and no country has";
            return Ok(Read { target: Target::Destination(name.into()), notes: vec![note.into()] });
        }
        "emergency" => "emergency calls always pass",
        _ => "calls within the house are never judged by their number",
    };
    Err(format!(
        "`{name}` cannot be blocked: {why}; block numbers by a prefix (+53) or a source by its address"
    ))
}

fn named_notes(name: &str, index: usize, policy: &Compiled) -> Vec<String> {
    let mut notes = Vec::new();
    let mut rules = rules_of(policy, index).peekable();
    match rules.peek() {
        None => notes.push(format!(
            "no number is counted under `{name}`: other destinations of the policy have all of them"
        )),
        Some(rule) if rule.action == Action::Block => {
            notes.push(format!("the policy blocks `{name}` already"));
        }
        Some(_) => (),
    }
    if target::word(name).is_some() {
        notes.push(format!(
            "`{name}` is taken as the policy's destination of that name; write `{}{name}` for all numbers that it says",
            target::ALL
        ));
    }
    if name.bytes().all(|letter| letter.is_ascii_digit()) {
        notes.push(format!(
            "`{name}` is taken as the policy's destination of that name; the numbers that begin with it are `+{name}`"
        ));
    }
    notes
}

/// A country that the policy names no other way, at least in part.
fn of_country(country: &Country, index: usize, policy: &Compiled) -> Result<Read, String> {
    let (iso, name) = (country.iso, country.name);
    let others = other_names(country, index, policy);
    if rules_of(policy, index).next().is_none() {
        let prefixes: Vec<_> = country.prefixes.iter().map(|digits| format!("+{digits}")).collect();
        return Err(format!(
            "no number is counted under `{iso}`: the policy has those of {name} under {}; block that, or the \
             prefix {}, or all of them with `country:{iso}`",
            listed(&others),
            listed(&prefixes)
        ));
    }
    let notes = if others.is_empty() {
        Vec::new()
    } else {
        vec![format!(
            "this covers the numbers of {name} that the policy names no other way; those of {} are not covered, as \
             they would be by `country:{iso}`",
            listed(&others)
        )]
    };
    Ok(Read { target: Target::Destination(iso.as_str().into()), notes })
}

/// Destinations of the policy that have numbers of a country, in the order of their names.
fn other_names(country: &Country, index: usize, policy: &Compiled) -> Vec<String> {
    let inside = policy
        .rules
        .iter()
        .filter(|rule| rule.named && country.prefixes.iter().any(|prefix| prefix.is_prefix_of(rule.prefix)));
    let above = country.prefixes.iter().filter_map(|prefix| policy.longest(*prefix));
    let names: BTreeSet<_> = inside
        .chain(above)
        .filter(|rule| rule.named && usize::from(rule.destination.0) != index)
        .map(|rule| policy.destination(rule).as_str().to_owned())
        .collect();
    names.into_iter().collect()
}

fn rules_of(policy: &Compiled, index: usize) -> impl Iterator<Item = &PrefixRule> {
    policy.rules.iter().filter(move |rule| usize::from(rule.destination.0) == index)
}
