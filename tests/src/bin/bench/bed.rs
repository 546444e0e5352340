//! The programs with a policy in force: packets through them, once to see what becomes of them, or often, timed.

use std::time::Duration;

use anyhow::{Result, ensure};
use aya::programs::{ProgramInfo, TestRun as _, TestRunOptions};
use monitor::{
    kernel::{
        Counters, EventRing, Generation, Interfaces, Object, Options, PolicyMaps, test_run::INTERFACE_SLOT,
    },
    policy::{Compiled, image::Image},
};
use monitor_common::abi::{Direction, Link, program};
use rustix::time::{ClockId, clock_gettime};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

use crate::cases::Case;

/// The loaded programs. What is not read is held for as long as they run.
pub struct Bed {
    object: Object,
    counters: Counters,
    _policy: PolicyMaps,
    _interfaces: Interfaces,
    rings: Vec<EventRing>,
    runtime: Runtime,
}

/// Which program runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The hook of this direction.
    Guard(Direction),
    /// The empty program for the hook of this direction.
    Empty(Direction),
}

/// What the kernel made of a program.
pub struct Size {
    /// Its name.
    pub name: &'static str,
    /// Instructions that the verifier went through; `None` before Linux 5.16.
    pub verified: Option<u32>,
    /// Octets of machine code.
    pub machine_code: u32,
}

impl Bed {
    /// Loads the programs, puts a policy in force, and listens for events where any are sent.
    pub fn load(policy: &Compiled, image: &Image, send_events: bool) -> Result<Self> {
        let options = Options {
            rule_lines: image.lines_needed(),
            media_slots: MEDIA_SLOTS,
            dry_run: false,
            send_events,
            keep_judgements: false,
        };
        let mut object = Object::load(options)?;
        let mut maps = PolicyMaps::take(&mut object)?;
        maps.publish(Generation {
            lines: image.lines(),
            settings: &policy.settings,
            trunks: &policy.trunks,
        })?;
        let mut interfaces = Interfaces::take(&mut object)?;
        interfaces.register(INTERFACE_SLOT, LOOPBACK, Link::Ethernet)?;
        let counters = Counters::take(&mut object)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let rings = if send_events { EventRing::open_all(&mut object)? } else { Vec::new() };
        drop(inside);
        Ok(Self { object, counters, _policy: maps, _interfaces: interfaces, rings, runtime })
    }

    /// Lets a case's packet through once, and fails unless it becomes of it what must.
    pub fn check(&mut self, case: &Case) -> Result<()> {
        let guard = Program::Guard(case.direction);
        if let Some(before) = &case.before {
            self.run(guard, before, 1)?;
        }
        let counted = |bed: &Self| bed.counters.packets.read(INTERFACE_SLOT, case.direction, case.class);
        let before = counted(self)?.packets;
        let returned = self.run(guard, &case.frame, 1)?;
        ensure!(counted(self)?.packets == before + 1, "it was not counted as {}", case.class.label());
        let dropped = match case.direction {
            Direction::Ingress => XDP_DROP,
            Direction::Egress => TC_ACT_SHOT,
        };
        ensure!((returned == dropped) == case.is_dropped, "the program returned {returned}");
        Ok(())
    }

    /// CPU time of this thread for one run of the program, in nanoseconds; the kernel's loop about it included.
    pub fn time(&mut self, program: Program, frame: &[u8], repeat: u32) -> Result<f64> {
        let before = cpu_time();
        self.run(program, frame, repeat)?;
        let spent = cpu_time().saturating_sub(before);
        self.take_events();
        Ok(spent.as_secs_f64() * 1e9 / f64::from(repeat))
    }

    /// What the kernel made of the guarding programs.
    pub fn programs(&mut self) -> Result<Vec<Size>> {
        let ingress = self.object.ingress()?.info()?;
        let egress = self.object.egress()?.info()?;
        Ok(vec![size(program::INGRESS, &ingress), size(program::EGRESS, &egress)])
    }

    fn run(&mut self, program: Program, frame: &[u8], repeat: u32) -> Result<u32> {
        let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::new() };
        let result = match program {
            Program::Guard(Direction::Ingress) => self.object.ingress()?.test_run(options)?,
            Program::Guard(Direction::Egress) => self.object.egress()?.test_run(options)?,
            Program::Empty(Direction::Ingress) => self.object.xdp(program::EMPTY)?.test_run(options)?,
            Program::Empty(Direction::Egress) => {
                self.object.classifier(program::EMPTY_EGRESS)?.test_run(options)?
            }
        };
        Ok(result.return_value)
    }

    /// Empties the rings, so that the next event finds room, as beside a running agent.
    fn take_events(&mut self) {
        for ring in &mut self.rings {
            _ = self.runtime.block_on(async { timeout(GRACE, ring.drain(|_| ())).await });
        }
    }
}

fn size(name: &'static str, info: &ProgramInfo) -> Size {
    Size { name, verified: info.verified_instruction_count(), machine_code: info.size_jitted() }
}

/// CPU time of this thread.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Media streams of all CPUs.
const MEDIA_SLOTS: u32 = 65_536;
/// Index of the loopback interface, which a test run's packets seem to come from.
const LOOPBACK: u32 = 1;
/// How long an empty ring is waited for.
const GRACE: Duration = Duration::from_millis(1);
/// linux/bpf.h
const XDP_DROP: u32 = 1;
/// linux/pkt_cls.h
const TC_ACT_SHOT: u32 = 2;
