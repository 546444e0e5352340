//! The calls that Ringfence records are the calls that the peers' own logs tell: no more, no fewer, no longer.

mod among;
mod asterisk;
pub mod office;
mod proxy;
mod restarts;
pub mod rows;
mod transfers;
