//! The control socket: how the commands talk to the running agent. One line of JSON each way, one request a
//! connection; docs/CALLS.md describes both lines.

mod client;
mod limits;
mod peer;
mod reply;
mod request;
mod revealing;
mod rows;
mod server;
mod status;
mod temporary;
pub mod view;

use std::path::{Path, PathBuf};

pub use client::ask;
pub use limits::{KeyRow, LimitRow, Limits, LimitsWanted, SpendRow};
pub use peer::Peer;
pub use reply::{Blocking, Calls, Reply, Revealed};
pub use request::{Acknowledging, BlockWanted, CallsWanted, MOST_CALLS, Request};
pub use revealing::reveal;
pub use server::{Agent, Control};
pub use status::{EvidenceState, OutboxState, Status, StoreState, Unread};
pub use temporary::{Surroundings, TemporaryBlocks};

fn socket_path(state: &Path) -> PathBuf {
    state.join("control.sock")
}
