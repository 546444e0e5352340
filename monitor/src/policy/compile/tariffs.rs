//! Which tariff each number and each destination has, and when its prices are in force; what two tariffs claim, or
//! what no call can have, is said.

use std::collections::HashMap;
use std::sync::Arc;

use monitor_common::abi::slot;

use super::owners::{self, Claim};
use super::schedules::Schedules;
use crate::policy::file::{At, BandSection, BandTime, PolicyFile, Source, TariffSection, nearest};
use crate::policy::limits::{Counted, When};
use crate::policy::money::{Band, Increments, Price, Reach};
use crate::policy::numbering::{Kind, countries};
use crate::policy::prefixes::PrefixTable;
use crate::policy::report::{Finding, Findings};
use crate::policy::{Compiled, Tariff, Tariffs};

/// Puts prices, numbers and times together; those with errors too, with something in the place of what is missing.
pub(super) fn compile(
    text: &str,
    file: &PolicyFile,
    schedules: &Schedules,
    errors: &mut Findings,
) -> Tariffs {
    currency(file, errors);
    spend(file, errors);
    names(file, errors);
    let reach = Reach {
        numbers: numbers(text, file, errors),
        destinations: destinations(file, errors),
        others: others(file, errors),
    };
    let tariffs = file.tariffs.iter().map(|section| tariff(section, schedules, errors)).collect();
    let currency = file.money.as_ref().and_then(|money| money.currency.as_ref());
    Tariffs::new(currency.map_or("", |currency| currency.value.code()), tariffs, reach)
}

/// Warnings for calls that cost nothing because nobody said otherwise, and for tariffs that no call can have.
pub(super) fn warn(file: &PolicyFile, policy: &Compiled, warnings: &mut Findings) {
    if let Some(first) = file.tariffs.first()
        && !file.tariffs.iter().any(|tariff| tariff.is_for_others)
    {
        let title = "calls that no tariff names cost nothing";
        let help = "write a [[tariff]] without numbers or destinations for all others, with your dearest price; or with per_minute = 0 to say so";
        warnings.push(Finding::new(title, first.place.span(), "").help(help));
    }
    for section in &file.tariffs {
        everywhere(section, file, warnings);
    }
    for (section, _) in file.tariffs.iter().zip(has_calls(file, policy)).filter(|(_, has_calls)| !has_calls) {
        let title = format!("no call has the tariff \"{}\": others name all of its numbers", name(section));
        let help = "the longest prefix wins, and a number's own tariff before that of its destination; take it out, or name longer prefixes";
        warnings.push(Finding::new(title, section.place.span(), "").help(help));
    }
}

/// Warns of mobiles or fixed lines that are cheap: they are those of every country, whatever that costs.
fn everywhere(section: &TariffSection, file: &PolicyFile, warnings: &mut Findings) {
    let per_minute = |section: &TariffSection| section.per_minute.unwrap_or_default();
    let own = per_minute(section);
    let Some(dearer) = file.tariffs.iter().find(|other| per_minute(other) > own) else { return };
    let is_wide = |kind: &&At<Kind>| matches!(kind.value, Kind::Mobile | Kind::FixedLine);
    if let Some(kind) = section.numbers.kinds.iter().find(is_wide) {
        let title = format!(
            "\"{}\" is that of every country: \"{}\" takes such numbers from \"{}\", which is dearer",
            kind.value.label(),
            name(section),
            name(dearer)
        );
        let help = "write the prefixes that have this price: prefixes = [\"+336\", \"+337\"]";
        warnings.push(Finding::new(title, kind.span(), "").help(help));
    }
}

/// Whether a call can have it, for each tariff.
fn has_calls(file: &PolicyFile, policy: &Compiled) -> Vec<bool> {
    let tariffs = &policy.tariffs;
    let is_unknown = |at: &At<String>| at.value == slot::RESERVED[usize::from(slot::UNKNOWN)];
    let always = |tariff: &TariffSection| tariff.is_for_others || tariff.destinations.iter().any(is_unknown);
    let mut has_calls: Vec<_> = file.tariffs.iter().map(always).collect();
    for owner in tariffs.prefixes().iter().filter_map(|(_, owner)| *owner) {
        has_calls[usize::from(owner)] = true;
    }
    for rule in &policy.rules {
        let is_priced = tariffs.prefixes().longest(rule.prefix).is_some_and(|(_, owner)| owner.is_some());
        let owner = tariffs.of_destination(policy.destination(rule).as_str());
        if let Some(owner) = owner.filter(|_| !is_priced) {
            has_calls[usize::from(owner)] = true;
        }
    }
    has_calls
}

fn currency(file: &PolicyFile, errors: &mut Findings) {
    if let Some(first) = file.tariffs.first().filter(|_| file.money.is_none()) {
        let help = format!("write {}, or another code of ISO 4217", example(file));
        errors.push(Finding::new("tariffs without a currency", first.place.span(), "").help(help));
    }
}

/// `[money]` as one would write it in the country of the dial plan.
fn example(file: &PolicyFile) -> String {
    let own = file.dialplan.country_code.as_ref().and_then(|code| {
        let country = countries::sharing(code.value).first()?.iso.as_str().parse().ok()?;
        iso_currency::Currency::from_country(country).into_iter().find(|currency| currency.flags().is_empty())
    });
    let own = own.unwrap_or(iso_currency::Currency::EUR).code();
    format!("[money] and under it currency = \"{own}\"")
}

/// Errors for limits on spend where nothing says what a call costs.
fn spend(file: &PolicyFile, errors: &mut Findings) {
    if !file.tariffs.is_empty() {
        return;
    }
    let counts = file.limits.iter().filter_map(|limit| limit.counts.as_ref());
    for at in counts.filter(|counts| counts.value == Counted::Spend) {
        let title = "spend is counted, and no tariff says what a call costs";
        let money = if file.money.is_none() { example(file) + ", and " } else { String::new() };
        let help = format!(
            "write {money}a [[tariff]] with per_minute = \"2.00\"; one without numbers is for all calls that others do not name"
        );
        errors.push(Finding::new(title, at.span(), "").help(help));
    }
}

/// Errors for names that stand twice, and for more tariffs than are told apart.
fn names(file: &PolicyFile, errors: &mut Findings) {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    for name in file.tariffs.iter().filter_map(|tariff| tariff.name.as_ref()) {
        if let Some(first) = known.insert(&name.value, name) {
            let title = format!("two tariffs are named \"{}\"", name.value);
            let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("put their numbers into one, or rename one"));
        }
    }
    if let Some(tariff) = file.tariffs.get(MOST_TARIFFS) {
        let title = format!("{} tariffs: at most {MOST_TARIFFS} are told apart", file.tariffs.len());
        let finding = Finding::new(title, tariff.place.span(), "the first one too many");
        errors.push(finding.help("put prefixes that share a price into one tariff"));
    }
    for tariff in file.tariffs.iter().filter(|tariff| tariff.bands.len() > MOST_BANDS) {
        let title = format!("{} bands: a tariff has at most {MOST_BANDS}", tariff.bands.len());
        let finding = Finding::new(title, tariff.bands[MOST_BANDS].place.span(), "the first one too many");
        errors.push(finding.help("put times that share a price into one schedule"));
    }
}

/// By number. A country that nobody names, but that shares its code with one that has a tariff, has none by it.
fn numbers(text: &str, file: &PolicyFile, errors: &mut Findings) -> PrefixTable<Option<u16>> {
    owners::shared_words("tariff", file.tariffs.iter().map(|tariff| &tariff.numbers), errors);
    let tariffs = (0..).zip(file.tariffs.iter().take(MOST_TARIFFS));
    let mut claims: Vec<Claim> =
        tariffs.flat_map(|(owner, tariff)| owners::named(owner, &tariff.numbers)).collect();
    claims.extend(countries::all().iter().flat_map(|country| owners::unnamed(u16::MAX, country)));
    owners::sort(text, &mut claims, errors);
    claims.dedup_by_key(|claim| claim.prefix);
    let owner = |claim: &Claim| (claim.source != Source::Nobody).then_some(claim.owner);
    PrefixTable::new(owners::standing(&claims).map(|claim| (claim.prefix, owner(claim))).collect())
}

/// By the name of the destination.
fn destinations(file: &PolicyFile, errors: &mut Findings) -> HashMap<Arc<str>, u16> {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    let mut owners = HashMap::new();
    for (owner, tariff) in (0..).zip(file.tariffs.iter().take(MOST_TARIFFS)) {
        for name in &tariff.destinations {
            if let Some(first) = known.get(name.value.as_str()) {
                let title = format!("the destination \"{}\" has two tariffs", name.value);
                let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
                errors.push(finding.help("keep it in one"));
            } else if let Some(finding) = not_a_destination(file, name) {
                errors.push(finding);
            } else {
                known.insert(&name.value, name);
                owners.insert(name.value.as_str().into(), owner);
            }
        }
    }
    owners
}

/// What is wrong with a name of neither a destination, nor a country, nor calls that have neither.
fn not_a_destination(file: &PolicyFile, name: &At<String>) -> Option<Finding> {
    let text = name.value.as_str();
    let finding = |title: String, help: String| Some(Finding::new(title, name.span(), "").help(help));
    let unknown = slot::RESERVED[usize::from(slot::UNKNOWN)];
    if slot::RESERVED.contains(&text) && text != unknown {
        return finding(format!("{text} calls cost nothing"), "take it out".to_owned());
    }
    let named = || file.destinations.iter().filter_map(|to| Some(to.name.as_ref()?.value.as_str()));
    if text == unknown || countries::by_iso(text).is_some() || named().any(|known| known == text) {
        return None;
    }
    let help = match nearest(text, named()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if countries::by_iso(&text.to_uppercase()).is_some() => {
            format!("write countries = [\"{}\"]", text.to_uppercase())
        }
        None => "write the name of a [[destination]], or numbers: countries = [\"CU\"]".to_owned(),
    };
    let shown: String = text.chars().take(SHOWN).collect();
    finding(format!("no destination is named \"{shown}\""), help)
}

/// The tariff of all other calls; an error where two would be.
fn others(file: &PolicyFile, errors: &mut Findings) -> Option<u16> {
    let mut all = (0..).zip(&file.tariffs).filter(|(_, tariff)| tariff.is_for_others);
    let (owner, first) = all.next()?;
    for (_, again) in all {
        let title = "two tariffs are for all other calls";
        let finding = Finding::new(title, again.place.span(), "again here");
        let finding = finding.also(first.place.span(), "first here");
        errors.push(finding.help("write which numbers one of them is for, such as countries = [\"CU\"]"));
    }
    Some(owner)
}

fn tariff(section: &TariffSection, schedules: &Schedules, errors: &mut Findings) -> Tariff {
    let price = Price {
        per_minute: section.per_minute.unwrap_or_default(),
        per_call: section.per_call.unwrap_or_default(),
    };
    let Increments { first, then } = Increments::default();
    let increments = Increments {
        first: section.first_increment.or(section.increment).unwrap_or(first),
        then: section.increment.unwrap_or(then),
    };
    same_times(section, errors);
    let bands = section.bands.iter().filter_map(|section| band(section, price, schedules, errors)).collect();
    Tariff::new(name(section), price, increments, bands)
}

fn band(section: &BandSection, base: Price, schedules: &Schedules, errors: &mut Findings) -> Option<Band> {
    let when = match section.time.as_ref()? {
        BandTime::During(name) => When::During(schedules.named(name, errors)?),
        BandTime::Outside(name) => When::Outside(schedules.named(name, errors)?),
    };
    let price = Price {
        per_minute: section.per_minute.unwrap_or(base.per_minute),
        per_call: section.per_call.unwrap_or(base.per_call),
    };
    Some(Band { when, price })
}

/// Errors for a band whose times an earlier one has.
fn same_times(section: &TariffSection, errors: &mut Findings) {
    let mut known: HashMap<(&str, bool), &At<String>> = HashMap::new();
    for time in section.bands.iter().filter_map(|band| band.time.as_ref()) {
        let (key, name) = match time {
            BandTime::During(name) => ((name.value.as_str(), true), name),
            BandTime::Outside(name) => ((name.value.as_str(), false), name),
        };
        if let Some(first) = known.insert(key, name) {
            let title = format!("two bands of \"{}\" are in force at the same times", self::name(section));
            let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("keep one of the two"));
        }
    }
}

fn name(section: &TariffSection) -> &str {
    section.name.as_ref().map_or("", |name| name.value.as_str())
}

/// Tariffs at most: more than the price lists of operators have prices.
const MOST_TARIFFS: usize = 4096;
/// Bands of a tariff at most.
const MOST_BANDS: usize = 16;
/// Characters of the owner's text that a title repeats at most.
const SHOWN: usize = 40;

#[cfg(test)]
mod tests;
