//! `cargo xtask demo`: sets up, builds, and shows Ringfence at work; without root, over a capture.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{
    build,
    setup::{self, Wanted},
    test, workspace,
};

pub fn run() -> Result<()> {
    let mut show = Command::new(workspace::cargo());
    show.current_dir(workspace::root()).args(["run", "--quiet", "--package"]);
    if test::is_privileged() {
        setup::run(&Wanted::demo())?;
        show.args(["tests", "--bin", "demo"]);
    } else {
        println!(
            "No root, so no interface can be guarded: the same calls from a capture, judged by the same code."
        );
        show.args([
            "monitor",
            "--bin",
            "ringfence",
            "--",
            "replay",
            CAPTURE,
            "--policy",
            POLICY,
            "--engine",
            "host",
        ]);
    }
    build::run(&build::Options::default())?;
    // In the place of xtask, so that Ctrl-C reaches the one that has something to unmake.
    Err(show.exec()).context("cargo cannot be started")
}

const CAPTURE: &str = "tests/captures/demo.pcap";
const POLICY: &str = "tests/src/bin/demo/policy.toml";
