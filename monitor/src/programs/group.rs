//! The process group of a program: when its leader ended, and an end to whatever it left behind.

use std::{io, os::fd::OwnedFd};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::{io::unix::AsyncFd, process::Child};

use crate::kernel::ready::watch;

/// The process group that a child leads. As long as nobody waits for the child its id belongs to nobody else, so that
/// a signal reaches no stranger: [`Group::kill`] comes before the wait.
#[derive(Debug)]
pub(super) struct Group {
    leader: Pid,
    ended: AsyncFd<OwnedFd>,
    may_live: bool,
}

impl Group {
    /// The group of a child that nobody waited for yet.
    pub(super) fn of(child: &Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let leader = id.ok_or_else(|| io::Error::other("the process is gone already"))?;
        let ended = watch(pidfd_open(leader, PidfdFlags::empty())?)?;
        Ok(Self { leader, ended, may_live: true })
    }

    /// The leader's process id.
    pub(super) fn id(&self) -> i32 {
        self.leader.as_raw_nonzero().get()
    }

    /// Waits until the leader ended; it can still be waited for.
    pub(super) async fn ended(&self) {
        if let Err(error) = self.ended.readable().await {
            tracing::error!(%error, "the end of a program is not noticed");
        }
    }

    /// Asks everybody in it to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends everybody in it.
    pub(super) fn kill(mut self) {
        self.may_live = false;
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        // Nobody is left, or somebody is who became another user: neither can be helped.
        if let Err(error) = kill_process_group(self.leader, signal) {
            tracing::debug!(%error, group = self.id(), "no signal");
        }
    }
}

impl Drop for Group {
    /// The agent ends before the program does.
    fn drop(&mut self) {
        if self.may_live {
            self.signal(Signal::KILL);
        }
    }
}
