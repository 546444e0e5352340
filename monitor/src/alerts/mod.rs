//! Alerts: one line of JSON on standard output when a burst of blocked INVITEs begins.

mod alerter;
mod bursts;
mod line;
mod lines;
mod recent;

pub use alerter::Alerter;
pub use bursts::{Burst, Bursts, Ended, Seen};
pub use line::Alert;
pub use lines::Lines;
pub use recent::Recent;
