//! What the service manager is told, as sd_notify(3) has it: ready, reloading, how the agent stands, alive, stopping.

use std::{
    env, io,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
    time::Duration,
};

use sd_notify::NotifyState;

/// The way to the service manager; leads nowhere where there is none. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    sender: Option<SyncSender<News>>,
    watchdog: Option<Duration>,
}

#[derive(Debug)]
enum News {
    Ready(String),
    Reloading(NotifyState<'static>),
    Reloaded,
    Status(String),
    Alive,
    Stopping,
}

/// A reload that goes on. It is over, well or not, when this is dropped.
#[derive(Debug)]
pub struct Reloading {
    supervisor: Supervisor,
}

impl Supervisor {
    /// The one that started this process, if its environment says so (`NOTIFY_SOCKET`, `WATCHDOG_USEC`).
    ///
    /// A thread of its own talks to it: its socket takes few messages (net.unix.max_dgram_qlen, 10 by default) before
    /// a sender waits, and a container's manager may stop reading after the first.
    pub fn from_environment() -> io::Result<Self> {
        if env::var_os("NOTIFY_SOCKET").is_none() {
            return Ok(Self::default());
        }
        let (sender, news) = sync_channel(WAITING);
        thread::Builder::new().name("notify".into()).spawn(move || tell(news))?;
        Ok(Self { sender: Some(sender), watchdog: sd_notify::watchdog_enabled() })
    }

    /// How long the agent may be silent before it is ended; `None` where nobody watches.
    #[must_use]
    pub const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Everything is bound and attached.
    pub fn ready(&self, status: String) {
        self.send(News::Ready(status));
    }

    /// A reload begins.
    #[must_use]
    pub fn reloading(&self) -> Reloading {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.send(News::Reloading(now)),
            Err(error) => tracing::warn!(%error, "the service manager is not told of a reload"),
        }
        Reloading { supervisor: self.clone() }
    }

    /// One line that `systemctl status` shows.
    pub fn status(&self, status: String) {
        self.send(News::Status(status));
    }

    /// Everything vital goes on.
    pub fn alive(&self) {
        self.send(News::Alive);
    }

    /// The end begins.
    pub fn stopping(&self) {
        self.send(News::Stopping);
    }

    fn send(&self, news: News) {
        let Some(sender) = &self.sender else { return };
        if let Err(TrySendError::Full(news) | TrySendError::Disconnected(news)) = sender.try_send(news) {
            tracing::debug!(?news, "the service manager does not listen");
        }
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        self.supervisor.send(News::Reloaded);
    }
}

fn tell(news: Receiver<News>) {
    let mut complained = false;
    for news in news {
        let sent = match news {
            News::Ready(status) => sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(&status)]),
            News::Reloading(now) => sd_notify::notify(&[NotifyState::Reloading, now]),
            News::Reloaded => sd_notify::notify(&[NotifyState::Ready]),
            News::Status(status) => sd_notify::notify(&[NotifyState::Status(&status)]),
            News::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
            News::Stopping => sd_notify::notify(&[
                NotifyState::Stopping,
                NotifyState::Status("detaching from every interface"),
            ]),
        };
        if let Err(error) = sent
            && !complained
        {
            complained = true;
            tracing::warn!(%error, "the service manager cannot be told how the agent stands (NOTIFY_SOCKET)");
        }
    }
}

/// Messages that may wait for the service manager.
const WAITING: usize = 32;
