//! What becomes of the packets of incidents, in numbers.

use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// What became of a packet that belongs to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the incident's file.
    Written,
    /// The file, or all files together, have as much as the policy allows, or the disk was too slow.
    NoRoom,
    /// It cannot be read, and so not masked: it is not written.
    Unreadable,
    /// The disk did not take it.
    Failed,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Written, Self::NoRoom, Self::Unreadable, Self::Failed];

    /// The label `result`.
    const fn label(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::NoRoom => "no_room",
            Self::Unreadable => "unreadable",
            Self::Failed => "failed",
        }
    }
}

/// Counts of packets.
#[derive(Clone, Debug)]
pub struct PacketMetrics {
    packets: Family<[(&'static str, &'static str); 1], Counter>,
    files_deleted: Counter,
}

impl PacketMetrics {
    /// Enters them into the registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self { packets: Family::default(), files_deleted: Counter::default() };
        let help = "Packets that belong to an incident, by what became of them";
        registry.register("incident_packets", help, metrics.packets.clone());
        let help = "Files of packets that gave way to those of newer incidents";
        registry.register("incident_packet_files_deleted", help, metrics.files_deleted.clone());
        for outcome in Outcome::ALL {
            metrics.packets.get_or_create_owned(&[("result", outcome.label())]);
        }
        metrics
    }

    pub(super) fn count(&self, outcome: Outcome, packets: u64) {
        self.packets.get_or_create_owned(&[("result", outcome.label())]).inc_by(packets);
    }

    pub(super) fn deleted(&self) {
        self.files_deleted.inc();
    }
}
