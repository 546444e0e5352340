//! `cargo xtask soak`: sets up, builds the agent and the caller with optimisation, and runs them; it needs root.

use std::ffi::OsString;

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    build, process,
    setup::{self, Wanted},
    test,
};

/// Call through a guarded host and watch the agent's memory: `--for 10m`, `--rate N`, `--talk 10s` (as root)
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// --for TIME, --rate N, --talk TIME
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub fn run(options: &Options) -> Result<()> {
    if !test::is_privileged() {
        bail!("network namespaces need root: run `cargo xtask soak` as root");
    }
    setup::run(&Wanted::default())?;
    build::optimised_agent()?;
    process::run(build::optimised("soak").args(&options.arguments))
}
