//! Who has which prefix, where sections name numbers: each prefix has one owner.

use std::collections::HashMap;

use monitor_common::number::Digits;

use crate::policy::file::{At, NumbersSection, Source};
use crate::policy::numbering::Country;
use crate::policy::quoted;
use crate::policy::report::{Finding, Findings};

/// A prefix that somebody would have.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    /// E.164 digits, at least one.
    pub(super) prefix: Digits,
    /// Offset in the policy's text of what claims it; 0 where nobody does.
    pub(super) offset: u32,
    /// Index of the owner.
    pub(super) owner: u16,
    /// Why.
    pub(super) source: Source,
}

/// What a section claims.
pub(super) fn named(owner: u16, numbers: &NumbersSection) -> impl Iterator<Item = Claim> {
    numbers.named().map(move |named| Claim {
        prefix: named.digits,
        offset: named.offset,
        owner,
        source: named.source,
    })
}

/// The prefixes of a country, for an owner that comes after all that are named.
pub(super) fn unnamed(owner: u16, country: &Country) -> impl Iterator<Item = Claim> {
    country.prefixes.iter().map(move |prefix| Claim {
        prefix: *prefix,
        offset: 0,
        owner,
        source: Source::Nobody,
    })
}

/// Sorts claims, so that of those to one prefix the first stands; errors for prefixes that are written twice.
pub(super) fn sort(text: &str, claims: &mut [Claim], errors: &mut Findings) {
    claims.sort_unstable_by_key(|claim| (claim.prefix, claim.source, claim.offset));
    for pair in claims.windows(2) {
        let [first, again] = pair else { continue };
        if first.prefix == again.prefix && again.source == Source::Written {
            errors.push_with(|| {
                let title = format!("the prefix \"+{}\" is named twice", first.prefix);
                let finding = Finding::new(title, quoted(text, again.offset), "again here");
                finding.also(quoted(text, first.offset), "first here").help("keep one of the two")
            });
        }
    }
}

/// The claims that stand, of sorted ones to different prefixes. A country that nobody named vanishes under a prefix or
/// a kind that somebody did: "+1" is all of +1. Under a named country it stays: the Bahamas are not the USA.
pub(super) fn standing(claims: &[Claim]) -> impl Iterator<Item = &Claim> {
    let mut above: Vec<&Claim> = Vec::new();
    claims.iter().filter(move |claim| {
        while above.last().is_some_and(|top| !top.prefix.is_prefix_of(claim.prefix)) {
            above.pop();
        }
        if claim.source != Source::Nobody {
            above.push(claim);
            return true;
        }
        above.last().is_none_or(|top| !matches!(top.source, Source::Written | Source::Kind))
    })
}

/// Errors for a country, kind or list that two sections name, each a `what`.
pub(super) fn shared_words<'s>(
    what: &str,
    sections: impl Iterator<Item = &'s NumbersSection>,
    errors: &mut Findings,
) {
    let mut known: HashMap<&str, At<()>> = HashMap::new();
    for word in sections.flat_map(NumbersSection::words) {
        if let Some(first) = known.get(word.value) {
            let title = format!("two {what}s claim \"{}\"", word.value);
            let finding = Finding::new(title, word.span(), "again here").also(first.span(), "first here");
            errors.push(
                finding.help(format!("keep it in one; a {what} with longer prefixes makes exceptions")),
            );
        } else {
            known.insert(word.value, word.with(()));
        }
    }
}
