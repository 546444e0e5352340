//! What the metrics say about limits and money: read from the engine at the moment of a scrape, and what was reached.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use prometheus_client::{
    collector::Collector,
    encoding::DescriptorEncoder,
    metrics::{counter::Counter, family::Family as Counters},
    registry::Registry,
};

use super::series::{Family, counter, gauge, labels};
use crate::{limits::Severity, policy::limits::Limit};

/// Counts what limits do. Clones count into the same metrics.
#[derive(Clone, Default)]
pub struct LimitMetrics {
    source: Arc<OnceLock<Box<Source>>>,
    breaches: Counters<[(&'static str, String); 2], Counter>,
    inferred: Counter,
}

/// Where a scrape looks.
pub type Source = dyn Fn() -> LimitNumbers + Send + Sync;

/// What a scrape shows of limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitNumbers {
    /// The names of the limits, and how much of each is used.
    pub used: Vec<(Arc<str>, f64)>,
    /// What outgoing calls have cost since the agent started, by destination.
    pub spend: Vec<(Arc<str>, f64)>,
    /// ISO 4217 code.
    pub currency: String,
    /// Keys that gave way to newer ones.
    pub forgotten: u64,
}

impl LimitMetrics {
    /// Enters the metrics into a registry.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("limit_breaches", BREACHES, metrics.breaches.clone());
        registry.register("limit_calls_inferred", INFERRED, metrics.inferred.clone());
        registry.register_collector(Box::new(LimitCollector(Arc::clone(&metrics.source))));
        metrics
    }

    /// Where scrapes look from now on. The first one stays.
    pub fn watch(&self, source: Box<Source>) {
        let _ = self.source.set(source);
    }

    /// Every series of the limits in force is there from the start: Prometheus sees no first value grow.
    pub fn enter<'a>(&self, limits: impl Iterator<Item = &'a Limit>) {
        for limit in limits {
            Severity::ALL.iter().for_each(|severity| drop(self.series(&limit.name, *severity)));
        }
    }

    /// A threshold was reached.
    pub fn reached(&self, limit: &str, severity: Severity) {
        self.series(limit, severity).inc();
    }

    /// Limits counted calls that only the kernel's counters know of.
    pub fn inferred(&self, calls: u64) {
        self.inferred.inc_by(calls);
    }

    fn series(&self, limit: &str, severity: Severity) -> Counter {
        self.breaches.get_or_create_owned(&[("limit", limit.into()), ("severity", severity.label().into())])
    }
}

impl fmt::Debug for LimitMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitMetrics").finish_non_exhaustive()
    }
}

struct LimitCollector(Arc<OnceLock<Box<Source>>>);

impl fmt::Debug for LimitCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitCollector").finish_non_exhaustive()
    }
}

impl Collector for LimitCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let (encoder, numbers) =
            (&mut encoder, self.0.get().map_or_else(LimitNumbers::default, |source| source()));
        let used = numbers.used.iter().map(|(limit, used)| (labels([limit]), *used));
        gauge(encoder, USED, ["limit"], used.collect())?;
        let spend = numbers.spend.iter();
        let spend = spend.map(|(destination, amount)| (labels([destination, &numbers.currency]), *amount));
        counter(encoder, SPEND, ["destination", "currency"], spend.collect())?;
        counter(encoder, FORGOTTEN, [], vec![([], numbers.forgotten)])
    }
}

const BREACHES: &str = "Times that a threshold of a limit was reached";
const USED: Family = (
    "limit_used_ratio",
    "The highest count of a limit as a part of its critical threshold, or of its warning where it has no critical",
);
const SPEND: Family = (
    "spend",
    "What outgoing calls have cost by the tariffs, counted while they go on, in units of the currency",
);
const FORGOTTEN: Family =
    ("limit_keys_forgotten", "Counts of a limit that gave way because more keys than there is room for came");
const INFERRED: &str =
    "Calls that limits counted from the kernel's counters alone because their events were lost";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Metrics, exposition};

    fn scrape(registry: &Registry) -> String {
        exposition::encode(registry, exposition::Format::OpenMetrics).unwrap()
    }

    #[test]
    fn a_scrape_shows_what_is_used_spent_and_reached() {
        let mut registry = Metrics::registry();
        let metrics = LimitMetrics::register(&mut registry);
        metrics.watch(Box::new(|| LimitNumbers {
            used: vec![("night".into(), 0.5)],
            spend: vec![("KY".into(), 2.06)],
            currency: "EUR".into(),
            forgotten: 3,
        }));
        metrics.reached("night", Severity::Critical);
        metrics.inferred(4);
        let text = scrape(&registry);
        for line in [
            "ringfence_limit_used_ratio{limit=\"night\"} 0.5",
            "ringfence_spend_total{destination=\"KY\",currency=\"EUR\"} 2.06",
            "ringfence_limit_breaches_total{limit=\"night\",severity=\"critical\"} 1",
            "ringfence_limit_keys_forgotten_total 3",
            "ringfence_limit_calls_inferred_total 4",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn before_anything_is_watched_there_is_nothing_to_see() {
        let mut registry = Metrics::registry();
        let _metrics = LimitMetrics::register(&mut registry);
        assert!(!scrape(&registry).contains("limit_used_ratio{"));
    }
}
