//! What the metrics say about incidents.

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{incidents::Kind, limits::Severity};

/// Counts incidents. Clones count into the same metrics.
#[derive(Clone, Debug, Default)]
pub struct IncidentMetrics {
    total: Family<[(&'static str, &'static str); 2], Counter>,
    open: Family<[(&'static str, &'static str); 1], Gauge>,
    held_back: Counter,
}

impl IncidentMetrics {
    /// Enters the metrics into a registry; every series is there from the start.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Incidents that began, by what began them and how hard that was";
        registry.register("incidents", help, metrics.total.clone());
        registry.register("incidents_open", "Incidents that go on", metrics.open.clone());
        let help = "Alerts that were counted in an incident and not told for themselves";
        registry.register("alerts_joined", help, metrics.held_back.clone());
        for severity in Severity::ALL {
            metrics.open(*severity, 0);
            Kind::ALL.iter().for_each(|kind| drop(metrics.of(*kind, *severity)));
        }
        metrics
    }

    /// One began.
    pub fn began(&self, kind: Kind, severity: Severity) {
        self.of(kind, severity).inc();
    }

    /// An alert was not told for itself.
    pub fn joined(&self) {
        self.held_back.inc();
    }

    /// So many go on.
    pub fn open(&self, severity: Severity, count: usize) {
        let label = [("severity", severity.label())];
        self.open.get_or_create_owned(&label).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn of(&self, kind: Kind, severity: Severity) -> Counter {
        let labels = [("kind", kind.label()), ("severity", severity.label())];
        self.total.get_or_create_owned(&labels)
    }
}
