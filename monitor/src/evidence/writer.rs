//! The thread that writes: takes in what waits, writes it in one transaction after the other, tells the lanes, and answers
//! them. Where nothing can be written, what is to be told goes out from memory.

mod place;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    early, opening, row,
    shared::{Ask, Inbox, Phase, Shared},
    sweep::{self, Retention},
    transaction::{self, Written},
    work::{Lost, Waiting, Work},
};
use crate::{
    incidents::Head,
    journal::EntryKind,
    sinks::Address,
    sqlite::{
        check::Check,
        file::{self, close_log},
        sweep::Sweep,
    },
};
use rusqlite::Connection;

/// The writer and what it works on.
pub(super) struct Writer {
    shared: Arc<Shared>,
    connection: Option<Connection>,
    /// Which file the connection has open.
    identity: Option<(u64, u64)>,
    work: Work,
    /// Lanes that ask what comes next.
    asks: Vec<Ask>,
    head: Option<Head>,
    last_delivery: i64,
    /// Messages that went out before they were written.
    early: u64,
    /// What is lost of [`Self::work`] and counted already.
    counted: u64,
    retention: Option<Retention>,
    sweep: Sweep,
    check: Option<Check>,
    /// Nothing is tried before.
    retry: Option<Instant>,
    /// When the last transaction began.
    wrote: Option<Instant>,
}

impl Writer {
    /// Opens the file and reads what the agent needs before it starts.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let mut writer = Self {
            shared,
            connection: None,
            identity: None,
            work: Work::default(),
            asks: Vec::new(),
            head: None,
            last_delivery: 0,
            early: 0,
            counted: 0,
            retention: None,
            sweep: Sweep::Deleting,
            check: None,
            retry: None,
            wrote: None,
        };
        writer.open();
        if writer.connection.is_none() {
            let found = opening::look(&writer.shared);
            writer.take_up(&found);
        }
        writer
    }

    /// Works until the ledger ends; then writes what waits.
    pub(super) fn run(mut self) {
        loop {
            let inbox = self.shared.take(self.patience(Instant::now()));
            let is_end = self.shared.phase() == Phase::NoMoreWriting;
            let asked = !inbox.flushes.is_empty() || is_end;
            let Inbox { work, asks, flushes, retention, look: _ } = inbox;
            self.work.join(work);
            if retention.is_some() && retention != self.retention {
                (self.retention, self.sweep) = (retention, Sweep::Deleting);
            }
            self.act(Instant::now(), asked);
            self.asks.extend(asks);
            self.answer();
            // Written or not: who asks waits no longer.
            for flush in flushes {
                let _ = flush.try_send(());
            }
            if is_end {
                return self.finish();
            }
        }
    }

    /// How long nothing has to be done unless something comes.
    fn patience(&self, now: Instant) -> Duration {
        let due = match (self.work.is_empty(), self.retention) {
            (false, _) => self.wrote.map_or(now, |wrote| wrote + GAP),
            (true, Some(_)) => self.sweep.due(now),
            (true, None) => now + LOOK,
        };
        self.retry.map_or(due, |retry| due.max(retry)).saturating_duration_since(now).min(LOOK)
    }

    fn act(&mut self, now: Instant, asked: bool) {
        if self.shared.takes_suspicion() && self.connection.is_some() {
            self.begin_anew("it is damaged", true);
        }
        let waits = self.retry.is_some_and(|retry| retry > now) && !asked;
        let has_rest = self.wrote.is_some_and(|wrote| wrote + GAP > now) && !asked;
        if waits || !self.is_ready() {
            self.tell_early();
        } else if !self.work.is_empty() && !has_rest {
            self.write(now);
        } else if self.work.is_empty() && self.sweep.due(now) <= now {
            self.sweep(now);
        }
        self.count_lost();
        self.shared.holds(self.head.as_ref(), self.work.len());
    }

    fn count_lost(&mut self) {
        let lost = self.work.lost.count();
        self.shared.lose(lost - self.counted);
        self.counted = lost;
    }

    fn write(&mut self, now: Instant) {
        self.wrote = Some(now);
        let Some(connection) = &mut self.connection else { return };
        match transaction::write(connection, &self.work, &mut self.last_delivery, &self.shared) {
            Ok(Written { head, addresses, entries }) => {
                self.head = head.or(self.head.take());
                entries.into_iter().for_each(|(kind, count)| self.shared.metrics.entered(kind, count));
                self.count_lost();
                (self.work, self.counted) = (Work::default(), 0);
                self.shared.wake(addresses);
                self.works();
                self.report();
            }
            Err(error) => self.failed(&error),
        }
    }

    fn sweep(&mut self, now: Instant) {
        let (Some(connection), Some(retention)) = (&mut self.connection, self.retention) else { return };
        let look = (self.shared.setting.look)(self.shared.now());
        let swept = self.sweep.step(connection, now, |some| sweep::delete(some, retention, &look));
        match swept {
            Ok(None) => self.works(),
            Ok(head) => {
                self.shared.metrics.entered(EntryKind::Retention, 1);
                self.head = head;
                self.works();
            }
            Err(error) => self.failed(&error),
        }
    }

    /// A transaction was taken back.
    fn failed(&mut self, error: &rusqlite::Error) {
        if file::is_damage(error) {
            self.begin_anew(&error.to_string(), true);
        } else {
            self.off(&file::advice(error, &self.shared.path));
        }
        self.tell_early();
    }

    fn off(&mut self, problem: &str) {
        self.shared.off(problem);
        self.retry = Some(Instant::now() + self.shared.pace.disk);
    }

    /// Something was written: lanes that paused may go on.
    fn works(&mut self) {
        self.retry = None;
        if self.shared.works() {
            self.wake_all();
        }
    }

    fn wake_all(&mut self) {
        let Some(connection) = &self.connection else { return };
        match row::addresses(connection) {
            Ok(addresses) => self.shared.wake(addresses),
            Err(error) => tracing::error!(%error, "the outbox cannot be read"),
        }
        self.report();
    }

    /// Lets what cannot be written go out all the same.
    fn tell_early(&mut self) {
        let addresses = early::tell(
            &mut self.work,
            &mut self.last_delivery,
            &mut self.early,
            self.head.as_ref(),
            &self.shared,
        );
        if !addresses.is_empty() {
            self.shared.wake(addresses);
            self.report();
        }
    }

    /// Answers the lanes. A lane hears what comes next when the end of what came before is on the disk: of each address one
    /// message may come again after a kill, and no more.
    fn answer(&mut self) {
        for Ask { address, reply } in std::mem::take(&mut self.asks) {
            if self.retry.is_none() && self.work.finished(&address) > 0 {
                self.asks.push(Ask { address, reply });
                continue;
            }
            let next = if self.work.has_many_tries() { None } else { self.next(&address) };
            // A lane that has ended asks again when it is woken.
            let _ = reply.send(next);
        }
    }

    fn next(&mut self, address: &Address) -> Option<Waiting> {
        let after = self.work.finished(address);
        let written = self.connection.as_ref().map(|connection| row::next(connection, address, after));
        match written {
            Some(Ok(Some(waiting))) => return Some(waiting),
            Some(Err(error)) => self.failed(&error),
            Some(Ok(None)) | None => (),
        }
        self.work.early(address, after)
    }

    fn report(&self) {
        let written = self.connection.as_ref().and_then(|connection| row::outboxes(connection).ok());
        self.shared.metrics.outboxes.put(early::outboxes(written.unwrap_or_default(), &self.work));
    }

    fn finish(mut self) {
        let mut lost = Lost::default();
        self.work.steps.iter().for_each(|step| lost.note(step));
        self.shared.lose(lost.count() + self.work.sealed.len() as u64);
        self.check = None;
        if let Some(error) = self.connection.as_ref().and_then(|connection| close_log(connection).err()) {
            tracing::warn!(%error, "the write-ahead log of the evidence stays as it is; the next start takes it over");
        }
    }
}

/// From the beginning of one transaction to that of the next: what comes in between is written together.
const GAP: Duration = Duration::from_millis(10);
/// How often it is looked whether the file is still there.
const LOOK: Duration = Duration::from_secs(10);
