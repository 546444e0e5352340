//! The benchmark that `cargo xtask bench` starts: what a packet costs at the two hooks, beside empty programs.

mod bed;
mod calls;
mod cases;
mod frames;
mod live;
mod policies;
mod report;
mod rounds;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use tests::interrupt::Interrupted;

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
    /// With --live: few frames and prefixes; every count is proved, no time is worth reading
    #[arg(long, requires = "live")]
    trial: bool,
    /// Also write the figures to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn run(options: &Options) -> Result<()> {
    if options.live {
        let report = live::run(live::Extent { rounds: options.rounds, trial: options.trial })?;
        println!("{}", report.text());
        return write(options, &report.json());
    }
    if options.calls {
        let found = calls::run(options.rounds)?;
        println!("{}", found.text());
        return write(options, &found.json());
    }
    eprintln!("loading the programs once for each policy …");
    let mut beds = policies::beds()?;
    let cases = cases::all();
    for case in &cases {
        let bed = &mut beds[case.bed as usize];
        bed.check(case).with_context(|| format!("{}, {}", case.name, case.bed.label()))?;
    }
    let programs = beds[0].programs()?;
    eprintln!("{} rounds of {} cases, {} runs each …", options.rounds, cases.len(), options.repeat);
    let setting = rounds::Setting::prepare();
    let timed = rounds::run(&mut beds, &cases, options.rounds, options.repeat)?;
    let report = report::Report { setting, programs, timed, rounds: options.rounds, repeat: options.repeat };
    println!("{}", report.text());
    write(options, &report.json())
}

fn write(options: &Options, figures: &serde_json::Value) -> Result<()> {
    if let Some(path) = &options.json {
        fs::write(path, format!("{figures:#}\n")).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Exit code of a program that ended on SIGINT.
const INTERRUPTED: u8 = 130;
