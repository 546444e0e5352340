//! What the ledger's faces and its threads share: what waits for the writer, which lanes are to look, how things stand.

mod standing;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, mem,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::SyncSender,
    },
    time::{Duration, SystemTime},
};

use prometheus_client::registry::Registry;
use tokio::sync::{Notify, oneshot, watch};

use super::{
    metrics::EvidenceMetrics,
    pace::Pace,
    status::Status,
    sweep::Retention,
    work::{Tried, Waiting, Work},
};
use crate::{
    incidents::{Incident, IncidentId},
    privacy::Look,
    sinks::{Address, Deliver},
};

/// What the ledger needs to know of its surroundings.
#[derive(Clone)]
pub struct Setting {
    /// Name of the host: messages carry it.
    pub host: String,
    /// The wall clock's time now.
    pub now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// The host's clocks: what deleting goes by.
    pub look: Arc<dyn Fn(SystemTime) -> Look + Send + Sync>,
}

impl Setting {
    /// This host, and its clock.
    #[must_use]
    pub fn of_this_host() -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { host, now: Arc::new(SystemTime::now), look: Arc::new(Look::now) }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What every part of the ledger sees.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) setting: Setting,
    pub(super) pace: Pace,
    pub(super) metrics: EvidenceMetrics,
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    status: Mutex<Status>,
    going_on: Mutex<BTreeMap<IncidentId, Arc<Incident>>>,
    last_incident: AtomicU64,
    deliver: watch::Sender<Option<Arc<dyn Deliver>>>,
    woken: Mutex<BTreeSet<Address>>,
    pub(super) rounds: Notify,
    /// 0 while all runs; then the lanes end, then the writer.
    phase: watch::Sender<Phase>,
    /// Damage was met beside the writer.
    is_suspect: AtomicBool,
    is_losing: AtomicBool,
}

/// How far the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Running,
    NoMoreTries,
    NoMoreWriting,
}

/// What waits for the writer.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) work: Work,
    pub(super) asks: Vec<Ask>,
    pub(super) flushes: Vec<SyncSender<()>>,
    pub(super) retention: Option<Retention>,
    /// Something outside the inbox changed.
    pub(super) look: bool,
}

/// A lane asks what comes next for its address.
pub(super) struct Ask {
    pub(super) address: Address,
    pub(super) reply: oneshot::Sender<Option<Waiting>>,
}

impl Shared {
    pub(super) fn new(path: PathBuf, setting: Setting, pace: Pace, registry: &mut Registry) -> Self {
        Self {
            metrics: EvidenceMetrics::register(registry, Arc::clone(&setting.now)),
            status: Mutex::new(Status { file: path.clone(), ..Status::default() }),
            path,
            setting,
            pace,
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            going_on: Mutex::default(),
            last_incident: AtomicU64::new(0),
            deliver: watch::Sender::new(None),
            woken: Mutex::default(),
            rounds: Notify::new(),
            phase: watch::Sender::new(Phase::Running),
            is_suspect: AtomicBool::new(false),
            is_losing: AtomicBool::new(false),
        }
    }

    /// Puts something into the inbox, and wakes the writer.
    pub(super) fn give(&self, put: impl FnOnce(&mut Inbox)) {
        put(&mut lock(&self.inbox));
        self.arrived.notify_one();
    }

    /// Takes all that is in the inbox, as soon as there is something or `patience` is over.
    pub(super) fn take(&self, patience: Duration) -> Inbox {
        let inbox = lock(&self.inbox);
        let waits = |inbox: &mut Inbox| inbox.is_empty() && self.phase() != Phase::NoMoreWriting;
        let result = self.arrived.wait_timeout_while(inbox, patience, waits);
        let mut inbox = result.unwrap_or_else(PoisonError::into_inner).0;
        mem::take(&mut inbox)
    }

    /// The wall clock's time.
    pub(super) fn now(&self) -> SystemTime {
        (self.setting.now)()
    }

    /// Notes how an incident is now.
    pub(super) fn note(&self, incident: &Arc<Incident>) {
        self.last_incident.fetch_max(incident.id.0, Ordering::AcqRel);
        let mut going_on = lock(&self.going_on);
        if incident.ended.is_some() {
            going_on.remove(&incident.id);
        } else {
            going_on.insert(incident.id, Arc::clone(incident));
        }
    }

    /// Takes up an incident of the file, where memory knows nothing newer.
    pub(super) fn note_found(&self, incident: &Arc<Incident>) {
        if incident.id.0 > self.last_incident.load(Ordering::Acquire) {
            lock(&self.going_on).insert(incident.id, Arc::clone(incident));
        }
    }

    pub(super) fn going_on(&self) -> Vec<Arc<Incident>> {
        lock(&self.going_on).values().cloned().collect()
    }

    /// Incidents may have been deleted meanwhile: none is below this one.
    pub(super) fn note_last(&self, id: Option<IncidentId>) {
        self.last_incident.fetch_max(id.map_or(0, |id| id.0), Ordering::AcqRel);
    }

    pub(super) fn last_incident(&self) -> Option<IncidentId> {
        let last = self.last_incident.load(Ordering::Acquire);
        (last > 0).then_some(IncidentId(last))
    }

    /// Delivers by something else from now on; who waits for another try makes it at once.
    pub(super) fn deliver_by(&self, deliver: Arc<dyn Deliver>) {
        self.deliver.send_replace(Some(deliver));
    }

    /// What delivers, and what comes in its place.
    pub(super) fn delivers(&self) -> watch::Receiver<Option<Arc<dyn Deliver>>> {
        self.deliver.subscribe()
    }

    /// What delivers now.
    pub(super) fn deliver(&self) -> Option<Arc<dyn Deliver>> {
        self.deliver.borrow().clone()
    }

    /// Lets the lanes of addresses look whether there is something.
    pub(super) fn wake(&self, addresses: impl IntoIterator<Item = Address>) {
        lock(&self.woken).extend(addresses);
        self.rounds.notify_one();
    }

    /// The addresses whose lanes are to look.
    pub(super) fn woken(&self) -> BTreeSet<Address> {
        mem::take(&mut lock(&self.woken))
    }

    /// What comes next for an address; none where nothing does, or the ledger ends.
    pub(super) async fn next(&self, address: &Address) -> Option<Waiting> {
        let (reply, answer) = oneshot::channel();
        self.give(|inbox| inbox.asks.push(Ask { address: address.clone(), reply }));
        answer.await.ok().flatten()
    }

    /// Hands over what came of a try.
    pub(super) fn tried(&self, tried: Tried) {
        self.metrics.tried(&tried.address, &tried.made, tried.message.time);
        self.give(|inbox| inbox.work.tries.push(tried));
    }

    /// Ends one thing after the other.
    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
        // The writer may be between its look at the phase and its sleep.
        drop(lock(&self.inbox));
        self.arrived.notify_all();
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Ends when no more is to be tried.
    pub(super) async fn stopped(&self) {
        let mut phase = self.phase.subscribe();
        let _ = phase.wait_for(|phase| *phase != Phase::Running).await;
    }

    /// Somebody met damage in the file that is in use.
    pub(super) fn suspect(&self) {
        self.is_suspect.store(true, Ordering::Release);
        self.give(|inbox| inbox.look = true);
    }

    /// Whether somebody met damage since this was last asked.
    pub(super) fn takes_suspicion(&self) -> bool {
        self.is_suspect.swap(false, Ordering::AcqRel)
    }
}

impl Inbox {
    fn is_empty(&self) -> bool {
        self.work.is_empty()
            && self.asks.is_empty()
            && self.flushes.is_empty()
            && self.retention.is_none()
            && !self.look
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
