//! The rounds: every case once in each, in turn, so that what slows the machine slows all of them alike.

use std::{
    fs,
    process::{self, Command, Stdio},
    thread::available_parallelism,
};

use anyhow::Result;
use monitor_common::abi::Direction;
use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};

use crate::{
    bed::{Bed, Program},
    cases::Case,
    policies::Setup,
};

/// How undisturbed the rounds run.
pub struct Setting {
    /// CPUs that this process could run on.
    pub processors: usize,
    /// The CPU that they stay on.
    pub cpu: Option<usize>,
    /// Whether no ordinary process takes the CPU from them.
    pub is_real_time: bool,
    /// Processes that wanted to run when they began, over one minute; `None` where the kernel does not say.
    pub load: Option<f64>,
}

impl Setting {
    /// Keeps this thread on one CPU, before all others where that is allowed.
    pub fn prepare() -> Self {
        let load = load();
        Self {
            // Before the next line leaves but one.
            processors: available_parallelism().map_or(1, usize::from),
            cpu: stay_on_this_cpu(),
            is_real_time: take_precedence(),
            load,
        }
    }
}

impl Setting {
    /// As it is, among all other processes: what counts CPU time for minutes does not keep a CPU to itself.
    pub fn ordinary() -> Self {
        Self {
            processors: available_parallelism().map_or(1, usize::from),
            cpu: None,
            is_real_time: false,
            load: load(),
        }
    }
}

/// What was measured of a case.
pub struct Timed {
    /// Which packet it was; that of the empty program's own line bears its name.
    pub name: &'static str,
    /// Which hook.
    pub direction: Direction,
    /// What was in force; `None` for the empty program.
    pub setup: Option<Setup>,
    /// Octets of the packet.
    pub octets: usize,
    /// Time of one run, in ns.
    pub time: Spread,
    /// Time over that of the empty program in the same round, in ns.
    pub over_empty: Spread,
    /// Time by that of the empty program in the same round.
    pub ratio: Spread,
}

/// The median over the rounds, and the ends of their range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the rounds lie below.
    pub median: f64,
    /// The least of all.
    pub min: f64,
    /// The greatest of all.
    pub max: f64,
}

impl Spread {
    /// Of the values of all rounds.
    pub fn of(values: &[f64]) -> Self {
        spread(values.iter().copied())
    }
}

/// Runs all cases, and an empty program for each hook, `rounds` times; every other round backwards.
pub fn run(beds: &mut [Bed], cases: &[Case], rounds: u32, repeat: u32) -> Result<Vec<Timed>> {
    let runs = runs(cases);
    let mut times = vec![Vec::new(); runs.len()];
    // The first round warms caches and branch predictors, and does not count.
    for round in 0..=rounds {
        let mut order: Vec<_> = (0..runs.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let Run { program, case, .. } = runs[index];
            let time = beds[case.bed as usize].time(program, &case.frame, repeat)?;
            if round > 0 {
                times[index].push(time);
            }
        }
    }
    Ok(runs.iter().zip(&times).map(|(run, own)| timed(*run, own, &times[run.empty])).collect())
}

/// A program on a packet.
#[derive(Clone, Copy)]
struct Run<'a> {
    program: Program,
    case: &'a Case,
    /// Index of the empty program's run for the same hook.
    empty: usize,
}

/// Before the cases of each hook, its empty program on the packet of the first.
fn runs(cases: &[Case]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for case in cases {
        let empty = match runs.last() {
            Some(last) if last.case.direction == case.direction => last.empty,
            _ => {
                let empty = runs.len();
                runs.push(Run { program: Program::Empty(case.direction), case, empty });
                empty
            }
        };
        runs.push(Run { program: Program::Guard(case.direction), case, empty });
    }
    runs
}

fn timed(run: Run<'_>, times: &[f64], empty: &[f64]) -> Timed {
    let is_empty = matches!(run.program, Program::Empty(_));
    let paired =
        |by: fn(f64, f64) -> f64| spread(times.iter().zip(empty).map(|(time, empty)| by(*time, *empty)));
    Timed {
        name: if is_empty { "empty program" } else { run.case.name },
        direction: run.case.direction,
        setup: (!is_empty).then_some(run.case.bed),
        octets: run.case.frame.len(),
        time: spread(times.iter().copied()),
        over_empty: paired(|time, empty| time - empty),
        ratio: paired(|time, empty| time / empty),
    }
}

/// The spread of some values; of none, zero.
fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    let last = values.len().saturating_sub(1);
    Spread { median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), min: at(0), max: at(last) }
}

fn load() -> Option<f64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split(' ').next()?.parse().ok()
}

fn stay_on_this_cpu() -> Option<usize> {
    let cpu = sched_getcpu();
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one).ok().map(|()| cpu)
}

/// By chrt of util-linux, which every Debian has: the call itself is in no crate that forbids unsafe code.
fn take_precedence() -> bool {
    let id = process::id().to_string();
    Command::new("chrt")
        .args(["--fifo", "--pid", PRIORITY, &id])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Above every ordinary process, below the kernel's own threads (50).
const PRIORITY: &str = "10";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    #[test]
    fn the_median_lies_between_the_middle_values() {
        let of = |values: &[f64]| spread(values.iter().copied());
        assert_eq!(of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0]), Spread { median: 2.5, min: 1.0, max: 4.0 });
        assert_eq!(of(&[]), Spread { median: 0.0, min: 0.0, max: 0.0 });
    }

    #[test]
    fn each_case_is_paired_with_the_empty_program_of_its_hook() {
        let cases = cases::all();
        let runs = runs(&cases);
        assert_eq!(runs.len(), cases.len() + 2);
        for run in &runs {
            assert!(runs[run.empty].program == Program::Empty(run.case.direction));
        }
    }

    #[test]
    fn a_case_is_the_difference_and_the_ratio_of_paired_rounds() {
        let cases = cases::all();
        let run = Run { program: Program::Guard(Direction::Ingress), case: &cases[0], empty: 0 };
        let timed = timed(run, &[30.0, 70.0, 90.0], &[10.0, 20.0, 30.0]);
        assert_eq!(timed.over_empty, Spread { median: 50.0, min: 20.0, max: 60.0 });
        assert_eq!(timed.ratio, Spread { median: 3.0, min: 3.0, max: 3.5 });
    }
}
