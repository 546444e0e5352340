//! Limits on real interfaces: what is reached is told and blocked while calls go on, and nothing else is.

pub mod acts;
pub mod cap;
mod countries;
mod lost;
mod metrics;
mod reloading;
mod report;
mod restarts;
mod schedules;
mod three_days;
mod trusted;
mod unblocking;
