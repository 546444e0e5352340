//! Who runs the programs: four at once, some wait, and what is too much is refused and counted.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use tokio::{sync::watch, time::timeout};

use super::run::{Patience, run};
use crate::{policy::limits::Program, vocabulary::words};

/// A program that is to be run, and what it is told; numbers in it are masked already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is run.
    pub program: Program,
    /// Name of the limit.
    pub limit: Arc<str>,
    /// `warning` or `critical`.
    pub severity: &'static str,
    /// Whom the limit was reached for, masked.
    pub key: String,
    /// What was counted.
    pub value: String,
    /// What was too much.
    pub threshold: String,
    /// What it reads on its standard input.
    pub document: String,
}

words! {
    /// What became of a program.
    Outcome {
        Ok = "ok", "It ended with exit code 0";
        Failed = "failed", "It ended with another exit code, or by a signal";
        TimedOut = "timed_out", "It took longer than 30 s: SIGTERM, and SIGKILL 5 s later";
        NotStarted = "not_started", "It is missing, not executable, writable by others, or could not be started";
        NoRoom = "no_room", "Four ran and 64 waited already";
    }
}

/// Runs programs. Clones share the places.
#[derive(Clone, Debug)]
pub struct Runner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: Mutex<Queue>,
    /// How many run.
    running: watch::Sender<usize>,
    /// Whether those that run are to end at once.
    stop: watch::Sender<bool>,
    results: Family<[(&'static str, &'static str); 1], Counter>,
    patience: Patience,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Asked>,
    is_closed: bool,
}

impl Runner {
    /// Runs nothing yet; enters its metric into the registry.
    #[must_use]
    pub fn start(registry: &mut Registry) -> Self {
        Self::with(Patience::default(), registry)
    }

    fn with(patience: Patience, registry: &mut Registry) -> Self {
        let results = Family::default();
        for result in Outcome::ALL {
            results.get_or_create_owned(&[("result", result.label())]);
        }
        let help = "Programs that a limit asked for, by what became of them";
        registry.register("programs", help, results.clone());
        let (running, stop) = (watch::Sender::new(0), watch::Sender::new(false));
        Self(Arc::new(Inner { queue: Mutex::default(), running, stop, results, patience }))
    }

    /// Has a program run as soon as there is room for it; returns at once. It is called within the runtime.
    pub fn run(&self, asked: Asked) {
        let inner = &self.0;
        let mut queue = inner.lock();
        if queue.is_closed {
            drop(queue);
            return inner.refuse(&asked, Outcome::NotStarted, "the agent ends");
        }
        if *inner.running.borrow() < MOST_RUNNING {
            inner.running.send_modify(|running| *running += 1);
            drop(queue);
            tokio::spawn(Arc::clone(inner).work(asked));
        } else if queue.waiting.len() < MOST_WAITING {
            queue.waiting.push_back(asked);
        } else {
            drop(queue);
            inner.refuse(&asked, Outcome::NoRoom, "too many programs run and wait already");
        }
    }

    /// The agent ends: starts nothing more, lets what runs have so much time, and then ends it.
    pub async fn finish(&self, grace: Duration) {
        let inner = &self.0;
        let waiting = {
            let mut queue = inner.lock();
            queue.is_closed = true;
            std::mem::take(&mut queue.waiting)
        };
        for asked in waiting {
            inner.refuse(&asked, Outcome::NotStarted, "the agent ends");
        }
        let mut running = inner.running.subscribe();
        if timeout(grace, running.wait_for(|running| *running == 0)).await.is_err() {
            tracing::warn!(programs = *inner.running.borrow(), "programs that still run are ended");
            inner.stop.send_replace(true);
            // A process that not even SIGKILL ends holds up nobody.
            let _ = timeout(KILLED, running.wait_for(|running| *running == 0)).await;
        }
    }
}

impl Inner {
    /// Runs one program after the other until none waits.
    async fn work(self: Arc<Self>, first: Asked) {
        let mut place = Place { inner: &self, is_held: true };
        let mut next = Some(first);
        while let Some(asked) = next {
            let outcome = run(&asked, self.patience, self.stop.subscribe()).await;
            self.count(outcome);
            next = place.next();
        }
    }

    fn refuse(&self, asked: &Asked, outcome: Outcome, why: &str) {
        let program = asked.program.path.display();
        tracing::error!(limit = &*asked.limit, %program, "the program of a limit is not run: {why}");
        self.count(outcome);
    }

    fn count(&self, outcome: Outcome) {
        self.results.get_or_create_owned(&[("result", outcome.label())]).inc();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the places for programs that run; given back however its worker ends.
struct Place<'a> {
    inner: &'a Inner,
    is_held: bool,
}

impl Place<'_> {
    /// The next program. Where none waits the place is given back in the same moment, so that none begins to wait
    /// for a worker that has gone.
    fn next(&mut self) -> Option<Asked> {
        let mut queue = self.inner.lock();
        let next = queue.waiting.pop_front();
        if next.is_none() {
            self.leave();
        }
        next
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.is_held) {
            self.inner.running.send_modify(|running| *running -= 1);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Programs that run at once.
const MOST_RUNNING: usize = 4;
/// Programs that wait for one of them to end.
const MOST_WAITING: usize = 64;
/// How long the agent's end waits for what it killed.
const KILLED: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Instant};

    use tempfile::TempDir;

    use super::*;

    /// A runner with little patience, and a folder for what its programs leave behind.
    struct Scene {
        runner: Runner,
        folder: TempDir,
    }

    impl Scene {
        fn new() -> Self {
            Self::patient(Duration::from_secs(20), Duration::from_secs(20))
        }

        fn patient(run: Duration, end: Duration) -> Self {
            let patience = Patience { run, end };
            let runner = Runner::with(patience, &mut Registry::default());
            Self { runner, folder: tempfile::tempdir().unwrap() }
        }

        /// A shell script; `$0` is the folder.
        fn sh(&self, script: &str) -> Asked {
            let folder = self.folder.path().to_str().unwrap();
            asked("/bin/sh", &["-c", script, folder])
        }

        /// Runs it; what became of it.
        async fn outcome(&self, asked: Asked) -> Vec<(&'static str, u64)> {
            self.runner.run(asked);
            self.idle().await;
            self.results()
        }

        async fn idle(&self) {
            let mut running = self.runner.0.running.subscribe();
            timeout(Duration::from_secs(20), running.wait_for(|running| *running == 0))
                .await
                .unwrap()
                .unwrap();
        }

        /// Results that there are.
        fn results(&self) -> Vec<(&'static str, u64)> {
            let results = &self.runner.0.results;
            let counts = Outcome::ALL.iter().map(|outcome| {
                (outcome.label(), results.get_or_create_owned(&[("result", outcome.label())]).get())
            });
            counts.filter(|(_, count)| *count > 0).collect()
        }

        fn file(&self, name: &str) -> String {
            fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
        }

        /// Waits until a program wrote a process id.
        async fn process(&self, name: &str) -> u32 {
            for _ in 0..500 {
                if let Ok(id) = self.file(name).trim().parse() {
                    return id;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("no process id in {name}");
        }
    }

    fn asked(program: &str, arguments: &[&str]) -> Asked {
        Asked {
            program: Program {
                path: program.into(),
                arguments: arguments.iter().map(ToString::to_string).collect(),
            },
            limit: "night".into(),
            severity: "critical",
            key: "+5355xxxx".into(),
            value: "10".into(),
            threshold: "9.5".into(),
            document: "{\"alert\":{}}\n".into(),
        }
    }

    /// Whether a process is there and no zombie.
    fn lives(process: u32) -> bool {
        let about = fs::read_to_string(format!("/proc/{process}/stat"));
        about.is_ok_and(|about| !about.rsplit(") ").next().unwrap().starts_with(['Z', 'X']))
    }

    async fn dies(process: u32) {
        let end = Instant::now() + Duration::from_secs(5);
        while lives(process) {
            assert!(Instant::now() < end, "process {process} goes on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[test]
    fn every_result_is_documented() {
        let text = include_str!("../../../docs/METRICS.md");
        for outcome in Outcome::ALL {
            let row = format!("| `{}` | {} |", outcome.label(), outcome.help());
            assert!(text.contains(&row), "docs/METRICS.md lacks: {row}");
        }
    }

    #[tokio::test]
    async fn a_program_is_told_by_environment_and_document_and_nothing_else() {
        let scene = Scene::new();
        let results =
            scene.outcome(scene.sh("cat > $0/document; env | sort > $0/environment; pwd > $0/where")).await;
        assert_eq!(results, [("ok", 1)]);
        assert_eq!(scene.file("document"), "{\"alert\":{}}\n");
        assert_eq!(scene.file("where"), "/\n");
        let environment = scene.file("environment");
        let told: Vec<_> =
            environment.lines().filter(|line| !line.starts_with("PWD=") && !line.starts_with("_=")).collect();
        assert_eq!(
            told,
            [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "RINGFENCE_KEY=+5355xxxx",
                "RINGFENCE_LIMIT=night",
                "RINGFENCE_SEVERITY=critical",
                "RINGFENCE_THRESHOLD=9.5",
                "RINGFENCE_VALUE=10",
            ]
        );
    }

    #[tokio::test]
    async fn what_a_peer_wrote_reaches_the_environment_without_controls() {
        let scene = Scene::new();
        let asked =
            Asked { key: "a\0b\nPATH=/tmp".into(), ..scene.sh("printf %s \"$RINGFENCE_KEY\" > $0/key") };
        assert_eq!(scene.outcome(asked).await, [("ok", 1)]);
        assert_eq!(scene.file("key"), "a\u{fffd}b\u{fffd}PATH=/tmp");
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_counted() {
        let scene = Scene::new();
        let writable = scene.folder.path().join("writable");
        fs::write(&writable, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&writable, std::os::unix::fs::PermissionsExt::from_mode(0o757)).unwrap();
        let no_program = scene.folder.path().join("no-program");
        fs::write(&no_program, [0; 64]).unwrap();
        fs::set_permissions(&no_program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        for path in [Path::new("/etc/ringfence/none"), Path::new("/etc/passwd"), &writable, &no_program] {
            scene.runner.run(asked(path.to_str().unwrap(), &[]));
        }
        scene.idle().await;
        assert_eq!(scene.results(), [("not_started", 4)]);
    }

    #[tokio::test]
    async fn an_exit_code_and_a_signal_are_failures() {
        let scene = Scene::new();
        assert_eq!(scene.outcome(scene.sh("exit 3")).await, [("failed", 1)]);
        assert_eq!(scene.outcome(scene.sh("kill -9 $$")).await, [("failed", 2)]);
    }

    #[tokio::test]
    async fn what_hangs_is_asked_to_end() {
        let scene = Scene::patient(Duration::from_secs(2), Duration::from_secs(20));
        let results =
            scene.outcome(scene.sh("trap 'echo asked > $0/asked; exit 0' TERM; sleep 300 & wait")).await;
        assert_eq!((results, scene.file("asked").as_str()), (vec![("timed_out", 1)], "asked\n"));
    }

    #[tokio::test]
    async fn what_does_not_want_to_end_is_ended() {
        let scene = Scene::patient(Duration::from_secs(2), Duration::from_millis(200));
        let results =
            scene.outcome(scene.sh("trap '' TERM; echo $$ > $0/process; while :; do sleep 1; done")).await;
        assert_eq!(results, [("timed_out", 1)]);
        dies(scene.process("process").await).await;
    }

    #[tokio::test]
    async fn what_forks_and_stays_ends_with_its_leader() {
        let scene = Scene::new();
        let results = scene.outcome(scene.sh("sleep 300 & echo $! > $0/process; exit 0")).await;
        assert_eq!(results, [("ok", 1)]);
        dies(scene.process("process").await).await;
    }

    #[tokio::test]
    async fn what_leaves_the_group_holds_up_nobody() {
        let scene = Scene::new();
        let began = Instant::now();
        let results = scene.outcome(scene.sh("setsid sleep 30 & echo $! > $0/process; exit 0")).await;
        assert_eq!(results, [("ok", 1)]);
        assert!(began.elapsed() < Duration::from_secs(30), "its pipes were waited for");
        let process = scene.process("process").await;
        if let Some(process) = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw) {
            // It ends by itself if it had no time to leave.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        }
    }

    #[tokio::test]
    async fn input_that_is_not_read_and_output_without_end_hold_up_nobody() {
        let scene = Scene::new();
        let document = "x".repeat(1 << 20);
        for (script, results) in [
            ("exec <&-; sleep 0.1", [("ok", 1)]),
            ("exit 0", [("ok", 2)]),
            ("head -c 100000 /dev/zero; head -c 100000 /dev/zero >&2; cat > $0/document", [("ok", 3)]),
        ] {
            let asked = Asked { document: document.clone(), ..scene.sh(script) };
            assert_eq!(scene.outcome(asked).await, results, "{script}");
        }
        assert_eq!(scene.file("document").len(), document.len());
        assert_eq!(scene.outcome(scene.sh("yes; exit 1")).await, [("ok", 3), ("failed", 1)]);
    }

    #[tokio::test]
    async fn of_a_hundred_at_once_four_run_and_sixty_four_wait() {
        let scene = Scene::new();
        let once = "echo x >> $0/begun; while ! [ -e $0/go ]; do sleep 0.02; done";
        (0..100).for_each(|_| scene.runner.run(scene.sh(once)));
        assert_eq!(scene.results(), [("no_room", 32)]);
        while scene.file("begun").len() < 8 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(scene.file("begun").len(), 8, "more than four run at once");
        fs::write(scene.folder.path().join("go"), "").unwrap();
        scene.idle().await;
        assert_eq!(scene.results(), [("ok", 68), ("no_room", 32)]);
    }

    #[tokio::test]
    async fn the_agents_end_gives_grace_and_then_ends_what_runs() {
        let scene = Scene::new();
        (0..6).for_each(|_| scene.runner.run(scene.sh("echo $$ > $0/$$; exec sleep 300")));
        while fs::read_dir(scene.folder.path()).unwrap().count() < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        scene.runner.run(scene.sh("exit 0"));
        scene.runner.finish(Duration::from_millis(50)).await;
        scene.runner.run(scene.sh("exit 0"));
        assert_eq!(scene.results(), [("failed", 4), ("not_started", 4)]);
        for entry in fs::read_dir(scene.folder.path()).unwrap() {
            dies(entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).await;
        }
    }

    #[tokio::test]
    async fn a_runtime_that_ends_takes_its_programs_along() {
        let scene = Scene::new();
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let asked = scene.sh("echo $$ > $0/process; sleep 300; :");
        let runner = scene.runner.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                runner.run(asked);
                let _ = receiver.await;
            });
        });
        let process = scene.process("process").await;
        assert!(lives(process));
        drop(sender);
        dies(process).await;
    }
}
