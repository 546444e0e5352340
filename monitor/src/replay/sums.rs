//! Calls in numbers: how many, how long, to where, and at what cost.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::{
    calls::{Call, CallResult, Origin, Route, Timestamp},
    policy::{Tariffs, money::Tariff},
};

/// Some calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// All of them.
    pub calls: u64,
    /// Those that were answered.
    pub answered: u64,
    /// From answer to end.
    pub talk: Duration,
    /// By the tariffs, units of the currency.
    pub cost: Decimal,
}

/// Calls and where they went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// Together.
    pub all: Sum,
    /// By the name of the destination.
    pub destinations: BTreeMap<Arc<str>, Sum>,
}

/// The calls that took place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    /// Calls and where they went.
    pub sums: Sums,
    /// Those that went on when the capture ended.
    pub active: u64,
    /// By direction.
    pub routes: BTreeMap<Route, u64>,
    /// By who began them.
    pub origins: BTreeMap<Origin, u64>,
    /// By how they ended.
    pub results: BTreeMap<CallResult, u64>,
    /// Outgoing calls that were answered, by the name of the tariff.
    pub tariffs: BTreeMap<Arc<str>, Sum>,
    /// Outgoing calls that were answered, and have a number but no tariff.
    pub untariffed: u64,
}

/// A call that is over or goes on at a moment, and what it cost by then.
pub(super) struct Priced<'a> {
    pub(super) call: &'a Call,
    talk: Duration,
    tariff: Option<&'a Arc<Tariff>>,
    cost: Decimal,
}

impl<'a> Priced<'a> {
    /// Only outgoing calls that were answered cost.
    pub(super) fn new(call: &'a Call, end: Timestamp, tariffs: &'a Tariffs) -> Self {
        let talk = call.talk(end);
        let costs = |_: &Timestamp| call.route == Route::Outgoing;
        let answered = call.answered.filter(costs);
        let tariff = answered.and_then(|_| tariffs.of(call.number.as_deref(), &call.destination));
        let cost = answered.zip(tariff).map(|(answered, tariff)| tariff.cost(wall(answered), talk));
        Self { call, talk, tariff, cost: cost.unwrap_or_default() }
    }
}

impl Sum {
    fn take(&mut self, priced: &Priced<'_>) {
        self.calls += 1;
        self.answered += u64::from(priced.call.answered.is_some());
        self.talk += priced.talk;
        self.cost += priced.cost;
    }
}

impl Sums {
    pub(super) fn take(&mut self, priced: &Priced<'_>) {
        self.all.take(priced);
        self.destinations.entry(Arc::clone(&priced.call.destination)).or_default().take(priced);
    }
}

impl Calls {
    pub(super) fn take(&mut self, priced: &Priced<'_>) {
        self.sums.take(priced);
        let call = priced.call;
        *self.routes.entry(call.route).or_default() += 1;
        *self.origins.entry(call.origin).or_default() += 1;
        match call.result {
            Some(result) => *self.results.entry(result).or_default() += 1,
            None => self.active += 1,
        }
        if let Some(tariff) = priced.tariff {
            self.tariffs.entry(Arc::clone(tariff.name())).or_default().take(priced);
        } else if call.route == Route::Outgoing && call.answered.is_some() && call.number.is_some() {
            self.untariffed += 1;
        }
    }
}

/// The capture's clock as the wall clock; the end of what chrono can tell, beyond.
pub(super) fn wall(at: Timestamp) -> DateTime<Utc> {
    let micros = i64::try_from(at.0).unwrap_or(i64::MAX);
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_the_capture_is_the_wall_clock() {
        assert_eq!(wall(Timestamp(1_500_000)).to_rfc3339(), "1970-01-01T00:00:01.500+00:00");
        assert!(wall(Timestamp(u64::MAX)) > wall(Timestamp(u64::MAX / 1_000)));
    }
}
