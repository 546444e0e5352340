//! What came of a message: each try, and how it ended for an address.

use std::time::{Duration, SystemTime};

use crate::{incidents::IncidentId, sinks::Address, vocabulary::words};

words! {
    /// What came of a try, and of a delivery: the label `result` of its metric.
    Outcome {
        Delivered = "delivered", "The receiver took it";
        Retried = "retried", "It did not, and is tried again";
        Failed = "failed", "It never will: trying again is of no use";
        GivenUp = "given_up", "It did not for as long as the agent tries";
    }
}

impl Outcome {
    /// Whether nothing more is tried.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Retried)
    }
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// When it began.
    pub time: SystemTime,
    /// Until the answer.
    pub took: Duration,
    /// What came of it.
    pub outcome: Outcome,
    /// Who was told, where the receiver took it.
    pub to: Option<String>,
    /// The receiver's answer, or what went wrong.
    pub answer: String,
}

/// A message on its way to one address, or there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where it goes.
    pub address: Address,
    /// When it was put into the outbox.
    pub queued: SystemTime,
    /// When it is tried again at the earliest; none where that is at once, or never.
    pub next: Option<SystemTime>,
    /// How it ended, and when; none while it waits.
    pub ended: Option<(Outcome, SystemTime)>,
    /// Every try, the first one first.
    pub tries: Vec<Try>,
}

/// A whole number, sealed so that only `--reveal` opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Stands for the number in all records.
    pub token: String,
    /// Where it occurred.
    pub incident: IncidentId,
    /// Cipher text with its nonce.
    pub sealed: Vec<u8>,
    /// When it is deleted.
    pub expires: SystemTime,
}
