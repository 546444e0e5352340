//! The packets of incidents in the agent: between the incidents and the ledger.

use std::sync::Arc;

use prometheus_client::registry::Registry;

use crate::{
    config::Config,
    evidence::{Change, Ledger},
    packets::{Agent, Packets},
    sync::PolicyMetrics,
};

/// Starts them, and goes on with the files of the incidents that go on.
pub(super) fn start(
    config: &Config,
    policy: &PolicyMetrics,
    ledger: &Arc<Ledger>,
    registry: &mut Registry,
) -> Packets {
    let world =
        Agent { policy: policy.clone(), interfaces: config.interfaces.clone(), state: config.state.clone() };
    let noted = Arc::clone(ledger);
    let note = move |entry| noted.record(entry);
    Packets::start(&config.state, Arc::new(world), &ledger.incidents_going_on(), note, registry)
}

/// Where what changed of an incident goes: into the ledger, from its end on with the file of its packets.
pub(super) fn tell(ledger: &Arc<Ledger>, packets: &Packets) -> Box<dyn Fn(Change) + Send + Sync> {
    let (ledger, packets) = (Arc::clone(ledger), packets.clone());
    Box::new(move |change| {
        let ledger = Arc::clone(&ledger);
        packets.tell(change, Box::new(move |change| ledger.tell(change)));
    })
}
