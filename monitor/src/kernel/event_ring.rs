//! The events of SIP messages: one ring a CPU, so that CPUs do not wait for each other.

use std::{io, ops::ControlFlow};

use aya::{
    maps::{
        MapData, PerfEventArray,
        perf::{PerfBufferError, PerfEvent, PerfEventArrayBuffer},
    },
    util::online_cpus,
};
use monitor_common::abi;
use tokio::io::unix::AsyncFd;

use super::{Object, Refusal, ready::watch};

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

    /// Waits for events and hands each to `take`: the octets of one record, perhaps with padding behind them. Returns
    /// after at most [`BATCH`] of them: the kernel has their room again, and other tasks have their turn.
    ///
    /// Records of perf that say how much was lost are passed over: the kernel's program has counted the same
    /// events in [`abi::Misc::EventsLost`] when the output failed.
    pub async fn drain(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut ready = self.buffer.readable_mut().await?;
        let rest = ready.get_inner_mut().try_fold(0, |taken, event| {
            match event {
                PerfEvent::Sample { head, tail: [] } => take(head),
                PerfEvent::Sample { head, tail } => take(&[head, tail].concat()),
                PerfEvent::Lost { .. } => (),
            }
            if taken + 1 < BATCH { ControlFlow::Continue(taken + 1) } else { ControlFlow::Break(()) }
        });
        match rest {
            ControlFlow::Continue(_) => ready.clear_ready(),
            // There may be more, of which the kernel does not tell again: the ring stays ready.
            ControlFlow::Break(()) => tokio::task::yield_now().await,
        }
        Ok(())
    }

    fn open(rings: &mut PerfEventArray<MapData>, cpu: u32) -> Result<Self, Refusal> {
        let buffer = open_largest(rings, cpu).map_err(|error| Refusal::from_perf(&error))?;
        let buffer = watch(buffer).map_err(|error| Refusal::from_io("waiting for events", &error))?;
        Ok(Self { buffer })
    }
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

/// Events that are handed over at once.
const BATCH: usize = 256;
/// Octets of one ring: some 1,800 events of the longest kind, 4,000 of an ordinary one.
const OCTETS: usize = 4 << 20;
/// What an unprivileged process may lock a CPU, less the page of the ring's header (perf_event_mlock_kb, 516 KiB).
const FEWER_OCTETS: usize = 512 << 10;
