//! Where the view comes from: the questions that `top` has for an agent, whoever that is.

use crate::control::{Status, view::Top};

/// What `top` shows at once.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Calls, sources, media, alerts, blocks, losses.
    pub top: Top,
    /// The policy in force; `None` where the agent did not say.
    pub status: Option<Status>,
}

/// A running agent. An error is a sentence for the screen, and says what to do about it.
pub trait Source: Send {
    /// Everything as it is now.
    fn view(&mut self) -> Result<View, String>;
    /// Blocks a target for so many seconds; `None`: until somebody unblocks it. Gives the agent's own words.
    fn block(&mut self, target: &str, seconds: Option<u64>) -> Result<String, String>;
    /// Takes a block away.
    fn unblock(&mut self, target: &str) -> Result<String, String>;
}
