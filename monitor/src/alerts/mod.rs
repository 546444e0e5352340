//! Alerts, each a line of JSON on standard output: a burst of blocked INVITEs begins, a limit is reached, something is
//! unusual, or nothing guarded for a time.

mod alerter;
mod bursts;
mod gap;
mod hears;
mod line;
mod lines;
mod reached;
mod recent;

pub use alerter::Alerter;
pub use bursts::{Burst, Bursts, Ended, Seen};
pub use gap::{Gap, GapCause};
pub use hears::Hears;
pub use line::Alert;
pub use lines::Lines;
pub use reached::{About, AboutCall, BlockedTarget, NotBlocked, Reached};
pub use recent::Recent;
