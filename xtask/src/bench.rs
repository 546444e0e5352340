//! `cargo xtask bench`: sets up, builds the benchmark with optimisation, and runs it; it needs root.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    process,
    setup::{self, Wanted},
    test, workspace,
};

/// Measure what a packet costs in the programs, beside empty ones (as root; about half a minute of one CPU)
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
    /// With --live: few frames and prefixes; every count is proved, no time is worth reading (a quarter of a minute)
    #[arg(long, requires = "live")]
    trial: bool,
    /// Also write the figures to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<()> {
    if !options.calls && !test::is_privileged() {
        bail!("the benchmark loads programs into the kernel: run `cargo xtask bench` as root");
    }
    setup::run(&if options.live { Wanted::live_benchmark() } else { Wanted::default() })?;
    if options.live {
        // It starts the agent that users start, from beside its own binary.
        let mut agent = Command::new(workspace::cargo());
        agent.args(["build", "--release", "--package", "monitor", "--manifest-path"]);
        process::run(agent.arg(workspace::root().join("Cargo.toml")))?;
    }
    // Through cargo, which knows where it builds; in the folder of the caller, for FILE's sake.
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .args(["run", "--release", "--package", "tests", "--bin", "bench", "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .arg("--");
    for (is_asked, option) in
        [(options.calls, "--calls"), (options.live, "--live"), (options.trial, "--trial")]
    {
        cargo.args(is_asked.then_some(option));
    }
    for (name, value) in [("--rounds", options.rounds), ("--repeat", options.repeat)] {
        cargo.args(value.iter().flat_map(|value| [name.to_owned(), value.to_string()]));
    }
    process::run(cargo.args(options.json.iter().flat_map(|path| ["--json".as_ref(), path.as_os_str()])))
}
