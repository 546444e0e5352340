//! How the evidence stands: whether it is written, what is lost, and what `status` says of it.

use std::sync::atomic::Ordering;

use super::{Shared, lock};
use crate::{evidence::Status, incidents::Head, sqlite::file};

impl Shared {
    /// Counts what will never be written; says so once.
    pub(in crate::evidence) fn lose(&self, count: u64) {
        if count == 0 {
            return;
        }
        self.metrics.lost.inc_by(count);
        if !self.is_losing.swap(true, Ordering::AcqRel) {
            tracing::error!(
                "entries of the journal are lost: nothing can be written; calls are guarded all the same"
            );
        }
    }

    /// Nothing can be written; says so where that is news.
    pub(in crate::evidence) fn off(&self, problem: &str) {
        self.metrics.errors.inc();
        let mut status = lock(&self.status);
        if status.problem.is_none() {
            tracing::error!(
                file = %self.path.display(), problem,
                "the evidence is not recorded, but calls are guarded and alerts told all the same"
            );
        }
        status.problem = Some(problem.to_owned());
    }

    /// Something was written; says so where that is news, and whether it is.
    pub(in crate::evidence) fn works(&self) -> bool {
        let was_off = lock(&self.status).problem.take().is_some();
        if self.is_losing.swap(false, Ordering::AcqRel) || was_off {
            tracing::info!(lost = self.metrics.lost.get(), "the evidence is recorded again");
        }
        was_off
    }

    /// Whether nothing can be written.
    pub(in crate::evidence) fn is_off(&self) -> bool {
        lock(&self.status).problem.is_some()
    }

    /// Notes what is on the disk, and what is not.
    pub(in crate::evidence) fn holds(&self, head: Option<&Head>, waiting: usize) {
        let mut status = lock(&self.status);
        status.head = head.cloned();
        status.waiting = waiting as u64;
        drop(status);
        self.octets();
    }

    pub(in crate::evidence) fn status(&self) -> Status {
        let status = lock(&self.status).clone();
        Status {
            bytes: self.octets(),
            lost: self.metrics.lost.get(),
            set_aside: file::set_aside_files(&self.path),
            incidents_going_on: lock(&self.going_on).len() as u64,
            outbox: self.metrics.outboxes.all(),
            ..status
        }
    }

    fn octets(&self) -> u64 {
        let octets = file::octets(&self.path);
        self.metrics.bytes.set(i64::try_from(octets).unwrap_or(i64::MAX));
        octets
    }
}
