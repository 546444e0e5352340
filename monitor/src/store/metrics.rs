//! What the store says about itself: to the metrics, and to `status`.

use std::{path::PathBuf, time::SystemTime};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// How the store stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Its path.
    pub file: PathBuf,
    /// Calls that it holds.
    pub calls: u64,
    /// Octets of its files.
    pub bytes: u64,
    /// Beginning of the oldest call that it holds.
    pub oldest: Option<SystemTime>,
    /// Records that were not written and never will be.
    pub lost: u64,
    /// Records that wait because nothing can be written.
    pub waiting: u64,
    /// Files that were set aside, the newest first.
    pub set_aside: Vec<PathBuf>,
    /// What is wrong, and what to do about it; `None` where it writes.
    pub problem: Option<String>,
}

/// Metrics of the store.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreMetrics {
    records: Family<[(&'static str, &'static str); 1], Counter>,
    pub(super) lost: Counter,
    pub(super) errors: Counter,
    pub(super) calls: Gauge,
    pub(super) bytes: Gauge,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Written,
    Refused,
    Deleted,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Written, Self::Refused, Self::Deleted];

    const fn label(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Refused => "refused",
            Self::Deleted => "deleted",
        }
    }
}

impl StoreMetrics {
    /// Enters the metrics into a registry.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        for result in Outcome::ALL {
            metrics.records(result);
        }
        let entries = registry.sub_registry_with_prefix("store");
        let help = "Records of calls: written, deleted because their time was over, or refused because the call was over";
        entries.register("records", help, metrics.records.clone());
        let help = "Records that the store could not take: the disk was full or too slow for too long";
        entries.register("lost", help, metrics.lost.clone());
        entries.register(
            "errors",
            "Transactions that failed, and files that could not be opened",
            metrics.errors.clone(),
        );
        entries.register("calls", "Calls in the store", metrics.calls.clone());
        entries.register("bytes", "Octets of the store's files", metrics.bytes.clone());
        metrics
    }

    /// The counter of a result.
    pub(super) fn records(&self, result: Outcome) -> Counter {
        self.records.get_or_create_owned(&[("result", result.label())])
    }
}
