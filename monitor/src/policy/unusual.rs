//! What `[unusual]` says: how long to learn, how far from the usual is too much, and what follows. Plain values.

use std::{sync::Arc, time::Duration};

use rust_decimal::Decimal;

use super::{limits::Then, schedule::Schedule};

/// The learned baseline of a policy: `[unusual]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusual {
    /// For so long after the first call ever, findings are only reported.
    pub learn: Duration,
    /// How many times the usual is unusual; more than 1.
    pub factor: Decimal,
    /// When people work: an hour that is closed although it is open in other weeks is like a Sunday's.
    pub open: Option<Arc<Schedule>>,
    /// What follows an unusual finding; an alert follows always.
    pub then: Then,
}

impl Unusual {
    /// Where the policy does not say: every hour of the week has been seen twice.
    pub const LEARN: Duration = Duration::from_secs(14 * 24 * 3600);
    /// Where the policy does not say.
    pub const FACTOR: Decimal = Decimal::from_parts(4, 0, 0, false, 0);
}
