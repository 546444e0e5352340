//! The store, used and abused.

mod faults;
mod killed;
mod migrations;
mod ordinary;
mod retention;
mod speed;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use monitor_common::abi::{Reason, Verdict};
use prometheus_client::registry::Registry;
use tempfile::TempDir;

use super::*;
use crate::{
    blocks::ByLimit,
    calls::{CallResult, Origin, Route, Seconds, Timestamp},
};

/// A store in a directory of its own, with a wall clock that stands where a test puts it.
struct Fixture {
    folder: TempDir,
    now: Arc<AtomicU64>,
    registry: Registry,
    store: Option<Store>,
}

impl Fixture {
    fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    fn at(folder: TempDir) -> Self {
        let mut fixture = Self {
            folder,
            now: Arc::new(AtomicU64::new(NOW)),
            registry: Registry::with_prefix("ringfence"),
            store: None,
        };
        fixture.open();
        fixture
    }

    fn open(&mut self) {
        self.registry = Registry::with_prefix("ringfence");
        let store = Store::open(self.folder.path(), Privacy::default(), clock(&self.now), &mut self.registry);
        self.store = Some(store);
    }

    /// Ends the store; what it lost is an error.
    fn close(&mut self) {
        self.store().finish();
        assert_eq!(self.store().status().lost, 0);
        self.store = None;
    }

    fn reopen(&mut self) {
        self.close();
        self.open();
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// Lets the wall clock stand at so many microseconds since 1970.
    fn set(&self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
    }

    /// All calls, once as many are there as there should be.
    fn expect(&self, calls: usize) -> Vec<Stored> {
        let query = Query { limit: usize::MAX, ..Query::default() };
        let mut last = Err(String::new());
        let there = until(|| {
            last = self.store().calls(&query);
            last.as_ref().is_ok_and(|found| found.len() == calls)
        });
        assert!(there, "not {calls} calls: {:?}", last.map(|found| found.len()));
        last.unwrap()
    }

    fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }
}

fn clock(now: &Arc<AtomicU64>) -> Clock {
    let now = Arc::clone(now);
    Clock { wall: Arc::new(wall), now: Arc::new(move || wall(Timestamp(now.load(Ordering::Relaxed)))) }
}

/// A call that goes on.
fn call(id: u64) -> Call {
    Call {
        id: CallId(id),
        destination: "cuba".into(),
        dialled: "900535551234".into(),
        number: Some("+535551234".into()),
        source: [192, 0, 2, 7].into(),
        trunk: Some("2001:db8::5".parse().unwrap()),
        customer: Some("bakery".into()),
        started: Timestamp(NOW + id),
        ..Call::example()
    }
}

/// The same call when it is over.
fn over(call: &Call, ended: u64) -> Call {
    Call {
        rang: Some(call.started.after(Duration::from_secs(1))),
        answered: Some(call.started.after(Duration::from_secs(3))),
        ended: Some(Timestamp(ended)),
        result: Some(CallResult::Answered),
        status: Some(200),
        media: Seconds { ingress: Duration::from_millis(1500), egress: Duration::from_millis(1250) },
        ..call.clone()
    }
}

fn block(target: &str, until: Option<u64>) -> Block {
    Block {
        target: target.into(),
        kind: "prefix".into(),
        cause: "operator".into(),
        limit: None,
        reason: "night".into(),
        by: "root (uid 0, pid 4711)".into(),
        since: wall(Timestamp(NOW)),
        until: until.map(|until| wall(Timestamp(until))),
    }
}

/// A state of a limit; `None` to forget it.
fn kept(key: &str, state: Option<&str>) -> Kept {
    Kept { kind: "key".into(), name: "night".into(), key: key.into(), state: state.map(Into::into) }
}

/// Whether something becomes true, within a time that also a busy machine keeps.
fn until(mut holds: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        if holds() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    holds()
}

/// Whether any file in a directory holds some octets.
fn is_written_anywhere(folder: &Path, octets: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        text.windows(octets.len()).any(|window| window == octets)
    })
}

/// 22 November 2026, 01:30 UTC.
const NOW: u64 = 1_795_311_000_000_000;
const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;
