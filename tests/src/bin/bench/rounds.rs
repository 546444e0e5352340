//! The rounds: every case once in each, in turn, and beside it an empty program, so that what slows the machine slows both.

use std::{
    fs,
    process::{self, Command, Stdio},
    thread::available_parallelism,
};

use anyhow::{Context as _, Result};
use monitor_common::abi::Direction;
use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};

use crate::{
    bed::{Bed, MOST_CHECKED, Program},
    cases::Case,
    figures::{self, Packet, Spread},
    filter::Filter,
    frames,
    policies::Setup,
};

/// How undisturbed the rounds run.
pub struct Setting {
    /// CPUs that this process could run on.
    pub processors: usize,
    /// Whether no ordinary process takes the CPU from them.
    pub is_real_time: bool,
    /// Processes that wanted to run when they began, over one minute; `None` where the kernel does not say.
    pub load: Option<f64>,
}

impl Setting {
    /// Keeps this thread on one CPU, before all others where that is allowed.
    pub fn prepare() -> Self {
        let ordinary = Self::ordinary();
        stay_on_this_cpu();
        Self { is_real_time: take_precedence(), ..ordinary }
    }

    /// As it is, among all other processes: what counts CPU time for minutes does not keep a CPU to itself.
    pub fn ordinary() -> Self {
        Self { processors: available_parallelism().map_or(1, usize::from), is_real_time: false, load: load() }
    }
}

/// What the packets meet: our programs with each policy, and xdp-filter where it is installed.
pub struct Beds {
    ours: Vec<Bed>,
    filter: Option<Filter>,
}

impl Beds {
    /// Loads all of them.
    pub fn load() -> Result<Self> {
        let ours = Setup::OURS.into_iter().map(|setup| Bed::load(setup).context(setup.label()));
        let ours = ours.collect::<Result<_>>()?;
        let filter = Filter::load(frames::CALLER).unwrap_or_else(|error| {
            eprintln!("xdp-filter cannot be loaded: {error:#}");
            None
        });
        Ok(Self { ours, filter })
    }

    /// Whether there is anything for a case to meet.
    pub fn have(&self, case: &Case) -> bool {
        case.bed != Setup::Filter || self.filter.is_some()
    }

    /// Fails unless it becomes of a case what must.
    pub fn check(&mut self, case: &Case) -> Result<()> {
        match (&mut self.filter, case.bed) {
            (Some(filter), Setup::Filter) => filter.check(case),
            _ => self.bed(case).check(case),
        }
        .with_context(|| format!("{}, {}", case.name, case.bed.label()))
    }

    /// What the kernel made of our programs.
    pub fn programs(&mut self) -> Result<Vec<figures::Program>> {
        self.ours[0].programs()
    }

    fn time(&mut self, program: Program, case: &Case, turn: u64, repeat: u32) -> Result<f64> {
        match (&mut self.filter, case.bed, program) {
            (Some(filter), Setup::Filter, Program::Guard) => filter.time(case, repeat),
            _ => self.bed(case).time(program, case, turn, repeat),
        }
    }

    /// The programs of a case's setup; the empty ones beside xdp-filter are those of any.
    fn bed(&mut self, case: &Case) -> &mut Bed {
        let index = Setup::OURS.iter().position(|setup| *setup == case.bed);
        &mut self.ours[index.unwrap_or_default()]
    }
}

/// Runs all cases, and an empty program beside each, `rounds` times; every other round backwards.
pub fn run(beds: &mut Beds, cases: &[Case], rounds: u32, repeat: u32) -> Result<Vec<Packet>> {
    let mut times = vec![Vec::new(); cases.len()];
    // The first round warms caches and branch predictors, and does not count.
    for round in 0..=rounds {
        let mut order: Vec<_> = (0..cases.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let turn = (4 << MOST_CHECKED) + u64::from(round) * u64::from(repeat);
            let once = once(beds, &cases[index], turn, repeat, round % 2 == 1)?;
            if round > 0 {
                times[index].push(once);
            }
        }
    }
    Ok(cases.iter().zip(&times).map(|(case, times)| packet(case, times)).collect())
}

/// What one case took in one round, ns a run.
#[derive(Clone, Copy)]
struct Once {
    guard: f64,
    /// What is not the guard's: an empty program, where packets turn behind the program that turns them.
    around: f64,
    empty: f64,
}

fn once(beds: &mut Beds, case: &Case, turn: u64, repeat: u32, is_backwards: bool) -> Result<Once> {
    let mut order = vec![Program::Empty, Program::Guard];
    if case.turning.is_some() {
        order.insert(1, Program::Turned);
    }
    if is_backwards {
        order.reverse();
    }
    let mut once = Once { guard: 0.0, around: 0.0, empty: 0.0 };
    for program in order {
        let time = beds.time(program, case, turn, repeat)?;
        match program {
            Program::Guard => once.guard = time,
            Program::Turned => once.around = time,
            Program::Empty => once.empty = time,
        }
    }
    if case.turning.is_none() {
        once.around = once.empty;
    }
    Ok(once)
}

fn packet(case: &Case, times: &[Once]) -> Packet {
    let of = |value: fn(&Once) -> f64| times.iter().map(value).collect::<Vec<_>>();
    let over = of(|once| once.guard - once.around);
    let ratio = of(|once| (once.empty + once.guard - once.around) / once.empty);
    Packet {
        id: case.id.into(),
        hook: match case.direction {
            Direction::Ingress => "XDP".into(),
            Direction::Egress => "tc".into(),
        },
        packet: case.name.into(),
        policy: case.bed.label().into(),
        octets: case.frame.len(),
        empty_ns: Spread::of(&of(|once| once.empty)),
        over_empty_ns: Spread::of(&over),
        ratio: Spread::of(&ratio),
        rounds_ns: over,
    }
}

fn load() -> Option<f64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split(' ').next()?.parse().ok()
}

fn stay_on_this_cpu() {
    if let Err(error) = stay_on(sched_getcpu()) {
        eprintln!("it stays on no CPU: {error}");
    }
}

/// Keeps this thread on one CPU.
pub fn stay_on(cpu: usize) -> Result<()> {
    let mut one = CpuSet::new();
    one.set(cpu);
    Ok(sched_setaffinity(None, &one)?)
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
    fn a_case_is_the_difference_and_the_ratio_of_paired_rounds() {
        let once = |guard, around, empty| Once { guard, around, empty };
        let case = &cases::all()[0];
        let plain = packet(case, &[once(30.0, 10.0, 10.0), once(70.0, 20.0, 20.0), once(90.0, 30.0, 30.0)]);
        assert_eq!(plain.over_empty_ns, Spread { median: 50.0, min: 20.0, max: 60.0 });
        assert_eq!(plain.ratio, Spread { median: 3.0, min: 3.0, max: 3.5 });
        let turned = packet(case, &[once(55.0, 40.0, 30.0)]);
        assert_eq!((turned.over_empty_ns.median, turned.ratio.median), (15.0, 1.5));
    }
}
