//! What waits to be written: the latest state of each call once, and no more than memory is meant for.

use std::{collections::BTreeMap, time::Instant};

use super::{
    keeping::{Changes, Name},
    record::{Block, Message, Record},
};
use crate::calls::CallId;

/// Records that wait.
#[derive(Debug, Default)]
pub(super) struct Batch {
    calls: BTreeMap<CallId, Record>,
    blocks: Vec<Change>,
    kept: Changes,
    since: Option<Instant>,
}

/// A change of the blocks, in the order in which it came.
#[derive(Debug)]
pub(super) enum Change {
    Set(Block),
    Lift(String, std::time::SystemTime),
}

impl Batch {
    /// Takes a message in. Returns how many records are lost because there was no room.
    pub(super) fn take(&mut self, message: Message, now: Instant) -> usize {
        let has_room = match message {
            Message::Keep(kept) => {
                self.since.get_or_insert(now);
                return self.kept.take(kept);
            }
            Message::Call(record) => self.call(*record),
            Message::Block(block) => self.change(Change::Set(*block)),
            Message::Unblock(target, at) => self.change(Change::Lift(target, at)),
            Message::Wake | Message::Flush(_) => return 0,
        };
        self.since.get_or_insert(now);
        usize::from(!has_room)
    }

    /// The calls that wait, in the order of their names.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Record> {
        self.calls.values()
    }

    /// The changes of blocks that wait, in the order in which they came.
    pub(super) fn blocks(&self) -> &[Change] {
        &self.blocks
    }

    /// What limits go on with, where that changed.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&Name, Option<&str>)> {
        self.kept.iter()
    }

    /// How many records wait.
    pub(super) fn len(&self) -> usize {
        self.calls.len() + self.blocks.len() + self.kept.len()
    }

    /// Since when the first one waits.
    pub(super) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// All of it was written.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn call(&mut self, mut record: Record) -> bool {
        if let Some(waiting) = self.calls.get_mut(&record.call.id) {
            if record.resume.is_none() {
                record.resume = waiting.resume.take();
            }
            *waiting = record;
            return true;
        }
        let has_room = self.calls.len() < MOST_CALLS;
        if has_room {
            self.calls.insert(record.call.id, record);
        }
        has_room
    }

    fn change(&mut self, change: Change) -> bool {
        let has_room = self.blocks.len() < MOST_CHANGES;
        if has_room {
            self.blocks.push(change);
        }
        has_room
    }
}

/// Calls that wait while nothing can be written: some 40 MB with what it takes to follow them further.
const MOST_CALLS: usize = 16_384;
/// Changes of blocks that wait.
const MOST_CHANGES: usize = 16_384;
