//! The destinations of a policy as a table.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use monitor_common::abi::Action;

use super::thousands;
use crate::policy::{Compiled, PrefixRule, quoted};

/// A row for each destination, and how many prefixes of countries there are beside them.
pub(super) fn table(policy: &Compiled, text: &str) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(["destination", "action", "prefixes", "from"]);
    let mut rules: Vec<Vec<&PrefixRule>> = vec![Vec::new(); policy.named_destinations];
    for rule in policy.rules.iter().filter(|rule| rule.named) {
        rules[usize::from(rule.destination.0)].push(rule);
    }
    for (name, rules) in policy.destinations.iter().zip(&rules) {
        let action = rules.first().map_or(Action::Allow, |rule| rule.action);
        table.add_row([name.as_str(), action.label(), &thousands(rules.len()), &origins(rules, text)]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let others = policy.rules.len() - policy.named_rules();
    let rest = format!("Other calls pass, counted under their country ({} prefixes).\n", thousands(others));
    if policy.named_destinations == 0 { rest } else { format!("{}\n\n{rest}", table.trim_fmt()) }
}

/// What the owner wrote to have these rules, as far as a line holds it.
fn origins(rules: &[&PrefixRule], text: &str) -> String {
    let mut offsets: Vec<_> = rules.iter().map(|rule| rule.offset).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let words =
        offsets.iter().take(EXAMPLES).map(|offset| text[quoted(text, *offset)].trim_matches(['"', '\'']));
    let more = if offsets.len() > EXAMPLES { " …" } else { "" };
    words.collect::<Vec<_>>().join(" ") + more
}

/// Values of a destination that a summary shows.
const EXAMPLES: usize = 6;
