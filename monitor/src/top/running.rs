//! The running agent, asked over its control socket.

use std::{io, path::PathBuf};

use super::source::{Source, View};
use crate::control::{BlockWanted, Reply, Request, ask};

/// The agent whose state directory this is.
#[derive(Clone, Debug)]
pub struct Running {
    state: PathBuf,
}

impl Running {
    /// The agent of a state directory, which may not run yet.
    #[must_use]
    pub const fn new(state: PathBuf) -> Self {
        Self { state }
    }

    fn ask(&self, request: Request) -> Result<Reply, String> {
        match ask(&self.state, request) {
            Ok(reply) if reply.ok => Ok(reply),
            Ok(reply) => Err(reply.message),
            Err(error) => Err(self.no_agent(&error)),
        }
    }

    fn no_agent(&self, error: &io::Error) -> String {
        let state = self.state.display();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => format!(
                "no agent runs with --state {state}; `systemctl status ringfence` says why, or name its state directory"
            ),
            io::ErrorKind::PermissionDenied => {
                format!("this user may not ask the agent in {state}: use sudo")
            }
            _ => format!("the agent in {state} does not answer: {error}; its log may say why"),
        }
    }
}

impl Source for Running {
    fn view(&mut self) -> Result<View, String> {
        let top = self.ask(Request::Top {})?.top;
        let status = self.ask(Request::Status {})?.status;
        let top = top.ok_or("the agent answers, but without a view: is it another version?")?;
        Ok(View { top: *top, status: status.map(|status| *status) })
    }

    fn block(&mut self, target: &str, seconds: Option<u64>) -> Result<String, String> {
        let wanted = BlockWanted {
            target: target.into(),
            seconds,
            reason: Some(REASON.into()),
            ..BlockWanted::default()
        };
        let reply = self.ask(Request::Block(wanted))?;
        let notes = reply.blocking.map(|blocking| blocking.notes).unwrap_or_default();
        Ok([vec![reply.message], notes].concat().join("; "))
    }

    fn unblock(&mut self, target: &str) -> Result<String, String> {
        Ok(self.ask(Request::Unblock { target: target.into() })?.message)
    }
}

/// What the agent and its store keep as the reason of a block.
const REASON: &str = "set in ringfence top";
