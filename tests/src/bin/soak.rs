//! A day of calls in minutes through a guarded host, its memory watched: `cargo xtask soak`.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;
use tests::soak::{Plan, growth, run};

/// Call through a guarded host at a steady pace; fails where the agent's memory grows or a call is not counted
#[derive(Parser)]
struct Arguments {
    /// How long: 10m, 24h
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10m")]
    time: Duration,
    /// Calls that begin each second
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// How long each call talks
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10s")]
    talk: Duration,
}

fn main() -> Result<()> {
    let Arguments { time, rate, talk } = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let samples = run(&Plan { time, rate, talk }, folder.path(), |sample| {
        if sample.at.as_secs() % 30 < 5 {
            println!("{:>6} s  {:>8} calls  {:>8} kB", sample.at.as_secs(), sample.begun, sample.memory);
        }
    })?;
    let (grown, calls) = (growth(&samples), samples.last().map_or(0, |sample| sample.begun));
    println!(
        "{calls} calls and all of them counted; the last quarter took {grown} kB more than the one before"
    );
    ensure!(grown < MOST, "memory grows");
    Ok(())
}

/// Kilobytes between two quarters: what an allocator moves about.
const MOST: i64 = 2_048;
