//! `--live`: frames at full rate over a cable, and what dropping them costs: Ringfence beside what a user would pick instead.

mod cable;
mod contender;
mod frame;
mod goodput;
mod injector;
mod kamailio;
mod memory;
mod netfilter;
mod numbers;
mod report;
mod rounds;
mod standing;
mod target;
mod xdp_filter;

use anyhow::{Context, Result};
use rustix::thread::sched_getcpu;
use tests::interrupt::Interrupt;

use crate::rounds::Setting;
use cable::Cable;
use contender::Contender;
use injector::Injector;
use standing::Standing;

pub use report::Report;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Extent {
    /// Rounds; each has every contender once.
    pub rounds: u32,
    /// Whether it is a trial: few frames, few prefixes, every proof, and no figure worth reading.
    pub trial: bool,
}

impl Extent {
    /// Prefixes of a large policy.
    const fn many(self) -> usize {
        if self.trial { 1_000 } else { 100_000 }
    }

    /// Who is measured. A trial leaves out those whose counters another one proves: each takes the verifier's seconds.
    fn contenders(self) -> Vec<Contender> {
        let is_repetition = |one: &Contender| matches!(one, Contender::One | Contender::Generic);
        Contender::ALL.into_iter().filter(|one| !self.trial || !is_repetition(one)).collect()
    }

    /// Frames that a contender gets in a round.
    fn frames(self, contender: Contender) -> u32 {
        if self.trial { contender.frames().min(256) } else { contender.frames() }
    }
}

/// Measures all of it. Hosts, processes and files are gone when it returns, also where a signal ended it.
pub fn run(extent: Extent) -> Result<Report> {
    let interrupt = Interrupt::watch()?;
    let measured = measure(extent, &interrupt);
    // A signal also cuts short what was just going on, whose error is then no news.
    interrupt.check()?;
    measured
}

fn measure(extent: Extent, interrupt: &Interrupt) -> Result<Report> {
    let setting = Setting::ordinary();
    let cpu = sched_getcpu();
    let contenders = extent.contenders();
    eprintln!("loading the programs, and laying {} cables …", contenders.len());
    let mut injector = Injector::load()?;
    let cables = contenders.iter().map(|_| interrupt.check().and_then(|()| Cable::lay()));
    let cables = cables.collect::<Result<Vec<_>>>()?;
    let (mut standing, absent) = set_up(extent, &cables, &mut injector, cpu, interrupt)?;
    eprintln!("{} rounds …", extent.rounds);
    let costs = rounds::run(&mut standing, &mut injector, extent, cpu, interrupt)?;
    let mut lines = Vec::new();
    for (standing, costs) in standing.iter().zip(costs) {
        lines.push(rounds::Line { contender: standing.contender, costs, proved: standing.prove()? });
    }
    drop(standing);
    drop(cables);
    eprintln!("xdp-filter and Ringfence in memory …");
    let memory = memory::run(extent, interrupt);
    eprintln!("keep-alives during a flood …");
    let goodput = goodput::run(extent, &mut injector, cpu, interrupt)?;
    Ok(Report { extent, setting, cpu, lines, absent, memory, goodput })
}

/// All of them at the ends of their cables, and those that this machine does not have, with the reason.
type SetUp<'a> = (Vec<Standing<'a>>, Vec<(Contender, String)>);

fn set_up<'a>(
    extent: Extent,
    cables: &'a [Cable],
    injector: &mut Injector,
    cpu: usize,
    interrupt: &Interrupt,
) -> Result<SetUp<'a>> {
    let (mut standing, mut absent) = (Vec::new(), Vec::new());
    for (contender, cable) in extent.contenders().into_iter().zip(cables) {
        interrupt.check()?;
        let name = contender.name(extent.many());
        eprintln!("setting up: {name} …");
        match Standing::set_up(contender, extent.many(), cable, injector) {
            Ok(one) => standing.push(one),
            // The only one that not every distribution has.
            Err(error) if contender == Contender::XdpFilter => absent.push((contender, format!("{error:#}"))),
            Err(error) => return Err(error.context(name)),
        }
    }
    for one in &mut standing {
        let opened = apart(|| one.open(injector, cpu));
        opened.with_context(|| one.contender.name(extent.many()))?;
    }
    Ok((standing, absent))
}

/// Does work in a thread of its own, which it may take to another host, another CPU, another priority.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
