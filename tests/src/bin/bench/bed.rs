//! The programs with a policy in force: packets through them, once to see what becomes of them, or often, timed.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use aya::{
    maps::{MapData, ProgramArray},
    programs::{ProgramInfo, TestRun as _, TestRunOptions},
    util::nr_cpus,
};
use monitor::{
    kernel::{
        Counters, EventRing, Generation, Interfaces, Object, Options, PolicyMaps, test_run::INTERFACE_SLOT,
    },
    policy::{Compiled, image::Image},
};
use monitor_common::{
    abi::{self, Action, Direction, Link, Misc, Verdict, program},
    number::Digits,
    rotation::{Rotation, key},
    rules::longest,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

use crate::{
    cases::{COLD, Case, Fate, Turning},
    clock::thread_time,
    figures,
    policies::{self, Setup},
};

/// The loaded programs. What is not read is held for as long as they run.
pub struct Bed {
    object: Object,
    counters: Counters,
    image: Image,
    _policy: PolicyMaps,
    _interfaces: Interfaces,
    _next: ProgramArray<MapData>,
    rings: Vec<EventRing>,
    runtime: Runtime,
}

/// What runs on a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The guard, of the hook that the packet meets.
    Guard,
    /// An empty program for the same hook.
    Empty,
    /// An empty program behind the one that makes another packet of the packet.
    Turned,
}

impl Bed {
    /// Loads the programs, puts the setup's policy in force, and listens for events where any are sent.
    pub fn load(setup: Setup) -> Result<Self> {
        let (policy, image) = policies::laid_out(setup)?;
        Self::with(&policy, image, setup.streams_a_cpu(), setup == Setup::Events)
    }

    /// The same with any policy.
    pub fn with(policy: &Compiled, image: Image, streams_a_cpu: u32, send_events: bool) -> Result<Self> {
        let cpus = nr_cpus().map_err(|(path, error)| anyhow!("reading {path}: {error}"))?;
        let mut object = Object::load(Options {
            rule_lines: image.lines_needed(),
            media_slots: streams_a_cpu * u32::try_from(cpus)?,
            dry_run: false,
            send_events,
            keep_judgements: false,
        })?;
        let mut maps = PolicyMaps::take(&mut object)?;
        maps.publish(Generation {
            lines: image.lines(),
            settings: &policy.settings,
            trunks: &policy.trunks,
        })?;
        let mut interfaces = Interfaces::take(&mut object)?;
        interfaces.register(INTERFACE_SLOT, LOOPBACK, Link::Ethernet)?;
        let counters = Counters::take(&mut object)?;
        let next = next_programs(&mut object)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let rings = if send_events { EventRing::open_all(&mut object)? } else { Vec::new() };
        drop(inside);
        Ok(Self {
            object,
            counters,
            image,
            _policy: maps,
            _interfaces: interfaces,
            _next: next,
            rings,
            runtime,
        })
    }

    /// Lets a case's packets through, and fails unless it becomes of them what must.
    pub fn check(&mut self, case: &Case) -> Result<()> {
        match case.turning {
            None => self.check_one(case),
            Some(turning) => self.check_turned(case, turning),
        }
    }

    /// CPU time of this thread for one run of the program, in nanoseconds; the kernel's loop about it included.
    /// `turn` says how many packets of the case were before.
    pub fn time(&mut self, program: Program, case: &Case, turn: u64, repeat: u32) -> Result<f64> {
        self.timed(repeat, |bed| bed.run(program, case, turn, repeat))
    }

    /// The same for a frame that stays as it is.
    pub fn time_frame(
        &mut self,
        program: Program,
        direction: Direction,
        frame: &[u8],
        repeat: u32,
    ) -> Result<f64> {
        self.timed(repeat, |bed| bed.test_run(program, direction, false, frame, repeat))
    }

    /// What the kernel made of the guarding programs.
    pub fn programs(&mut self) -> Result<Vec<figures::Program>> {
        let ingress = self.object.ingress()?.info()?;
        let egress = self.object.egress()?.info()?;
        Ok(vec![size(program::INGRESS, &ingress), size(program::EGRESS, &egress)])
    }

    fn check_one(&mut self, case: &Case) -> Result<()> {
        if let Some(before) = &case.before {
            self.test_run(Program::Guard, case.direction, false, before, 1)?;
        }
        let before = self.counted(case)?;
        let returned = self.run(Program::Guard, case, 0, 1)?;
        ensure!(self.counted(case)? == before + 1, "it was not counted as {}", case.class.label());
        let dropped = match case.direction {
            Direction::Ingress => XDP_DROP,
            Direction::Egress => TC_ACT_SHOT,
        };
        let is_dropped = case.fate == Fate::Dropped;
        ensure!((returned == dropped) == is_dropped, "the program returned {returned}");
        Ok(())
    }

    /// All numbers or streams twice, then once more: counted as what they are, dropped as the policy says.
    fn check_turned(&mut self, case: &Case, turning: Turning) -> Result<()> {
        let keys = 1_u32 << turning.bits.min(MOST_CHECKED);
        for time in 0..2 {
            self.run(Program::Guard, case, time * u64::from(keys), keys)?;
        }
        let (counted, dropped) = (self.counted(case)?, self.dropped()?);
        let evicted = self.counters.misc.read(Misc::MediaEvicted)?;
        self.run(Program::Guard, case, 2 * u64::from(keys), keys)?;
        let (counted, dropped) = (self.counted(case)? - counted, self.dropped()? - dropped);
        // Where five streams meet in a bucket of four, none of them stays long enough to be confirmed.
        let least = u64::from(keys) - u64::from(keys) / 32;
        ensure!(counted >= least, "{counted} of {keys} were counted as {}", case.class.label());
        let expected = if case.fate == Fate::ByNumber { self.blocked(keys) } else { 0 };
        ensure!(dropped == expected, "{dropped} INVITEs were dropped where the policy blocks {expected}");
        let evicted = self.counters.misc.read(Misc::MediaEvicted)? - evicted;
        ensure!(
            case.bed != Setup::Spray || evicted >= least,
            "only {evicted} of {keys} streams took the slot of another"
        );
        Ok(())
    }

    /// How many of the first keys the policy blocks, as the host looks it up.
    fn blocked(&self, keys: u32) -> u64 {
        let is_blocked = |turn: &u32| {
            let number = policies::number(key(u64::from(*turn), COLD));
            let found = Digits::parse(&number).and_then(|number| longest(&self.image, number));
            found.is_some_and(|found| found.rule().action() == Action::Block)
        };
        (0..keys).filter(is_blocked).count() as u64
    }

    fn counted(&self, case: &Case) -> Result<u64> {
        Ok(self.counters.packets.read(INTERFACE_SLOT, case.direction, case.class)?.packets)
    }

    fn dropped(&self) -> Result<u64> {
        (0..SLOTS).map(|slot| self.drops_of(slot)).sum()
    }

    fn drops_of(&self, slot: u16) -> Result<u64> {
        Ok(self.counters.invites.read(slot)?.count(Direction::Ingress, Verdict::Drop))
    }

    fn timed(&mut self, repeat: u32, run: impl FnOnce(&mut Self) -> Result<u32>) -> Result<f64> {
        let before = thread_time();
        run(self)?;
        let spent = thread_time().saturating_sub(before);
        self.take_events();
        Ok(spent.as_secs_f64() * 1e9 / f64::from(repeat))
    }

    fn run(&mut self, program: Program, case: &Case, turn: u64, repeat: u32) -> Result<u32> {
        let mut frame = case.frame.clone();
        if let Some(Turning { of, bits }) = case.turning {
            let next = u8::from(program != Program::Guard);
            let addresses = Rotation { turn, bits, of, next }.addresses();
            frame.splice(..addresses.len(), addresses);
        }
        self.test_run(program, case.direction, case.turning.is_some(), &frame, repeat)
    }

    fn test_run(
        &mut self,
        program: Program,
        direction: Direction,
        is_turning: bool,
        frame: &[u8],
        repeat: u32,
    ) -> Result<u32> {
        let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::new() };
        let result = match (program, direction, is_turning) {
            (Program::Empty, Direction::Ingress, _) => self.object.xdp(program::EMPTY)?.test_run(options),
            (_, Direction::Ingress, true) => self.object.xdp(program::ROTATE)?.test_run(options),
            (_, Direction::Ingress, false) => self.object.ingress()?.test_run(options),
            (Program::Guard, Direction::Egress, _) => self.object.egress()?.test_run(options),
            (_, Direction::Egress, _) => self.object.classifier(program::EMPTY_EGRESS)?.test_run(options),
        };
        Ok(result?.return_value)
    }

    /// Empties the rings, so that the next event finds room, as beside a running agent.
    fn take_events(&mut self) {
        for ring in &mut self.rings {
            _ = self.runtime.block_on(async { timeout(GRACE, ring.drain(|_| ())).await });
        }
    }
}

/// Loads the program that turns packets, and tells it where to go on.
pub fn next_programs(object: &mut Object) -> Result<ProgramArray<MapData>> {
    object.xdp(program::ROTATE)?.load()?;
    let mut next: ProgramArray<_> = object.take(abi::map::NEXT)?;
    for (index, name) in (0..).zip([program::INGRESS, program::EMPTY]) {
        next.set(index, object.xdp(name)?.fd()?, 0)?;
    }
    Ok(next)
}

fn size(name: &str, info: &ProgramInfo) -> figures::Program {
    figures::Program {
        name: name.to_owned(),
        verified_instructions: info.verified_instruction_count(),
        machine_code_octets: info.size_jitted(),
    }
}

/// Of more numbers or streams than this, as a power of two, not all are let through before the rounds.
pub const MOST_CHECKED: u8 = 18;
/// Counter slots that the policies' destinations and the countries take.
const SLOTS: u16 = 1_024;
/// Index of the loopback interface, which a test run's packets seem to come from.
const LOOPBACK: u32 = 1;
/// How long an empty ring is waited for.
const GRACE: Duration = Duration::from_millis(1);
/// linux/bpf.h
pub const XDP_DROP: u32 = 1;
/// linux/pkt_cls.h
const TC_ACT_SHOT: u32 = 2;
