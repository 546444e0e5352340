//! What became of the calls, as JSON.

use std::{collections::BTreeMap, time::Duration};

use rust_decimal::Decimal;
use serde::Serialize;

use super::{Labelled, limits::Limits};
use crate::replay::{
    course::Account,
    sums::{self, Sum, Sums},
};

/// The part of the document that is about calls.
#[derive(Serialize)]
pub(super) struct OfCalls<'a> {
    calls: Calls<'a>,
    limits: Limits<'a>,
    prevented: Prevented<'a>,
    lost: Option<Lost<'a>>,
}

impl<'a> OfCalls<'a> {
    pub(super) fn new(account: &'a Account, currency: &'a str) -> Self {
        Self {
            calls: Calls::new(account, currency),
            limits: Limits::new(&account.limits),
            prevented: Prevented::new(account, currency),
            lost: account.lost.as_ref().map(|lost| Lost {
                together: Share::new(&lost.all, currency),
                destinations: destinations(lost, currency),
            }),
        }
    }
}

#[derive(Serialize)]
struct Calls<'a> {
    started: u64,
    answered: u64,
    active: u64,
    minutes: String,
    cost: Option<Decimal>,
    currency: Option<&'a str>,
    routes: Labelled,
    origins: Labelled,
    results: Labelled,
    destinations: BTreeMap<&'a str, Share>,
    tariffs: BTreeMap<&'a str, Share>,
    untariffed: u64,
    adopted: u64,
    timed_out: u64,
    not_followed: u64,
    unreadable: u64,
    out_of_order: u64,
}

impl<'a> Calls<'a> {
    fn new(account: &'a Account, currency: &'a str) -> Self {
        let Account { calls, counters, .. } = account;
        let sums::Calls { sums, active, routes, origins, results, tariffs, untariffed } = calls;
        let Share { calls: started, answered, minutes, cost } = Share::new(&sums.all, currency);
        Self {
            started,
            answered,
            active: *active,
            minutes,
            cost,
            currency: Some(currency).filter(|currency| !currency.is_empty()),
            routes: Labelled(routes.iter().map(|(route, count)| (route.label(), *count)).collect()),
            origins: Labelled(origins.iter().map(|(origin, count)| (origin.label(), *count)).collect()),
            results: Labelled(results.iter().map(|(result, count)| (result.label(), *count)).collect()),
            destinations: destinations(sums, currency),
            tariffs: tariffs.iter().map(|(name, sum)| (&**name, Share::new(sum, currency))).collect(),
            untariffed: *untariffed,
            adopted: counters.adopted,
            timed_out: counters.timed_out,
            not_followed: counters.not_followed,
            unreadable: account.unreadable,
            out_of_order: account.out_of_order,
        }
    }
}

#[derive(Serialize)]
struct Prevented<'a> {
    #[serde(flatten)]
    together: Share,
    by_policy: u64,
    by_limits: u64,
    destinations: BTreeMap<&'a str, Share>,
}

impl<'a> Prevented<'a> {
    fn new(account: &'a Account, currency: &str) -> Self {
        let prevented = &account.prevented;
        Self {
            together: Share::new(&prevented.sums.all, currency),
            by_policy: prevented.by_policy,
            by_limits: prevented.by_limits,
            destinations: destinations(&prevented.sums, currency),
        }
    }
}

#[derive(Serialize)]
struct Lost<'a> {
    #[serde(flatten)]
    together: Share,
    destinations: BTreeMap<&'a str, Share>,
}

/// Some calls.
#[derive(Serialize)]
struct Share {
    calls: u64,
    answered: u64,
    minutes: String,
    cost: Option<Decimal>,
}

impl Share {
    fn new(sum: &Sum, currency: &str) -> Self {
        let cost = (!currency.is_empty()).then(|| sum.cost.normalize());
        Self { calls: sum.calls, answered: sum.answered, minutes: minutes(sum.talk), cost }
    }
}

fn destinations<'a>(sums: &'a Sums, currency: &str) -> BTreeMap<&'a str, Share> {
    sums.destinations.iter().map(|(name, sum)| (&**name, Share::new(sum, currency))).collect()
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
