//! What is handed to the store, and what comes back.

use std::{
    sync::mpsc::SyncSender,
    time::{Duration, SystemTime},
};

use crate::{
    blocks::ByLimit,
    calls::{Call, Timestamp},
    limits::Kept,
};

/// A call of the store: its numbers are masked, and its times are microseconds since 1970, UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored(pub Call);

/// A call that had no end when the agent ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The call.
    pub call: Stored,
    /// What it takes to follow it further, as it was given; `None` where none was.
    pub resume: Option<String>,
}

/// A temporary block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// As it was given: a destination's name, `+53…`, or an address. It is set again after a restart, and so kept
    /// whole until it is over.
    pub target: String,
    /// `destination`, `prefix`, `source`, `country`, `international` or `everything`.
    pub kind: String,
    /// Who set it, as a bounded word: [`crate::blocks::Cause`].
    pub cause: String,
    /// The limit that set it, where one did.
    pub limit: Option<ByLimit>,
    /// Why, in the words of who asked.
    pub reason: String,
    /// Who asked.
    pub by: String,
    /// When.
    pub since: SystemTime,
    /// Its end; `None` until it is taken away.
    pub until: Option<SystemTime>,
}

impl Block {
    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// Which calls to read, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Only calls without an end.
    pub active: bool,
    /// Only calls that began then or later, or that go on.
    pub since: Option<SystemTime>,
    /// Only calls that began before that.
    pub until: Option<SystemTime>,
    /// Only calls to this destination.
    pub destination: Option<String>,
    /// Only calls of this customer.
    pub customer: Option<String>,
    /// Only calls of this caller; a number is compared as it is masked.
    pub caller: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            active: false,
            since: None,
            until: None,
            destination: None,
            customer: None,
            caller: None,
            limit: DEFAULT_LIMIT,
        }
    }
}

/// A call as it may be written and shown: see [`Call::masked`].
#[must_use]
pub fn masked(call: &Call, hidden_digits: u8) -> Call {
    call.masked(hidden_digits)
}

/// The time of a stored call.
#[must_use]
pub fn wall(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(at.0.min(i64::MAX.unsigned_abs()))
}

/// Microseconds since 1970.
pub(super) fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The time of a column.
pub(super) fn time(micros: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// One call, to be written.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) call: Call,
    pub(super) resume: Option<String>,
}

/// What the writer is told.
#[derive(Debug)]
pub(super) enum Message {
    Call(Box<Record>),
    Block(Box<Block>),
    Unblock(String, SystemTime),
    Keep(Vec<Kept>),
    /// Look at what changed outside the channel.
    Wake,
    /// Write what waits, and then say so.
    Flush(SyncSender<()>),
}

/// Calls that a query returns where nobody said how many.
const DEFAULT_LIMIT: usize = 1000;
