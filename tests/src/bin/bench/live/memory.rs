//! One rule of xdp-filter beside the whole verdict on an INVITE, in memory: without the cable, whose noise is greater than both.

use anyhow::{Context, Result, anyhow, ensure};
use aya::programs::{TestRun as _, TestRunOptions};
use monitor::{
    policy::{SlotTable, compile},
    sync::lay_out,
};
use monitor_common::abi::Direction;
use rustix::thread::{gettid, sched_getcpu, sched_setaffinity};
use tests::interrupt::Interrupt;

use super::{
    Extent, apart,
    cable::{SENDER, only, precedence},
    contender::Contender,
    frame::Ends,
    numbers,
    xdp_filter::XdpFilter,
};
use crate::{
    bed::{Bed, Program},
    clock::thread_time,
    figures::Spread,
};

/// CPU time of one packet over that of an empty program in the same round, in ns.
pub struct Memory {
    /// xdp-filter's.
    pub filter: Spread,
    /// Ringfence's.
    pub ringfence: Spread,
    /// The one by the other, round by round.
    pub ratio: Spread,
}

/// Measures both; an error where xdp-filter is not there.
pub fn run(extent: Extent, interrupt: &Interrupt) -> Result<Memory> {
    ensure!(!extent.trial, "a trial leaves it out");
    let mut filter = XdpFilter::load()?;
    let mut bed = bed(extent)?;
    let frame = Ends::of([2, 0, 0, 0, 0, 2]).invite();
    let time_of = |bed: &mut Bed, program| bed.time_frame(program, Direction::Ingress, &frame, REPEAT);
    let differences = apart(|| {
        sched_setaffinity(None, &only(sched_getcpu()))?;
        precedence(gettid(), SENDER)?;
        let mut differences = Vec::new();
        for round in 0..=extent.rounds {
            interrupt.check()?;
            let empty = time_of(&mut bed, Program::Empty)?;
            let (ringfence, filtered) = if round % 2 == 0 {
                let ringfence = time_of(&mut bed, Program::Guard)?;
                (ringfence, time(&mut filter, &frame, REPEAT)?)
            } else {
                let filtered = time(&mut filter, &frame, REPEAT)?;
                (time_of(&mut bed, Program::Guard)?, filtered)
            };
            if round > 0 {
                differences.push((filtered - empty, ringfence - empty));
            }
        }
        Ok::<_, anyhow::Error>(differences)
    })?;
    let spread = |of: fn(&(f64, f64)) -> f64| Spread::of(&differences.iter().map(of).collect::<Vec<_>>());
    Ok(Memory {
        filter: spread(|(filter, _)| *filter),
        ringfence: spread(|(_, ringfence)| *ringfence),
        ratio: spread(|(filter, ringfence)| filter / ringfence),
    })
}

fn bed(extent: Extent) -> Result<Bed> {
    let text = numbers::policy(&Contender::Ringfence.prefixes(extent.many()));
    let compiled = compile(&text).policy.ok_or_else(|| anyhow!("the policy does not compile"))?;
    let image = lay_out(&compiled, &mut SlotTable::new())?;
    Bed::with(&compiled, image, STREAMS_A_CPU, false)
}

/// As [`Bed::time_frame`].
fn time(filter: &mut XdpFilter, frame: &[u8], repeat: u32) -> Result<f64> {
    let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::new() };
    let program = filter.program()?;
    let before = thread_time();
    let result = program.test_run(options).context("test-running xdp-filter")?;
    let spent = thread_time().saturating_sub(before);
    ensure!(result.return_value == XDP_DROP, "xdp-filter returned {}", result.return_value);
    Ok(spent.as_secs_f64() * 1e9 / f64::from(repeat))
}

/// Slots for media streams on one CPU.
const STREAMS_A_CPU: u32 = 4_096;
/// Runs of a program a round.
const REPEAT: u32 = 1 << 18;
/// linux/bpf.h
const XDP_DROP: u32 = 1;
