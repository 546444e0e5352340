//! `cargo xtask test`: sets up, lints, and runs every test.

use std::{env, ffi::OsString, fs, process::Command};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    build, lint, process,
    setup::{self, Wanted},
    steps::{self, Steps},
    workspace,
};

/// Set up, lint and run every test, the privileged ones included
#[derive(Args)]
pub struct Options {
    /// Leave out the tests that need root, and do not complain about it
    #[arg(long)]
    unprivileged: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let privileged = !options.unprivileged && is_privileged();
    let mut steps = Steps::default();
    let wanted = if privileged { Wanted::tests() } else { Wanted::lints() };
    if steps.run("set-up", || setup::run(&wanted)) {
        lint::all(&mut steps);
        // The live tests start the agent from where `cargo build` leaves it.
        if steps.run("build", || build::cargo_build(&build::Options::default())) {
            run_tests(&mut steps, privileged);
        }
    }
    steps.finish("cargo xtask test")?;
    if !privileged && !options.unprivileged {
        eprintln!("\n{UNPRIVILEGED}");
        if steps::in_ci() {
            bail!("CI is set, and the privileged tests did not run");
        }
    }
    Ok(())
}

fn run_tests(steps: &mut Steps, privileged: bool) {
    if privileged {
        steps.run("tests, privileged ones included", || {
            cargo_test(["--workspace", "--exclude", "monitor-ebpf"].map(OsString::from).to_vec())
        });
    } else {
        steps.run("tests without privilege", || {
            cargo_test(
                ["--workspace", "--exclude", "monitor-ebpf", "--exclude", "tests"]
                    .map(OsString::from)
                    .to_vec(),
            )?;
            cargo_test(unprivileged_targets()?)
        });
    }
}

/// Runs every test even when one before it failed, so that one run shows all there is to mend.
fn cargo_test(selection: Vec<OsString>) -> Result<()> {
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .current_dir(workspace::root())
        .args(["test", "--no-fail-fast"])
        .args(selection)
        .env("PATH", path_with_tools()?);
    process::run(&mut cargo)
}

/// The package `tests` without the targets that need privileges; each entry of its folder is a target.
fn unprivileged_targets() -> Result<Vec<OsString>> {
    let mut selection = ["--package", "tests", "--lib", "--bins"].map(OsString::from).to_vec();
    for entry in fs::read_dir(workspace::root().join("tests/tests"))? {
        let path = entry?.path();
        let name = path.file_stem().context("a test target has a name")?;
        if !PRIVILEGED.iter().any(|privileged| name == *privileged) {
            selection.extend(["--test".into(), name.to_owned()]);
        }
    }
    Ok(selection)
}

/// The tests call their tools by name: SIPVicious lies in a folder of its own, others where only root looks.
fn path_with_tools() -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [setup::sipvicious_folder()]
        .into_iter()
        .chain(env::split_paths(&path))
        .chain(["/usr/sbin".into(), "/sbin".into()]);
    env::join_paths(folders).context("PATH cannot be extended")
}

/// Loading programs, attaching them and making namespaces ask for both capabilities.
pub fn is_privileged() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    effective_capabilities(&status).is_some_and(|held| held & NEEDED == NEEDED)
}

fn effective_capabilities(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// The targets of the package `tests` that load programs or make namespaces.
const PRIVILEGED: [&str; 2] = ["live", "kernel"];
const CAP_NET_ADMIN: u64 = 1 << 12;
const CAP_SYS_ADMIN: u64 = 1 << 21;
const NEEDED: u64 = CAP_NET_ADMIN | CAP_SYS_ADMIN;
const UNPRIVILEGED: &str = "\
************************************************************************
NOT TESTED: everything that happens in the kernel and on an interface.
Those tests need root: run `cargo xtask test` as root, or say
`--unprivileged` to leave them out on purpose.
************************************************************************";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_from_the_kernels_own_file() {
        assert_eq!(effective_capabilities("Name:\tx\nCapEff:\t0000000000201000\n"), Some(NEEDED));
        assert_eq!(effective_capabilities("Name:\tx\n"), None);
    }
}
