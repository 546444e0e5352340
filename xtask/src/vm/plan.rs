//! Which tests run in a guest: every one of the targets below, but those named here with the reason.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::kernels::Series;
use crate::{process, workspace};

/// A target of the package `tests`, built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    pub program: PathBuf,
    pub tests: Vec<String>,
}

/// Tests that run, and tests that do not with why.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By target.
    pub runs: Vec<(String, Vec<String>)>,
    pub left_out: Vec<(String, &'static str)>,
}

impl Plan {
    /// Of these targets on a kernel; `filters` are parts of names, one of which a test must have where there are any.
    pub fn of(targets: &[Target], series: Series, filters: &[String]) -> Self {
        let mut plan = Self::default();
        for target in targets {
            let mut runs = Vec::new();
            for test in &target.tests {
                let whole = format!("{}::{test}", target.name);
                if !filters.is_empty() && !filters.iter().any(|filter| whole.contains(&**filter)) {
                    continue;
                }
                match reason(&whole, series) {
                    Some(reason) => plan.left_out.push((whole, reason)),
                    None => runs.push(test.clone()),
                }
            }
            if !runs.is_empty() {
                plan.runs.push((target.name.clone(), runs));
            }
        }
        plan
    }

    /// How many run.
    pub fn count(&self) -> usize {
        self.runs.iter().map(|(_, tests)| tests.len()).sum()
    }
}

/// Builds the targets as `cargo test` does, so that nothing is built twice, and asks each for its tests.
pub fn targets() -> Result<Vec<Target>> {
    let mut cargo = Command::new(workspace::cargo());
    cargo.current_dir(workspace::root()).args([
        "test",
        "--no-run",
        "--message-format=json",
        "--package",
        "tests",
    ]);
    cargo.args(TARGETS.iter().flat_map(|target| ["--test", target]));
    let mut targets = Vec::new();
    for (name, program) in executables(&built(&mut cargo)?) {
        if TARGETS.contains(&&*name) {
            let listed = process::output(Command::new(&program).args(["--list", "--format", "terse"]))?;
            targets.push(Target { name, program, tests: tests(&listed) });
        }
    }
    ensure!(
        targets.len() == TARGETS.len(),
        "cargo built {} of {} test programs",
        targets.len(),
        TARGETS.len()
    );
    Ok(targets)
}

/// The agent, built as the live tests build it.
pub fn agent() -> Result<PathBuf> {
    let mut cargo = Command::new(workspace::cargo());
    cargo.current_dir(workspace::root()).args(["build", "--message-format=json", "--workspace"]);
    cargo.args(["--exclude", "monitor-ebpf", "--bin", "ringfence"]);
    let built = executables(&built(&mut cargo)?).into_iter().find(|(name, _)| name == "ringfence");
    Ok(built.context("cargo built no `ringfence`")?.1)
}

fn built(cargo: &mut Command) -> Result<String> {
    let output = cargo.stderr(std::process::Stdio::inherit()).output().context("cargo cannot be started")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaints =
            messages(&said).filter_map(|message| Some(message["message"]["rendered"].as_str()?.to_owned()));
        bail!("cargo does not build the tests:\n{}", complaints.collect::<String>());
    }
    Ok(said)
}

fn messages(said: &str) -> impl Iterator<Item = Value> {
    said.lines().filter_map(|line| serde_json::from_str(line).ok())
}

fn executables(said: &str) -> Vec<(String, PathBuf)> {
    let executable = |message: Value| {
        let name = message["target"]["name"].as_str()?.to_owned();
        Some((name, PathBuf::from(message["executable"].as_str()?)))
    };
    messages(said).filter_map(executable).collect()
}

/// `rows::the_kernel_judges: test` a line.
fn tests(listed: &str) -> Vec<String> {
    listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// Why a test does not run on a kernel.
fn reason(test: &str, series: Series) -> Option<&'static str> {
    let is_of_old = test.starts_with(OF_OLD_KERNELS);
    match (series.is_supported, is_of_old) {
        (false, true) => None,
        (false, false) => Some("Ringfence refuses this kernel"),
        (true, true) => Some("this kernel is new enough"),
        (true, false) => {
            LEFT_OUT.iter().find(|(prefix, _)| test.starts_with(prefix)).map(|(_, reason)| *reason)
        }
    }
}

const TARGETS: [&str; 3] = ["kernel", "guest", "live"];
const OF_OLD_KERNELS: &str = "guest::old_kernel::";
const LEFT_OUT: &[(&str, &str)] = &[
    ("live::attacker", "SIPVicious and Kamailio are not in the guest"),
    ("live::calls", "Kamailio is not in the guest"),
    ("live::commands", "it tests the agent's commands, which no kernel changes"),
    ("live::demo", "the demo's programs are not in the guest"),
    ("live::emergency", "SIPp floods faster than an emulated CPU reads"),
    ("live::faults::clock", "libfaketime is not in the guest"),
    ("live::faults::interfaces", "it was not tried in a guest yet"),
    ("live::faults", "it floods in real time, or tests what the agent does, which no kernel changes"),
    ("live::flood", "nftables, iptables and xdp-filter are not in the guest"),
    ("live::hangup", "SIPp and Kamailio are not in the guest"),
    ("live::lifecycle::promtool", "promtool is not in the guest"),
    ("live::limits", "it tests what the agent counts, which no kernel changes, by calls in real time"),
    ("live::peers", "Asterisk and pjsua2 are not in the guest"),
    ("live::prometheus", "Prometheus is not in the guest"),
    ("live::recorded", "Kamailio and Asterisk are not in the guest"),
    ("live::spellings", "Asterisk, Kamailio and pjsua2 are not in the guest"),
    ("live::top", "tmux is not in the guest"),
    (
        "live::transports::a_link_without",
        "Python is not in the guest; GRE and IPIP links are tested in its place",
    ),
    ("live::unit", "systemd is not in the guest"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::kernels::ALL;

    fn target() -> Target {
        let tests = ["packets::a", "top::b", "packets::c"].map(str::to_owned).to_vec();
        Target { name: "live".into(), program: PathBuf::new(), tests }
    }

    #[test]
    fn what_does_not_run_is_named_with_its_reason() {
        let plan = Plan::of(&[target()], ALL[1], &[]);
        assert_eq!(plan.runs, [("live".to_owned(), vec!["packets::a".to_owned(), "packets::c".to_owned()])]);
        assert_eq!(plan.left_out, [("live::top::b".to_owned(), "tmux is not in the guest")]);
        assert_eq!(Plan::of(&[target()], ALL[1], &["::a".to_owned()]).count(), 1);
    }

    #[test]
    fn a_kernel_that_is_too_old_runs_the_tests_of_its_refusal_alone() {
        let refusing =
            Target { name: "guest".into(), program: PathBuf::new(), tests: vec!["old_kernel::x".into()] };
        assert_eq!(Plan::of(&[target(), refusing.clone()], ALL[0], &[]).count(), 1);
        assert_eq!(Plan::of(&[refusing], ALL[1], &[]).left_out.len(), 1);
    }

    #[test]
    fn programs_and_tests_are_read_from_cargos_words() {
        let said =
            "{\"target\":{\"name\":\"live\"},\"executable\":\"/t/live-1\"}\nnoise\n{\"reason\":\"x\"}\n";
        assert_eq!(executables(said), [("live".to_owned(), PathBuf::from("/t/live-1"))]);
        assert_eq!(tests("a::b: test\n\n2 tests, 0 benchmarks\n"), ["a::b"]);
    }
}
