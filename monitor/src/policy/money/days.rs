//! When which price of a tariff is in force, day by day: worked out once for each day, since schedules are slow to ask
//! and each running call is priced every second.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, FixedOffset, Offset, TimeDelta, Utc};

use super::tariff::{Price, Tariff};
use crate::policy::{limits::When, schedule::Schedule};

/// Days of UTC that were worked out, by their number since 1970.
#[derive(Debug, Default)]
pub(super) struct Days(RwLock<BTreeMap<i64, Day>>);

/// From when on which price is in force; the first from the beginning of the day.
type Day = Arc<[(DateTime<Utc>, Price)]>;

impl Days {
    /// The price of `tariff` in force.
    pub(super) fn price_at(&self, tariff: &Tariff, at: DateTime<Utc>) -> Price {
        let day = self.day(tariff, number(at));
        let next = day.partition_point(|(from, _)| *from <= at);
        day[next.saturating_sub(1)].1
    }

    /// Calls `part` with each price and the time until which it is in force, in order, from `from` on, up to `to` or
    /// later.
    pub(super) fn walk(
        &self,
        tariff: &Tariff,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        mut part: impl FnMut(Price, DateTime<Utc>),
    ) {
        for number in number(from)..=number(to) {
            let day = self.day(tariff, number);
            let untils = day.iter().skip(1).map(|(next, _)| *next).chain([begin(number + 1)]);
            for ((_, price), until) in day.iter().zip(untils).filter(|(_, until)| *until > from) {
                part(*price, until);
                if until >= to {
                    return;
                }
            }
        }
    }

    fn day(&self, tariff: &Tariff, number: i64) -> Day {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        known.unwrap_or_else(|| {
            let day = work_out(tariff, number);
            let mut days = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if days.len() >= MOST_DAYS {
                days.pop_first();
            }
            days.insert(number, Arc::clone(&day));
            day
        })
    }
}

fn number(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(SECONDS_A_DAY)
}

fn begin(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(number * SECONDS_A_DAY, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn work_out(tariff: &Tariff, number: i64) -> Day {
    let end = begin(number + 1);
    let mut at = begin(number);
    let mut day = Vec::new();
    loop {
        let price = tariff.band_at(at).map_or(tariff.price(), |band| band.price);
        if day.last().is_none_or(|(_, last)| *last != price) {
            day.push((at, price));
        }
        let schedules = tariff.bands().iter().filter_map(|band| schedule(&band.when));
        let next = schedules.map(|schedule| next_change(schedule, at, end)).min().unwrap_or(end);
        if next >= end {
            return day.into();
        }
        at = next;
    }
}

const fn schedule(when: &When) -> Option<&Arc<Schedule>> {
    match when {
        When::Always => None,
        When::During(schedule) | When::Outside(schedule) => Some(schedule),
    }
}

/// When a schedule may change after `at`, at the latest at `end`. Hours are of the local clock: they are read with its
/// offset from UTC at `at`, up to where that changes, so that an hour that the clock shows twice has its changes twice.
fn next_change(schedule: &Schedule, at: DateTime<Utc>, end: DateTime<Utc>) -> DateTime<Utc> {
    let local = at.with_timezone(&schedule.zone);
    let offset = local.offset().fix();
    let end = offset_change(schedule, at, end);
    let beyond = local + TimeDelta::days(2);
    let change = schedule.hours.iter_range(local, beyond).next().and_then(|state| {
        let naive = state.range.end.naive_local();
        naive.and_local_timezone(offset).single().map(|change| change.to_utc())
    });
    change.filter(|change| *change > at).map_or(end, |change| change.min(end))
}

/// When the offset from UTC changes after `at`, at the latest at `end`; to the second.
fn offset_change(schedule: &Schedule, at: DateTime<Utc>, end: DateTime<Utc>) -> DateTime<Utc> {
    let offset = |at: DateTime<Utc>| -> FixedOffset { at.with_timezone(&schedule.zone).offset().fix() };
    let (mut same, mut other) = (at, end);
    if offset(same) == offset(other) {
        return end;
    }
    while other - same > TimeDelta::seconds(1) {
        let middle = same + TimeDelta::seconds((other - same).num_seconds() / 2);
        if offset(middle) == offset(at) {
            same = middle;
        } else {
            other = middle;
        }
    }
    other
}

const SECONDS_A_DAY: i64 = 86_400;
/// Days that are remembered: as many as a call can last, and some more.
const MOST_DAYS: usize = 4000;
