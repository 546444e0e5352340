//! The sinks: how a message leaves the host. Each tries once and says what came back; trying again is the ledger's.

mod alertmanager;
mod answer;
mod base64;
mod channel;
mod deliver;
mod example;
mod fields;
mod file;
mod http;
mod journald;
mod letter;
mod mail;
mod program;
mod secret;
mod set;
mod signature;
#[cfg(test)]
mod specimen;
mod syslog;
mod template;
#[cfg(test)]
mod tests;
mod tls;
pub mod trial;
mod webhook;

pub use deliver::{Address, Deliver, Failure, LookedAfter, Receipt};
pub use set::{Fault, Sinks};
pub use trial::{Trial, TrialResult};
