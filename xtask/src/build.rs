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
