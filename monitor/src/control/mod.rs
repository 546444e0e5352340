//! The control socket: how `reload`, `confirm` and `status` talk to the running agent. One line of JSON each way.

pub mod view;

use std::{
    fs::{self, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream as BlockingStream},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader as AsyncBufReader},
    net::{UnixListener, UnixStream},
    task::spawn_blocking,
    time::timeout,
};

/// What is asked of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Read the policy again; go back to the old one after so many seconds unless confirmed.
    Reload {
        /// Seconds to confirm within; without it, the policy simply stays.
        confirm_seconds: Option<u64>,
    },
    /// Keep the policy that is on trial.
    Confirm {},
    /// Say how things stand.
    Status {},
}

/// What the agent answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// What was done or why not.
    pub message: String,
    /// The answer to [`Request::Status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// How things stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Each interface and how it is guarded: `native`, `generic` or `gone`.
    pub interfaces: Vec<(String, String)>,
    /// Prefixes that the policy in force names.
    pub policy_rules: u64,
    /// Policies put in force since the start.
    pub policy_generation: u64,
    /// Seconds until the policy on trial is taken back.
    pub confirm_within_seconds: Option<u64>,
    /// Whether it only counts.
    pub dry_run: bool,
}

impl Reply {
    /// It was done.
    pub fn done(message: impl Into<String>) -> Self {
        Self { ok: true, message: message.into(), status: None }
    }

    /// It was not done.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { ok: false, message: message.into(), status: None }
    }
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

    /// Answers one connection after the other until the task is dropped.
    pub async fn serve(self, answer: Arc<dyn Fn(Request) -> Reply + Send + Sync>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(converse(stream, Arc::clone(&answer)))),
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

/// Asks the agent whose state directory is `state`. A reload of a large policy takes its time.
pub fn ask(state: &Path, request: Request) -> io::Result<Reply> {
    let mut stream = BlockingStream::connect(socket_path(state))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut reply = String::new();
    BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut reply)?;
    Ok(serde_json::from_str(&reply)?)
}

async fn converse(mut stream: UnixStream, answer: Arc<dyn Fn(Request) -> Reply + Send + Sync>) {
    // Read before anything is refused: closing a socket with unread octets would take the answer away with it.
    let request = request(&mut stream).await;
    let reply = match stream.peer_cred() {
        Ok(peer) if is_allowed(peer.uid(), rustix::process::geteuid().as_raw()) => match request {
            Ok(request) => spawn_blocking(move || answer(request))
                .await
                .unwrap_or_else(|_| Reply::refused("the agent failed at this; its log says why")),
            Err(why) => Reply::refused(why),
        },
        _ => Reply::refused("only root and the user that runs the agent may ask; use sudo"),
    };
    let mut line = serde_json::to_vec(&reply).unwrap_or_default();
    line.push(b'\n');
    if let Err(error) = stream.write_all(&line).await {
        tracing::debug!(%error, "who asked over the control socket did not wait for the answer");
    }
}

async fn request(stream: &mut UnixStream) -> Result<Request, String> {
    let mut line = String::new();
    let mut reader = AsyncBufReader::new(stream).take(LONGEST_LINE);
    match timeout(PATIENCE, reader.read_line(&mut line)).await {
        Ok(Ok(_)) => serde_json::from_str(&line).map_err(|error| format!("not a request: {error}")),
        Ok(Err(error)) => Err(format!("the request cannot be read: {error}")),
        Err(_) => Err(format!("no request came within {} s", PATIENCE.as_secs())),
    }
}

fn is_allowed(peer: u32, own: u32) -> bool {
    peer == 0 || peer == own
}

fn socket_path(state: &Path) -> PathBuf {
    state.join("control.sock")
}

/// Octets of a line at most; a reply can hold the report on a policy's errors.
const LONGEST_LINE: u64 = 1 << 20;
/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_the_own_user_are_allowed() {
        assert!(is_allowed(0, 1000));
        assert!(is_allowed(1000, 1000));
        assert!(!is_allowed(1001, 1000));
        assert!(!is_allowed(1000, 0));
    }

    #[test]
    fn requests_are_lines_of_json() {
        let reload = Request::Reload { confirm_seconds: Some(300) };
        assert_eq!(serde_json::to_string(&reload).unwrap(), r#"{"command":"reload","confirm_seconds":300}"#);
        assert_eq!(serde_json::from_str::<Request>(r#"{"command":"confirm"}"#).unwrap(), Request::Confirm {});
        assert!(serde_json::from_str::<Request>(r#"{"command":"stop"}"#).is_err());
    }

    #[tokio::test]
    async fn a_request_is_answered_and_junk_is_refused() {
        let state = tempfile::tempdir().unwrap();
        let control = Control::bind(state.path()).unwrap();
        let mode = fs::metadata(socket_path(state.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let answers = Arc::new(|request| Reply::done(format!("{request:?}")));
        let serving = tokio::spawn(control.serve(answers));
        let folder = state.path().to_owned();
        let reply = spawn_blocking(move || ask(&folder, Request::Confirm {}).unwrap()).await.unwrap();
        assert_eq!(reply, Reply::done("Confirm"));
        let path = socket_path(state.path());
        let junk = spawn_blocking(move || {
            let mut stream = BlockingStream::connect(path).unwrap();
            stream.write_all(b"\xff{junk\n").unwrap();
            let mut reply = String::new();
            stream.read_to_string(&mut reply).unwrap();
            reply
        });
        assert!(junk.await.unwrap().contains("cannot be read"));
        serving.abort();
    }
}
