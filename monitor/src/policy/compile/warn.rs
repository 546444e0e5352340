//! Warnings about blocks that are wider than an owner may think.

use monitor_common::abi::Action;
use monitor_common::number::Digits;

use crate::policy::file::PolicyFile;
use crate::policy::numbering::countries;
use crate::policy::report::{Finding, Findings};
use crate::policy::{Compiled, quoted};

/// Warns of blocks that take the own country, many countries, or all of +1.
pub(super) fn wide_blocks(text: &str, file: &PolicyFile, policy: &Compiled, warnings: &mut Findings) {
    let own = Digits(policy.settings.plans[0].country.0);
    let blocks = policy
        .rules
        .iter()
        .filter(|rule| rule.named && rule.action == Action::Block && rule.prefix.len() <= 3);
    for rule in blocks {
        let prefix = rule.prefix;
        let written = file.destinations.get(usize::from(rule.destination.0)).is_some_and(|destination| {
            destination.numbers.prefixes.iter().any(|written| written.digits == prefix)
        });
        let span = quoted(text, rule.offset);
        if prefix.is_prefix_of(own) {
            let title = format!("+{prefix} blocks your own country, +{own}");
            let help = "is this meant? Block what you do not call instead, or allow the own numbers by longer prefixes";
            warnings.push(Finding::new(title, span, "").help(help));
        } else if written && prefix == Digits::parse("1").unwrap_or_default() {
            let islands = covered(prefix) - 2;
            let title = format!(
                "+1 blocks the USA, Canada and {islands} countries and territories of the Caribbean and the Pacific"
            );
            let help = "write countries = [\"US\"] for the USA alone";
            warnings.push(Finding::new(title, span, "").help(help));
        } else if written && covered(prefix) > 1 && prefix.len() == 1 {
            let title = format!("+{prefix} blocks {} countries and territories", covered(prefix));
            let help = "prefixes are E.164: digits before an outside number belong in access_prefixes; \
                        write the country codes that you mean";
            warnings.push(Finding::new(title, span, "").help(help));
        }
    }
}

fn covered(prefix: Digits) -> usize {
    countries::all().iter().filter(|country| prefix.is_prefix_of(country.code)).count()
}
