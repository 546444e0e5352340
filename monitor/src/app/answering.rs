//! What answers the control socket.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use super::reload::Reloader;
use crate::{
    control::{
        Agent, BlockWanted, Blocking, Calls, CallsWanted, Peer, Status,
        view::{self, BlockRow, Losses, Top},
    },
    guard::States,
    kernel::Mode,
};

/// The agent, as far as the commands ask it.
pub struct Answering {
    pub(super) reloader: Reloader,
    pub(super) interfaces: States,
    pub(super) policy: PathBuf,
    pub(super) started: SystemTime,
}

impl Answering {
    fn modes(&self) -> Vec<(String, String)> {
        let mode = |mode: Option<Mode>| mode.map_or("gone", Mode::label).to_owned();
        self.interfaces.all().into_iter().map(|state| (state.name, mode(state.mode))).collect()
    }
}

impl Agent for Answering {
    fn status(&self) -> Status {
        self.reloader.describe(Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            started: view::rfc3339(self.started),
            uptime_seconds: self.started.elapsed().unwrap_or_default().as_secs(),
            interfaces: self.modes(),
            policy: self.policy.display().to_string(),
            ..Status::default()
        })
    }

    fn top(&self) -> Top {
        Top {
            time: view::rfc3339(SystemTime::now()),
            interfaces: self.modes(),
            dry_run: self.status().dry_run,
            destinations: Vec::new(),
            sources: Vec::new(),
            calls: Vec::new(),
            media: Vec::new(),
            alerts: Vec::new(),
            blocks: Vec::new(),
            losses: Losses::default(),
        }
    }

    fn calls(&self, _: &CallsWanted) -> Result<Calls, String> {
        Err("this agent does not follow calls".into())
    }

    fn block(&self, _: &BlockWanted, _: &Peer) -> Result<Blocking, String> {
        Err("this agent sets no temporary blocks: block the destination in the policy".into())
    }

    fn unblock(&self, target: &str, _: &Peer) -> Result<BlockRow, String> {
        Err(format!("{target} is not blocked"))
    }

    fn reload(&self, confirm_within: Option<Duration>) -> Result<String, String> {
        self.reloader.reload_for(confirm_within)
    }

    fn confirm(&self) -> Result<String, String> {
        self.reloader.confirm()
    }

    fn hidden_digits(&self) -> u8 {
        self.reloader.privacy().hidden_digits
    }
}
