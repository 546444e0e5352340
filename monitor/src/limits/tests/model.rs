//! The plain model: it keeps every event for ever, and works every value out anew from what the words mean.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use monitor_common::abi::{Reason, Verdict};
use rust_decimal::Decimal;

use crate::{
    calls::{Call, CallId, CallResult, Happened, Origin, Route, Timestamp},
    limits::{Lost, Moment, Rules, Severity},
    policy::{
        file::CallerPattern,
        limits::{Counted, Lasts, Limit, Scope, Window},
        mask::{mask, mask_party},
        numbering::countries,
    },
};

/// What is told: limit, severity, key, value, inferred, call.
pub(super) type Told = (String, Severity, String, Decimal, u64, Option<CallId>);

/// The model.
pub(super) struct Model {
    pub(super) rules: Rules,
    /// For each limit.
    pub(super) books: Vec<Book>,
    calls: BTreeMap<CallId, Known>,
    now: Instant,
    pub(super) told: Vec<Told>,
    pub(super) spent: BTreeMap<String, Decimal>,
}

/// A moment, as windows see it.
#[derive(Clone, Copy, Default)]
struct Instant {
    at: u64,
    day: i64,
    month: i64,
    wall: DateTime<Utc>,
    /// Since when the wall clock has been far behind.
    behind: Option<u64>,
}

/// What happened to a limit.
#[derive(Default)]
pub(super) struct Book {
    events: Vec<Event>,
    told: BTreeMap<Key, State>,
    began: Option<u64>,
}

/// For whom: the key, and the number of `repeated_calls`.
type Key = (String, String);

struct Event {
    when: Instant,
    key: Key,
    amount: Decimal,
    /// The number, or the country.
    what: String,
    inferred: bool,
}

#[derive(Default)]
struct State {
    warning: bool,
    critical: bool,
    again: Option<u64>,
}

#[derive(Clone)]
struct Known {
    call: Call,
    started: bool,
    counted: BTreeSet<(usize, Key, String)>,
    talk: Duration,
    cost: Decimal,
    answered: Option<DateTime<Utc>>,
    is_free: bool,
}

impl Model {
    pub(super) fn new(rules: Rules) -> Self {
        let books = rules.limits.iter().map(|_| Book::default()).collect();
        let (calls, now, told, spent) = Default::default();
        Self { rules, books, calls, now, told, spent }
    }

    pub(super) fn take(&mut self, happened: Happened, call: &Call, now: Moment) {
        self.pass(now);
        let begins = happened == Happened::Started;
        if begins {
            let at = self.now.at;
            for book in &mut self.books {
                book.began.get_or_insert(at);
            }
        }
        let before = self.calls.get(&call.id).map(|known| known.call.clone());
        self.calls.entry(call.id).or_insert_with(|| Known {
            call: call.clone(),
            started: begins,
            counted: BTreeSet::new(),
            talk: Duration::ZERO,
            cost: Decimal::ZERO,
            answered: None,
            is_free: true,
        });
        self.known(call.id).call = call.clone();
        self.move_between(before.as_ref(), call);
        self.accrue(call, now.at);
        if happened == Happened::Ended {
            self.end(call);
        }
    }

    pub(super) fn tick(&mut self, now: Moment) {
        self.pass(now);
        for call in self.calls.values().map(|known| known.call.clone()).collect::<Vec<_>>() {
            self.accrue(&call, now.at);
        }
        for index in 0..self.books.len() {
            if self.limit(index).counts != Counted::ConcurrentCalls {
                continue;
            }
            // Of several calls of a key, the one with which the count gets there.
            let mut counts: BTreeMap<Key, u32> = BTreeMap::new();
            for call in self.calls.values().map(|known| known.call.clone()).collect::<Vec<_>>() {
                let Some(key) = self.key(index, &call) else { continue };
                let count = counts.entry(key.clone()).or_default();
                *count += 1;
                let count = Decimal::from(*count);
                let limit = self.limit(index);
                if limit.warning == Some(count) || limit.critical == Some(count) {
                    self.rearm(index, &key);
                    self.judge(index, &key, false, Some(&call));
                }
            }
        }
        for index in 0..self.books.len() {
            for key in self.books[index].told.keys().cloned().collect::<Vec<_>>() {
                self.rearm(index, &key);
            }
        }
    }

    pub(super) fn lost(&mut self, lost: &Lost, now: Moment) {
        self.pass(now);
        for index in 0..self.books.len() {
            let limit = self.limit(index);
            let filter = &limit.filter;
            let fits = limit.counts == Counted::Calls
                && lost.direction.is_none_or(|route| filter.directions.contains(&route))
                && (filter.destinations.is_empty() || filter.destinations.contains(&lost.destination));
            let key = match limit.scope {
                Scope::All => "all".to_owned(),
                Scope::Destination => lost.destination.to_string(),
                _ => continue,
            };
            if fits && lost.calls > 0 && limit.when.holds(self.now.wall) {
                self.count(index, (key, String::new()), lost.calls.into(), "", true, None);
            }
        }
    }

    pub(super) fn reset(&mut self, name: &str) {
        for (limit, book) in self.rules.limits.iter().zip(&mut self.books) {
            if &*limit.name == name {
                let keeps = limit.counts == Counted::NewCountries;
                book.events.retain_mut(|event| {
                    event.amount = Decimal::ZERO;
                    event.inferred = false;
                    keeps
                });
                match limit.counts {
                    Counted::ConcurrentCalls => book.told.values_mut().for_each(|state| state.again = None),
                    _ => book.told.clear(),
                }
            }
        }
    }

    /// The greatest value of each limit.
    pub(super) fn values(&mut self, now: Moment) -> Vec<Decimal> {
        self.pass(now);
        let greatest = |index: usize| {
            let mut keys: BTreeSet<Key> =
                self.books[index].events.iter().map(|event| event.key.clone()).collect();
            keys.extend(self.calls.values().filter_map(|known| self.key(index, &known.call)));
            keys.iter().map(|key| self.value(index, key)).max().unwrap_or_default()
        };
        (0..self.books.len()).map(greatest).collect()
    }

    fn pass(&mut self, now: Moment) {
        let before = self.now;
        let at = before.at.max(now.at.0);
        let calendar = &self.rules.calendar;
        let (day, month) = (calendar.day(now.wall), calendar.month(now.wall));
        let is_behind = day < before.day - 1 || month < before.month - 1;
        let behind = is_behind.then(|| before.behind.unwrap_or(at));
        let behind = behind.filter(|behind| at - behind < 24 * 3_600_000_000);
        let later = |known: i64, current: i64| match known - current {
            1 => known,
            _ if behind.is_none() => current,
            _ => known.max(current),
        };
        self.now = Instant {
            at,
            day: later(before.day, day),
            month: later(before.month, month),
            wall: now.wall,
            behind,
        };
        // A clock that was far ahead: what counted then counts from now on, what did not any more never will.
        let back = |known: i64, current: i64, event: &mut i64| {
            if current < known {
                *event = if *event < known { i64::MIN } else { current };
            }
        };
        for event in self.books.iter_mut().flat_map(|book| &mut book.events) {
            back(before.day, self.now.day, &mut event.when.day);
            back(before.month, self.now.month, &mut event.when.month);
        }
    }

    /// A call began, or became another's.
    fn move_between(&mut self, before: Option<&Call>, call: &Call) {
        for index in 0..self.books.len() {
            let (left, key) = (before.and_then(|call| self.key(index, call)), self.key(index, call));
            let limit = self.limit(index);
            let runs = limit.counts == Counted::ConcurrentCalls;
            let what = what(&limit, call);
            if runs && left != key {
                if let Some(left) = left {
                    self.rearm(index, &left);
                }
                if let Some(key) = &key {
                    self.rearm_with(index, key, self.value(index, key) - Decimal::ONE);
                    self.judge(index, key, true, Some(call));
                }
            }
            let Some(key) = key else { continue };
            let known = self.known(call.id);
            let is_first = known.counted.insert((index, key.clone(), what.clone()));
            if !is_first || !known.started || !limit.when.holds(self.now.wall) {
                continue;
            }
            match limit.counts {
                Counted::Calls | Counted::RepeatedCalls | Counted::Numbers => {
                    self.count(index, key, Decimal::ONE, &what, false, Some(call));
                }
                Counted::NewCountries => {
                    let book = &self.books[index];
                    let is_known = book.events.iter().any(|event| event.key == key && event.what == what);
                    let learned =
                        Duration::from_micros(self.now.at - book.began.unwrap()) >= self.rules.learn;
                    if !is_known && learned {
                        self.count(index, key, Decimal::ONE, &what, false, Some(call));
                    } else if !is_known {
                        let event =
                            Event { when: self.now, key, amount: Decimal::ZERO, what, inferred: false };
                        self.books[index].events.push(event);
                    }
                }
                _ => {}
            }
        }
    }

    fn accrue(&mut self, call: &Call, at: Timestamp) {
        let Some(answered) = call.answered else { return };
        let wall = self.now.wall;
        let free = is_exempt(call) || call.route != Route::Outgoing;
        let tariff =
            self.rules.tariffs.of(call.number.as_deref(), &call.destination).filter(|_| !free).cloned();
        let known = self.known(call.id);
        let since = TimeDelta::from_std(at.since(answered)).unwrap();
        let was_answered = known.answered.is_some();
        let answered = *known.answered.get_or_insert(wall - since);
        let talk = call.talk(at).max(known.talk);
        // What the tariff of now asks for the talk since the last time; the beginning of a call that was free is now.
        let spent = tariff.as_ref().map_or(Decimal::ZERO, |tariff| {
            let cost = |talk| tariff.cost(answered, talk);
            match (was_answered, known.is_free) {
                (false, _) => cost(talk),
                (true, true) => cost(talk) - cost(known.talk) + cost(Duration::ZERO),
                (true, false) => cost(talk) - cost(known.talk),
            }
        });
        let talked = talk - known.talk;
        known.is_free = tariff.is_none();
        (known.talk, known.cost) = (talk, known.cost + spent);
        if is_exempt(call) {
            return;
        }
        if spent > Decimal::ZERO {
            *self.spent.entry(call.destination.to_string()).or_default() += spent;
        }
        for index in 0..self.books.len() {
            let limit = self.limit(index);
            let amount = match limit.counts {
                Counted::Minutes => Decimal::from(u64::try_from(talked.as_micros()).unwrap()),
                Counted::Spend => spent,
                _ => continue,
            };
            let Some(key) = self.key(index, call).filter(|_| limit.when.holds(wall)) else { continue };
            if amount > Decimal::ZERO {
                self.count(index, key, amount, "", false, Some(call));
            }
        }
    }

    fn end(&mut self, call: &Call) {
        let before: Vec<_> = (0..self.books.len())
            .map(|index| self.key(index, call).map(|key| self.value(index, &key)))
            .collect();
        self.calls.remove(&call.id);
        for (index, before) in before.into_iter().enumerate() {
            let limit = self.limit(index);
            let Some(key) = self.key(index, call) else { continue };
            use CallResult::{Answered, Busy, Failed, NoAnswer, NotFound, Redirected, Refused, Unauthorized};
            let result = call.result.unwrap();
            let fails =
                [Busy, NoAnswer, Refused, Unauthorized, NotFound, Redirected, Failed].contains(&result);
            let counts = match limit.counts {
                Counted::FailedCalls => call.answered.is_none() && fails,
                Counted::ShortCalls => {
                    call.answered.is_some()
                        && result == Answered
                        && call.talk(call.ended.unwrap()) < limit.short
                }
                Counted::ConcurrentCalls => {
                    self.rearm_with(index, &key, before.unwrap());
                    self.rearm(index, &key);
                    false
                }
                _ => false,
            };
            if counts && limit.when.holds(self.now.wall) {
                self.count(index, key, Decimal::ONE, "", false, Some(call));
            }
        }
    }

    fn count(
        &mut self,
        index: usize,
        key: Key,
        amount: Decimal,
        what: &str,
        inferred: bool,
        call: Option<&Call>,
    ) {
        self.rearm(index, &key);
        let event = Event { when: self.now, key: key.clone(), amount, what: what.to_owned(), inferred };
        self.books[index].events.push(event);
        self.judge(index, &key, true, call);
    }

    fn rearm(&mut self, index: usize, key: &Key) {
        let value = self.value(index, key);
        self.rearm_with(index, key, value);
    }

    fn rearm_with(&mut self, index: usize, key: &Key, value: Decimal) {
        let limit = self.limit(index);
        let state = self.books[index].told.entry(key.clone()).or_default();
        state.warning &= limit.warning.is_some_and(|warning| value >= warning);
        state.critical &= limit.critical.is_some_and(|critical| value >= critical);
        if !state.critical {
            state.again = None;
        }
    }

    fn judge(&mut self, index: usize, key: &Key, is_counted: bool, call: Option<&Call>) {
        let (limit, value, at) = (self.limit(index), self.value(index, key), self.now.at);
        let state = self.books[index].told.entry(key.clone()).or_default();
        let severity = if limit.critical.is_some_and(|critical| value >= critical) {
            let is_over = is_counted && state.again.is_some_and(|again| again <= at);
            let is_told = !state.critical || is_over;
            if is_told {
                let time = match (&limit.then.lasts, limit.window) {
                    (Lasts::For(time), _) => Some(*time),
                    (Lasts::Until(schedule), _) => Some(schedule.begins_in(self.now.wall)),
                    (Lasts::Window, Window::Sliding(time)) => Some(time),
                    _ => None,
                };
                let time = time.filter(|_| !limit.then.blocks.is_empty());
                state.again = time.map(|time| at + u64::try_from(time.as_micros()).unwrap());
                (state.critical, state.warning) = (true, limit.warning.is_some());
            }
            is_told.then_some(Severity::Critical)
        } else {
            let is_told = !state.warning && limit.warning.is_some_and(|warning| value >= warning);
            state.warning |= is_told;
            is_told.then_some(Severity::Warning)
        };
        let Some(severity) = severity else { return };
        let inferred = self.counting(index, key).filter(|event| event.inferred);
        let inferred: Decimal = inferred.map(|event| event.amount).sum();
        let key = match limit.scope {
            Scope::Number => mask(&key.0, 4),
            Scope::Caller => mask_party(&key.0, 4),
            _ => key.0.clone(),
        };
        let value = value.trunc_with_scale(9).normalize();
        let inferred = inferred.try_into().unwrap();
        self.told.push((limit.name.to_string(), severity, key, value, inferred, call.map(|call| call.id)));
    }

    /// What a limit has counted for a key.
    fn value(&self, index: usize, key: &Key) -> Decimal {
        let limit = self.limit(index);
        match limit.counts {
            Counted::ConcurrentCalls if !limit.when.holds(self.now.wall) => Decimal::ZERO,
            Counted::ConcurrentCalls => {
                let running =
                    self.calls.values().filter(|known| self.key(index, &known.call).as_ref() == Some(key));
                running.count().into()
            }
            Counted::Numbers => {
                self.counting(index, key).map(|event| &event.what).collect::<BTreeSet<_>>().len().into()
            }
            Counted::Minutes => {
                self.counting(index, key).map(|event| event.amount).sum::<Decimal>()
                    / Decimal::from(60_000_000)
            }
            _ => self.counting(index, key).map(|event| event.amount).sum(),
        }
    }

    /// Events of a key that count now.
    fn counting(&self, index: usize, key: &Key) -> impl Iterator<Item = &Event> {
        let (now, window) = (self.now, self.limit(index).window);
        let counts = move |event: &&Event| match window {
            Window::Day => event.when.day >= now.day,
            Window::Month => event.when.month >= now.month,
            Window::Sliding(length) => {
                let length = u64::try_from(length.as_micros()).unwrap();
                let step = length.div_ceil(60);
                event.when.at / step >= (now.at - length) / step
            }
        };
        self.books[index].events.iter().filter(move |event| event.key == *key).filter(counts)
    }

    /// For whom a call counts in a limit.
    fn key(&self, index: usize, call: &Call) -> Option<Key> {
        let limit = self.limit(index);
        if !fits(&limit, call) {
            return None;
        }
        let country = country(call);
        let key = match limit.scope {
            Scope::All => "all".to_owned(),
            Scope::Destination => call.destination.to_string(),
            Scope::Country => country.clone()?,
            Scope::Number => called(call)?,
            Scope::Caller => call.caller.to_string(),
            Scope::Source if call.origin == Origin::Pbx => return None,
            Scope::Source => call.source.to_string(),
            Scope::Trunk => call.trunk?.to_string(),
            Scope::Customer => call.customer.as_deref()?.to_owned(),
        };
        match limit.counts {
            Counted::RepeatedCalls => Some((key, called(call)?)),
            Counted::Numbers => called(call).map(|_| (key, String::new())),
            Counted::NewCountries => country.map(|_| (key, String::new())),
            _ => Some((key, String::new())),
        }
    }

    fn known(&mut self, id: CallId) -> &mut Known {
        self.calls.get_mut(&id).unwrap()
    }

    fn limit(&self, index: usize) -> Arc<Limit> {
        Arc::clone(&self.rules.limits[index])
    }
}

fn called(call: &Call) -> Option<String> {
    let dialled = if call.route == Route::Outgoing { "" } else { &*call.dialled };
    let called = call.number.as_deref().unwrap_or(dialled);
    (!called.is_empty()).then(|| called.to_owned())
}

fn fits(limit: &Limit, call: &Call) -> bool {
    let filter = &limit.filter;
    let number = call.number.as_deref().map(|number| &number[1..]);
    let begins = |prefix: &str| number.is_some_and(|number| number.starts_with(prefix));
    let is_caller = |pattern: &CallerPattern| match pattern {
        CallerPattern::Whole(whole) => *whole == *call.caller,
        CallerPattern::Prefix(stem) => call.caller.starts_with(stem.as_str()),
    };
    !is_exempt(call)
        && filter.directions.contains(&call.route)
        && (filter.origins.is_empty() || filter.origins.contains(&call.origin))
        && (filter.destinations.is_empty() || filter.destinations.contains(&call.destination))
        && (filter.numbers.is_empty()
            || filter.numbers.iter().any(|(prefix, ())| begins(&prefix.to_string())))
        && filter.outside.is_none_or(|own| number.is_some() && !begins(&own.to_string()))
        && (filter.customers.is_empty()
            || call.customer.as_ref().is_some_and(|name| filter.customers.contains(name)))
        && (filter.callers.is_empty() || filter.callers.iter().any(is_caller))
        && (filter.sources.is_empty()
            || call.origin != Origin::Pbx
                && filter.sources.iter().any(|network| network.contains(&call.source)))
}

fn is_exempt(call: &Call) -> bool {
    call.verdict == Verdict::Drop || call.reason == Reason::Emergency
}

fn what(limit: &Limit, call: &Call) -> String {
    match limit.counts {
        Counted::Numbers => called(call).unwrap_or_default(),
        Counted::NewCountries => country(call).unwrap_or_default(),
        _ => String::new(),
    }
}

fn country(call: &Call) -> Option<String> {
    let number = super::scene::digits(&call.number.as_deref()?[1..]);
    countries::of(number).map(|country| country.iso.as_str().to_owned())
}
