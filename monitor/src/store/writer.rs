//! The thread that writes: takes records in, writes them in batches, and deletes what was kept for long enough.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{
    batch::Batch,
    keeping::Latest,
    metrics::Outcome,
    opening,
    record::{Block, Message, time},
    shared::Shared,
    sweep,
    transaction::{Found, write},
};
use crate::sqlite::{check::Check, file, sweep::Sweep};

/// The writer and what it works on.
pub(super) struct Writer {
    shared: Arc<Shared>,
    messages: Receiver<Message>,
    wake: SyncSender<Message>,
    connection: Option<Connection>,
    /// Which file the connection has open.
    identity: Option<(u64, u64)>,
    batch: Batch,
    /// Blocks that another file would have to have too.
    in_force: BTreeMap<String, Block>,
    /// What limits go on with, likewise.
    latest: Latest,
    /// Calls in the file.
    rows: u64,
    sweep: Sweep,
    check: Option<Check>,
    /// Nothing is tried before.
    retry: Option<Instant>,
    /// Who waits for what was handed over before.
    askers: Vec<SyncSender<()>>,
}

impl Writer {
    /// Opens the file and reads what the agent needs before it starts.
    pub(super) fn new(
        shared: Arc<Shared>,
        messages: Receiver<Message>,
        wake: SyncSender<Message>,
    ) -> (Self, Found) {
        let mut writer = Self {
            shared,
            messages,
            wake,
            connection: None,
            identity: None,
            batch: Batch::default(),
            in_force: BTreeMap::new(),
            latest: Latest::default(),
            rows: 0,
            sweep: Sweep::Deleting,
            check: None,
            retry: None,
            askers: Vec::new(),
        };
        let found = writer.open(Instant::now()).unwrap_or_default();
        writer.in_force = found.blocks.iter().map(|block| (block.target.clone(), block.clone())).collect();
        writer.latest.take(&found.kept);
        (writer, found)
    }

    /// Works until the store is told to stop; then writes what waits.
    pub(super) fn run(mut self) {
        while !self.shared.is_stopping() {
            match self.messages.recv_timeout(self.patience(Instant::now())) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.work(Instant::now());
            // Written or not: who asks waits no longer.
            for asker in self.askers.drain(..) {
                let _ = asker.try_send(());
            }
        }
        self.finish();
    }

    /// How long nothing has to be done unless there is a message.
    fn patience(&self, now: Instant) -> Duration {
        let batch = self.batch.since().map(|since| since + WAIT);
        let due = batch.into_iter().chain([self.sweep.due(now)]).min().unwrap_or(now);
        self.retry.map_or(due, |retry| due.max(retry)).saturating_duration_since(now)
    }

    /// Takes in a message, and those behind it, as many as one transaction should have.
    fn take(&mut self, first: Message) {
        let now = Instant::now();
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(message) = next {
            match &message {
                Message::Block(block) => drop(self.in_force.insert(block.target.clone(), (**block).clone())),
                Message::Unblock(target, _) => drop(self.in_force.remove(target)),
                Message::Keep(kept) => self.latest.take(kept),
                Message::Flush(asker) => self.askers.push(asker.clone()),
                Message::Call(_) | Message::Wake => (),
            }
            self.shared.lose(self.batch.take(message, now));
            taken += 1;
            next = if taken < MANY { self.messages.try_recv().ok() } else { None };
        }
    }

    fn work(&mut self, now: Instant) {
        if self.shared.is_suspect() && self.connection.is_some() {
            self.set_aside("it is damaged");
        }
        if self.shared.takes_new_privacy() {
            self.sweep = Sweep::Deleting;
        }
        if self.retry.is_some_and(|retry| retry > now) {
            self.shared.waits(self.batch.len());
            return;
        }
        let is_late = self.batch.since().is_some_and(|since| since + WAIT <= now);
        let is_due = is_late || self.batch.len() >= MANY || (self.batch.len() > 0 && !self.askers.is_empty());
        let sweeps = self.sweep.due(now) <= now;
        if !is_due && !sweeps && self.connection.is_some() {
            return;
        }
        if self.is_ready(now) && is_due {
            self.flush(now);
        }
        if self.connection.is_some() && sweeps {
            self.sweep(now);
        }
    }

    /// Whether the file is open, and still the one that has the name.
    fn is_ready(&mut self, now: Instant) -> bool {
        if self.connection.is_some() && file::identity(&self.shared.path) != self.identity {
            tracing::error!(file = %self.shared.path.display(), "the file of the store was taken away: there is a new one");
            self.close();
        }
        if self.connection.is_none() {
            self.open(now);
        }
        self.connection.is_some()
    }

    /// Opens the file, or another one in its place.
    fn open(&mut self, now: Instant) -> Option<Found> {
        match opening::open(&self.shared) {
            Ok((connection, found)) => {
                self.identity = file::identity(&self.shared.path);
                self.connection = Some(connection);
                self.rows = found.rows;
                self.retry = None;
                self.set_again(&found);
                self.report();
                self.shared.works();
                self.check = opening::look_for_damage(&self.shared, self.wake.clone());
                Some(found)
            }
            Err(problem) => {
                self.shared.off(&problem);
                self.retry = Some(now + RETRY);
                None
            }
        }
    }

    /// The file in use is broken: another one takes its place, at once.
    fn set_aside(&mut self, what: &str) {
        self.close();
        if let Err(problem) = opening::put_away(&self.shared, file::DAMAGED, what) {
            self.shared.off(&problem);
            self.retry = Some(Instant::now() + RETRY);
        }
    }

    /// Lets go of the file without writing to it.
    fn close(&mut self) {
        self.check = None;
        if let Some(connection) = self.connection.take() {
            file::leave_as_it_is(&connection);
        }
        self.shared.renew();
    }

    /// Blocks in force, and what limits go on with, that the file does not have: another one had them.
    fn set_again(&mut self, found: &Found) {
        let states = self.latest.beside(&found.kept);
        if !states.is_empty() {
            self.shared.lose(self.batch.take(Message::Keep(states), Instant::now()));
        }
        let known: BTreeSet<_> = found.blocks.iter().map(|block| &block.target).collect();
        let now = (self.shared.clock.now)();
        for block in
            self.in_force.values().filter(|block| !known.contains(&block.target) && !block.is_over(now))
        {
            self.shared.lose(self.batch.take(Message::Block(Box::new(block.clone())), Instant::now()));
        }
    }

    fn flush(&mut self, now: Instant) {
        let Some(connection) = &mut self.connection else { return };
        match write(connection, &self.batch, &self.shared) {
            Ok(written) => {
                self.rows += written.inserted;
                self.shared.count(Outcome::Written, written.inserted + written.updated);
                self.shared.count(Outcome::Refused, written.refused);
                if written.refused > 0 {
                    tracing::error!(
                        calls = written.refused,
                        "calls have names of calls that are over: not written"
                    );
                }
                self.batch.clear();
                self.shared.waits(0);
                self.shared.works();
                self.report();
            }
            Err(error) => self.failed(&error, now),
        }
    }

    fn sweep(&mut self, now: Instant) {
        let due = self.shared.due();
        let Some(connection) = &mut self.connection else { return };
        match self.sweep.step(connection, now, |some| sweep::delete(some, due)) {
            Ok(deleted) => {
                self.rows = self.rows.saturating_sub(deleted as u64);
                self.shared.count(Outcome::Deleted, deleted as u64);
                if matches!(self.sweep, Sweep::Resting(_)) {
                    let wall = (self.shared.clock.now)();
                    self.in_force.retain(|_, block| !block.is_over(wall));
                    file::prune(&self.shared.path, self.shared.cutoff());
                }
                if self.batch.len() == 0 {
                    self.shared.works();
                }
                self.report();
            }
            Err(error) => self.failed(&error, now),
        }
    }

    /// A transaction was taken back.
    fn failed(&mut self, error: &rusqlite::Error, now: Instant) {
        if file::is_damage(error) {
            self.set_aside(&error.to_string());
            return;
        }
        self.shared.off(&file::advice(error, &self.shared.path));
        self.shared.waits(self.batch.len());
        self.retry = Some(now + RETRY);
    }

    fn report(&self) {
        let oldest = self.connection.as_ref().and_then(|connection| {
            let mut oldest = connection.prepare_cached(OLDEST).ok()?;
            oldest.query_row([], |row| row.get(0)).ok().flatten().map(time)
        });
        self.shared.holds(self.rows, oldest);
    }

    fn finish(mut self) {
        while let Ok(message) = self.messages.try_recv() {
            self.take(message);
            if self.batch.len() >= MANY && self.is_ready(Instant::now()) {
                self.flush(Instant::now());
            }
        }
        if self.batch.len() > 0 && self.is_ready(Instant::now()) {
            self.flush(Instant::now());
        }
        self.shared.lose(self.batch.len());
        self.check = None;
        if let Some(error) = self.connection.as_ref().and_then(|connection| file::close_log(connection).err())
        {
            tracing::warn!(%error, "the write-ahead log of the store stays as it is; the next start takes it over");
        }
    }
}

/// How long the first record of a batch waits for others. With the time of a transaction, half a second.
const WAIT: Duration = Duration::from_millis(250);
/// Records that are written without waiting for more.
const MANY: usize = 8192;
/// How long after a failure until the next try.
const RETRY: Duration = Duration::from_secs(1);
const OLDEST: &str = "SELECT min(started) FROM calls";
