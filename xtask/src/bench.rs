//! `cargo xtask bench`: sets up, builds the benchmark with optimisation, and runs it; it needs root.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    build, process,
    setup::{self, Wanted},
    test,
};

/// Measure what a packet costs in the programs, beside empty ones, what a policy takes to come into force, and what a scrape
/// takes (as root; about a minute and a half of one CPU)
#[derive(Args)]
pub struct Options {
    /// Rounds in which every case is run once [default: the benchmark's own]
    #[arg(long)]
    rounds: Option<u32>,
    /// Runs of the program a case and round [default: the benchmark's own]
    #[arg(long)]
    repeat: Option<u32>,
    /// Instead measure what it costs to follow calls (no root; a few minutes of one CPU)
    #[arg(long)]
    calls: bool,
    /// Instead send frames at full rate over veths to Ringfence and, in the same run, to nftables, iptables, Kamailio and
    /// xdp-filter (as root, Linux 5.18 or later; brings those programs from Debian; about five minutes, in which one CPU
    /// is taken from everything else again and again)
    #[arg(long, conflicts_with = "calls")]
    live: bool,
    /// Instead measure how long it takes from the packet that opens an incident to the receiver's answer, for each kind of
    /// sink, quiet and beside a flood (as root; brings the receivers; a minute and a half)
    #[arg(long, conflicts_with_all = ["calls", "live"])]
    alerts: bool,
    /// With --live: few frames and prefixes; every count is proved, no time is worth reading (a quarter of a minute)
    #[arg(long, requires = "live")]
    trial: bool,
    /// Also write the figures to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write figures, chart and tables into docs/
    #[arg(long, conflicts_with_all = ["calls", "live"])]
    document: bool,
    /// Instead of measuring, take the figures that an earlier run wrote to FILE (no root)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["calls", "live"])]
    figures: Option<PathBuf>,
    /// With --figures: measure packets anew (as root), and take the rest from FILE
    #[arg(long, requires = "figures")]
    packets: bool,
}

pub fn run(options: &Options) -> Result<()> {
    if !options.calls && (options.figures.is_none() || options.packets) && !test::is_privileged() {
        bail!("the benchmark loads programs into the kernel: run `cargo xtask bench` as root");
    }
    setup::run(&match (options.live, options.alerts) {
        (true, _) => Wanted::live_benchmark(),
        (_, true) => Wanted::tests(),
        _ => Wanted::default(),
    })?;
    if options.live || options.alerts {
        build::optimised_agent()?;
    }
    let mut cargo = build::optimised("bench");
    for (is_asked, option) in [
        (options.calls, "--calls"),
        (options.live, "--live"),
        (options.alerts, "--alerts"),
        (options.trial, "--trial"),
        (options.document, "--document"),
        (options.packets, "--packets"),
    ] {
        cargo.args(is_asked.then_some(option));
    }
    for (name, value) in [("--rounds", options.rounds), ("--repeat", options.repeat)] {
        cargo.args(value.iter().flat_map(|value| [name.to_owned(), value.to_string()]));
    }
    cargo.args(options.figures.iter().flat_map(|path| ["--figures".as_ref(), path.as_os_str()]));
    process::run(cargo.args(options.json.iter().flat_map(|path| ["--json".as_ref(), path.as_os_str()])))
}
