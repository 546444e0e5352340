//! What `[alerts]` says: when an incident ends, and when it is told again. Plain values.

use std::time::Duration;

use rust_decimal::Decimal;

/// How alerts become incidents, and when these are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alerting {
    /// An incident is over when nothing more came for so long.
    pub quiet: Duration,
    /// One that grows is told again after so long at the earliest.
    pub repeat_every: Duration,
    /// One that grew by this factor since it was told is told at once; more than 1.
    pub escalate_factor: Decimal,
    /// A critical one that nobody took up within this time is told again; `None`: never.
    pub acknowledge_within: Option<Duration>,
}

impl Default for Alerting {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(10 * 60),
            repeat_every: Duration::from_secs(15 * 60),
            escalate_factor: Decimal::from(4),
            acknowledge_within: Some(Duration::from_secs(30 * 60)),
        }
    }
}
