//! What the packets' module asks of the rest of the agent.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use super::{mask::How, seen::Now};
use crate::{
    evidence::Archive, incidents::IncidentId, kernel::monotonic, policy::Packets, sync::PolicyMetrics,
};

/// What may be kept, and names of what records have as numbers.
pub trait World: Send + Sync {
    /// `[packets]` of the policy in force, and the digits that it hides.
    fn settings(&self) -> Settings;

    /// The name of a destination's slot.
    fn destination(&self, slot: u16) -> String;

    /// The slot of a destination's name.
    fn slot(&self, destination: &str) -> Option<u16>;

    /// The name of an interface's slot.
    fn interface(&self, slot: u32) -> String;

    /// Which of these incidents the evidence still has; `None` where it cannot be read now.
    fn known(&self, incidents: &[IncidentId]) -> Option<Vec<IncidentId>>;

    /// For how long an incident is kept from its end.
    fn kept_for(&self) -> Duration;

    /// This moment.
    fn now(&self) -> Now;
}

/// What the policy in force says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// `[packets]`.
    pub packets: Packets,
    /// `[privacy] hidden_digits`.
    pub hidden_digits: u8,
}

impl Settings {
    /// What is to be hidden.
    pub const fn how(&self) -> How {
        How { hidden: self.packets.hidden(self.hidden_digits), bodies: self.packets.bodies }
    }
}

/// The running agent.
#[derive(Debug)]
pub struct Agent {
    /// The policy in force.
    pub policy: PolicyMetrics,
    /// The interfaces, in the order of their slots.
    pub interfaces: Vec<String>,
    /// The state directory.
    pub state: PathBuf,
}

impl World for Agent {
    fn settings(&self) -> Settings {
        let in_force = self.policy.in_force();
        let packets = in_force.policy.as_ref().map_or_else(Packets::default, |policy| policy.packets);
        Settings { packets, hidden_digits: in_force.privacy.hidden_digits }
    }

    fn destination(&self, slot: u16) -> String {
        self.policy.in_force().slots.name(slot).map_or_else(|| slot.to_string(), ToString::to_string)
    }

    fn slot(&self, destination: &str) -> Option<u16> {
        self.policy.in_force().slots.slot(destination)
    }

    fn interface(&self, slot: u32) -> String {
        self.interfaces.get(slot as usize).cloned().unwrap_or_else(|| format!("slot {slot}"))
    }

    fn known(&self, incidents: &[IncidentId]) -> Option<Vec<IncidentId>> {
        let archive = Archive::open(&self.state).ok()?;
        let known = incidents.iter().map(|id| Some((*id, archive.incident(*id).ok()?.is_some())));
        let known: Option<Vec<_>> = known.collect();
        Some(known?.into_iter().filter(|(_, is_known)| *is_known).map(|(id, _)| id).collect())
    }

    fn kept_for(&self) -> Duration {
        self.policy.in_force().privacy.incident_retention
    }

    fn now(&self) -> Now {
        Now { monotonic: monotonic(), wall: SystemTime::now() }
    }
}
