//! What the metrics say about the policy.

use std::sync::{Arc, PoisonError, RwLock, atomic::AtomicU64};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::policy::{Compiled, Privacy, SlotTable};

/// Metrics of the policy, and the names that other metrics and the alerts need.
#[derive(Clone, Debug)]
pub struct PolicyMetrics {
    rules: Gauge<u64, AtomicU64>,
    generation: Gauge<u64, AtomicU64>,
    last_reload: Gauge<f64, AtomicU64>,
    reloads: Family<[(&'static str, &'static str); 1], Counter>,
    in_force: Arc<RwLock<InForce>>,
}

/// What the policy in force says to those who report.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// Names of the counter slots.
    pub slots: Arc<SlotTable>,
    /// What may be written about people.
    pub privacy: Privacy,
    /// The policy; `None` before the first.
    pub policy: Option<Arc<Compiled>>,
    /// SHA-256 of its text, hexadecimal: what `sha256sum` says of the file.
    pub sha256: Option<Arc<str>>,
}

/// How a reload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadResult {
    /// The new policy is in force.
    Success,
    /// The old policy stays.
    Error,
    /// The policy from before a trial is in force again.
    RolledBack,
}

impl ReloadResult {
    const ALL: [Self; 3] = [Self::Success, Self::Error, Self::RolledBack];

    const fn label(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::RolledBack => "rolled_back",
        }
    }
}

impl PolicyMetrics {
    /// Enters the metrics into a registry.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            rules: Gauge::default(),
            generation: Gauge::default(),
            last_reload: Gauge::default(),
            reloads: Family::default(),
            in_force: Arc::default(),
        };
        for result in ReloadResult::ALL {
            metrics.counter(result);
        }
        let entries = registry.sub_registry_with_prefix("policy");
        entries.register("rules", "Prefixes that the policy in force names", metrics.rules.clone());
        let help = "Policies put in force since the guard was set up, the first included";
        entries.register("generation", help, metrics.generation.clone());
        let help = "When a policy was last put in force, in seconds since 1970";
        entries.register("last_reload_timestamp_seconds", help, metrics.last_reload.clone());
        entries.register("reloads", "Reloads of the policy since the agent started", metrics.reloads.clone());
        metrics
    }

    /// What the policy in force says to those who report.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on from a guard that was there before.
    pub(super) fn go_on(&self, generation: u64) {
        self.generation.set(generation);
    }

    /// Policies put in force so far.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Prefixes that the policy in force names.
    #[must_use]
    pub fn rules(&self) -> u64 {
        self.rules.get()
    }

    pub(super) fn published(&self, rules: usize, in_force: InForce) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = in_force;
        self.rules.set(rules as u64);
        self.generation.inc();
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        self.last_reload.set(now.as_secs_f64());
    }

    pub(super) fn reloaded(&self, result: ReloadResult) {
        self.counter(result).inc();
    }

    fn counter(&self, result: ReloadResult) -> Counter {
        self.reloads.get_or_create_owned(&[("result", result.label())])
    }

    /// Reloads that ended in a way, for tests and for `status`.
    #[must_use]
    pub fn reloads(&self, result: ReloadResult) -> u64 {
        self.counter(result).get()
    }
}
