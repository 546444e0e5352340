//! `cargo xtask fuzz`: sets up, builds the fuzzer with optimisation, and runs it; it needs root.

use std::ffi::OsString;

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    build, process,
    setup::{self, Wanted},
    test,
};

/// Judge hostile SIP in the loaded programs and on the host: `--for 1h`, `--seed N` (as root)
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// --for TIME, --seed N
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub fn run(options: &Options) -> Result<()> {
    if !test::is_privileged() {
        bail!("the fuzzer loads programs into the kernel: run `cargo xtask fuzz` as root");
    }
    setup::run(&Wanted::default())?;
    process::run(build::optimised("fuzz").args(&options.arguments))
}
