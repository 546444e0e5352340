//! Where a leg stands, what a signal did to it, and how it ended.

use serde::{Deserialize, Serialize};

use super::{Timestamp, call::CallResult};

/// Where a leg stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// A message within a dialog that is not known; nothing proves yet that there is one.
    Unsure,
    /// Nothing came back.
    Trying,
    /// A provisional response came back that does not ring.
    Proceeding,
    /// 180 or 183.
    Ringing,
    /// Asked to try again, with this status.
    Challenged(u16),
    /// ACK told of a failure whose response is still to come: the events of two CPUs crossed, or it was lost.
    Failing,
    /// The caller gave up; the final response is still to come.
    Cancelling,
    /// Somebody answered.
    Answered,
    /// BYE was sent.
    Ending,
}

/// What a signal did to a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing that its call would know.
    Same,
    Rang,
    Answered,
    Over(End),
}

/// How a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) at: Timestamp,
    pub(super) result: CallResult,
    pub(super) status: Option<u16>,
    /// Whether a message said so; else a clock did.
    pub(super) is_sure: bool,
}
