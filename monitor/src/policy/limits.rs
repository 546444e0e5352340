//! What a limit of the policy says: what is counted, of which calls, for whom, how long, how much is too much, when,
//! and what follows. Plain values; `crate::limits` counts.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use monitor_common::number::Digits;
use rust_decimal::Decimal;

use super::{
    file::CallerPattern,
    prefixes::PrefixTable,
    schedule::{Calendar, Schedule},
};
use crate::vocabulary::{Origin, Route, words};

/// A limit: `[[limit]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its name: a label of metrics.
    pub name: Arc<str>,
    /// What is counted.
    pub counts: Counted,
    /// For whom it is counted, each apart.
    pub scope: Scope,
    /// Of which calls.
    pub filter: Filter,
    /// For how long something counts; of no use to [`Counted::ConcurrentCalls`].
    pub window: Window,
    /// At this value somebody should look: calls, minutes, or units of the policy's currency.
    pub warning: Option<Decimal>,
    /// At this value it is too much. At least one of the two is there.
    pub critical: Option<Decimal>,
    /// When calls count.
    pub when: When,
    /// What follows where `critical` is reached; an alert follows always.
    pub then: Then,
    /// Talk shorter than this makes a short call.
    pub short: Duration,
}

words! {
    /// What a limit counts.
    Counted {
        Calls = "calls", "Calls that began";
        ConcurrentCalls = "concurrent_calls", "Calls that go on at once";
        Minutes = "minutes", "Minutes of answered calls, counted while they go on";
        Spend = "spend", "What the calls cost by the tariffs, counted while they go on";
        RepeatedCalls = "repeated_calls", "Calls to one number: the number that most calls of the scope went to";
        ShortCalls = "short_calls", "Answered calls that ended within `short`";
        Numbers = "numbers", "Distinct numbers called";
        FailedCalls = "failed_calls", "Calls that ended without an answer, other than by the caller or by Ringfence";
        NewCountries = "new_countries", "Countries that were called for the first time ever";
    }
}

words! {
    /// For whom a limit counts, each apart.
    Scope {
        All = "all", "Everything together";
        Destination = "destination", "Each destination";
        Country = "country", "Each country of the called numbers";
        Number = "number", "Each called number";
        Caller = "caller", "Each caller: an extension, or the user part of From";
        Source = "source", "Each address that calls came from";
        Trunk = "trunk", "Each trunk";
        Customer = "customer", "Each customer";
    }
}

/// Which calls count: those that every one of these lets through; an empty one lets everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Which way they go; never empty: outgoing where the policy says nothing.
    pub directions: Vec<Route>,
    /// Who began them.
    pub origins: Vec<Origin>,
    /// Names of destinations, and of countries that no destination covers.
    pub destinations: Vec<Arc<str>>,
    /// Prefixes of numbers: those written, and those of countries, kinds and lists.
    pub numbers: PrefixTable<()>,
    /// The own country code; numbers outside it count, where there is one.
    pub outside: Option<Digits>,
    /// Customers.
    pub customers: Vec<Arc<str>>,
    /// Callers.
    pub callers: Vec<CallerPattern>,
    /// Addresses that calls came from.
    pub sources: Vec<IpNet>,
}

/// For how long something counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so much time.
    Sliding(Duration),
    /// Since midnight, in the policy's time zone.
    Day,
    /// Since the first of the month, in the policy's time zone.
    Month,
}

/// When calls count.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum When {
    /// Always.
    #[default]
    Always,
    /// Within the times of a schedule.
    During(Arc<Schedule>),
    /// Outside them.
    Outside(Arc<Schedule>),
}

impl When {
    /// Whether what happens at `at` counts.
    #[must_use]
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        match self {
            Self::Always => true,
            Self::During(schedule) => schedule.holds(at),
            Self::Outside(schedule) => !schedule.holds(at),
        }
    }
}

/// What follows a critical breach.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Then {
    /// What is blocked.
    pub blocks: Vec<BlockKind>,
    /// For how long.
    pub lasts: Lasts,
    /// What is run.
    pub program: Option<Program>,
    /// Only say what would follow.
    pub report_only: bool,
}

words! {
    /// What a limit blocks when it is reached.
    BlockKind {
        Destination = "destination", "The destination of the call that reached it";
        Country = "country", "The country of the called number, every prefix of it";
        Number = "number", "The called number";
        Source = "source", "The address that the call came from; never a trunk, this host, or what `[network] trusted` names";
        International = "international", "Every number outside the own country code";
        Everything = "everything", "Every outside number";
    }
}

/// For how long something is blocked.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Lasts {
    /// So long.
    For(Duration),
    /// Until the window is over: to the end of the day or month, or the length of a sliding window.
    #[default]
    Window,
    /// Until the times of a schedule begin next.
    Until(Arc<Schedule>),
    /// Until somebody says `ringfence unblock`.
    Unblocked,
}

impl Limit {
    /// How long what it blocks at `at` stays blocked; `None`: until somebody says so.
    #[must_use]
    pub fn blocks_for(&self, at: DateTime<Utc>, calendar: &Calendar) -> Option<Duration> {
        self.then.lasts.apart_from_window(at).or(match (&self.then.lasts, self.window) {
            (Lasts::Window, Window::Sliding(time)) => Some(time),
            (Lasts::Window, Window::Day) => Some(calendar.rest_of_day(at)),
            (Lasts::Window, Window::Month) => Some(calendar.rest_of_month(at)),
            _ => None,
        })
    }
}

impl Lasts {
    /// How long it is from `at` on, where that is known and no window decides it.
    #[must_use]
    pub fn apart_from_window(&self, at: DateTime<Utc>) -> Option<Duration> {
        match self {
            Self::For(time) => Some(*time),
            Self::Until(schedule) => Some(schedule.begins_in(at)),
            Self::Window | Self::Unblocked => None,
        }
    }
}

/// A program that is run, without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The file: an absolute path.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}
