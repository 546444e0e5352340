//! What the agent answers: one line of JSON, whatever was asked.

use serde::{Deserialize, Serialize};

use super::{
    Status,
    view::{BlockRow, CallRow, Top},
};

/// What the agent answers. At most one of the answers below `message` is there: the one that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// What was done or why not.
    pub message: String,
    /// The answer to [`super::Request::Status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Box<Status>>,
    /// The answer to [`super::Request::Calls`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// The answer to [`super::Request::Top`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Box<Top>>,
    /// The answer to [`super::Request::Block`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocking: Option<Box<Blocking>>,
    /// The answer to [`super::Request::Unblock`]: what is blocked no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unblocked: Option<Box<BlockRow>>,
}

/// Calls, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// One row a call.
    pub calls: Vec<CallRow>,
    /// Whether there are more than the limit lets through.
    pub truncated: bool,
}

/// A block that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocking {
    /// The block.
    pub block: BlockRow,
    /// The block of the same target that it took the place of.
    pub replaced: Option<BlockRow>,
    /// What the owner may want to know of it, one sentence each.
    pub notes: Vec<String>,
}

impl Reply {
    /// It was done.
    pub fn done(message: impl Into<String>) -> Self {
        Self { ok: true, message: message.into(), ..Self::default() }
    }

    /// It was not done.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}
