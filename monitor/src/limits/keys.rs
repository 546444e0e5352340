//! The keys of a limit: found by token, bounded, the one that was longest untouched first to go.

use std::hash::{BuildHasherDefault, Hasher};

use lru::LruCache;

use super::{entry::Entry, token::Token, window::Frame};
use crate::{calls::Timestamp, policy::limits::Counted};

/// What a limit counted, by key.
#[derive(Debug)]
pub(super) struct Keys {
    entries: LruCache<Token, Entry, BuildHasherDefault<Half>>,
    /// Numbers that they hold.
    numbers: usize,
    most: usize,
    /// Keys that gave way to others.
    pub(super) evicted: u64,
    /// Keys to be saved.
    dirty: Vec<Token>,
}

impl Keys {
    pub(super) fn new(most: usize) -> Self {
        let entries = LruCache::unbounded_with_hasher(BuildHasherDefault::default());
        Self { entries, numbers: 0, most, evicted: 0, dirty: Vec::new() }
    }

    /// Numbers that all keys together may hold.
    pub(super) const fn most_numbers(&self) -> usize {
        self.most.saturating_mul(NUMBERS_A_KEY)
    }

    /// Changes what was counted for a key, which is made where it is not there, and must be saved then.
    pub(super) fn change<T>(
        &mut self,
        token: Token,
        now: Timestamp,
        label: impl FnOnce() -> String,
        change: impl FnOnce(&mut Entry) -> T,
    ) -> T {
        if !self.entries.contains(&token) {
            self.make_room();
        }
        let entry = self.entries.get_or_insert_mut(token, || Entry::new(label()));
        (entry.touched, entry.placed) = (now, now);
        let numbers = entry.numbers();
        let changed = change(entry);
        self.numbers = (self.numbers + entry.numbers()).saturating_sub(numbers);
        mark(entry, token, &mut self.dirty);
        changed
    }

    /// Changes what was counted for a key that is there, without finding it a new place; saved where `change` says so.
    pub(super) fn adjust(&mut self, token: Token, change: impl FnOnce(&mut Entry) -> bool) -> bool {
        let Some(entry) = self.entries.peek_mut(&token) else { return false };
        let numbers = entry.numbers();
        if change(entry) {
            mark(entry, token, &mut self.dirty);
        }
        self.numbers = (self.numbers + entry.numbers()).saturating_sub(numbers);
        true
    }

    pub(super) fn get(&self, token: Token) -> Option<&Entry> {
        self.entries.peek(&token)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Token, &Entry)> {
        self.entries.iter().map(|(token, entry)| (*token, entry))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().map(|(_, entry)| entry)
    }

    /// Puts back what was saved.
    pub(super) fn restore(&mut self, token: Token, entry: Entry) {
        self.numbers += entry.numbers();
        self.entries.put(token, entry);
    }

    /// Has everything saved anew. Calls that go on are counted with the next tick.
    pub(super) fn begin_again(&mut self) {
        for (token, entry) in &mut self.entries {
            entry.running = 0;
            mark(entry, *token, &mut self.dirty);
        }
    }

    /// All that may be saved: keys, and those that are gone since they were given out the last time.
    pub(super) fn saved(&self) -> impl Iterator<Item = Token> {
        self.entries.iter().map(|(token, _)| *token).chain(self.dirty.iter().copied())
    }

    /// Brings all keys from one frame to another that is earlier.
    pub(super) fn advance(&mut self, before: Frame, now: Frame) {
        for (token, entry) in &mut self.entries {
            entry.advance(before);
            entry.advance(now);
            mark(entry, *token, &mut self.dirty);
        }
    }

    /// Forgets keys for which nothing counts any more, a bounded number at once.
    pub(super) fn sweep(&mut self, counts: Counted, frame: Frame) {
        for _ in 0..MOST_AT_ONCE {
            let Some((token, entry)) = self.entries.peek_lru() else { return };
            let token = *token;
            if entry.is_idle(counts, frame) {
                self.drop(token);
            } else if entry.touched > entry.placed {
                self.place_anew(token);
            } else {
                return;
            }
        }
    }

    /// Keys that changed since the last time, and what they are now; none where they are gone.
    pub(super) fn changes(&mut self) -> Vec<(Token, Option<&Entry>)> {
        let dirty = std::mem::take(&mut self.dirty);
        for token in &dirty {
            if let Some(entry) = self.entries.peek_mut(token) {
                entry.is_dirty = false;
            }
        }
        dirty.into_iter().map(|token| (token, self.entries.peek(&token))).collect()
    }

    /// The one that was longest untouched gives way where there are too many. What calls that go on touch each second
    /// keeps its place until it is asked for here.
    fn make_room(&mut self) {
        let mut tries = 0;
        while self.entries.len() >= self.most || self.numbers >= self.most_numbers() {
            let Some((token, entry)) = self.entries.peek_lru() else { return };
            let token = *token;
            if entry.touched > entry.placed && tries < MOST_AT_ONCE {
                self.place_anew(token);
                tries += 1;
            } else {
                self.evicted += 1;
                self.drop(token);
            }
        }
    }

    fn place_anew(&mut self, token: Token) {
        if let Some(entry) = self.entries.get_mut(&token) {
            entry.placed = entry.touched;
        }
    }

    fn drop(&mut self, token: Token) {
        if let Some(entry) = self.entries.pop(&token) {
            self.numbers = self.numbers.saturating_sub(entry.numbers());
            if !entry.is_dirty {
                self.dirty.push(token);
            }
        }
    }
}

fn mark(entry: &mut Entry, token: Token, dirty: &mut Vec<Token>) {
    if !entry.is_dirty {
        entry.is_dirty = true;
        dirty.push(token);
    }
}

/// Tokens are hashes with a secret key already: half of one is as good as another hash of it.
#[derive(Debug, Default)]
pub(super) struct Half(u64);

impl Hasher for Half {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64;
    }
}

/// Keys that are looked at in one go.
const MOST_AT_ONCE: usize = 1_000;
/// Distinct numbers that a limit may hold for each key that it may have.
const NUMBERS_A_KEY: usize = 10;
