//! A program that is told something and answers: by its exit code, and by the last line that it writes.

use std::{process::ExitStatus, sync::Mutex, time::Duration};

use tokio::{io::AsyncRead, time::timeout};

use super::{
    fitness, output,
    run::{self, Ended, LAST_WORDS, Patience},
};
use crate::policy::limits::Program;

/// How a program ended that was told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was not started: why, and what to do about it.
    NotStarted(String),
    /// It took too long and was ended, with everybody in its process group.
    TimedOut,
    /// It ended by itself: its exit code (none where a signal ended it), and the last line that it wrote.
    Ended(Option<i32>, String),
}

/// Runs a program to its end, for so long at most. It is killed with its process group when this is dropped.
pub async fn tell(
    program: &Program,
    environment: &[(&str, &str)],
    document: String,
    time: Duration,
) -> Ending {
    if let Err(why) = fitness::check(&program.path) {
        return Ending::NotStarted(why.to_string());
    }
    let (mut child, group) = match run::start(program, environment) {
        Ok(started) => started,
        Err(error) => return Ending::NotStarted(format!("{}: {error}", program.path.display())),
    };
    let last = Mutex::new(String::new());
    let (input, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (gone, mut is_gone) = tokio::sync::watch::channel(false);
    let pipes = async {
        let all =
            async { tokio::join!(read(stdout, &last), read(stderr, &last), run::feed(input, document)) };
        tokio::pin!(all);
        tokio::select! {
            _ = &mut all => (),
            () = async { drop(is_gone.wait_for(|gone| *gone).await) } => {
                // Nobody is waited for who left the group with a pipe open.
                let _ = timeout(LAST_WORDS, all).await;
            }
        }
    };
    let patience = Patience { run: time, end: time.min(GRACE) };
    let end = async {
        let ended = run::end(&mut child, group, patience, std::future::pending()).await;
        gone.send_replace(true);
        ended
    };
    let (Ended { is_late, status }, ()) = tokio::join!(end, pipes);
    let line = last.into_inner().unwrap_or_default();
    match status {
        _ if is_late => Ending::TimedOut,
        Ok(status) => Ending::Ended(ExitStatus::code(&status), line),
        Err(error) => Ending::Ended(None, format!("how it ended is not known: {error}")),
    }
}

/// Reads a pipe to its end, and keeps the last line that is not empty.
async fn read(pipe: Option<impl AsyncRead + Unpin>, last: &Mutex<String>) {
    let Some(pipe) = pipe else { return };
    let keep = |line: &str| {
        if !line.trim().is_empty()
            && let Ok(mut last) = last.lock()
        {
            line.clone_into(&mut last);
        }
    };
    output::read(pipe, keep).await;
}

/// How long a program that takes too long may take to end.
const GRACE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    async fn sh(script: &str, time: Duration) -> Ending {
        let program = Program { path: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()] };
        tell(&program, &[("RINGFENCE_NEWS", "opened")], "{\"a\":1}\n".into(), time).await
    }

    #[tokio::test]
    async fn the_answer_is_the_exit_code_and_the_last_line() {
        let time = Duration::from_secs(20);
        let ended = |code, line: &str| Ending::Ended(Some(code), line.to_owned());
        assert_eq!(sh("cat; echo $RINGFENCE_NEWS; echo", time).await, ended(0, "opened"));
        assert_eq!(sh("cat", time).await, ended(0, "{\"a\":1}"));
        assert_eq!(sh("echo no route >&2; exit 75", time).await, ended(75, "no route"));
        assert_eq!(sh("kill -9 $$", time).await, Ending::Ended(None, String::new()));
        assert_eq!(sh("exit 0", time).await, ended(0, ""));
    }

    #[tokio::test]
    async fn one_that_hangs_is_ended_with_its_children_and_one_that_leaves_some_is_not_waited_for() {
        let began = Instant::now();
        assert_eq!(sh("sleep 600 & sleep 600", Duration::from_millis(300)).await, Ending::TimedOut);
        let left = sh("setsid sleep 600 & echo $!", Duration::from_secs(20)).await;
        let Ending::Ended(Some(0), process) = left else { panic!("{left:?}") };
        // It left the group, so it is this test's to end.
        let _ = std::process::Command::new("/bin/kill").arg(process).status();
        assert!(began.elapsed() < Duration::from_secs(300));
    }

    #[tokio::test]
    async fn one_that_may_not_run_says_why() {
        let program = Program { path: "/nowhere/tell".into(), arguments: Vec::new() };
        let Ending::NotStarted(why) = tell(&program, &[], String::new(), GRACE).await else { panic!() };
        assert!(why.contains("put the program there"), "{why}");
    }
}
