//! What hears of every alert beside standard output.

use std::{fmt::Debug, net::IpAddr};

use super::{Alert, Gap, Reached};

/// Hears of every alert, and of what goes on after it. Never waits.
pub trait Hears: Debug + Send + Sync {
    /// A burst of blocked INVITEs began.
    fn burst(&self, alert: &Alert);
    /// So many more INVITEs of a burst were seen.
    fn burst_goes_on(&self, source: IpAddr, destination: &str, invites: u64);
    /// A limit was reached, or something is unusual; as it was written.
    fn reached(&self, reached: &Reached);
    /// Nothing guarded for a time.
    fn gap(&self, gap: &Gap);
}
