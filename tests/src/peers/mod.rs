//! Who calls, who answers and who guards in the live tests: real programs, each started by its driver.

mod alertmanager;
mod answering;
mod asterisk;
mod called;
mod dialler;
mod guard;
mod kamailio;
mod messages;
mod pjsua;
mod prometheus;
mod reaction;
pub mod receivers;
mod refusing;
mod scrape;
mod sipp;
mod sipvicious;
mod terminal;
mod told;
mod tunnel;

use std::{net::IpAddr, path::Path};

pub use alertmanager::Alertmanager;
pub use answering::AnsweringAgent;
pub use asterisk::Asterisk;
pub use called::CalledPhone;
pub use dialler::{Callee, Dialler, Dialling, Manner, Wire};
pub use guard::{Guard, Mode, ringfence};
pub use kamailio::Kamailio;
pub use messages::{Sink, invite};
pub use pjsua::Phones;
pub use prometheus::{Prometheus, Sample};
pub use reaction::{Reaction, reaction};
pub use refusing::RefusingAgent;
pub use scrape::Scrape;
pub use sipp::{Calls, Outcome, Scenario, Sipp};
pub use sipvicious::Sipvicious;
pub use terminal::{PROMPT, Terminal, top};
pub use told::Told;
pub use tunnel::Tunnel;

/// IPv4 or IPv6: index into the addresses of a [`crate::hosts::Net`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both, for tests that run once each.
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// The address of this family.
    #[must_use]
    pub fn of(self, addresses: [IpAddr; 2]) -> IpAddr {
        addresses[self as usize]
    }
}

/// A file of `tests/peers`.
#[must_use]
pub fn shipped(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}
