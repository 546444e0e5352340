//! The sinks: how a message leaves the host. Each tries once and says what came back; trying again is the ledger's.

mod answer;
mod base64;
mod channel;
mod deliver;
mod example;
mod fields;
mod file;
mod http;
pub mod journald;
pub mod letter;
pub mod mail;
mod secret;
mod set;
mod signature;
#[cfg(test)]
mod specimen;
pub mod syslog;
mod template;
mod tls;
mod webhook;

pub use deliver::{Address, Deliver, Failure, Receipt};
pub use set::{Fault, Sinks};
