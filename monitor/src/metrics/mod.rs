//! The metrics: what the kernel counts, read when they are scraped, and what the agent itself counts.

mod calls;
mod collector;
mod exposition;
mod incidents;
mod limits;
mod series;

use std::fmt;

use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

pub use calls::{CallMetrics, EachBlock, EachCall, MediaStreams, Sources};
pub use collector::KernelCollector;
pub use exposition::Format;
pub use incidents::IncidentMetrics;
pub use limits::{LimitMetrics, LimitNumbers};

/// Everything that `/metrics` shows.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// A registry with the prefix of every metric; subsystems enter theirs.
    #[must_use]
    pub fn registry() -> Registry {
        Registry::with_prefix("ringfence")
    }

    /// Adds what the kernel counts, and what was built.
    #[must_use]
    pub fn new(mut registry: Registry, collector: KernelCollector, kernel: &str) -> Self {
        let build: Family<[(&str, String); 2], Gauge> = Family::default();
        build
            .get_or_create(&[("version", env!("CARGO_PKG_VERSION").into()), ("kernel", kernel.into())])
            .set(1);
        registry.register("build_info", "Version of the agent and of the kernel it runs on", build);
        registry.register_collector(Box::new(collector));
        Self { registry }
    }

    /// The text of a scrape.
    pub fn encode(&self, format: Format) -> Result<String, fmt::Error> {
        exposition::encode(&self.registry, format)
    }
}
