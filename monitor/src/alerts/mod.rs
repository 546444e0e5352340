//! Alerts, each a line of JSON on standard output: a burst of blocked INVITEs begins, a limit is reached, something is
//! unusual.

mod alerter;
mod bursts;
mod line;
mod lines;
mod reached;
mod recent;

pub use alerter::Alerter;
pub use bursts::{Burst, Bursts, Ended, Seen};
pub use line::Alert;
pub use lines::Lines;
pub use reached::{About, AboutCall, BlockedTarget, NotBlocked, Reached};
pub use recent::Recent;
