//! Programs that a limit or a sink of the policy has run: a few at once, without a shell, for a bounded time, with what they write
//! in the log.

mod document;
mod fitness;
mod group;
mod output;
mod run;
mod runner;
mod tell;

pub use document::{RunningCall, document};
pub use runner::{Asked, Outcome, Runner};
pub use tell::{Ending, tell};
