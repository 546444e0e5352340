//! The sinks: how a message leaves the host. Each tries once and says what came back; trying again is the ledger's.

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
mod secret;
mod set;
mod signature;
#[cfg(test)]
mod specimen;
mod syslog;
mod template;
mod tls;
mod webhook;

pub use deliver::{Address, Deliver, Failure, Receipt};
pub use set::{Fault, Sinks};
