//! The agent of Ringfence. A module uses only what stands above it in this list.
#![deny(unsafe_code)]

#[cfg(test)]
mod small_disk;
mod vocabulary;

pub mod policy;

pub mod kernel;
pub mod notify;
pub mod sync;

pub mod capture;
pub mod check;
pub mod explain;
pub mod init;

pub mod events;
pub mod guard;

pub mod sip;

pub mod calls;

pub mod limits;

pub mod blocks;

mod sqlite;

pub mod store;

pub mod alerts;
pub mod evidence;
pub mod incidents;
pub mod journal;
pub mod packets;
pub mod privacy;
pub mod programs;
pub mod sinks;

pub mod report;

pub mod metrics;

pub mod control;
pub mod follow;
pub mod replay;
pub mod server;
pub mod signal;
pub mod watch;
pub mod watchdog;

pub mod top;

pub mod config;

pub mod app;

pub mod cli;
