//! `cargo xtask demo`: sets up, builds, and shows Ringfence at work; without root, over a capture.

use std::{env, os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    build,
    setup::{self, Wanted},
    test, workspace,
};

pub fn run() -> Result<()> {
    let privileged = test::is_privileged();
    setup::run(&if privileged { Wanted::demo() } else { Wanted::default() })?;
    build::cargo_build(&build::Options::default())?;
    let mut show = if privileged { Command::new(built("demo")?) } else { replay()? };
    // In the place of xtask, so that Ctrl-C reaches the one that has something to unmake.
    Err(show.current_dir(workspace::root()).exec()).context("the demo cannot be started")
}

fn replay() -> Result<Command> {
    println!(
        "No root, so no interface can be guarded: the same calls from a capture, judged by the same code."
    );
    let mut replay = Command::new(built("ringfence")?);
    replay.args(["replay", CAPTURE, "--policy", POLICY, "--engine", "host"]);
    Ok(replay)
}

/// A program that cargo just built, in the folder where it built xtask before.
fn built(name: &str) -> Result<PathBuf> {
    Ok(env::current_exe().context("where xtask lies is not known")?.with_file_name(name))
}

const CAPTURE: &str = "tests/captures/demo.pcap";
const POLICY: &str = "tests/src/bin/demo/policy.toml";
