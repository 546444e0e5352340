//! `ringfence run`: starts the log and the runtime, and runs the agent in it.

use std::{io, io::IsTerminal, process::ExitCode, time::Duration};

use tracing_subscriber::EnvFilter;

use super::{HOST, INPUT, USAGE, arguments};
use crate::{
    app::{App, Failure},
    config::Config,
};

/// Guards until a signal ends it.
pub(super) fn run(arguments: arguments::Run) -> ExitCode {
    let config = Config::from(arguments);
    if let Err(error) = config.check() {
        eprintln!("error: {error}");
        return ExitCode::from(USAGE);
    }
    start_log();
    keep_capabilities();
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return failed(&format!("starting the runtime failed: {error}"), HOST),
        };
    let ended = runtime.block_on(async {
        let app = App::bind(&config).await?;
        app.run().await;
        Ok(())
    });
    // A reload that is still compiling is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(report)) => failed(&report, INPUT),
        Err(Failure::Host(refusal)) => failed(&refusal.to_string(), HOST),
    }
}

/// What the service manager gave to this user (`AmbientCapabilities=`) is for this program and not for those that it starts.
/// To be called while there is one thread: the set is a thread's own.
fn keep_capabilities() {
    if let Err(error) = rustix::thread::clear_ambient_capability_set() {
        tracing::warn!(%error, "programs of limits may inherit this agent's capabilities");
    }
}

fn failed(message: &str, code: u8) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(code)
}

/// Text on standard error; RUST_LOG chooses what, by default everything from `info` on.
fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
}

/// Threads of the runtime. The data path is in the kernel; these serve scrapes and read events.
const WORKERS: usize = 2;
