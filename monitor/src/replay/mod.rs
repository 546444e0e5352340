//! `ringfence replay`: a capture through the classifier, by the loaded programs or by the same code on the host.

mod course;
mod direction;
mod document;
mod engine;
mod host;
mod limiting;
mod media;
mod policy;
mod prevented;
mod progress;
mod report;
mod standing;
mod sums;
mod table;
mod totals;

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    capture::{Broken, Capture},
    kernel::Refusal,
};
pub use course::Account;
use course::Course;
pub use document::Document;
pub use engine::EngineKind;
use engine::{Engine, Frame};
pub use limiting::{LimitSum, Limits, Reached, SetBlock};
use policy::Loaded;
pub use prevented::PreventedSums;
use progress::Progress;
pub use report::{Inspected, Report};
use standing::Standing;
pub use sums::{Calls, Sum, Sums};

/// What to replay, and how.
#[derive(Clone, Debug)]
pub struct Args {
    /// The pcap or pcapng file.
    pub capture: PathBuf,
    /// The policy file.
    pub policy: PathBuf,
    /// Which engine judges; `None` takes the kernel where that is allowed, else the host.
    pub engine: Option<EngineKind>,
    /// One JSON document on standard output, instead of tables.
    pub json: bool,
    /// Report what would be dropped.
    pub dry_run: bool,
}

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The policy cannot be read or has errors; the text shows all of them.
    #[error("{0}")]
    Policy(String),
    /// The capture cannot be read at all.
    #[error("cannot read the capture {}: {}", path.display(), broken.fault)]
    Capture {
        /// The capture.
        path: PathBuf,
        /// Where and why.
        #[source]
        broken: Broken,
    },
    /// The kernel refuses the programs.
    #[error("{0}. `--engine host` does without the kernel")]
    Kernel(#[from] Refusal),
}

impl Failure {
    /// Exit code: 1 where the input is at fault, 3 where the host refuses.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Policy(_) | Self::Capture { .. } => INPUT,
            Self::Kernel(_) => HOST,
        }
    }
}

/// The command: replays, prints, and says how it ended.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    say(args, print)
}

/// For `check`: says in short what a policy would have done in a capture.
#[must_use]
pub fn account(policy: &Path, capture: &Path) -> ExitCode {
    let args = Args {
        capture: capture.to_owned(),
        policy: policy.to_owned(),
        engine: Some(EngineKind::Host),
        json: false,
        dry_run: false,
    };
    say(&args, |args, report| writeln!(io::stdout(), "\n{}", table::account(report, &args.capture)))
}

fn say(args: &Args, print: impl FnOnce(&Args, &Report) -> io::Result<()>) -> ExitCode {
    let report = match replay(args) {
        Ok(report) => report,
        Err(failure) => {
            eprintln!("{failure}");
            return ExitCode::from(failure.exit_code());
        }
    };
    match print(args, &report) {
        // Nobody reads on: `replay … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            eprintln!("cannot write the report: {error}");
            return ExitCode::from(HOST);
        }
        Ok(()) => {}
    }
    match &report.broken {
        None => ExitCode::SUCCESS,
        Some(broken) => {
            // The tables say it themselves.
            if args.json {
                eprintln!(
                    "{} breaks off at {broken}. The report covers what stands before.",
                    args.capture.display()
                );
            }
            ExitCode::from(INPUT)
        }
    }
}

/// Replays a capture. One that breaks off gives the report of what stands before.
///
/// # Errors
/// Where nothing could be replayed at all.
pub fn replay(args: &Args) -> Result<Report, Failure> {
    let policy = Loaded::read(&args.policy).map_err(Failure::Policy)?;
    let mut capture = Capture::open(&args.capture)
        .map_err(|broken| Failure::Capture { path: args.capture.clone(), broken })?;
    let standing = Standing::default();
    let mut engine = Engine::start(args.engine, &policy, &standing, args.dry_run)?;
    let mut course = Course::new(&policy, &standing);
    let mut report = Report::new(engine.kind(), args.json);
    let progress = Progress::new(&args.capture);
    let broken = loop {
        let frame = match capture.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => break None,
            Err(broken) => break Some(broken),
        };
        report.frame(&frame);
        let at = course.until(&frame, engine.media());
        match frame.content {
            Err(reason) => report.unreadable(reason),
            Ok(content) => {
                let direction = direction::of(content, policy.local());
                let judged = engine.judge(Frame { content, direction, at })?;
                report.judged(&frame, judged);
                if let Some(signal) = &judged.signal {
                    course.take(signal, content.octets, frame.time);
                }
            }
        }
        progress.at(frame.number, || capture.offset());
    };
    progress.finish();
    report.finish(engine.totals()?, course.finish(engine.media()), &policy, broken);
    Ok(report)
}

fn print(args: &Args, report: &Report) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &Document::new(report))?;
        writeln!(out)?;
    } else {
        let colour = io::stdout().is_terminal();
        writeln!(out, "{}", table::render(report, &args.capture, colour))?;
    }
    out.flush()
}

/// Exit code where the policy or the capture is at fault.
const INPUT: u8 = 1;
/// Exit code where the host refuses.
const HOST: u8 = 3;
