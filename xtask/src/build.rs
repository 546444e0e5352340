//! `cargo xtask build`: sets up what is missing and builds all.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{
    process,
    setup::{self, Wanted},
    workspace,
};

/// Build all; the agent is target/debug/ringfence or target/release/ringfence
#[derive(Args, Default)]
pub struct Options {
    /// Build with optimisation
    #[arg(long)]
    release: bool,
}

pub fn run(options: &Options) -> Result<()> {
    setup::run(&Wanted::default())?;
    cargo_build(options)
}

/// Builds what is there to build with.
pub fn cargo_build(options: &Options) -> Result<()> {
    let mut cargo = Command::new(workspace::cargo());
    cargo.arg("build").current_dir(workspace::root());
    if options.release {
        cargo.arg("--release");
    }
    process::run(&mut cargo)
}

/// Runs a program of the package `tests` that was built with optimisation, in the folder of the caller, for the sake of files
/// that the arguments name; those follow.
pub fn optimised(program: &str) -> Command {
    let mut cargo = Command::new(workspace::cargo());
    cargo.args(["run", "--release", "--package", "tests", "--bin", program, "--manifest-path"]);
    cargo.arg(workspace::root().join("Cargo.toml")).arg("--");
    cargo
}

/// Builds the agent that users start, for those programs that start it from beside their own.
pub fn optimised_agent() -> Result<()> {
    let mut cargo = Command::new(workspace::cargo());
    cargo.args(["build", "--release", "--package", "monitor", "--bin", "ringfence", "--manifest-path"]);
    process::run(cargo.arg(workspace::root().join("Cargo.toml")))
}
