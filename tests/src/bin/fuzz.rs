//! Hostile SIP through the loaded programs for as long as asked: `cargo xtask fuzz`.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::Parser;
use tests::{
    engine::Shelf,
    hostile::{Hostile, Judge, Sums},
    mutate::Random,
};

/// Judge hostile SIP in the kernel and on the host until the time is over or they differ
#[derive(Parser)]
struct Arguments {
    /// How long: 20s, 5m, 1h
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration, default_value = "1m")]
    time: Duration,
    /// The same seed makes the same packets [default: one that no run had before]
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let Arguments { time, seed } = Arguments::parse();
    let outcome = seed.map_or_else(Random::seed, Ok).and_then(|seed| run(seed, time));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(seed: u64, time: Duration) -> Result<()> {
    println!("seed {seed}");
    let (began, mut told, mut sums) = (Instant::now(), Instant::now(), Sums::default());
    let shelf = Shelf::new()?;
    let mut hostile = Hostile::new(seed)?;
    while began.elapsed() < time {
        // Anew each time: in a full table of media streams the two tell the oldest by different clocks.
        let mut judge = Judge::load(&shelf)?;
        for case in hostile.next(ROUND) {
            if began.elapsed() >= time {
                break;
            }
            judge.judge(&case, &mut sums).with_context(|| format!("seed {seed}, {}", case.shown()))?;
        }
        if told.elapsed() >= EVERY {
            told = Instant::now();
            say(&sums, began);
        }
    }
    say(&sums, began);
    println!("the kernel and the host agree on every packet");
    Ok(())
}

fn say(sums: &Sums, began: Instant) {
    let Sums { packets, invites, dropped, uninspected } = sums;
    println!(
        "{}: {packets} packets, {invites} INVITEs, {dropped} dropped, {uninspected} not read to the end",
        humantime::format_duration(Duration::from_secs(began.elapsed().as_secs()))
    );
}

/// Packets that one load of the programs judges.
const ROUND: usize = 50_000;
const EVERY: Duration = Duration::from_secs(60);
