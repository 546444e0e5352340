//! Which entries stand in the kernel, for the sake of which targets, and until when: an entry that two targets share goes
//! with the last of them, and ends with the one that ends last.

use std::{collections::BTreeMap, time::Duration};

use monitor_common::abi::MAX_BLOCKS;

use super::{Enforce, Target};
use crate::{calls::Timestamp, kernel::Blocked};

/// The kernel's entries and their holders.
pub(super) struct Holding {
    kernel: Box<dyn Enforce>,
    /// What each target in force resolves to.
    targets: BTreeMap<Target, Vec<Blocked>>,
    /// Who holds each entry, and until when.
    entries: BTreeMap<Blocked, BTreeMap<Target, Timestamp>>,
    /// The end that the kernel was told for each entry.
    told: BTreeMap<Blocked, Timestamp>,
}

/// The end of what has none.
pub(super) const NEVER: Timestamp = Timestamp(u64::MAX);

impl Holding {
    pub(super) const fn new(kernel: Box<dyn Enforce>) -> Self {
        Self { kernel, targets: BTreeMap::new(), entries: BTreeMap::new(), told: BTreeMap::new() }
    }

    /// Lets a target hold these entries until `end`, in place of what it held before. Where the kernel refuses one of
    /// them, all is as it was.
    pub(super) fn set(
        &mut self,
        target: &Target,
        blocked: Vec<Blocked>,
        end: Timestamp,
        now: Timestamp,
    ) -> Result<(), String> {
        let more = blocked.iter().filter(|entry| !self.entries.contains_key(entry)).count();
        if self.entries.len() + more > MAX_BLOCKS {
            return Err(format!(
                "the kernel has room for {MAX_BLOCKS} entries: {} stand, and a block of this kind ({}) needs {more} \
                 more; `ringfence unblock` some",
                self.entries.len(),
                target.kind()
            ));
        }
        let before = self.hold(target, Some((blocked, end)));
        let was = before.as_ref().map_or(&[][..], |(entries, _)| entries);
        let is = self.targets.get(target).map_or(&[][..], Vec::as_slice);
        // What is added comes first, so that nothing is open between.
        let touched: Vec<_> = is.iter().chain(was).copied().collect();
        self.settle_or_undo(target, &touched, before, now)
    }

    /// Lets a target hold nothing any more. Where the kernel refuses, all is as it was.
    pub(super) fn release(&mut self, target: &Target, now: Timestamp) -> Result<(), String> {
        let before = self.hold(target, None);
        let touched = before.as_ref().map_or_else(Vec::new, |(entries, _)| entries.clone());
        self.settle_or_undo(target, &touched, before, now)
    }

    /// Lets a target whose time is over hold nothing any more, whatever the kernel says: it honours the end by itself.
    pub(super) fn expire(&mut self, target: &Target, now: Timestamp) -> Result<(), String> {
        let before = self.hold(target, None);
        before.into_iter().flat_map(|(entries, _)| entries).try_for_each(|entry| self.settle(entry, now))
    }

    fn settle_or_undo(
        &mut self,
        target: &Target,
        touched: &[Blocked],
        before: Option<(Vec<Blocked>, Timestamp)>,
        now: Timestamp,
    ) -> Result<(), String> {
        let settled = touched.iter().try_for_each(|entry| self.settle(*entry, now));
        if settled.is_err() {
            self.hold(target, before);
            for entry in touched {
                if let Err(error) = self.settle(*entry, now) {
                    tracing::error!(error, "an entry of the kernel's table is not as it was before");
                }
            }
        }
        settled
    }

    /// Notes what a target holds from now on, and gives back what it held.
    fn hold(
        &mut self,
        target: &Target,
        wanted: Option<(Vec<Blocked>, Timestamp)>,
    ) -> Option<(Vec<Blocked>, Timestamp)> {
        let before = self.targets.remove(target).map(|entries| {
            let mut end = NEVER;
            for entry in &entries {
                let Some(holders) = self.entries.get_mut(entry) else { continue };
                end = holders.remove(target).unwrap_or(end);
                if holders.is_empty() {
                    self.entries.remove(entry);
                }
            }
            (entries, end)
        });
        if let Some((entries, end)) = wanted {
            for entry in &entries {
                self.entries.entry(*entry).or_default().insert(target.clone(), end);
            }
            self.targets.insert(target.clone(), entries);
        }
        before
    }

    /// Tells the kernel of an entry where that is news.
    fn settle(&mut self, entry: Blocked, now: Timestamp) -> Result<(), String> {
        let end = self.entries.get(&entry).and_then(|holders| holders.values().max()).copied();
        let told = self.told.get(&entry).copied();
        match (end.filter(|end| *end > now), told) {
            (Some(end), told) if told != Some(end) => {
                self.kernel.put(&entry, lasts(end, now))?;
                self.told.insert(entry, end);
            }
            // One that only a target holds whose time is over ends by itself, unless it was to last longer.
            (None, Some(told)) if end.is_none() || told > now => {
                self.kernel.remove(&entry)?;
                self.told.remove(&entry);
            }
            _ => (),
        }
        Ok(())
    }
}

fn lasts(end: Timestamp, now: Timestamp) -> Option<Duration> {
    (end != NEVER).then(|| end.since(now))
}
