//! Frames through the loaded programs without any interface: `BPF_PROG_TEST_RUN`, one frame a call.

use std::ops::RangeInclusive;

use aya::{
    maps::{MapData, PerCpuArray},
    programs::{TestRun as _, TestRunOptions},
    util::nr_cpus,
};
use monitor_common::abi::{self, Direction, Link, SipRecord};
use rustix::{
    io::Errno,
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};

use super::{Counters, Generation, Interfaces, MediaTable, Object, Options, PolicyMaps, Refusal, refusal};

/// The loaded programs, with one policy in force, ready for frames.
pub struct TestRun {
    object: Object,
    counters: Counters,
    media: MediaTable,
    judgement: PerCpuArray<MapData, SipRecord>,
    judged: u64,
    /// Held for as long as frames are given: media streams and judgements are kept by CPU.
    _pinned: Pinned,
    _policy: PolicyMaps,
    _interfaces: Interfaces,
}

impl TestRun {
    /// Loads the programs and puts `policy` in force. `streams` media streams are followed at once, a power
    /// of two. From here on the calling thread stays on one CPU.
    ///
    /// # Errors
    /// Where the kernel refuses.
    pub fn load(policy: Generation<'_>, streams: u32, dry_run: bool) -> Result<Self, Refusal> {
        let cpus = nr_cpus().map_err(|(path, error)| Refusal::from_io(&format!("reading {path}"), &error))?;
        let mut object = Object::load(Options {
            rule_lines: u32::try_from(policy.lines.len()).unwrap_or(u32::MAX),
            media_slots: streams.saturating_mul(u32::try_from(cpus).unwrap_or(u32::MAX)),
            dry_run,
            send_events: false,
            keep_judgements: true,
        })?;
        let mut maps = PolicyMaps::take(&mut object)?;
        maps.publish(policy)?;
        let mut interfaces = Interfaces::take(&mut object)?;
        interfaces.register(INTERFACE_SLOT, LOOPBACK, Link::Ethernet)?;
        Ok(Self {
            counters: Counters::take(&mut object)?,
            media: MediaTable::take(&mut object)?,
            judgement: object.take(abi::map::JUDGEMENT)?,
            judged: 0,
            _pinned: Pinned::to_one_cpu()?,
            _policy: maps,
            _interfaces: interfaces,
            object,
        })
    }

    /// Gives an Ethernet frame to the program of its direction; the judgement where it is an INVITE. Its
    /// length must be one of [`FRAME_LENGTHS`].
    ///
    /// # Errors
    /// Where the kernel refuses the frame or the reading of the judgement.
    pub fn judge(&mut self, direction: Direction, frame: &[u8]) -> Result<Option<SipRecord>, Refusal> {
        let asked = || TestRunOptions { data_in: Some(frame), ..TestRunOptions::new() };
        match direction {
            Direction::Ingress => self.object.ingress()?.test_run(asked()),
            Direction::Egress => self.object.egress()?.test_run(asked()),
        }
        .map_err(|error| {
            Refusal::from_code("test-running a program", refusal::program_code(&error), &error)
        })?;
        self.newest_judgement()
    }

    /// The programs' counters.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Media streams that their sequence numbers confirmed and that still stand.
    #[must_use]
    pub fn confirmed_streams(&self) -> u64 {
        self.media.confirmed().count() as u64
    }

    /// The judgement that the last frame left, if it left one.
    fn newest_judgement(&mut self) -> Result<Option<SipRecord>, Refusal> {
        let values = self.judgement.get(&0, 0);
        let values = values.map_err(|error| Refusal::from_map("reading the judgement", &error))?;
        let newest = values.iter().find(|judgement| judgement.sequence > self.judged).copied();
        self.judged = newest.map_or(self.judged, |judgement| judgement.sequence);
        Ok(newest)
    }
}

/// Keeps the calling thread on one CPU, and gives it back the others in the end.
struct Pinned(CpuSet);

impl Pinned {
    fn to_one_cpu() -> Result<Self, Refusal> {
        let refused = |error: Errno| Refusal::from_io("staying on one CPU", &error.into());
        let before = sched_getaffinity(None).map_err(refused)?;
        let mut one = CpuSet::new();
        if let Some(cpu) = (0..CpuSet::MAX_CPU).find(|cpu| before.is_set(*cpu)) {
            one.set(cpu);
        }
        sched_setaffinity(None, &one).map_err(refused)?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if let Err(error) = sched_setaffinity(None, &self.0) {
            tracing::debug!(%error, "the thread stays on one CPU");
        }
    }
}

/// Octets of the frames that every kernel's test run takes, at both hooks: more than an Ethernet header (an
/// skb of nothing else is refused), and at most what XDP leaves of a page of 4096 octets after 256 of
/// headroom and 320 of tailroom.
pub const FRAME_LENGTHS: RangeInclusive<usize> = 15..=3520;

/// Interface slot under which test runs are counted.
pub const INTERFACE_SLOT: u32 = 0;

/// Index of the loopback interface, which a test run's packets seem to come from.
const LOOPBACK: u32 = 1;
