//! The calls that Ringfence records are the calls that the peers' own logs tell: no more, no fewer, no longer.

mod asterisk;
mod office;
mod proxy;
mod rows;
mod transfers;
