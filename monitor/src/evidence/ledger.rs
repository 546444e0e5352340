//! The face of the evidence to the agent: takes in what happened, and sees to it that it is written and told.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use prometheus_client::registry::Registry;
use tokio::runtime::Runtime;

use super::{
    FILE,
    change::Change,
    dispatch,
    outcome::Sealed,
    pace::Pace,
    shared::{Phase, Setting, Shared},
    status::Status,
    sweep::Retention,
    work::Step,
    writer::Writer,
};
use crate::{
    incidents::{Incident, IncidentId},
    journal::Entry,
    sinks::Deliver,
};

/// The evidence of a state directory. Every call returns at once; what the disk and the receivers do holds nobody up.
pub struct Ledger {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    lanes: Mutex<Option<(Runtime, mpsc::Receiver<()>)>>,
}

impl Ledger {
    /// Opens the evidence in a state directory. Never fails: a broken file is set aside, and where nothing can be written
    /// the ledger says so, holds what it can in memory, tells it to the sinks all the same, and tries again.
    #[must_use]
    pub fn open(state: &Path, setting: Setting, registry: &mut Registry) -> Self {
        Self::open_at_pace(state, setting, Pace::default(), registry)
    }

    pub(super) fn open_at_pace(state: &Path, setting: Setting, pace: Pace, registry: &mut Registry) -> Self {
        let shared = Arc::new(Shared::new(state.join(FILE), setting, pace, registry));
        let writer = Writer::new(Arc::clone(&shared));
        let thread = thread::Builder::new().name("evidence".into()).spawn(move || writer.run());
        let thread = thread
            .inspect_err(|error| {
                shared.off(&format!("no thread could be started: {error}; free some memory"));
            })
            .ok();
        let lanes = dispatch::start(&shared)
            .inspect_err(|error| {
                tracing::error!(%error, "no message leaves this host: no thread could be started; free some memory");
            })
            .ok();
        Self { shared, writer: Mutex::new(thread), lanes: Mutex::new(lanes) }
    }

    /// Puts an entry into the journal.
    pub fn record(&self, entry: Entry) {
        self.shared.give(|inbox| inbox.work.step(Step::Entry(entry)));
    }

    /// Records a step of an incident, and tells it to whom the policy says: one transaction, on the disk before anybody
    /// hears of it.
    pub fn tell(&self, change: Change) {
        let now = self.shared.now();
        self.shared.note(&change.incident);
        self.shared.give(|inbox| inbox.work.change(change, now));
    }

    /// Keeps a sealed number until its time is over.
    pub fn seal(&self, sealed: Sealed) {
        self.shared.give(|inbox| inbox.work.seal(sealed));
    }

    /// Delivers by the policy that was just put in force. To be called before anything is told: whom a change is told to
    /// is asked when it is written. Messages that wait for another try are tried at once.
    pub fn deliver_by(&self, deliver: Arc<dyn Deliver>) {
        self.shared.deliver_by(deliver);
    }

    /// What delivers now.
    #[must_use]
    pub fn deliverer(&self) -> Option<Arc<dyn Deliver>> {
        self.shared.deliver()
    }

    /// For how long what is over is kept.
    pub fn keep(&self, retention: Retention) {
        self.shared.give(|inbox| inbox.retention = Some(retention));
    }

    /// The incidents without an end: when the agent starts, those that the one before left.
    #[must_use]
    pub fn incidents_going_on(&self) -> Vec<Arc<Incident>> {
        self.shared.going_on()
    }

    /// The highest name that an incident had so far: new ones begin above it.
    #[must_use]
    pub fn last_incident(&self) -> Option<IncidentId> {
        self.shared.last_incident()
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Waits until all that was handed over before is on the disk, no longer than `patience`, and says whether it is.
    pub fn is_written_within(&self, patience: Duration) -> bool {
        let (asker, written) = mpsc::sync_channel(1);
        self.shared.give(|inbox| inbox.flushes.push(asker));
        written.recv_timeout(patience).is_ok() && !self.shared.is_off()
    }

    /// Ends: tries that go on have [`dispatch::GRACE`], then what waits is written and the file closed. What the disk does
    /// not take within [`PATIENCE`] is lost; what was not delivered is delivered by the next agent.
    pub fn finish(&self) {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((runtime, ended)) = lanes {
            self.shared.enter(Phase::NoMoreTries);
            let _ = ended.recv_timeout(dispatch::GRACE + PAUSE);
            runtime.shutdown_background();
        }
        let Some(thread) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.shared.enter(Phase::NoMoreWriting);
        let began = Instant::now();
        while !thread.is_finished() {
            if began.elapsed() > PATIENCE {
                tracing::error!("the disk takes no more: the last entries of the journal are lost");
                return;
            }
            thread::sleep(PAUSE);
        }
        if thread.join().is_err() {
            tracing::error!("the writer of the evidence failed; report what the log says above");
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.finish();
    }
}

/// How long the end waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);
