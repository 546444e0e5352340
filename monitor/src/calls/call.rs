//! One call, and what happens to it. A call is all of its legs: the one that arrives and those that leave.

use std::{net::IpAddr, sync::Arc, time::Duration};

use monitor_common::abi::{Reason, Verdict};
use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::policy::mask::{mask, mask_party};
pub use crate::vocabulary::{CallResult, Origin, Route};

/// Names a call for as long as its record is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

/// A call as far as it is known now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its name.
    pub id: CallId,
    /// Which way it goes, seen from the PBX.
    pub route: Route,
    /// Who began it.
    pub origin: Origin,
    /// Name of the destination.
    pub destination: Arc<str>,
    /// Symbols that were dialled: those of the leg to the trunk, where there is one.
    pub dialled: Arc<str>,
    /// E.164 digits with `+`, where there is a number.
    pub number: Option<Arc<str>>,
    /// Who calls: user part of From on the leg that arrived, else on the leg that left.
    pub caller: Arc<str>,
    /// The host that the first leg came from; the target where the PBX itself began it.
    pub source: IpAddr,
    /// The trunk that it came from or went to.
    pub trunk: Option<IpAddr>,
    /// The customer that it belongs to.
    pub customer: Option<Arc<str>>,
    /// What the kernel made of it: the hardest verdict over its legs.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// First INVITE.
    pub started: Timestamp,
    /// First 180 or 183.
    pub rang: Option<Timestamp>,
    /// First 2xx.
    pub answered: Option<Timestamp>,
    /// The end.
    pub ended: Option<Timestamp>,
    /// How it ended; `None` while it goes on.
    pub result: Option<CallResult>,
    /// Final status code of the leg that decided, where one was seen.
    pub status: Option<u16>,
    /// INVITEs of its legs, without retransmissions and without the one that a challenge asked for again.
    pub attempts: u32,
    /// Legs that left.
    pub legs_out: u32,
    /// Time with media, by direction of the packets: ingress, egress.
    pub media: Seconds,
    /// Whether the agent saw its beginning.
    pub is_whole: bool,
}

impl Call {
    /// From answer to end, or to `now` while it goes on; zero where nobody answered.
    #[must_use]
    pub fn talk(&self, now: Timestamp) -> Duration {
        self.answered.map_or(Duration::ZERO, |answered| self.ended.unwrap_or(now).since(answered))
    }

    /// As it may be written: without the last digits of numbers. Extensions stay, for they are the house's own.
    #[must_use]
    pub fn masked(&self, hidden_digits: u8) -> Self {
        let dialled = match &self.number {
            Some(_) => mask(&self.dialled, hidden_digits),
            None => mask_party(&self.dialled, hidden_digits),
        };
        Self {
            dialled: dialled.into(),
            number: self.number.as_ref().map(|number| mask(number, hidden_digits).into()),
            caller: mask_party(&self.caller, hidden_digits).into(),
            ..self.clone()
        }
    }

    /// Whether it goes on.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.ended.is_none()
    }
}

#[cfg(test)]
impl Call {
    /// Extension 101 has just dialled Cuba, for tests to begin with.
    pub(crate) fn example() -> Self {
        Self {
            id: CallId(1),
            route: Route::Outgoing,
            origin: Origin::Extension,
            destination: "cuba".into(),
            dialled: "0005355512345".into(),
            number: Some("+5355512345".into()),
            caller: "101".into(),
            source: [192, 0, 2, 66].into(),
            trunk: None,
            customer: None,
            verdict: Verdict::Pass,
            reason: Reason::NoRule,
            started: Timestamp(0),
            rang: None,
            answered: None,
            ended: None,
            result: None,
            status: None,
            attempts: 1,
            legs_out: 1,
            media: Seconds::default(),
            is_whole: true,
        }
    }
}

/// Time with media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seconds {
    /// Of packets that arrived.
    pub ingress: Duration,
    /// Of packets that left.
    pub egress: Duration,
}

/// What happened to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// When.
    pub at: Timestamp,
    /// What.
    pub happened: Happened,
    /// The call after it.
    pub call: Arc<Call>,
}

/// Steps in the life of a call. Each comes once at most, in this order, but for [`Happened::Updated`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Happened {
    /// It began; its direction and origin are settled.
    Started,
    /// It rings.
    Rang,
    /// Somebody answered.
    Answered,
    /// Media, customer or legs changed: worth writing down, of no consequence otherwise.
    Updated,
    /// It is over; nothing comes after this.
    Ended,
}
