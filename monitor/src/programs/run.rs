//! One program, from its start to its end.

use std::{future::Future, io, process::ExitStatus, process::Stdio, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    fitness,
    group::Group,
    output::{self, cleaned},
    runner::{Asked, Outcome},
};
use crate::policy::limits::Program;

/// How long a program may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until it is asked to end.
    pub(super) run: Duration,
    /// Until it is ended, from then on.
    pub(super) end: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { run: Duration::from_secs(30), end: Duration::from_secs(5) }
    }
}

/// Runs it to its end, or to the end of patience, or until `stop` says so; everybody in its process group ends with it.
pub(super) async fn run(asked: &Asked, patience: Patience, mut stop: watch::Receiver<bool>) -> Outcome {
    let (limit, program) = (&*asked.limit, asked.program.path.display());
    if let Err(why) = fitness::check(&asked.program.path) {
        tracing::error!(limit, %why, "the program of a limit is not started");
        return Outcome::NotStarted;
    }
    let (mut child, group) = match start(&asked.program, &environment(asked)) {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(limit, %program, %error, "the program of a limit cannot be started");
            return Outcome::NotStarted;
        }
    };
    let (began, process) = (Instant::now(), group.id());
    tracing::info!(limit, %program, process, "the program of a limit runs");
    let pipes = Pipes::open(&mut child, asked);
    let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
    let Ended { is_late, status } = end(&mut child, group, patience, stopped).await;
    if is_late {
        let seconds = patience.run.as_secs();
        tracing::warn!(limit, %program, process, seconds, "the program took too long: SIGTERM, then SIGKILL");
    }
    pipes.close().await;
    let milliseconds = began.elapsed().as_millis();
    match &status {
        Ok(status) => {
            tracing::info!(limit, %program, process, %status, milliseconds, "the program of a limit ended");
        }
        Err(error) => {
            tracing::error!(limit, %program, process, %error, milliseconds, "how a program ended is not known");
        }
    }
    match status {
        _ if is_late => Outcome::TimedOut,
        Ok(status) if ExitStatus::success(&status) => Outcome::Ok,
        _ => Outcome::Failed,
    }
}

/// How a program ended.
pub(super) struct Ended {
    /// It took longer than its time.
    pub(super) is_late: bool,
    pub(super) status: io::Result<ExitStatus>,
}

/// Waits for its end, and sees to it where patience is over or `stopped` ends; nobody of its process group is left.
pub(super) async fn end(
    child: &mut Child,
    group: Group,
    patience: Patience,
    stopped: impl Future<Output = ()>,
) -> Ended {
    let is_late = tokio::select! {
        () = group.ended() => false,
        () = stopped => false,
        () = sleep(patience.run) => true,
    };
    if is_late {
        group.terminate();
        // Either way SIGKILL is next, for those whom it leaves behind.
        let _ = timeout(patience.end, group.ended()).await;
    }
    group.kill();
    let status = timeout(REAPED, child.wait()).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    Ended { is_late, status }
}

/// Starts a program as the leader of a process group, with this environment and nothing else of the agent's.
pub(super) fn start(program: &Program, environment: &[(&str, &str)]) -> io::Result<(Child, Group)> {
    let mut command = Command::new(&program.path);
    command.args(&program.arguments).env_clear().env("PATH", PATH).current_dir("/").process_group(0);
    for (name, value) in environment {
        command.env(name, cleaned(value.as_bytes()));
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn()?;
    let group = Group::of(&child)?;
    Ok((child, group))
}

fn environment(asked: &Asked) -> [(&'static str, &str); 5] {
    let Asked { limit, severity, key, value, threshold, .. } = asked;
    [
        ("RINGFENCE_LIMIT", limit),
        ("RINGFENCE_SEVERITY", severity),
        ("RINGFENCE_KEY", key),
        ("RINGFENCE_VALUE", value),
        ("RINGFENCE_THRESHOLD", threshold),
    ]
}

/// What goes in and out; each at its own pace, so that nobody waits for anybody.
struct Pipes {
    input: tokio::task::JoinHandle<()>,
    output: [tokio::task::JoinHandle<()>; 2],
}

impl Pipes {
    fn open(child: &mut Child, asked: &Asked) -> Self {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (out, err) = (Teller::of(asked, "stdout"), Teller::of(asked, "stderr"));
        Self {
            input: tokio::spawn(feed(child.stdin.take(), asked.document.clone())),
            output: [
                tokio::spawn(async move {
                    if let Some(pipe) = stdout {
                        out.tell(output::read(pipe, |line| out.line(line)).await);
                    }
                }),
                tokio::spawn(async move {
                    if let Some(pipe) = stderr {
                        err.tell(output::read(pipe, |line| err.line(line)).await);
                    }
                }),
            ],
        }
    }

    /// The program ended: what it wrote is still read, but nobody is waited for who left the group with a pipe open.
    async fn close(self) {
        self.input.abort();
        for mut reader in self.output {
            if timeout(LAST_WORDS, &mut reader).await.is_err() {
                reader.abort();
            }
        }
    }
}

/// Writes what a program reads on its standard input.
pub(super) async fn feed(pipe: Option<ChildStdin>, document: String) {
    let Some(mut pipe) = pipe else { return };
    if let Err(error) = pipe.write_all(document.as_bytes()).await {
        // A program need not read what it does not want to know.
        tracing::debug!(%error, "a program does not read its input to the end");
    }
}

/// Who says in the log what a program wrote.
struct Teller {
    limit: std::sync::Arc<str>,
    program: String,
    pipe: &'static str,
}

impl Teller {
    fn of(asked: &Asked, pipe: &'static str) -> Self {
        Self { limit: asked.limit.clone(), program: asked.program.path.display().to_string(), pipe }
    }

    fn line(&self, line: &str) {
        tracing::info!(
            limit = &*self.limit,
            program = self.program,
            pipe = self.pipe,
            line,
            "the program says"
        );
    }

    fn tell(&self, read: output::Read) {
        let Self { limit, program, pipe } = self;
        if read.unsaid() > 0 || read.is_cut {
            let (unsaid, closed) = (read.unsaid(), read.is_cut);
            tracing::warn!(limit = &**limit, program, pipe, unsaid, closed, "the program says too much");
        }
    }
}

/// The same whoever starts the agent.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long the end of a killed process may take.
const REAPED: Duration = Duration::from_secs(5);
/// How long its last lines may take.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);
