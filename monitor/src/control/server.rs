//! The agent's side of the socket: who may ask, one request and its answer, and what a bad client cannot do.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    task::spawn_blocking,
    time::timeout,
};

use super::{
    Acknowledging, BlockWanted, Blocking, Calls, CallsWanted, Limits, LimitsWanted, Peer, Reply, Request,
    Status,
    peer::is_allowed,
    reply::{Revealed, named},
    socket_path,
    view::{BlockRow, Top},
};
use crate::{incidents::IncidentId, sinks::Trial};

/// What answers the requests: one method each. Called in threads that may wait, several at once. What the kernel saw
/// before the question is in the answer. An error is what the command prints before it ends with exit code 1.
pub trait Agent: Send + Sync {
    /// How things stand.
    fn status(&self) -> Status;
    /// Everything that `ringfence top` shows.
    fn top(&self) -> Top;
    /// Calls, the newest first, at most [`CallsWanted::rows`].
    fn calls(&self, wanted: &CallsWanted) -> Result<Calls, String>;
    /// How the limits stand; first takes counts back where that is asked for, and says how many.
    fn limits(&self, wanted: &LimitsWanted) -> Result<(Limits, usize), String>;
    /// Blocks something; it holds when this returns.
    fn block(&self, wanted: &BlockWanted, by: &Peer) -> Result<Blocking, String>;
    /// Takes a block away.
    fn unblock(&self, target: &str, by: &Peer) -> Result<BlockRow, String>;
    /// Takes an incident up; says so in one sentence.
    fn acknowledge(&self, wanted: &Acknowledging, by: &Peer) -> Result<String, String>;
    /// The whole numbers of an incident. Who asks is root, and on record before this returns.
    fn reveal(&self, incident: IncidentId, by: &Peer) -> Result<Revealed, String>;
    /// Sends a test through sinks, beside the outbox, and waits for what comes back.
    fn test_alerts(&self, sinks: &[String]) -> Result<Vec<Trial>, String>;
    /// Reads the policy again; goes back unless it is confirmed within a time.
    fn reload(&self, confirm_within: Option<Duration>, by: &Peer) -> Result<String, String>;
    /// Keeps the policy that is on trial.
    fn confirm(&self, by: &Peer) -> Result<String, String>;
    /// `[privacy] hidden_digits`, for the log of who asked for what.
    fn hidden_digits(&self) -> u8;
}

/// The agent's end of the socket. Dropping it takes the socket out of the directory.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Binds the socket in the state directory, which this agent holds the lock of: a socket there is left over.
    pub fn bind(state: &Path) -> io::Result<Self> {
        let path = socket_path(state);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => (),
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers connections until the task is dropped, at most [`CLIENTS`] at once; more wait their turn.
    pub async fn serve(self, agent: Arc<dyn Agent>) {
        let places = Arc::new(Semaphore::new(CLIENTS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let agent = Arc::clone(&agent);
                    tokio::spawn(async move {
                        converse(stream, agent).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket does not accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

async fn converse(mut stream: UnixStream, agent: Arc<dyn Agent>) {
    // Read before anything is refused: closing a socket with unread octets would take the answer away with it.
    let request = request(&mut stream).await;
    let is_bad = request.is_err();
    let reply = match stream.peer_cred() {
        Ok(peer) => spawn_blocking(move || {
            let own = rustix::process::geteuid().as_raw();
            reply(&*agent, request, &Peer::named(peer.uid(), peer.pid()), own)
        })
        .await
        .unwrap_or_else(|_| Reply::refused("the agent failed at this; its log says why")),
        Err(error) => Reply::refused(format!("the kernel does not say who asks: {error}")),
    };
    let mut line = serde_json::to_vec(&reply).unwrap_or_default();
    line.push(b'\n');
    match timeout(PATIENCE_WRITE, stream.write_all(&line)).await {
        Ok(Ok(())) if is_bad => drain(stream).await,
        Ok(Ok(())) => (),
        Ok(Err(error)) => tracing::debug!(%error, "who asked over the control socket did not wait"),
        Err(_) => tracing::debug!("who asked over the control socket does not read the answer"),
    }
}

async fn request(stream: &mut UnixStream) -> Result<Request, String> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(stream).take(LONGEST_REQUEST);
    match timeout(PATIENCE_READ, reader.read_until(b'\n', &mut line)).await {
        Ok(Ok(_)) if line.len() as u64 == LONGEST_REQUEST => {
            Err(format!("the request is longer than {LONGEST_REQUEST} octets"))
        }
        Ok(Ok(_)) => serde_json::from_slice(&line).map_err(|error| format!("not a request: {error}")),
        Ok(Err(error)) => Err(format!("the request cannot be read: {error}")),
        Err(_) => Err(format!("no request came within {} s", PATIENCE_READ.as_secs())),
    }
}

fn reply(agent: &dyn Agent, request: Result<Request, String>, peer: &Peer, own: u32) -> Reply {
    if !is_allowed(peer.uid, own) {
        tracing::warn!(target: "control", by = %peer, "refused: neither root nor the agent's own user");
        return Reply::refused("only root and the user that runs the agent may ask; use sudo");
    }
    let request = match request {
        Ok(request) => request,
        Err(why) => return Reply::refused(why),
    };
    let reply = answer(agent, &request, peer).unwrap_or_else(Reply::refused);
    if let Some((command, about)) = request.change(agent.hidden_digits()) {
        let (uid, pid, user) = (peer.uid, peer.pid, peer.user.as_deref());
        tracing::info!(target: "control", uid, pid, user, command, %about, done = reply.ok, "asked");
    }
    reply
}

fn answer(agent: &dyn Agent, request: &Request, peer: &Peer) -> Result<Reply, String> {
    Ok(match request {
        Request::Status {} => Reply { status: Some(Box::new(agent.status())), ..Reply::done("running") },
        Request::Top {} => Reply { top: Some(Box::new(agent.top())), ..Reply::done("running") },
        Request::Calls(wanted) => {
            let calls = agent.calls(wanted)?;
            Reply { message: format!("{} calls", calls.calls.len()), calls: Some(calls), ..Reply::done("") }
        }
        Request::Limits(wanted) => {
            let (limits, reset) = agent.limits(wanted)?;
            let message = if wanted.reset {
                format!("{reset} counts were taken back")
            } else {
                format!("{} limits", limits.limits.len())
            };
            Reply { limits: Some(Box::new(limits)), ..Reply::done(message) }
        }
        Request::Block(wanted) => {
            let blocking = agent.block(wanted, peer)?;
            let message = blocking.sentence();
            Reply { blocking: Some(Box::new(blocking)), ..Reply::done(message) }
        }
        Request::Unblock { target } => {
            let row = agent.unblock(target, peer)?;
            let message = format!("{} is not blocked any more", named(&row));
            Reply { unblocked: Some(Box::new(row)), ..Reply::done(message) }
        }
        Request::Reveal { .. } if peer.uid != ROOT => {
            return Err("only root sees whole numbers, not even the agent's own user: use sudo".into());
        }
        Request::Reveal { incident } => {
            let revealed = agent.reveal(*incident, peer)?;
            Reply {
                message: format!("{} whole numbers", revealed.0.len()),
                revealed: Some(revealed),
                ..Reply::done("")
            }
        }
        Request::TestAlerts { sinks } => {
            let trials = agent.test_alerts(sinks)?;
            Reply { trials: Some(trials), ..Reply::done("a test was sent") }
        }
        Request::Acknowledge(wanted) => Reply::done(agent.acknowledge(wanted, peer)?),
        Request::Reload { confirm_seconds } => {
            Reply::done(agent.reload(confirm_seconds.map(Duration::from_secs), peer)?)
        }
        Request::Confirm {} => Reply::done(agent.confirm(peer)?),
    })
}

/// Takes in what a bad client still has to say, so that it reads why it was refused.
async fn drain(mut stream: UnixStream) {
    let _ = stream.shutdown().await;
    let mut rest = stream.take(LONGEST_JUNK);
    let _ = timeout(PATIENCE_JUNK, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

const ROOT: u32 = 0;
/// Connections that are served at once.
const CLIENTS: usize = 64;
/// Octets of a request at most.
const LONGEST_REQUEST: u64 = 64 << 10;
/// How long a request may take to come.
const PATIENCE_READ: Duration = Duration::from_secs(5);
/// How long a client may take to read its answer.
const PATIENCE_WRITE: Duration = Duration::from_secs(30);
/// Octets that are taken in after a request that was refused.
const LONGEST_JUNK: u64 = 64 << 20;
/// How long that may take.
const PATIENCE_JUNK: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
