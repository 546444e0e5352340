//! A SQLite file of the state directory: private to the agent's user, with a write-ahead log, set aside where it is broken.
//! The store of calls and the evidence are two of them.

pub(crate) mod check;
pub(crate) mod file;
pub(crate) mod sweep;
