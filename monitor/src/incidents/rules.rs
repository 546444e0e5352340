//! What incidents go by: the part of a policy that concerns them.

use std::sync::Arc;

use crate::policy::{Tariffs, alerting::Alerting};

/// What the book goes by: the part of a policy that concerns incidents.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// When an incident is told again, and when it is over.
    pub alerting: Alerting,
    /// What calls cost.
    pub tariffs: Arc<Tariffs>,
    /// Digits at the end of numbers that are hidden.
    pub hidden_digits: u8,
    /// SHA-256 of the policy, hexadecimal.
    pub policy: Option<String>,
}
