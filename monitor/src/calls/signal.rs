//! What the tracker takes in: one SIP message, and what the kernel and the policy know of it.

use std::{net::IpAddr, sync::Arc, time::Duration};

use monitor_common::abi::{Direction, Reason, Verdict};
use serde::{Deserialize, Serialize};

use crate::sip::Message;

/// One SIP message on its way through the host.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Which way it went.
    pub direction: Direction,
    /// The other host: the source on ingress, the target on egress.
    pub remote: (IpAddr, u16),
    /// This host.
    pub local: (IpAddr, u16),
    /// Whether the other host is one of `[network] trunks`.
    pub trunk: Trunk,
    /// The customer that the source or the caller belongs to.
    pub customer: Option<Arc<str>>,
    /// What became of it, where it is an INVITE.
    pub judged: Option<Judged>,
    /// What it says.
    pub message: Message,
}

/// What is known of the other host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trunk {
    /// A trunk.
    Yes,
    /// Something else: a phone, a proxy of the house.
    No,
    /// The policy names no trunk.
    Unknown,
}

/// What the kernel made of an INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Symbols that the PBX would dial.
    pub dialled: Arc<str>,
    /// E.164 digits with `+`, where there is a number.
    pub number: Option<Arc<str>>,
    /// Name of the destination.
    pub destination: Arc<str>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// Microseconds of a clock that never goes back. In the agent it began at the wall clock's time of the start; in
/// `replay` it is the capture's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Time since `earlier`; zero where that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// So much later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)))
    }
}
