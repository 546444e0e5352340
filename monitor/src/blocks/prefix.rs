//! Blocks of numbers by their first E.164 digits.

use std::collections::BTreeSet;

use monitor_common::{
    abi::{Action, DialPlan, Packed},
    number::Digits,
};

use super::{Known, Read, Target, read::listed, target};
use crate::policy::{Compiled, numbering::countries};

/// Reads what follows the `+`.
pub(super) fn read(text: &str, known: &Known<'_>) -> Result<Read, String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.is_empty() {
        return Err(
            "`+` alone is every outside number: write the first digits of those to block (+53), or a destination; \
             to stop all calls but those for help, `ringfence block all:everything`"
                .into(),
        );
    }
    if digits.len() > Digits::MAX {
        return Err(format!("+{digits} has {} digits; E.164 has at most 15", digits.len()));
    }
    let Some(prefix) = target::prefix(&format!("+{text}")) else {
        let shown = text.chars().take(32).collect::<String>().escape_debug().to_string();
        return Err(if digits.is_empty() {
            format!("`+{shown}` is no prefix: write `+` and digits, such as +53")
        } else {
            format!("`+{shown}` holds more than digits: write `+{digits}`")
        });
    };
    Ok(Read { target: Target::Prefix(prefix), notes: notes(prefix, known.policy) })
}

/// What to write instead of a number or prefix that is written as it would be dialled on this PBX.
pub(super) fn meant(text: &str, known: &Known<'_>) -> Option<String> {
    let is_number = text.chars().all(|symbol| symbol.is_ascii_digit() || " -.()".contains(symbol));
    let is_address = text.matches('.').count() == DOTS_OF_IPV4;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !is_number || is_address || digits.is_empty() {
        return None;
    }
    let plan = &known.policy.settings.plans[0];
    if of(&plan.emergency, plan.emergency_count).any(|number| number.to_string() == digits) {
        return Some(format!("`{text}` is an emergency number: emergency calls always pass"));
    }
    let abroad = of(&plan.international, plan.international_count)
        .find_map(|before| digits.strip_prefix(before.to_string().as_str()).map(str::to_owned));
    let national = || {
        let national = Digits(plan.national.0);
        let rest = digits.strip_prefix(national.to_string().as_str()).filter(|_| !national.is_empty())?;
        Some(format!("{}{rest}", Digits(plan.country.0)))
    };
    let whole = abroad.or_else(national).unwrap_or_else(|| digits.clone());
    (1..=Digits::MAX)
        .contains(&whole.len())
        .then(|| format!("`{text}` is written as it is dialled: write `+{whole}`, the E.164 form"))
}

fn notes(prefix: Digits, policy: &Compiled) -> Vec<String> {
    let plan = &policy.settings.plans[0];
    let own = Digits(plan.country.0);
    let covered = countries::all().iter().filter(|country| prefix.is_prefix_of(country.code)).count();
    let mut notes = Vec::new();
    if prefix.is_prefix_of(own) {
        notes.push(format!("+{prefix} covers the numbers of this PBX's own country, +{own}"));
    } else if covered > 1 {
        notes.push(format!("+{prefix} covers {covered} countries and territories"));
    } else if !countries::prefix_is_assigned(prefix) {
        notes.push(format!("no country has numbers that begin with +{prefix}"));
    }
    let emergency = emergency_under(prefix, plan);
    if !emergency.is_empty() {
        notes.push(format!("emergency calls ({}) pass all the same", listed(&emergency)));
    }
    let open = open_under(prefix, policy);
    if !open.is_empty() {
        notes.push(format!(
            "longer prefixes of the policy win: {} stay open; block them by their names",
            listed(&open)
        ));
    }
    if policy.longest(prefix).is_some_and(|rule| rule.action == Action::Block) {
        notes.push(format!("the policy blocks +{prefix} already"));
    }
    notes
}

/// Emergency numbers that this prefix would cover if the kernel did not let them pass before every rule.
fn emergency_under(prefix: Digits, plan: &DialPlan) -> Vec<String> {
    let prefix = prefix.to_string();
    let country = Digits(plan.country.0);
    of(&plan.emergency, plan.emergency_count)
        .filter(|number| format!("{country}{number}").starts_with(&prefix))
        .map(|number| number.to_string())
        .collect()
}

/// Destinations that the policy names by a longer prefix and does not block.
fn open_under(prefix: Digits, policy: &Compiled) -> Vec<String> {
    let from = policy.rules.partition_point(|rule| rule.prefix <= prefix);
    let names: BTreeSet<_> = policy.rules[from..]
        .iter()
        .filter(|rule| prefix.is_prefix_of(rule.prefix) && rule.prefix != prefix)
        .filter(|rule| rule.named && rule.action != Action::Block)
        .map(|rule| policy.destination(rule).as_str().to_owned())
        .collect();
    names.into_iter().collect()
}

/// The entries of a dial plan that are digits.
fn of(packed: &[Packed], count: u8) -> impl Iterator<Item = Digits> {
    packed.iter().take(usize::from(count)).map(|packed| Digits(packed.0))
}

/// An IPv4 address has so many; one that is not right should not be read as a number.
const DOTS_OF_IPV4: usize = 3;
