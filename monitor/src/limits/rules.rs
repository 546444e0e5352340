//! What the engine goes by: the part of a policy that concerns limits.

use std::{sync::Arc, time::Duration};

use super::token::Tokens;
use crate::policy::{limits::Limit, money::Tariffs, schedule::Calendar};

/// What the engine goes by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Limits, in the order of the policy; each name once.
    pub limits: Vec<Arc<Limit>>,
    /// What calls cost.
    pub tariffs: Arc<Tariffs>,
    /// When days and months begin.
    pub calendar: Calendar,
    /// For how long `new_countries` only learn: since the first call of any kind that the limit saw.
    pub learn: Duration,
    /// Digits at the end of numbers that are hidden in labels: `privacy.hidden_digits`.
    pub hidden_digits: u8,
    /// Keys that a limit may have; beyond it, the one that was longest untouched gives way.
    pub most_keys: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            limits: Vec::new(),
            tariffs: Arc::default(),
            calendar: Calendar::default(),
            learn: Duration::from_secs(14 * 24 * 3600),
            hidden_digits: 4,
            most_keys: MOST_KEYS,
        }
    }
}

/// The first octets of what tells limits apart over reloads: what is counted, for whom, of which calls, how long.
/// Thresholds, schedules and what follows may change without losing what was counted. So may the prefixes of the filter:
/// what they are made from is edited, and comes with releases too (countries, kinds of number).
pub(super) fn fingerprint(tokens: &Tokens, limit: &Limit) -> u64 {
    let filter = &limit.filter;
    let words = |labels: Vec<&str>| labels.join(",");
    let own = [
        limit.counts.label().to_owned(),
        limit.scope.label().to_owned(),
        format!("{:?} {:?}", limit.window, limit.short),
        words(filter.directions.iter().map(|route| route.label()).collect()),
        words(filter.origins.iter().map(|origin| origin.label()).collect()),
        words(filter.destinations.iter().map(AsRef::as_ref).collect()),
        words(filter.customers.iter().map(AsRef::as_ref).collect()),
    ];
    let listed = filter
        .outside
        .iter()
        .map(|own| format!("outside {own}"))
        .chain(filter.callers.iter().map(ToString::to_string))
        .chain(filter.sources.iter().map(ToString::to_string));
    tokens.of_texts(own.into_iter().chain(listed)).half()
}

/// Keys that a limit may have.
pub const MOST_KEYS: usize = 100_000;
