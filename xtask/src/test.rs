//! `cargo xtask test`: sets up, lints, and runs every test.

use std::{env, ffi::OsString, fs, process::Command};

use anyhow::{Context, Result, bail};
use bpf_toolchain::in_path;
use clap::Args;

use crate::{
    build, lint, process,
    setup::{self, Wanted},
    steps::{self, Steps},
    vm, workspace,
};

/// Set up, lint and run every test, the privileged ones included
#[derive(Args)]
pub struct Options {
    /// Leave out the tests that need root, and do not complain about it. Those that need a program which is not there are
    /// left out too, and named
    #[arg(long)]
    unprivileged: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let privileged = !options.unprivileged && is_privileged();
    // With privileges the set-up brings every program.
    let missing = if privileged { Vec::new() } else { missing(|program| in_path(program).is_some()) };
    let mut steps = Steps::default();
    let wanted = if privileged { Wanted::tests() } else { Wanted::lints() };
    if steps.run("set-up", || setup::run(&wanted)) {
        lint::all(&mut steps);
        // The live tests start the agent from where `cargo build` leaves it.
        if steps.run("build", || build::cargo_build(&build::Options::default())) {
            run_tests(&mut steps, privileged, &missing);
        }
    }
    steps.finish("cargo xtask test")?;
    if !missing.is_empty() {
        eprintln!("\n{}", without_programs(&missing));
    }
    if !privileged && !options.unprivileged {
        eprintln!("\n{UNPRIVILEGED}");
        if steps::in_ci() {
            bail!("CI is set, and the privileged tests did not run");
        }
    }
    if !missing.is_empty() && steps::in_ci() {
        bail!("CI is set, and tests did not run for want of a program");
    }
    Ok(())
}

fn run_tests(steps: &mut Steps, privileged: bool, missing: &[&Calling]) {
    if privileged {
        steps.run("tests, privileged ones included", || {
            cargo_test(["--workspace", "--exclude", "monitor-ebpf"].map(OsString::from).to_vec())
        });
        steps.run("tests on other kernels", || vm::run(&vm::Options::of_every_change()));
    } else {
        steps.run("tests without privilege", || {
            cargo_test(
                ["--workspace", "--exclude", "monitor-ebpf", "--exclude", "tests"]
                    .map(OsString::from)
                    .to_vec(),
            )?;
            cargo_test(unprivileged_targets(missing)?)
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

/// The package `tests` without the targets that need privileges or a program that is missing; each entry of its folder
/// is a target.
fn unprivileged_targets(missing: &[&Calling]) -> Result<Vec<OsString>> {
    let mut selection = ["--package", "tests", "--lib", "--bins"].map(OsString::from).to_vec();
    for entry in fs::read_dir(workspace::root().join("tests/tests"))? {
        let path = entry?.path();
        let name = path.file_stem().context("a test target has a name")?;
        let is_left_out = PRIVILEGED.iter().any(|privileged| name == *privileged)
            || missing.iter().any(|calling| name == calling.target);
        if !is_left_out {
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

fn missing(is_there: impl Fn(&str) -> bool) -> Vec<&'static Calling> {
    CALLING.iter().filter(|calling| !is_there(calling.program)).collect()
}

fn without_programs(missing: &[&Calling]) -> String {
    let mut lines = vec![BAR.to_owned()];
    for Calling { target, program, package } in missing {
        lines.push(format!(
            "NOT TESTED: {target}. There is no `{program}`: run `apt-get install {package}` as root."
        ));
    }
    lines.push(BAR.to_owned());
    lines.join("\n")
}

/// A target of the package `tests` that needs no privilege, but a program that only root can install.
#[derive(Debug, PartialEq, Eq)]
struct Calling {
    target: &'static str,
    program: &'static str,
    /// Debian's.
    package: &'static str,
}

const CALLING: [Calling; 3] = [
    Calling { target: "journal", program: "jq", package: "jq" },
    Calling { target: "top", program: "tmux", package: "tmux" },
    Calling { target: "monitoring", program: "promtool", package: "prometheus" },
];
const BAR: &str = "************************************************************************";
/// The targets of the package `tests` that load programs or make namespaces.
const PRIVILEGED: [&str; 4] = ["live", "kernel", "guest", "report"];
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
    fn targets_whose_program_is_missing_are_left_out_and_named() {
        assert_eq!(missing(|_| true), [] as [&Calling; 0]);
        let missing = missing(|program| program != "tmux");
        let targets = |missing: &[&Calling]| {
            let targets = unprivileged_targets(missing).unwrap();
            ["top", "monitoring", "live"].map(|target| targets.iter().any(|word| word == target))
        };
        assert_eq!(targets(&[]), [true, true, false]);
        assert_eq!(targets(&missing), [false, true, false]);
        let said = without_programs(&missing);
        assert!(said.contains("NOT TESTED: top. There is no `tmux`: run `apt-get install tmux`"), "{said}");
        assert!(!said.contains("promtool"), "{said}");
    }

    #[test]
    fn capabilities_are_read_from_the_kernels_own_file() {
        assert_eq!(effective_capabilities("Name:\tx\nCapEff:\t0000000000201000\n"), Some(NEEDED));
        assert_eq!(effective_capabilities("Name:\tx\n"), None);
    }
}
