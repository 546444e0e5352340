//! `cargo xtask lint`: the format, clippy, and the rules of the house.

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};
use bpf_toolchain::{Choice, Environment, Source, Toolchain};

use crate::{house_rules, process, steps::Steps, workspace};

pub fn run() -> Result<()> {
    let mut steps = Steps::default();
    all(&mut steps);
    steps.finish("lint")
}

pub fn all(steps: &mut Steps) {
    steps.run("format (rustfmt)", format);
    steps.run("rules of the house", house_rules::check);
    steps.run("clippy on all that runs on the host", clippy_for_host);
    steps.run("clippy on monitor-ebpf, for the BPF target", clippy_for_bpf);
}

fn format() -> Result<()> {
    component("fmt", "rustfmt")?;
    process::run(cargo().args(["fmt", "--all", "--check"])).context("`cargo fmt --all` mends it")
}

/// Without monitor-ebpf: it has no panic handler where `core` unwinds, and its own target is linted below.
fn clippy_for_host() -> Result<()> {
    component("clippy", "clippy")?;
    let crates = ["--workspace", "--exclude", "monitor-ebpf", "--all-targets"];
    process::run(cargo().arg("clippy").args(crates).args(["--", "-D", "warnings"]))
}

/// Clippy must be of the compiler that builds the object: another one has no `core` for the BPF target.
fn clippy_for_bpf() -> Result<()> {
    let tools = workspace::tools();
    let toolchain = bpf_toolchain::find(Choice::from_environment()?, &tools)?;
    let mut clippy = clippy_of(&toolchain)?;
    let environment = Environment::of(&toolchain, &workspace::cargo(), &tools.join("clippy-path"))?;
    environment.apply(&mut clippy);
    clippy
        .current_dir(workspace::root())
        .args(["--package", "monitor-ebpf", "--target", "bpfel-unknown-none"])
        .arg("--target-dir")
        .arg(tools.join("clippy"))
        .args(["--", "-D", "warnings"]);
    process::run(&mut clippy)
}

fn clippy_of(toolchain: &Toolchain) -> Result<Command> {
    let compiler = &toolchain.compiler;
    if compiler.source == Source::Nightly {
        let mut rustup = Command::new("rustup");
        rustup.args(["run", "nightly", "cargo", "clippy", "-Z", "build-std=core"]);
        return Ok(rustup);
    }
    // Unpacked programs have wrappers beside their compiler's.
    let folder = compiler.rustc.parent().context("the compiler lies in no folder")?;
    let program = folder.join("cargo-clippy");
    if !fs::exists(&program)? {
        bail!("clippy for the BPF target is missing: run `cargo xtask setup --tests`");
    }
    let mut clippy = Command::new(program);
    clippy.arg("clippy");
    Ok(clippy)
}

fn cargo() -> Command {
    let mut cargo = Command::new(workspace::cargo());
    cargo.current_dir(workspace::root());
    cargo
}

fn component(subcommand: &str, component: &str) -> Result<()> {
    if !process::succeeds(cargo().args([subcommand, "--version"])) {
        bail!("`cargo {subcommand}` is missing: run `rustup component add {component}`");
    }
    Ok(())
}
