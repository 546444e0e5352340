//! What a guest's tests came to, read line by line from the words of Rust's test harness, and the table of all guests.

use std::time::Duration;

use super::{
    guest::{EXIT, TARGET, UP},
    plan::Plan,
};

/// One guest's results.
#[derive(Debug, Default)]
pub struct Results {
    /// What `--kernel` calls it.
    pub kernel: &'static str,
    pub release: String,
    /// Seconds from the kernel's start to the first test.
    pub up: Option<f32>,
    pub passed: Vec<String>,
    pub failed: Vec<String>,
    pub left_out: Vec<(String, &'static str)>,
    /// How many were to run.
    pub planned: usize,
    /// Verified instructions, as the test of the budget says them.
    pub verified: Vec<String>,
    /// Why the guest was ended from outside.
    pub stopped: Option<String>,
    pub exit: Option<i32>,
    pub took: Duration,
    target: String,
    /// The test that runs.
    running: Option<String>,
}

impl Results {
    pub fn of(kernel: &'static str, release: &str, plan: &Plan) -> Self {
        Self {
            kernel,
            release: release.to_owned(),
            planned: plan.count(),
            left_out: plan.left_out.clone(),
            ..Self::default()
        }
    }

    /// Takes a line in; what is to be shown of it.
    pub fn read(&mut self, line: &str) -> Option<String> {
        if let Some(said) = line.strip_prefix(UP) {
            self.up = said.rsplit(' ').next().and_then(|seconds| seconds.parse().ok());
            return Some(format!("up: {said}"));
        }
        if let Some(target) = line.strip_prefix(TARGET) {
            target.clone_into(&mut self.target);
            return None;
        }
        if let Some(code) = line.strip_prefix(EXIT) {
            self.exit = code.trim().parse().ok();
            return None;
        }
        if line.contains(VERIFIED) {
            self.verified.push(line.to_owned());
            return Some(line.to_owned());
        }
        self.read_test(line)
    }

    /// `test rows::x ... ok`, and where the test's programs write past the harness, `ok` in a line of its own.
    fn read_test(&mut self, line: &str) -> Option<String> {
        let verdict = match line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) {
            Some((name, verdict)) => {
                let name = name.split(" - ").next().unwrap_or(name);
                self.running = Some(format!("{}::{name}", self.target));
                verdict
            }
            None => line,
        };
        let name = match verdict.trim() {
            "ok" => self.running.take().inspect(|name| self.passed.push(name.clone())),
            "FAILED" => self.running.take().inspect(|name| self.failed.push(name.clone())),
            _ => return None,
        }?;
        Some(format!("{:<6}  {name}", verdict.trim()))
    }

    /// Everything that was planned ran and passed, and the guest says so itself.
    pub fn is_good(&self) -> bool {
        self.exit == Some(0)
            && self.failed.is_empty()
            && self.passed.len() == self.planned
            && self.stopped.is_none()
    }

    /// What is wrong, one thing a line.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints: Vec<_> = self.failed.iter().map(|name| format!("FAILED: {name}")).collect();
        let silent = self.planned.saturating_sub(self.passed.len() + self.failed.len());
        if silent != 0 {
            let last = self.running.as_deref().unwrap_or("none");
            complaints.push(format!("{silent} tests gave no result; the one that ran last: {last}"));
        }
        complaints.extend(self.stopped.clone());
        if self.exit.is_none() {
            complaints.push("the guest did not come to its end: look at its console".to_owned());
        }
        complaints
    }
}

/// One line a kernel.
pub fn table(all: &[Results]) -> String {
    let mut lines = vec![format!(
        "{:<8} {:<28} {:>6} {:>6} {:>8} {:>7} {:>7}  verified instructions",
        "kernel", "release", "passed", "failed", "left out", "up", "all"
    )];
    for results in all {
        let up = results.up.map_or_else(|| "-".to_owned(), |up| format!("{up:.1} s"));
        let verified: Vec<_> =
            results.verified.iter().filter_map(|line| line.split(VERIFIED).next()).collect();
        lines.push(format!(
            "{:<8} {:<28} {:>6} {:>6} {:>8} {:>7} {:>5.0} s  {}",
            results.kernel,
            results.release,
            results.passed.len(),
            results.planned - results.passed.len(),
            results.left_out.len(),
            up,
            results.took.as_secs_f64(),
            verified.join(", ")
        ));
    }
    lines.join("\n")
}

const VERIFIED: &str = " verified instructions";

#[cfg(test)]
mod tests {
    use super::*;

    fn results(lines: &[&str]) -> Results {
        let mut results = Results { planned: 2, ..Results::default() };
        for line in lines {
            results.read(line);
        }
        results
    }

    #[test]
    fn a_guest_is_good_when_all_that_was_planned_passed_and_it_says_so() {
        let lines = [
            "GUEST-UP 5.10.0-46-cloud-amd64 4.65",
            "GUEST-TARGET live",
            "test a::b ... ok",
            "test c - should panic ... some words",
            "ok",
            "GUEST-EXIT rc=0",
        ];
        let good = results(&lines);
        assert!(good.is_good(), "{good:?}");
        assert_eq!((good.passed, good.up), (vec!["live::a::b".to_owned(), "live::c".to_owned()], Some(4.65)));
        assert!(!results(&lines[..5]).is_good(), "it did not come to its end");
        assert!(!results(&lines[3..]).is_good(), "one did not run");
    }

    #[test]
    fn what_failed_and_what_ran_last_are_named() {
        let bad = results(&["GUEST-TARGET kernel", "test a ... FAILED", "test b ... "]);
        let complaints = bad.complaints();
        assert_eq!(complaints[0], "FAILED: kernel::a");
        assert!(
            complaints[1].starts_with("1 tests gave no result; the one that ran last: kernel::b"),
            "{complaints:?}"
        );
    }
}
