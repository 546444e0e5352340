//! `cargo xtask traffic`: makes the traffic of a scenario and writes it as a capture, to try a policy on it.

use std::{ffi::OsString, process::Command};

use anyhow::Result;
use clap::Args;

use crate::{
    process,
    setup::{self, Wanted},
    workspace,
};

/// Make an attack or a week of an office as a capture for `ringfence replay`; `cargo xtask traffic --help` lists them
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// SCENARIO --output FILE [--seed N]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub fn run(options: &Options) -> Result<()> {
    setup::run(&Wanted::default())?;
    // In the folder of the caller, for FILE's sake.
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .args(["run", "--package", "tests", "--bin", "traffic", "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .arg("--")
        .args(&options.arguments);
    process::run(&mut cargo)
}
