//! The programs in the kernel, test-run without any interface, one frame a call.

use std::{thread, time::Duration};

use anyhow::{Context, Result, bail};
use aya::{
    maps::{MapData, PerCpuArray},
    programs::{TestRun as _, TestRunOptions},
    util::nr_cpus,
};
use monitor::kernel::{Clock, Counters, Generation, Interfaces, Object, Options, Overlay, PolicyMaps};
use monitor_common::abi::{self, Class, Direction, Link, SipRecord, Uninspected};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::{Given, STREAMS, Shelf};
use crate::{
    case::{Block, Outcome, shared},
    rows::PolicyName,
};

/// The engine. From its making on, the calling thread stays on one CPU.
pub struct Kernel<'a> {
    shelf: &'a Shelf,
    object: Object,
    maps: PolicyMaps,
    overlay: Overlay,
    blocks: Vec<Block>,
    interfaces: Interfaces,
    counters: Counters,
    judgement: PerCpuArray<MapData, SipRecord>,
    judged: u64,
    policy: PolicyName,
    link: Link,
    counted: [Counted; 2],
}

/// What the counters of one direction said last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted {
    classes: Vec<u64>,
    uninspected: Vec<u64>,
}

impl<'a> Kernel<'a> {
    /// Loads the programs; no policy is in force.
    ///
    /// # Errors
    /// Where the kernel refuses: a test that needs it must fail, not pass.
    pub fn load(shelf: &'a Shelf, dry_run: bool) -> Result<Self> {
        let cpus = nr_cpus().map_err(|(path, error)| anyhow::anyhow!("reading {path}: {error}"))?;
        stay_on_one_cpu()?;
        let options = Options {
            rule_lines: u32::try_from(shelf.longest())?,
            media_slots: STREAMS * u32::try_from(cpus)?,
            dry_run,
            send_events: false,
            keep_judgements: true,
        };
        let mut object = Object::load(options).context("loading the programs needs root")?;
        let mut interfaces = Interfaces::take(&mut object)?;
        interfaces.register(SLOT, LOOPBACK, Link::Ethernet)?;
        let clock = Clock::start(&mut object)?;
        let mut kernel = Self {
            overlay: Overlay::take(&mut object, clock)?,
            blocks: Vec::new(),
            maps: PolicyMaps::take(&mut object)?,
            counters: Counters::take(&mut object)?,
            judgement: object.take(abi::map::JUDGEMENT)?,
            judged: 0,
            policy: PolicyName::Nothing,
            link: Link::Ethernet,
            counted: Default::default(),
            shelf,
            interfaces,
            object,
        };
        kernel.counted = [kernel.count(Direction::Ingress)?, kernel.count(Direction::Egress)?];
        Ok(kernel)
    }

    /// Gives a frame to the program of its direction.
    ///
    /// # Errors
    /// Where the kernel refuses it, or the counters do not count it once.
    pub fn judge(&mut self, given: Given<'_>) -> Result<Outcome> {
        self.put_in_force(given.policy)?;
        self.set(given.blocks)?;
        if self.link != given.link {
            self.interfaces.register(SLOT, LOOPBACK, given.link)?;
            self.link = given.link;
        }
        let context = skb_context(given.segment);
        let asked = TestRunOptions { data_in: Some(given.octets), ..TestRunOptions::new() };
        let is_dropped = match given.direction {
            Direction::Ingress => self.object.ingress()?.test_run(asked)?.return_value == XDP_DROP,
            Direction::Egress => {
                let ctx_in = (given.segment != 0).then_some(&context[..]);
                let asked = TestRunOptions { ctx_in, ..asked };
                self.object.egress()?.test_run(asked)?.return_value == TC_ACT_SHOT
            }
        };
        let (class, uninspected) = self.newly_counted(given.direction)?;
        Ok(Outcome { class, uninspected, is_dropped, judgement: self.newest_judgement()? })
    }

    fn put_in_force(&mut self, name: PolicyName) -> Result<()> {
        if self.policy == name {
            return Ok(());
        }
        let policy =
            self.shelf.policy(name).context("a policy, once one is in force, cannot be taken back")?;
        self.maps.publish(Generation {
            lines: policy.image.lines(),
            settings: &policy.compiled.settings,
            trunks: &policy.compiled.trunks,
        })?;
        self.policy = name;
        Ok(())
    }

    /// Sets these temporary blocks, and no others.
    fn set(&mut self, blocks: &[Block]) -> Result<()> {
        if self.blocks == blocks {
            return Ok(());
        }
        for block in self.blocks.drain(..) {
            self.overlay.remove(&self.shelf.blocked(block.covers))?;
        }
        for block in blocks {
            self.overlay.put(&self.shelf.blocked(block.covers), block.lasts)?;
        }
        if blocks.iter().any(Block::is_over) {
            thread::sleep(LONGEST_TICK);
        }
        self.blocks = blocks.to_vec();
        Ok(())
    }

    fn count(&self, direction: Direction) -> Result<Counted> {
        let mut counted = Counted::default();
        for class in Class::ALL {
            counted.classes.push(self.counters.packets.read(SLOT, direction, *class)?.packets);
        }
        for reason in Uninspected::ALL {
            counted.uninspected.push(self.counters.uninspected.read(direction, *reason)?);
        }
        Ok(counted)
    }

    /// The class and the reason whose counters moved.
    fn newly_counted(&mut self, direction: Direction) -> Result<(Class, Option<Uninspected>)> {
        let now = self.count(direction)?;
        let last = std::mem::replace(&mut self.counted[direction as usize], now.clone());
        let class = moved(&last.classes, &now.classes)?.context("no class was counted")?;
        let reason = moved(&last.uninspected, &now.uninspected)?;
        Ok((Class::ALL[class], reason.map(|place| Uninspected::ALL[place])))
    }

    fn newest_judgement(&mut self) -> Result<Option<SipRecord>> {
        let values = self.judgement.get(&0, 0)?;
        let newest = values.iter().find(|judgement| judgement.sequence > self.judged).copied();
        self.judged = newest.map_or(self.judged, |judgement| judgement.sequence);
        Ok(newest.map(shared))
    }
}

/// The place of the one counter that moved, by one.
fn moved(last: &[u64], now: &[u64]) -> Result<Option<usize>> {
    let mut moved = last.iter().zip(now).enumerate().filter(|(_, (last, now))| last != now);
    let place = match moved.next() {
        None => return Ok(None),
        Some((place, (last, now))) if *now == last + 1 => place,
        Some((place, (last, now))) => bail!("counter {place} moved from {last} to {now}"),
    };
    if let Some((other, _)) = moved.next() {
        bail!("counters {place} and {other} moved for one frame");
    }
    Ok(Some(place))
}

/// Keeps the calling thread on one CPU: media streams and judgements are kept by CPU.
///
/// # Errors
/// If the kernel does not allow it.
pub fn stay_on_one_cpu() -> Result<()> {
    let all = sched_getaffinity(None)?;
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).find(|cpu| all.is_set(*cpu)).context("no CPU")?);
    Ok(sched_setaffinity(None, &one)?)
}

/// `struct __sk_buff` (linux/bpf.h) of a buffer that will be cut.
fn skb_context(segment: u16) -> [u8; SK_BUFF] {
    let mut context = [0; SK_BUFF];
    context[GSO_SIZE..GSO_SIZE + 4].copy_from_slice(&u32::from(segment).to_ne_bytes());
    context
}

/// A deadline is rounded up to a tick (CONFIG_HZ of 100).
const LONGEST_TICK: Duration = Duration::from_millis(11);
const SLOT: u32 = 0;
/// Index of the loopback interface, which a test run's packets seem to come from.
const LOOPBACK: u32 = 1;
const XDP_DROP: u32 = 1;
const TC_ACT_SHOT: u32 = 2;
/// Octets of `struct __sk_buff`, and the offset of `gso_size` in it.
const SK_BUFF: usize = 192;
const GSO_SIZE: usize = 176;
