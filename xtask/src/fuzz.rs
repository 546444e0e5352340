//! `cargo xtask fuzz`: sets up, builds the fuzzer with optimisation, and runs it; it needs root.

use std::{ffi::OsString, process::Command};

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    process,
    setup::{self, Wanted},
    test, workspace,
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
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .args(["run", "--release", "--package", "tests", "--bin", "fuzz", "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .arg("--")
        .args(&options.arguments);
    process::run(&mut cargo)
}
