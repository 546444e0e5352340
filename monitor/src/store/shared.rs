//! What the store's faces and its threads share: the clock, what the policy lets be written, and how things stand.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::SystemTime,
};

use prometheus_client::registry::Registry;

use super::{
    metrics::{Outcome, Status, StoreMetrics},
    record::micros,
    sweep::Due,
};
use crate::{calls::Timestamp, policy::Privacy, sqlite::file};

/// How the agent's time becomes the wall clock's.
#[derive(Clone)]
pub struct Clock {
    /// The wall clock's time of a moment of the agent's clock.
    pub wall: Arc<dyn Fn(Timestamp) -> SystemTime + Send + Sync>,
    /// The wall clock's time now.
    pub now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// What every part of the store sees.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) clock: Clock,
    pub(super) metrics: StoreMetrics,
    privacy: Mutex<Privacy>,
    status: Mutex<Status>,
    /// Counts the files that were opened: readers follow.
    generation: AtomicU64,
    /// The generation that somebody found broken.
    broken: AtomicU64,
    has_new_privacy: AtomicBool,
    is_losing: AtomicBool,
    is_stopping: AtomicBool,
}

impl Shared {
    pub(super) fn new(path: PathBuf, privacy: Privacy, clock: Clock, registry: &mut Registry) -> Self {
        Self {
            status: Mutex::new(Status { file: path.clone(), ..Status::default() }),
            path,
            clock,
            metrics: StoreMetrics::register(registry),
            privacy: Mutex::new(privacy),
            generation: AtomicU64::new(1),
            broken: AtomicU64::new(0),
            has_new_privacy: AtomicBool::new(false),
            is_losing: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
        }
    }

    pub(super) fn privacy(&self) -> Privacy {
        *self.privacy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_privacy(&self, privacy: Privacy) {
        *self.privacy.lock().unwrap_or_else(PoisonError::into_inner) = privacy;
        self.has_new_privacy.store(true, Ordering::Release);
    }

    /// Whether the policy changed since this was last asked.
    pub(super) fn takes_new_privacy(&self) -> bool {
        self.has_new_privacy.swap(false, Ordering::AcqRel)
    }

    /// What ended before that is deleted.
    pub(super) fn cutoff(&self) -> SystemTime {
        (self.clock.now)().checked_sub(self.privacy().retention).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// [`Self::cutoff`] as a column has it.
    pub(super) fn cutoff_micros(&self) -> i64 {
        micros(self.cutoff())
    }

    /// What is to be deleted and masked by now.
    pub(super) fn due(&self) -> Due {
        Due {
            cutoff: self.cutoff_micros(),
            over: micros((self.clock.now)()),
            hidden_digits: self.privacy().hidden_digits,
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Another file has the name now.
    pub(super) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Somebody met damage in the file of a generation.
    pub(super) fn suspect(&self, generation: u64) {
        self.broken.store(generation, Ordering::Release);
    }

    /// Whether the file that is in use is known to be broken.
    pub(super) fn is_suspect(&self) -> bool {
        self.broken.load(Ordering::Acquire) == self.generation()
    }

    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Counts records that will never be written; says so once.
    pub(super) fn lose(&self, records: usize) {
        if records == 0 {
            return;
        }
        self.metrics.lost.inc_by(records as u64);
        if !self.is_losing.swap(true, Ordering::AcqRel) {
            tracing::error!(
                "records of calls are lost: the disk of the store takes them too slowly; calls are guarded all the same"
            );
        }
    }

    /// The store is off; says so where that is news.
    pub(super) fn off(&self, problem: &str) {
        self.metrics.errors.inc();
        let mut status = self.lock();
        if status.problem.is_none() {
            tracing::error!(file = %self.path.display(), problem, "calls are not recorded, but guarded all the same");
        }
        status.problem = Some(problem.to_owned());
    }

    /// The store writes; says so where that is news.
    pub(super) fn works(&self) {
        let was_off = self.lock().problem.take().is_some();
        if self.is_losing.swap(false, Ordering::AcqRel) || was_off {
            tracing::info!(lost = self.metrics.lost.get(), "calls are recorded again");
        }
    }

    /// Notes what the file holds.
    pub(super) fn holds(&self, calls: u64, oldest: Option<SystemTime>) {
        self.metrics.calls.set(i64::try_from(calls).unwrap_or(i64::MAX));
        self.octets();
        let mut status = self.lock();
        (status.calls, status.oldest) = (calls, oldest);
    }

    /// Notes how many records wait in the batch.
    pub(super) fn waits(&self, records: usize) {
        self.lock().waiting = records as u64;
    }

    /// Counts records by what became of them.
    pub(super) fn count(&self, outcome: Outcome, records: u64) {
        self.metrics.records(outcome).inc_by(records);
    }

    pub(super) fn status(&self) -> Status {
        let status = self.lock().clone();
        Status {
            bytes: self.octets(),
            lost: self.metrics.lost.get(),
            set_aside: file::set_aside_files(&self.path),
            ..status
        }
    }

    /// What the files take now: readers change that, too.
    fn octets(&self) -> u64 {
        let octets = file::octets(&self.path);
        self.metrics.bytes.set(i64::try_from(octets).unwrap_or(i64::MAX));
        octets
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
