//! Which calls a limit counts.

use std::sync::Arc;

use monitor_common::abi::slot;

use super::parties::{EMERGENCY, Parties};
use crate::{
    calls::Route,
    policy::{
        file::CallerPattern,
        limits::{Filter, Limit},
        numbering::countries,
    },
};

/// Calls whose events were lost: `calls` INVITEs that the kernel counted and nothing more is known of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Name of their destination, as the kernel counted it.
    pub destination: Arc<str>,
    /// Which way they went, where that is known.
    pub direction: Option<Route>,
    /// How many.
    pub calls: u64,
}

/// Whether a limit counts a call.
pub(super) fn counts(limit: &Limit, call: &Parties) -> bool {
    let Filter { directions, origins, destinations, numbers, outside, customers, callers, sources } =
        &limit.filter;
    !call.is_exempt
        && directions.contains(&call.route)
        && passes(origins, |origin| *origin == call.origin)
        && passes(destinations, |name| *name == call.destination)
        && (numbers.is_empty() || call.digits().is_some_and(|digits| numbers.longest(digits).is_some()))
        && outside.is_none_or(|own| call.digits().is_some_and(|digits| !own.is_prefix_of(digits)))
        && passes(customers, |name| Some(name) == call.customer.as_ref())
        && passes(callers, |pattern| fits(pattern, &call.caller))
        && passes(sources, |network| call.source.is_some_and(|source| network.contains(&source)))
}

/// Whether a limit may have to count calls of which little is known: what is not known is taken as fitting.
pub(super) fn may_count(limit: &Limit, lost: &Lost) -> bool {
    let filter = &limit.filter;
    let country = countries::by_iso(&lost.destination);
    let has_number = &*lost.destination != INTERNAL;
    let is_home = filter.outside.is_some_and(|own| country.is_some_and(|country| country.code == own));
    let may_have = |prefix| {
        let mut prefixes = country.into_iter().flat_map(|country| &country.prefixes);
        country.is_none() || prefixes.any(|own| own.is_prefix_of(prefix) || prefix.is_prefix_of(*own))
    };
    &*lost.destination != EMERGENCY
        && lost.direction.is_none_or(|route| filter.directions.contains(&route))
        && (&*lost.destination == UNKNOWN || passes(&filter.destinations, |name| *name == lost.destination))
        && (filter.outside.is_none() || (has_number && !is_home))
        && (filter.numbers.is_empty()
            || (has_number && filter.numbers.iter().any(|(prefix, ())| may_have(*prefix))))
}

/// An empty list lets everything through.
fn passes<T>(list: &[T], fits: impl Fn(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(fits)
}

fn fits(pattern: &CallerPattern, caller: &str) -> bool {
    match pattern {
        CallerPattern::Whole(whole) => whole == caller,
        CallerPattern::Prefix(stem) => caller.starts_with(stem.as_str()),
    }
}

/// The destination of numbers within the house, and that of numbers whose destination is not known: names that no
/// policy can give.
const INTERNAL: &str = slot::RESERVED[slot::INTERNAL as usize];
const UNKNOWN: &str = slot::RESERVED[slot::UNKNOWN as usize];
