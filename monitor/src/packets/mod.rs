//! The packets of incidents: for each a bounded pcapng of its SIP, masked as the policy says. Whoever sees events hands them over
//! and waits for nothing; one thread masks and writes.

mod blocks;
mod comment;
mod file;
mod folder;
mod gathering;
mod headers;
mod legs;
mod mask;
mod metrics;
mod recent;
mod redact;
mod seen;
#[cfg(test)]
mod tests;
mod world;
mod writer;

use std::{
    hash::RandomState,
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use prometheus_client::registry::Registry;

pub use gathering::Blocked;
pub use seen::Now;
pub use world::{Agent, Settings, World};

use crate::{
    calls::CallId,
    events::Event,
    evidence::Change,
    incidents::{Incident, IncidentId, Kind},
    journal::Entry,
};
use gathering::Gathering;
use legs::Legs;
use metrics::PacketMetrics;
use seen::{CallKey, Seen};
use writer::{Work, Writer};

/// The packets of incidents. Clones share them.
#[derive(Clone)]
pub struct Packets(Arc<Inner>);

struct Inner {
    world: Arc<dyn World>,
    keys: RandomState,
    shared: Mutex<Shared>,
    wake: Condvar,
    /// Whether the policy wants packets: read at each event, without a lock.
    is_on: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    gathering: Gathering,
    legs: Legs,
    work: Vec<Work>,
    is_over: bool,
}

/// What is done with a change once its packets are settled.
pub type Then = Box<dyn FnOnce(Change) + Send>;

impl Packets {
    /// Starts the thread that writes, and goes on with the files of the incidents that go on. What becomes of files besides is
    /// given to `note`. Never fails: where no thread can be started, no packets are kept.
    #[must_use]
    pub fn start(
        state: &Path,
        world: Arc<dyn World>,
        going_on: &[Arc<Incident>],
        note: impl Fn(Entry) + Send + 'static,
        registry: &mut Registry,
    ) -> Self {
        let metrics = PacketMetrics::register(registry);
        let mut writer = Writer::new(state, Arc::clone(&world), Box::new(note), metrics);
        let inner = Inner {
            is_on: AtomicBool::new(world.settings().packets.enabled),
            world,
            keys: RandomState::new(),
            shared: Mutex::default(),
            wake: Condvar::new(),
            thread: Mutex::default(),
        };
        let packets = Self(Arc::new(inner));
        for incident in going_on.iter().filter(|incident| incident.ended.is_none()) {
            let before = writer.resume(incident);
            packets.open(incident, before);
        }
        let inner = Arc::clone(&packets.0);
        let thread =
            std::thread::Builder::new().name("packets".to_owned()).spawn(move || inner.write(writer));
        let thread = thread.inspect_err(|error| {
            packets.0.is_on.store(false, Ordering::Relaxed);
            packets.0.lock().is_over = true;
            tracing::error!(%error, "no packets of incidents are kept: no thread could be started; free some memory");
        });
        *packets.0.thread.lock().unwrap_or_else(PoisonError::into_inner) = thread.ok();
        packets
    }

    /// Takes an event in, and the octets that it was read from.
    pub fn take(&self, octets: &[u8], event: &Event<'_>) {
        if !self.0.is_on.load(Ordering::Relaxed) {
            return;
        }
        let Some(seen) = Seen::of(octets, event, self.0.world.now(), &self.0.keys) else { return };
        let seen = Arc::new(seen);
        let mut shared = self.0.lock();
        shared.gathering.take(seen);
        self.0.wake_if_needed(&shared);
    }

    /// The Call-IDs of a call, as far as they are known by now. They are not asked for where no packets are kept.
    pub fn know(&self, call: CallId, call_ids: impl FnOnce() -> Vec<Arc<str>>) {
        if !self.0.is_on.load(Ordering::Relaxed) {
            return;
        }
        let keys: Vec<_> = call_ids().iter().map(|call_id| CallKey::of(call_id, &self.0.keys)).collect();
        let mut shared = self.0.lock();
        let incidents = shared.legs.know(call, &keys).to_vec();
        for id in incidents {
            shared.gathering.add_calls(id, keys.iter().copied());
        }
        self.0.wake_if_needed(&shared);
    }

    /// A call counts in an incident.
    pub fn add_call(&self, id: IncidentId, call: CallId) {
        let mut shared = self.0.lock();
        if shared.gathering.has(id) {
            let keys = shared.legs.join(call, id).to_vec();
            shared.gathering.add_calls(id, keys.into_iter());
            self.0.wake_if_needed(&shared);
        }
    }

    /// INVITEs to what is blocked that count in an incident, from a source to a destination; whatever source or destination where
    /// there is none.
    pub fn add_blocked(&self, id: IncidentId, blocked: Blocked) {
        let mut shared = self.0.lock();
        shared.gathering.add_blocked(id, blocked);
        self.0.wake_if_needed(&shared);
    }

    /// An incident changed. Its first change begins its packets. Those of one that is over are handed on when its file is sealed,
    /// with the file's name and hash; every other one at once.
    pub fn tell(&self, change: Change, then: Then) {
        let incident = &change.incident;
        if incident.ended.is_none() {
            if incident.kind != Kind::Gap && self.0.is_on.load(Ordering::Relaxed) {
                self.open(incident, 0);
            }
            return then(change);
        }
        let id = incident.id;
        let mut shared = self.0.lock();
        if shared.is_over {
            drop(shared);
            return then(change);
        }
        let left_out = shared.gathering.close(id);
        shared.legs.leave(id);
        shared.flush();
        shared.work.push(Work::Seal { change, left_out, then });
        drop(shared);
        self.0.wake.notify_one();
    }

    /// Writes what is gathered, hands on what waits, and ends the thread. What is told later is handed on as it is.
    pub fn finish(&self) {
        self.0.lock().is_over = true;
        self.0.wake.notify_one();
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer of packets failed: their files may lack the last ones");
        }
    }

    fn open(&self, incident: &Incident, before: u64) {
        let most = usize::try_from(self.0.world.settings().packets.most).unwrap_or(usize::MAX);
        let mut shared = self.0.lock();
        if !shared.gathering.open(incident.id, most, usize::try_from(before).unwrap_or(usize::MAX)) {
            return;
        }
        shared.work.push(Work::Begin(Box::new(incident.clone())));
        let subject = &incident.subject;
        if incident.kind == Kind::BlockedInvites {
            let slot = subject.destination.as_ref().map(|name| self.0.world.slot(name).unwrap_or(u16::MAX));
            shared.gathering.add_blocked(incident.id, Blocked { source: subject.source, slot });
        }
        drop(shared);
        self.0.wake.notify_one();
    }
}

impl Inner {
    /// The thread: writes until the end.
    fn write(&self, mut writer: Writer) {
        loop {
            let mut shared = self.lock();
            if shared.is_idle() && !shared.is_over {
                let waited = self.wake.wait_timeout(shared, writer::PULSE);
                shared = waited.map_or_else(|error| error.into_inner().0, |(shared, _)| shared);
            }
            shared.flush();
            let (work, is_over) = (std::mem::take(&mut shared.work), shared.is_over);
            drop(shared);
            work.into_iter().for_each(|work| writer.take(work));
            writer.sync();
            if is_over {
                return;
            }
            self.look_at_the_policy();
        }
    }

    /// Without packets nothing is remembered; files that are begun end with their incidents.
    fn look_at_the_policy(&self) {
        let is_on = self.world.settings().packets.enabled;
        if self.is_on.swap(is_on, Ordering::Relaxed) && !is_on {
            let mut shared = self.lock();
            shared.gathering.forget_recent();
            shared.legs.clear();
        }
    }

    fn wake_if_needed(&self, shared: &Shared) {
        if !shared.gathering.gathered.is_empty() {
            self.wake.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn is_idle(&self) -> bool {
        self.work.is_empty() && self.gathering.gathered.is_empty()
    }

    /// What is gathered comes after what was told before it.
    fn flush(&mut self) {
        let gathered = self.gathering.take_gathered();
        self.work.extend(gathered.into_iter().map(|(id, seen)| Work::Packet(id, seen)));
    }
}
