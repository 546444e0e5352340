//! The steps of a run, each with its heading and its time, and the line that sums them up.

use std::{
    env,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// Every step runs even when one before it failed, so that one run shows all there is to mend.
#[derive(Default)]
pub struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: String,
    time: Duration,
    failed: bool,
}

impl Steps {
    /// Runs a step; whether it went well.
    pub fn run(&mut self, name: &str, step: impl FnOnce() -> Result<()>) -> bool {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = step();
        let time = start.elapsed();
        if let Err(error) = &outcome {
            eprintln!("error: {error:#}");
        }
        let verdict = if outcome.is_ok() { "done" } else { "FAILED" };
        println!("== {name}: {verdict} in {:.1} s", time.as_secs_f64());
        self.done.push(Step { name: name.to_owned(), time, failed: outcome.is_err() });
        outcome.is_ok()
    }

    /// The table of times and the last word on the run.
    pub fn finish(self, what: &str) -> Result<()> {
        println!();
        for step in &self.done {
            let verdict = if step.failed { "FAILED" } else { "ok" };
            println!("{:>8.1} s  {verdict:<6}  {}", step.time.as_secs_f64(), step.name);
        }
        let total: Duration = self.done.iter().map(|step| step.time).sum();
        let failed: Vec<_> = self.done.iter().filter(|step| step.failed).map(|step| &*step.name).collect();
        if !failed.is_empty() {
            bail!("{what}: {} of {} steps failed: {}", failed.len(), self.done.len(), failed.join(", "));
        }
        println!("{what}: all {} steps passed in {:.0} s", self.done.len(), total.as_secs_f64());
        Ok(())
    }
}

/// Whether nobody is looking, so that what could not be run must not pass for tested.
pub fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| !matches!(&*value, "" | "0" | "false"))
}
