//! Changes the set of blocks, the kernel and the store together: the kernel first, so that what is said to be
//! blocked is blocked.

use std::time::Duration;

use monitor_common::abi::slot;

use super::{Block, Blocks, Cause, Known, Read, Target, read, read::listed};
use crate::{
    calls::Timestamp,
    kernel::{Blocked, Overlay},
    policy::{Compiled, SlotTable},
};

/// The kernel's side of a block. An error is a sentence for the operator.
pub trait Enforce: Send {
    /// Blocks until so much time has passed, or until [`Self::remove`]; again, with another end, where it is blocked
    /// already.
    fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), String>;
    /// Blocks no more; no error where it was not blocked.
    fn remove(&mut self, blocked: &Blocked) -> Result<(), String>;
}

impl Enforce for Overlay {
    fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), String> {
        Self::put(self, blocked, lasts).map_err(|refusal| refusal.to_string())
    }

    fn remove(&mut self, blocked: &Blocked) -> Result<(), String> {
        Self::remove(self, blocked).map(drop).map_err(|refusal| refusal.to_string())
    }
}

/// Where blocks are kept while no agent runs. What fails there is reported there: the kernel has the block already.
pub trait Keep: Send {
    /// Keeps a block, in the place of the one of the same target.
    fn keep(&mut self, block: &Block);
    /// Keeps it no more.
    fn forget(&mut self, target: &Target);
}

/// What an operator asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A destination's name, `+` and E.164 digits, or an address or network.
    pub target: &'a str,
    /// How long; `None` until it is taken away.
    pub lasts: Option<Duration>,
    /// Why.
    pub reason: Option<&'a str>,
    /// Who asks.
    pub by: &'a str,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The block.
    pub block: Block,
    /// The block that it took the place of.
    pub replaced: Option<Block>,
    /// What the operator may not expect.
    pub notes: Vec<String>,
}

/// The blocks, and what is behind them.
pub struct Blocker {
    blocks: Blocks,
    kernel: Box<dyn Enforce>,
    store: Box<dyn Keep>,
}

impl Blocker {
    /// No blocks yet.
    #[must_use]
    pub fn new(kernel: Box<dyn Enforce>, store: Box<dyn Keep>) -> Self {
        Self { blocks: Blocks::default(), kernel, store }
    }

    /// The blocks.
    #[must_use]
    pub const fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// Blocks what an operator asks for. When this returns, the kernel has it.
    pub fn block(&mut self, wanted: &Wanted<'_>, known: &Known<'_>, now: Timestamp) -> Result<Done, String> {
        let reason = check_reason(wanted.reason)?;
        check_time(wanted.lasts)?;
        let Read { target, notes } = read(wanted.target, known)?;
        self.blocks.check_room(&target).map_err(|full| full.to_string())?;
        if let Some(blocked) = target.resolve(known.slots) {
            self.kernel.put(&blocked, wanted.lasts)?;
        }
        let block = Block {
            target,
            cause: Cause::Operator,
            reason: reason.into(),
            by: wanted.by.into(),
            since: now,
            until: wanted.lasts.map(|lasts| now.after(lasts)),
        };
        self.store.keep(&block);
        let replaced = self.blocks.put(block.clone()).map_err(|full| full.to_string())?;
        Ok(Done { block, replaced, notes })
    }

    /// Takes a block away; an error lists what is blocked.
    pub fn unblock(&mut self, text: &str, slots: &SlotTable) -> Result<Block, String> {
        let text = text.trim();
        let Some(target) = self.blocks.find(text).map(|block| block.target.clone()) else {
            return Err(self.not_blocked(text));
        };
        if let Some(blocked) = target.resolve(slots) {
            self.kernel.remove(&blocked)?;
        }
        self.store.forget(&target);
        self.blocks.take(&target).ok_or_else(|| self.not_blocked(text))
    }

    /// Takes out what is over. The kernel has stopped blocking by itself; its entries are cleared away.
    pub fn expire(&mut self, slots: &SlotTable, now: Timestamp) -> Vec<Block> {
        let over = self.blocks.expire(now);
        for block in &over {
            self.store.forget(&block.target);
            if let Some(blocked) = block.target.resolve(slots)
                && let Err(error) = self.kernel.remove(&blocked)
            {
                tracing::warn!(error, "a block that is over stays in the kernel's table, without effect");
            }
        }
        over
    }

    /// Takes blocks up that an earlier agent kept; those that are over by now are forgotten. Returns how many hold.
    pub fn restore(&mut self, kept: Vec<Block>, slots: &SlotTable, now: Timestamp) -> usize {
        let mut held = 0;
        for block in kept {
            if block.is_over(now) {
                self.store.forget(&block.target);
                continue;
            }
            match self.enforce(&block, slots, now).and_then(|()| self.put(block.clone())) {
                Ok(()) => held += 1,
                Err(error) => {
                    tracing::error!(kind = block.target.kind(), error, "a kept block does not hold");
                }
            }
        }
        held
    }

    /// The policy has changed: destinations that have a name again are blocked again.
    pub fn policy_changed(&mut self, slots: &SlotTable, now: Timestamp) {
        let named: Vec<_> = self
            .blocks
            .iter()
            .filter(|block| matches!(block.target, Target::Destination(_)))
            .cloned()
            .collect();
        for block in named {
            if let Err(error) = self.enforce(&block, slots, now) {
                tracing::error!(destination = %block.target, error, "a block does not hold under the new policy");
            }
        }
    }

    /// Sentences about blocks that match nothing under a policy, for `status` and the log.
    #[must_use]
    pub fn notes(&self, policy: &Compiled) -> Vec<String> {
        let mut notes = Vec::new();
        for block in self.blocks.iter() {
            if let Target::Destination(name) = &block.target
                && !is_counted(name, policy)
            {
                notes.push(format!(
                    "the block of `{name}` matches nothing: no number is counted under that destination any more; \
                     block a prefix, or take it away with `ringfence unblock {name}`"
                ));
            }
        }
        notes
    }

    fn enforce(&mut self, block: &Block, slots: &SlotTable, now: Timestamp) -> Result<(), String> {
        let left = block.until.map(|until| until.since(now));
        match block.target.resolve(slots) {
            Some(blocked) if !block.is_over(now) => self.kernel.put(&blocked, left),
            _ => Ok(()),
        }
    }

    fn put(&mut self, block: Block) -> Result<(), String> {
        self.blocks.put(block).map(drop).map_err(|full| full.to_string())
    }

    fn not_blocked(&self, text: &str) -> String {
        let shown: String = text.chars().take(64).collect();
        let blocked: Vec<_> =
            self.blocks.newest_first().iter().map(|block| block.target.to_string()).collect();
        let listing = match blocked.as_slice() {
            [] => "nothing is".to_owned(),
            blocked => format!("these are: {}", listed(blocked)),
        };
        format!("`{}` is not blocked by a temporary block; {listing}", shown.escape_debug())
    }
}

/// Whether any number can be counted under a destination.
fn is_counted(name: &str, policy: &Compiled) -> bool {
    let index = policy.destinations.iter().position(|destination| destination.as_str() == name);
    slot::RESERVED.contains(&name)
        || index.is_some_and(|index| policy.rules.iter().any(|rule| usize::from(rule.destination.0) == index))
}

fn check_time(lasts: Option<Duration>) -> Result<(), String> {
    match lasts {
        Some(time) if time < SHORTEST || time > LONGEST => {
            Err("a block lasts at least 1 s and at most 10 years: write `--for 1h`, or leave it out to block until \
                 `ringfence unblock`"
                .into())
        }
        _ => Ok(()),
    }
}

fn check_reason(reason: Option<&str>) -> Result<&str, String> {
    let reason = reason.unwrap_or_default().trim();
    if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        return Err(format!("a reason is one line of at most {LONGEST_REASON} letters"));
    }
    Ok(reason)
}

/// Shortest time of a block.
const SHORTEST: Duration = Duration::from_secs(1);
/// Longest time of a block: ten years.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);
/// Letters of a reason.
const LONGEST_REASON: usize = 200;

#[cfg(test)]
mod tests;
