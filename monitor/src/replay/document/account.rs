//! What became of the calls, as JSON.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::Labelled;
use crate::replay::{
    course::Account,
    sums::{Sum, Sums},
};

/// The part of the document that is about calls.
#[derive(Serialize)]
pub(super) struct OfCalls<'a> {
    calls: Calls<'a>,
    prevented: Prevented<'a>,
}

impl<'a> OfCalls<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        let calls = &account.calls;
        let by = |label: &'static str, count: &u64| (label, *count);
        Self {
            calls: Calls {
                started: calls.sums.all.calls,
                answered: calls.sums.all.answered,
                active: calls.active,
                minutes: minutes(calls.sums.all.talk),
                routes: Labelled(
                    calls.routes.iter().map(|(route, count)| by(route.label(), count)).collect(),
                ),
                origins: Labelled(
                    calls.origins.iter().map(|(origin, count)| by(origin.label(), count)).collect(),
                ),
                results: Labelled(
                    calls.results.iter().map(|(result, count)| by(result.label(), count)).collect(),
                ),
                destinations: destinations(&calls.sums),
                adopted: account.counters.adopted,
                timed_out: account.counters.timed_out,
                not_followed: account.counters.not_followed,
                unreadable: account.unreadable,
                out_of_order: account.out_of_order,
            },
            prevented: Prevented {
                some: Share::new(&account.prevented.sums.all),
                by_policy: account.prevented.by_policy,
                by_limits: account.prevented.by_limits,
                destinations: destinations(&account.prevented.sums),
            },
        }
    }
}

#[derive(Serialize)]
struct Calls<'a> {
    started: u64,
    answered: u64,
    active: u64,
    minutes: String,
    routes: Labelled,
    origins: Labelled,
    results: Labelled,
    destinations: BTreeMap<&'a str, Share>,
    adopted: u64,
    timed_out: u64,
    not_followed: u64,
    unreadable: u64,
    out_of_order: u64,
}

#[derive(Serialize)]
struct Prevented<'a> {
    #[serde(flatten)]
    some: Share,
    by_policy: u64,
    by_limits: u64,
    destinations: BTreeMap<&'a str, Share>,
}

/// Some calls.
#[derive(Serialize)]
struct Share {
    calls: u64,
    answered: u64,
    minutes: String,
}

impl Share {
    fn new(sum: &Sum) -> Self {
        Self { calls: sum.calls, answered: sum.answered, minutes: minutes(sum.talk) }
    }
}

fn destinations(sums: &Sums) -> BTreeMap<&str, Share> {
    sums.destinations.iter().map(|(name, sum)| (&**name, Share::new(sum))).collect()
}

/// Minutes with two places, rounded down.
pub fn minutes(talk: Duration) -> String {
    let hundredths = talk.as_millis() / 600;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_rounded_down() {
        let rows = [(0, "0.00"), (599, "0.00"), (600, "0.01"), (60_000, "1.00"), (3_605_999, "60.09")];
        for (millis, text) in rows {
            assert_eq!(minutes(Duration::from_millis(millis)), text, "{millis} ms");
        }
    }
}
