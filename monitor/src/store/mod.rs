//! The store of calls: `calls.sqlite` in the state directory. Records are handed to a thread of its own, which writes
//! them in batches; nothing that the disk does holds the tracker up, and nothing ends the agent.
//!
//! 1. [`record`] is what is handed over, and what comes back.
//! 2. [`batch`] holds what waits, [`keeping`] the states of limits; [`writer`] writes it, each [`transaction`] as a whole; [`sweep`] deletes what was kept for long enough.
//! 3. [`opening`] opens the [file](crate::sqlite), and sets it aside where it is broken.
//! 4. [`SecretKey`] is the state directory's own, for the names under which limits keep their states.
//! 5. [`schema`] has the tables, [`row`] their columns; [`query`] reads beside the writer.

mod batch;
mod keeping;
mod key;
mod metrics;
mod opening;
mod query;
mod record;
mod row;
mod schema;
mod shared;
mod sweep;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use prometheus_client::registry::Registry;

pub use key::SecretKey;
pub use metrics::Status;
pub use record::{Block, Query, Stored, Unfinished, masked, wall};
pub use shared::Clock;

use crate::{
    calls::{Call, CallId},
    limits::Kept,
    policy::Privacy,
};
use query::Reader;
use record::{Message, Record};
use shared::Shared;
use transaction::Found;
use writer::Writer;

/// The store of calls.
pub struct Store {
    shared: Arc<Shared>,
    sender: mpsc::SyncSender<Message>,
    found: Mutex<Found>,
    reader: Reader,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the store in a state directory. Never fails: a broken file is set aside, and where nothing can be written
    /// the store is off, says so and tries again, while calls are followed all the same.
    #[must_use]
    pub fn open(state: &Path, privacy: Privacy, clock: Clock, registry: &mut Registry) -> Self {
        let shared = Arc::new(Shared::new(state.join(FILE), privacy, clock, registry));
        let (sender, messages) = mpsc::sync_channel(WAITING);
        let (writer, found) = Writer::new(Arc::clone(&shared), messages, sender.clone());
        let thread = thread::Builder::new().name("store".into()).spawn(move || writer.run());
        let thread = thread
            .inspect_err(|error| {
                shared.off(&format!("no thread could be started: {error}; free some memory"));
            })
            .ok();
        Self {
            reader: Reader::default(),
            found: Mutex::new(found),
            thread: Mutex::new(thread),
            sender,
            shared,
        }
    }

    /// Writes a call as it is now; `resume` is what it takes to follow it further after a restart, kept until its end
    /// or until there is another. Returns at once.
    pub fn call(&self, call: &Call, resume: Option<String>) {
        self.send(Message::Call(Box::new(Record { call: call.clone(), resume })));
    }

    /// Writes a block, in the place of the one that its target has. Returns at once.
    pub fn block(&self, block: Block) {
        self.send(Message::Block(Box::new(block)));
    }

    /// Writes that a target is blocked no more. Returns at once.
    pub fn unblock(&self, target: &str, at: SystemTime) {
        self.send(Message::Unblock(target.to_owned(), at));
    }

    /// Writes what limits go on with after a restart, all of it in one transaction. Returns at once.
    pub fn keep(&self, changes: Vec<Kept>) {
        let count = changes.len();
        if count > 0 && self.sender.try_send(Message::Keep(changes)).is_err() {
            self.shared.lose(count);
        }
    }

    /// What limits kept when the store was opened; the second time there is nothing.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        std::mem::take(&mut self.found().kept)
    }

    /// The calls that had no end when the store was opened, the oldest first; the second time there are none.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Unfinished> {
        std::mem::take(&mut self.found().unfinished)
    }

    /// The blocks that were in force when the store was opened and are not over yet, the oldest first.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let now = (self.shared.clock.now)();
        self.found().blocks.iter().filter(|block| !block.is_over(now)).cloned().collect()
    }

    /// The highest name that a call had when the store was opened: new calls begin above it.
    #[must_use]
    pub fn last_id(&self) -> Option<CallId> {
        self.found().last_id
    }

    /// Calls, the newest first, with all that was handed over before; may wait for the disk, and where that is slow shows
    /// what is written. An error says what to do.
    pub fn calls(&self, query: &Query) -> Result<Vec<Stored>, String> {
        let (asker, written) = mpsc::sync_channel(1);
        if self.sender.try_send(Message::Flush(asker)).is_ok() {
            let _ = written.recv_timeout(FRESH);
        }
        let calls = self.reader.calls(&self.shared, query);
        if self.shared.is_suspect() {
            let _ = self.sender.try_send(Message::Wake);
        }
        calls
    }

    /// What the policy that was just put in force lets be written, and for how long.
    pub fn privacy(&self, privacy: Privacy) {
        self.shared.set_privacy(privacy);
        let _ = self.sender.try_send(Message::Wake);
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Writes what waits and closes the file; what the disk does not take within [`PATIENCE`] is lost. Records that
    /// come later are lost too.
    pub fn finish(&self) {
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.shared.stop();
        let _ = self.sender.try_send(Message::Wake);
        let began = Instant::now();
        while !thread.is_finished() {
            if began.elapsed() > PATIENCE {
                tracing::error!("the disk takes no more: the last records of calls are lost");
                return;
            }
            thread::sleep(PAUSE);
        }
        if thread.join().is_err() {
            tracing::error!("the store failed; report what the log says above");
        }
    }

    fn send(&self, message: Message) {
        if self.sender.try_send(message).is_err() {
            self.shared.lose(1);
        }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Name of the file.
const FILE: &str = "calls.sqlite";
/// Records that may wait for the thread: what ten thousand calls a second bring within the longest transaction.
const WAITING: usize = 16_384;
/// How long the end waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a question waits for what was handed over before it.
const FRESH: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(2);
