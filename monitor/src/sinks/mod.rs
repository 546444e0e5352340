//! The sinks: how a message leaves the host. Each tries once and says what came back; trying again is the ledger's.

mod deliver;
mod fields;
pub mod journald;
pub mod letter;
pub mod mail;
#[cfg(test)]
mod specimen;
pub mod syslog;
mod tls;

pub use deliver::{Address, Deliver, Failure, Receipt};
