//! Which entries of the kernel cover a whole region of numbers: a country, all that is abroad, everything.
//!
//! An entry of a prefix leaves open what the policy names by a longer one. A region is meant as it is said, so what the
//! policy names inside it, and does not block itself, has entries of its own: the destination where all of its numbers
//! lie inside, else its prefixes.

use std::collections::{BTreeMap, BTreeSet};

use monitor_common::{abi::Action, number::Digits};

use super::{Ground, Known, Read, Target};
use crate::{
    kernel::Blocked,
    policy::{
        Compiled, DestinationIndex, PrefixRule, digits,
        numbering::{Country, countries},
    },
};

/// Takes a region that was asked for, and says what it covers.
pub(super) fn read(target: Target, known: &Known<'_>) -> Read {
    let own = known.policy.own_code();
    let (what, is_own) = match &target {
        Target::Country(iso) => {
            let country = countries::by_iso(iso.as_str());
            let name = country.map_or_else(|| iso.as_str(), |country| country.name);
            (format!("every number of {name}"), country.is_some_and(|country| country.code == own))
        }
        Target::International => (format!("every number outside +{own}"), false),
        _ => ("every outside number".to_owned(), true),
    };
    let mut notes = vec![format!("{what} is blocked, also where the policy allows it; emergency calls pass")];
    if is_own {
        notes.push(format!("this covers numbers of this PBX's own country, +{own}"));
    }
    Read { target, notes }
}

/// Every number of a country, and of no other.
pub(super) fn country(country: &Country, ground: &Ground<'_>) -> Vec<Blocked> {
    let others = countries::all().iter().filter(|other| other.iso != country.iso);
    let others: BTreeSet<_> = others.flat_map(|other| other.prefixes.iter().copied()).collect();
    entries(&without(&country.prefixes, &others), ground)
}

/// Every number outside the own country code; nothing where no policy tells it.
pub(super) fn international(ground: &Ground<'_>) -> Vec<Blocked> {
    let own = ground.policy.map_or_else(Digits::default, Compiled::own_code);
    if own.is_empty() {
        Vec::new()
    } else {
        entries(&without(&every_digit(), &BTreeSet::from([own])), ground)
    }
}

/// Every outside number.
pub(super) fn everything(ground: &Ground<'_>) -> Vec<Blocked> {
    entries(&every_digit(), ground)
}

fn every_digit() -> Vec<Digits> {
    (0..10).filter_map(|digit| digits::push(Digits::default(), digit)).collect()
}

/// The fewest prefixes that cover what begins with one of `inside` and not with one of `outside`; of two inside each
/// other the longer one decides.
fn without(inside: &[Digits], outside: &BTreeSet<Digits>) -> Vec<Digits> {
    let mut cover = Vec::new();
    let mut open = inside.to_vec();
    while let Some(prefix) = open.pop() {
        if outside.contains(&prefix) {
            continue;
        }
        // Prefixes are in the order of their digits: those inside this one come right behind it.
        let is_cut = outside.range(prefix..).next().is_some_and(|next| prefix.is_prefix_of(*next));
        if is_cut {
            open.extend((0..10).filter_map(|digit| digits::push(prefix, digit)));
        } else {
            cover.push(prefix);
        }
    }
    cover
}

/// Entries of these prefixes, and of what the policy names inside them and leaves open.
fn entries(cover: &[Digits], ground: &Ground<'_>) -> Vec<Blocked> {
    let mut entries: Vec<_> = cover.iter().copied().map(Blocked::Prefix).collect();
    let Some(policy) = ground.policy else { return entries };
    let mut named: BTreeMap<DestinationIndex, Vec<Digits>> = BTreeMap::new();
    for rule in cover.iter().flat_map(|prefix| open_inside(*prefix, policy)) {
        named.entry(rule.destination).or_default().push(rule.prefix);
    }
    let rules = rules_of_each(policy);
    for (destination, prefixes) in named {
        let is_whole = rules.get(usize::from(destination.0)) == Some(&prefixes.len());
        let name = policy.destinations[usize::from(destination.0)].as_str();
        match ground.slots.slot(name) {
            Some(slot) if is_whole || prefixes.len() > MOST_PREFIXES => {
                entries.push(Blocked::Destination(slot));
            }
            _ => entries.extend(prefixes.into_iter().map(Blocked::Prefix)),
        }
    }
    entries.sort_unstable();
    entries.dedup();
    entries
}

/// Longer prefixes than `prefix` that the policy names and does not block.
fn open_inside(prefix: Digits, policy: &Compiled) -> impl Iterator<Item = &PrefixRule> {
    let from = policy.rules.partition_point(|rule| rule.prefix <= prefix);
    policy.rules[from..]
        .iter()
        .take_while(move |rule| prefix.is_prefix_of(rule.prefix))
        .filter(|rule| rule.named && rule.action != Action::Block)
}

fn rules_of_each(policy: &Compiled) -> Vec<usize> {
    let mut rules = vec![0; policy.destinations.len()];
    for rule in policy.rules.iter().filter(|rule| rule.named) {
        if let Some(count) = rules.get_mut(usize::from(rule.destination.0)) {
            *count += 1;
        }
    }
    rules
}

/// Prefixes of a destination that reaches beyond a region, each with an entry; of one that has more, all numbers are
/// covered, those beyond the region too: rather too much than an open door.
const MOST_PREFIXES: usize = 256;

#[cfg(test)]
mod tests;
