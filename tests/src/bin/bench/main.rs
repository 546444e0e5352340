//! The benchmark that `cargo xtask bench` starts: what a packet costs at the two hooks, beside empty programs.

mod alerts;
mod bed;
mod calls;
mod cases;
mod chart;
mod clock;
mod control;
mod document;
mod figures;
mod filter;
mod frames;
mod live;
mod policies;
mod report;
mod rounds;
mod scrape;
mod shares;
mod targets;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};
use clap::Parser;
use monitor::kernel::kernel_release;
use tests::interrupt::Interrupted;

use crate::figures::{Figures, Machine, Memory, Policy, Scrape};

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("interrupted; hosts, processes and files are gone");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Test-runs the programs on packets, round by round, and shows what each costs over an empty program.
#[derive(Parser)]
struct Options {
    /// Rounds in which every case is run once; a figure is the median over them
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=1001))]
    rounds: u32,
    /// Runs of the program a case and round
    #[arg(long, default_value_t = 1 << 17, value_parser = clap::value_parser!(u32).range(1..=1 << 22))]
    repeat: u32,
    /// Instead measure what it costs to follow calls, without the kernel; needs no privilege
    #[arg(long)]
    calls: bool,
    /// Instead send frames at full rate over cables to Ringfence and to what a user would pick instead
    #[arg(long, conflicts_with = "calls")]
    live: bool,
    /// Instead measure how long it takes from a packet to the receiver's answer, for each kind of sink
    #[arg(long, conflicts_with_all = ["calls", "live"])]
    alerts: bool,
    /// With --live: few frames and prefixes; every count is proved, no time is worth reading
    #[arg(long, requires = "live")]
    trial: bool,
    /// Also write the figures to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write figures, chart and tables into docs/
    #[arg(long, conflicts_with_all = ["calls", "live"])]
    document: bool,
    /// Instead of measuring, take the figures that an earlier run wrote to FILE
    #[arg(long, value_name = "FILE", conflicts_with_all = ["calls", "live"])]
    figures: Option<PathBuf>,
    /// With --figures: measure packets anew, and take the rest from FILE
    #[arg(long, requires = "figures")]
    packets: bool,
}

fn run(options: &Options) -> Result<()> {
    if options.live {
        let report = live::run(live::Extent { rounds: options.rounds, trial: options.trial })?;
        println!("{}", report.text());
        return write(options, &report.json());
    }
    if options.alerts {
        let found = alerts::run()?;
        println!("{}", found.text());
        return write(options, &found.json());
    }
    if options.calls {
        let found = calls::run(options.rounds)?;
        println!("{}", found.text());
        return write(options, &found.json());
    }
    let figures = match &options.figures {
        Some(path) if options.packets => {
            let Figures { policies, memory, scrapes, .. } = earlier(path)?;
            packets(options, policies, memory, scrapes)?
        }
        Some(path) => earlier(path)?,
        None => measure(options)?,
    };
    println!("{}", report::text(&figures));
    if options.document {
        document::write(&figures)?;
    }
    write(options, &serde_json::to_value(&figures)?)
}

fn earlier(path: &Path) -> Result<Figures> {
    let figures = fs::read_to_string(path).map_err(anyhow::Error::from);
    figures.and_then(|text| Ok(serde_json::from_str(&text)?)).with_context(|| path.display().to_string())
}

fn measure(options: &Options) -> Result<Figures> {
    eprintln!("bringing policies into the kernel …");
    let (policies, memory) = control::run()?;
    eprintln!("scraping an agent …");
    let scrapes = scrape::run(options.rounds)?;
    packets(options, policies, memory, scrapes)
}

/// Measures packets; what else there is stands already.
fn packets(
    options: &Options,
    policies: Vec<Policy>,
    memory: Vec<Memory>,
    scrapes: Vec<Scrape>,
) -> Result<Figures> {
    let Options { rounds, repeat, .. } = *options;
    eprintln!("loading the programs once for each policy …");
    let mut beds = rounds::Beds::load()?;
    let (with, without): (Vec<_>, Vec<_>) = cases::all().into_iter().partition(|case| beds.have(case));
    for case in without {
        eprintln!("left out, for there is none: {}", case.bed.label());
    }
    let setting = rounds::Setting::prepare();
    for case in &with {
        beds.check(case)?;
    }
    let programs = beds.programs()?;
    eprintln!("{rounds} rounds of {} cases, {repeat} runs each …", with.len());
    let packets = rounds::run(&mut beds, &with, rounds, repeat)?;
    let machine = Machine {
        kernel: kernel_release(),
        processor: report::processor(),
        processors: setting.processors,
        load: setting.load,
        real_time: setting.is_real_time,
        commit: commit(),
        rounds,
        repeat,
    };
    Ok(Figures { machine, programs, packets, policies, memory, scrapes })
}

/// The commit that is checked out, with a `+` where files differ from it.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(env!("CARGO_MANIFEST_DIR")).args(arguments).output();
        output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
    };
    let commit = String::from_utf8(git(&["rev-parse", "--short", "HEAD"])?).ok()?;
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(commit.trim().to_owned() + if changed { "+" } else { "" })
}

fn write(options: &Options, figures: &serde_json::Value) -> Result<()> {
    if let Some(path) = &options.json {
        fs::write(path, format!("{figures:#}\n")).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Exit code of a program that ended on SIGINT.
const INTERRUPTED: u8 = 130;
