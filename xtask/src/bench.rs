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
    /// Also write the figures to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<()> {
    if !options.calls && !test::is_privileged() {
        bail!("the benchmark loads programs into the kernel: run `cargo xtask bench` as root");
    }
    setup::run(&Wanted::default())?;
    // Through cargo, which knows where it builds; in the folder of the caller, for FILE's sake.
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .args(["run", "--release", "--package", "tests", "--bin", "bench", "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .arg("--");
    cargo.args(options.calls.then_some("--calls"));
    for (name, value) in [("--rounds", options.rounds), ("--repeat", options.repeat)] {
        cargo.args(value.iter().flat_map(|value| [name.to_owned(), value.to_string()]));
    }
    process::run(cargo.args(options.json.iter().flat_map(|path| ["--json".as_ref(), path.as_os_str()])))
}
