//! The events of SIP messages: one ring a CPU, so that CPUs do not wait for each other.

use std::{io, ops::ControlFlow, time::Duration};

use aya::{
    maps::{
        MapData, PerfEventArray,
        perf::{PerfBufferError, PerfEvent, PerfEventArrayBuffer},
    },
    util::online_cpus,
};
use monitor_common::abi;
use tokio::{io::unix::AsyncFd, time::timeout};

use super::{Object, Refusal, clock::monotonic, ready::watch};

/// The ring of one CPU.
pub struct EventRing {
    buffer: AsyncFd<PerfEventArrayBuffer<MapData>>,
}

impl EventRing {
    /// Opens a ring for every CPU that is online. Events of a CPU that comes later are counted as lost.
    pub fn open_all(object: &mut Object) -> Result<Vec<Self>, Refusal> {
        let mut rings: PerfEventArray<MapData> = object.take(abi::map::EVENTS)?;
        let cpus =
            online_cpus().map_err(|(path, error)| Refusal::from_io(&format!("reading {path}"), &error))?;
        cpus.into_iter().map(|cpu| Self::open(&mut rings, cpu)).collect()
    }

    /// Waits for events, [`IDLE`] at most, and hands each to `take`: the octets of one record, perhaps with padding
    /// behind them. Returns after at most [`BATCH`] of them: the kernel has their room again, and other tasks have their
    /// turn.
    ///
    /// Gives the moment, in nanoseconds of `CLOCK_MONOTONIC`, before which everything that the kernel put into the ring
    /// has been handed over now; `None` where there may be more.
    ///
    /// Records of perf that say how much was lost are passed over: the kernel's program has counted the same
    /// events in [`abi::Misc::EventsLost`] when the output failed.
    pub async fn drain(&mut self, take: impl FnMut(&[u8])) -> io::Result<Option<u64>> {
        let Ok(ready) = timeout(IDLE, self.buffer.readable_mut()).await else {
            return Ok(read(self.buffer.get_mut(), take));
        };
        let mut ready = ready?;
        let until = read(ready.get_inner_mut(), take);
        if until.is_some() {
            ready.clear_ready();
        } else {
            // The kernel does not tell again of what is left: the ring stays ready.
            tokio::task::yield_now().await;
        }
        Ok(until)
    }

    fn open(rings: &mut PerfEventArray<MapData>, cpu: u32) -> Result<Self, Refusal> {
        let buffer = open_largest(rings, cpu).map_err(|error| Refusal::from_perf(&error))?;
        let buffer = watch(buffer).map_err(|error| Refusal::from_io("waiting for events", &error))?;
        Ok(Self { buffer })
    }
}

/// Hands over what is there, [`BATCH`] of it at most; the moment before which that was all.
fn read(buffer: &mut PerfEventArrayBuffer<MapData>, mut take: impl FnMut(&[u8])) -> Option<u64> {
    // Before the ring is looked at: what comes later may be read or not.
    let until = monotonic();
    let rest = buffer.try_fold(0, |taken, event| {
        match event {
            PerfEvent::Sample { head, tail: [] } => take(head),
            PerfEvent::Sample { head, tail } => take(&[head, tail].concat()),
            PerfEvent::Lost { .. } => (),
        }
        if taken + 1 < BATCH { ControlFlow::Continue(taken + 1) } else { ControlFlow::Break(()) }
    });
    rest.is_continue().then_some(until)
}

/// Opens a ring of [`OCTETS`], or of [`FEWER_OCTETS`] where the agent may not lock so much memory.
fn open_largest(
    rings: &mut PerfEventArray<MapData>,
    cpu: u32,
) -> Result<PerfEventArrayBuffer<MapData>, PerfBufferError> {
    rings.open(cpu, Some(pages(OCTETS))).or_else(|error| {
        tracing::debug!(cpu, %error, "a smaller event ring: the agent may not lock more memory");
        rings.open(cpu, Some(pages(FEWER_OCTETS)))
    })
}

fn pages(octets: usize) -> usize {
    (octets / rustix::param::page_size()).max(1)
}

/// How long an empty ring is not looked at: others wait until it is known to be empty. 40 looks a second cost a CPU
/// some 0.1 ms.
const IDLE: Duration = Duration::from_millis(25);
/// Events that are handed over at once.
const BATCH: usize = 256;
/// Octets of one ring: some 1,800 events of the longest kind, 4,000 of an ordinary one.
const OCTETS: usize = 4 << 20;
/// What an unprivileged process may lock a CPU, less the page of the ring's header (perf_event_mlock_kb, 516 KiB).
const FEWER_OCTETS: usize = 512 << 10;
