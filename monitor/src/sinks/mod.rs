//! The sinks: how a message leaves the host. Each tries once and says what came back; trying again is the ledger's.

mod deliver;

pub use deliver::{Address, Deliver, Failure, Receipt};
