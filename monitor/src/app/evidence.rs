//! The ledger in the agent: opened before anything is told, and told of each policy.

use std::sync::Arc;

use prometheus_client::registry::Registry;

use crate::{
    config::Config,
    evidence::{Ledger, Retention, Setting},
    policy::Privacy,
    sinks::Sinks,
    sync::PolicyMetrics,
};

/// Opens the evidence of the state directory; the sinks of the policy in force deliver from here on.
pub(super) fn open(config: &Config, registry: &mut Registry, policy: &PolicyMetrics) -> Arc<Ledger> {
    let ledger = Arc::new(Ledger::open(&config.state, Setting::of_this_host(), registry));
    by_policy(&ledger, policy);
    ledger
}

/// Delivers, and keeps what is over, as the policy in force says.
pub(super) fn by_policy(ledger: &Ledger, policy: &PolicyMetrics) {
    let in_force = policy.in_force();
    let Privacy { incident_retention, .. } = in_force.privacy;
    ledger.keep(Retention { incidents: incident_retention, journal: incident_retention });
    if let Some(policy) = in_force.policy {
        let (sinks, faults) = Sinks::open(&policy);
        faults.iter().for_each(|fault| tracing::error!("{fault}"));
        ledger.deliver_by(Arc::new(sinks));
    }
}
