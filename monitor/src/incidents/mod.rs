//! Incidents: alerts that belong together, from the first to the end, with an account that grows. Pure: time is an
//! argument, nothing is written here. Everything in them is masked.

mod account;
mod book;
mod calls;
mod identity;
mod incident;
mod index;
mod near;
mod news;
mod numbers;
mod open;
mod raised;
mod rules;
mod slices;
mod tally;
mod told;
mod waiting;

#[cfg(test)]
mod tests;

pub use account::{Account, Estimate, PerDestination, PerNumber, Slice};
pub use book::Book;
pub use calls::Counted;
pub use incident::{Acknowledgement, Incident, IncidentId, Kind, Measure, PacketsKept, Rule, Subject};
pub(crate) use incident::{moment, moment_if_any};
pub use news::{Head, Message, News};
pub use raised::Raised;
pub use rules::Rules;
pub use waiting::{NotTaken, taken_up};
