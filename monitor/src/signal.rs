//! The signals that the agent listens to.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// SIGHUP: read the policy again.
    Reload,
    /// SIGTERM or SIGINT: detach and end.
    End,
}

/// The signals, taken over from the system's defaults from the moment this exists.
#[derive(Debug)]
pub struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes them over.
    pub fn take() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Asks {
        tokio::select! {
            _ = self.hangup.recv() => Asks::Reload,
            _ = self.terminate.recv() => Asks::End,
            _ = self.interrupt.recv() => Asks::End,
        }
    }
}
