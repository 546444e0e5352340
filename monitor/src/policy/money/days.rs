//! When which price of a tariff is in force, day by day: worked out once for each day, since schedules are slow to ask
//! and each running call is priced every second.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};

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
        let Some(next) = schedules.filter_map(|schedule| schedule.next_change(at, end)).min() else {
            return day.into();
        };
        at = next;
    }
}

const fn schedule(when: &When) -> Option<&Arc<Schedule>> {
    match when {
        When::Always => None,
        When::During(schedule) | When::Outside(schedule) => Some(schedule),
    }
}

const SECONDS_A_DAY: i64 = 86_400;
/// Days that are remembered: as many as a call can last, and some more.
const MOST_DAYS: usize = 4000;
