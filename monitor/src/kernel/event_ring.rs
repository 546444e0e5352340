//! The events of judged INVITEs: one ring a CPU, so that CPUs do not wait for each other.

use std::io;

use aya::{
    maps::{
        MapData, PerfEventArray,
        perf::{PerfEvent, PerfEventArrayBuffer},
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

    /// Waits for events and hands each to `take`: the octets of one record, perhaps with padding behind them.
    ///
    /// Records of perf that say how much was lost are passed over: the kernel's program has counted the same
    /// events in [`abi::Misc::EventsLost`] when the output failed.
    pub async fn drain(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut ready = self.buffer.readable_mut().await?;
        ready.get_inner_mut().for_each(|event| match event {
            PerfEvent::Sample { head, tail: [] } => take(head),
            PerfEvent::Sample { head, tail } => take(&[head, tail].concat()),
            PerfEvent::Lost { .. } => (),
        });
        ready.clear_ready();
        Ok(())
    }

    fn open(rings: &mut PerfEventArray<MapData>, cpu: u32) -> Result<Self, Refusal> {
        let buffer = rings.open(cpu, Some(PAGES)).map_err(|error| Refusal::from_perf(&error))?;
        let buffer = watch(buffer).map_err(|error| Refusal::from_io("waiting for events", &error))?;
        Ok(Self { buffer })
    }
}

/// Pages of one ring: with the page of its header, what an unprivileged process may lock a CPU
/// (perf_event_mlock_kb, 516 KiB); about 220 events of the longest kind.
const PAGES: usize = 128;
