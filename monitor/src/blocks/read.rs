//! From what an operator wrote to a target: a destination first, then a prefix, an address, a region; else what to write.

use std::net::IpAddr;

use super::{
    destination, prefix, region, source,
    target::{self, Target},
};
use crate::policy::{Compiled, SlotTable, nearest};

/// What there is to block, and what must not be.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The policy in force.
    pub policy: &'a Compiled,
    /// Slots of its destinations.
    pub slots: &'a SlotTable,
    /// Addresses of this host.
    pub own: &'a [IpAddr],
    /// Whether the agent only counts.
    pub dry_run: bool,
}

impl<'a> Known<'a> {
    /// What targets resolve against.
    #[must_use]
    pub const fn ground(&self) -> Ground<'a> {
        Ground { policy: Some(self.policy), slots: self.slots, own: self.own }
    }
}

/// What targets resolve against.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The policy in force; `None` before the first.
    pub policy: Option<&'a Compiled>,
    /// Slots of its destinations, and of those of earlier ones.
    pub slots: &'a SlotTable,
    /// Addresses of this host.
    pub own: &'a [IpAddr],
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What to block.
    pub target: Target,
    /// What the operator may not expect, one sentence each.
    pub notes: Vec<String>,
}

/// Reads what an operator wants to block; an error says what to write.
pub fn read(text: &str, known: &Known<'_>) -> Result<Read, String> {
    let text = text.trim();
    let mut read = if let Some(read) = destination::read(text, known) {
        read?
    } else if let Some(digits) = text.strip_prefix('+') {
        prefix::read(digits, known)?
    } else if let Some(network) = target::network(text) {
        source::read(text, network, known)?
    } else if let Some(target) = target::region(text).or_else(|| target::word(text)) {
        region::read(target, known)
    } else {
        return Err(nothing(text, known));
    };
    if known.dry_run {
        read.notes
            .push("the agent runs with --dry-run: it counts what it would drop, and drops nothing".into());
    }
    Ok(read)
}

/// What to write instead of a text that is nothing.
fn nothing(text: &str, known: &Known<'_>) -> String {
    let text: String = text.chars().take(LONGEST_SHOWN).collect();
    if let Some(instead) = prefix::meant(&text, known) {
        return instead;
    }
    let names = known.policy.destinations.iter().map(crate::policy::DestinationName::as_str);
    let meant = nearest(&text, names).map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
    format!(
        "`{}` is no destination of the policy{meant}, no prefix and no address: write a destination's name or a \
         country's ISO code (cuba, NE), `+` and the first digits of the numbers (+53), an address or network \
         (192.0.2.66, 198.51.100.0/24), a whole country (country:NE), or `all:international` or `all:everything`",
        text.escape_debug()
    )
}

/// The first names, and how many more there are.
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<_> = names.iter().take(NAMES_SHOWN).map(|name| format!("`{}`", name.as_ref())).collect();
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Letters of a wrong text that are repeated.
const LONGEST_SHOWN: usize = 64;
/// Names in a sentence.
const NAMES_SHOWN: usize = 3;

#[cfg(test)]
pub(super) mod tests;
