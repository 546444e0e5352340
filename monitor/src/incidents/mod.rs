//! Incidents: alerts that belong together, from the first to the end, with an account that grows. Pure: time is an
//! argument, nothing is written here. Everything in them is masked.

mod account;
mod incident;
mod news;

pub use account::{Account, Estimate, PerDestination, PerNumber, Slice};
pub use incident::{Acknowledgement, Incident, IncidentId, Kind, Measure, PacketsKept, Rule, Subject};
pub(crate) use incident::{moment, moment_if_any};
pub use news::{Head, Message, News};
