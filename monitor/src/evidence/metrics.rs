//! What the evidence tells the metrics.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{
        MetricType,
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
    },
    registry::Registry,
};

use super::{
    outcome::{Outcome, Try},
    status::Outbox,
};
use crate::{journal::EntryKind, sinks::Address};

/// Metrics of the evidence.
#[derive(Clone, Debug)]
pub(super) struct EvidenceMetrics {
    deliveries: Family<[(&'static str, String); 2], Counter>,
    seconds: Histogram,
    entries: Family<[(&'static str, &'static str); 1], Counter>,
    pub(super) lost: Counter,
    pub(super) errors: Counter,
    pub(super) bytes: Gauge,
    pub(super) outboxes: Outboxes,
}

impl EvidenceMetrics {
    /// Enters the metrics into a registry; `now` is the wall clock.
    pub(super) fn register(registry: &mut Registry, now: Arc<dyn Fn() -> SystemTime + Send + Sync>) -> Self {
        let metrics = Self {
            deliveries: Family::default(),
            seconds: Histogram::new(SECONDS),
            entries: Family::default(),
            lost: Counter::default(),
            errors: Counter::default(),
            bytes: Gauge::default(),
            outboxes: Outboxes::default(),
        };
        EntryKind::ALL.iter().for_each(|kind| metrics.entered(*kind, 0));
        let help = "Tries to deliver a message, by what came of them";
        registry.register("deliveries", help, metrics.deliveries.clone());
        let help = "Time from an alert to its delivery";
        registry.register("delivery_seconds", help, metrics.seconds.clone());
        registry.register("journal_entries", "Entries of the journal", metrics.entries.clone());
        let help = "Entries of the journal and sealed numbers that were never written: nothing could be for too long";
        registry.register("evidence_lost", help, metrics.lost.clone());
        let help = "Transactions of the evidence that failed, and files that could not be opened";
        registry.register("evidence_errors", help, metrics.errors.clone());
        registry.register("evidence_bytes", "Octets of the evidence's files", metrics.bytes.clone());
        registry.register_collector(Box::new(Scrape { outboxes: metrics.outboxes.clone(), now }));
        metrics
    }

    /// Counts entries of the journal.
    pub(super) fn entered(&self, kind: EntryKind, entries: u64) {
        self.entries.get_or_create_owned(&[("kind", kind.label())]).inc_by(entries);
    }

    /// Counts a try; `raised` is when the alert was.
    pub(super) fn tried(&self, address: &Address, made: &Try, raised: SystemTime) {
        let labels = [("sink", address.sink.clone()), ("result", made.outcome.label().to_owned())];
        self.deliveries.get_or_create_owned(&labels).inc();
        if made.outcome == Outcome::Delivered {
            let delivered = made.time + made.took;
            self.seconds.observe(delivered.duration_since(raised).unwrap_or_default().as_secs_f64());
        }
    }
}

/// What waits for each sink, as the writer saw it last; a sink that had something once stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Outboxes(Arc<Mutex<Waits>>);

/// By sink: how much waits, and since when.
pub(super) type Waits = BTreeMap<String, (u64, Option<SystemTime>)>;

impl Outboxes {
    /// Takes the place of what was known.
    pub(super) fn put(&self, waiting: Waits) {
        let mut outboxes = self.lock();
        outboxes.values_mut().for_each(|outbox| *outbox = (0, None));
        outboxes.extend(waiting);
    }

    /// For `status`.
    pub(super) fn all(&self) -> Vec<Outbox> {
        let outbox = |(sink, (waiting, oldest)): (&String, &(u64, Option<SystemTime>))| Outbox {
            sink: sink.clone(),
            waiting: *waiting,
            oldest: *oldest,
        };
        self.lock().iter().map(outbox).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells how long the oldest message waits: that grows without anything happening.
struct Scrape {
    outboxes: Outboxes,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let (outboxes, now) = (self.outboxes.all(), (self.now)());
        let help = "Messages that are still to be delivered, each recipient's counted.";
        let mut family = encoder.encode_descriptor("outbox_waiting", help, None, MetricType::Gauge)?;
        for outbox in &outboxes {
            let waiting = ConstGauge::new(i64::try_from(outbox.waiting).unwrap_or(i64::MAX));
            waiting.encode(family.encode_family(&[("sink", outbox.sink.as_str())])?)?;
        }
        let help = "How long the oldest message that is still to be delivered waits; 0 where none does.";
        let mut family = encoder.encode_descriptor("outbox_oldest_seconds", help, None, MetricType::Gauge)?;
        for outbox in &outboxes {
            let age = outbox.oldest.and_then(|oldest| now.duration_since(oldest).ok());
            let age = ConstGauge::new(age.as_ref().map_or(0.0, Duration::as_secs_f64));
            age.encode(family.encode_family(&[("sink", outbox.sink.as_str())])?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrape").finish_non_exhaustive()
    }
}

/// Seconds: from what a working receiver takes to what a week-end does.
const SECONDS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 900.0, 3600.0, 86_400.0];
