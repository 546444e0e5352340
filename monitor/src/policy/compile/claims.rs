//! Which destination has which prefix: what the owner wrote, what countries, kinds and lists stand for, and
//! the countries that nobody named.

use std::collections::HashMap;

use monitor_common::abi::{Action, MAX_DESTINATIONS, slot};
use monitor_common::number::Digits;

use super::owners::{self, Claim};
use crate::policy::file::{At, PolicyFile, Source};
use crate::policy::numbering::countries;
use crate::policy::report::{Finding, Findings};
use crate::policy::{DestinationIndex, DestinationName, PrefixRule, quoted};

/// Prefixes and destinations, ready for the compiled policy.
pub(super) struct RuleTable {
    /// One rule a prefix, sorted.
    pub(super) rules: Vec<PrefixRule>,
    /// Names by index.
    pub(super) destinations: Vec<DestinationName>,
}

/// Gives each prefix to one destination.
pub(super) fn compile(
    text: &str,
    file: &PolicyFile,
    errors: &mut Findings,
    warnings: &mut Findings,
) -> RuleTable {
    names(file, errors);
    owners::shared_words("destination", file.destinations.iter().map(|section| &section.numbers), errors);
    let mut destinations = super::destination_names(file);
    destinations.truncate(MAX_DESTINATIONS);
    let mut claims = Vec::new();
    for (index, destination) in (0..).zip(file.destinations.iter().take(MAX_DESTINATIONS)) {
        claims.extend(owners::named(index, &destination.numbers));
    }
    for country in countries::all() {
        let destination = destinations.len() as u16;
        destinations.push(DestinationName::new(country.iso.as_str()));
        claims.extend(owners::unnamed(destination, country));
    }
    owners::sort(text, &mut claims, errors);
    unassigned(text, &claims, warnings);
    claims.dedup_by_key(|claim| claim.prefix);
    let actions: Vec<_> = file.destinations.iter().map(|destination| destination.action).collect();
    carved_out(text, file, &claims, warnings);
    RuleTable { rules: rules(&claims, &actions), destinations }
}

fn rules(claims: &[Claim], actions: &[Option<Action>]) -> Vec<PrefixRule> {
    let rule = |claim: &Claim| {
        let named = claim.source != Source::Nobody;
        let action = actions.get(usize::from(claim.owner)).copied().flatten().unwrap_or(Action::Allow);
        PrefixRule {
            prefix: claim.prefix,
            offset: claim.offset,
            destination: DestinationIndex(claim.owner),
            action: if named { action } else { Action::Allow },
            named,
        }
    };
    owners::standing(claims).map(rule).collect()
}

/// Errors for names that stand twice, and for more names than there are counters.
fn names(file: &PolicyFile, errors: &mut Findings) {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    for name in file.destinations.iter().filter_map(|destination| destination.name.as_ref()) {
        if let Some(first) = known.get(name.value.as_str()) {
            let finding = Finding::new(
                format!("two destinations are named \"{}\"", name.value),
                name.span(),
                "again here",
            );
            errors.push(
                finding.also(first.span(), "first here").help("put their numbers into one, or rename one"),
            );
        } else {
            known.insert(&name.value, name);
        }
    }
    let most = MAX_DESTINATIONS - slot::RESERVED.len() - countries::all().len();
    if let Some(name) = file.destinations.get(most).and_then(|destination| destination.name.as_ref()) {
        let title = format!("{} destinations: at most {most} can be counted", file.destinations.len());
        errors.push(
            Finding::new(title, name.span(), "the first one too many")
                .help("put prefixes that share an action into one destination"),
        );
    }
}

/// Warnings for written prefixes that no number can begin with.
fn unassigned(text: &str, claims: &[Claim], warnings: &mut Findings) {
    let mut known = Digits::default();
    for claim in claims.iter().filter(|claim| claim.source == Source::Written) {
        if !known.is_empty() && known.is_prefix_of(claim.prefix) {
            continue;
        }
        if let Some(country) = countries::prefix_of(claim.prefix) {
            known = country;
        } else if !countries::prefix_is_assigned(claim.prefix) {
            let title = format!("no country has numbers that begin with +{}", claim.prefix);
            let help =
                "E.164 prefixes begin with the country code: \"+33\" and not \"+0\"; keep it if you mean it";
            warnings.push(Finding::new(title, quoted(text, claim.offset), "").help(help));
        }
    }
}

/// Warnings where a kind takes numbers out of a country that is treated harder: once for each two
/// destinations.
fn carved_out(text: &str, file: &PolicyFile, claims: &[Claim], warnings: &mut Findings) {
    let action = |claim: &Claim| file.destinations.get(usize::from(claim.owner)).and_then(|to| to.action);
    let name = |claim: &Claim| super::destination_names(file)[usize::from(claim.owner)].clone();
    let mut above: Vec<&Claim> = Vec::new();
    let mut told = HashMap::new();
    for claim in claims.iter().filter(|claim| claim.source != Source::Nobody) {
        while above.last().is_some_and(|top| !top.prefix.is_prefix_of(claim.prefix)) {
            above.pop();
        }
        if let Some(top) = above.last().filter(|top| matches!(top.source, Source::Country | Source::List))
            && claim.source == Source::Kind
            && action(claim) < action(top)
            && told.insert((top.owner, claim.owner), ()).is_none()
        {
            let title = format!(
                "\"{}\" takes numbers out of \"{}\": +{} and perhaps more",
                name(claim),
                name(top),
                claim.prefix
            );
            let help = "the longer prefix wins, also where its action is milder; name the country's prefixes to cover all";
            let span = quoted(text, claim.offset);
            warnings.push(Finding::new(title, span, "").help(help));
        }
        above.push(claim);
    }
}
