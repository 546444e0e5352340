//! Changes the set of blocks, the kernel and the store together: the kernel first, so that what is said to be
//! blocked is blocked.

use std::time::Duration;

use super::{
    Block, Blocks, Cause, ForLimit, Ground, Known, Read, Target, WhyNot, check_source, destination,
    holding::Holding, limit, read, read::listed,
};
use crate::{
    calls::Timestamp,
    kernel::{Blocked, Overlay},
    policy::Compiled,
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
    /// A destination's name, `+` and E.164 digits, an address or network, or a region: see [`Target`].
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
    holding: Holding,
    store: Box<dyn Keep>,
}

impl Blocker {
    /// No blocks yet.
    #[must_use]
    pub fn new(kernel: Box<dyn Enforce>, store: Box<dyn Keep>) -> Self {
        Self { blocks: Blocks::default(), holding: Holding::new(kernel), store }
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
        let block = Block {
            target,
            cause: Cause::Operator,
            reason: reason.into(),
            by: wanted.by.into(),
            since: now,
            until: wanted.lasts.map(|lasts| now.after(lasts)),
            limit: None,
        };
        let replaced = self.set(&block, &known.ground(), now)?;
        Ok(Done { block, replaced, notes })
    }

    /// Blocks what a limit asks for. When this returns, the kernel has it. A block of the same target that lasts as long
    /// stays as it is, and is what is done. An error is in the log too where it is the agent that cannot.
    pub fn block_for_limit(
        &mut self,
        wanted: &ForLimit<'_>,
        known: &Known<'_>,
        now: Timestamp,
    ) -> Result<Done, WhyNot> {
        if let Target::Source(network) = &wanted.target {
            check_source(network.addr(), known.policy, known.own, wanted.trusted)?;
        }
        let lasts = wanted.lasts.map(|lasts| lasts.clamp(SHORTEST, LONGEST));
        let block = Block {
            target: wanted.target.clone(),
            cause: Cause::Limit,
            reason: limit::reason(wanted.reason, LONGEST_REASON),
            by: format!("limit {}", wanted.limit.name),
            since: now,
            until: lasts.map(|lasts| now.after(lasts)),
            limit: Some(wanted.limit.clone()),
        };
        if let Some(standing) = self.blocks.get(&block.target)
            && !standing.is_over(now)
            && standing.end() >= block.end()
        {
            return Ok(Done { block: standing.clone(), replaced: None, notes: Vec::new() });
        }
        let full = self.blocks.check_room(&block.target).map_err(|full| WhyNot::NoRoom(full.to_string()));
        let replaced =
            full.and_then(|()| self.set(&block, &known.ground(), now).map_err(WhyNot::Kernel)).inspect_err(
                |error| {
                    let kind = block.target.kind();
                    tracing::error!(limit = wanted.limit.name, kind, %error, "a limit was reached, and nothing is blocked");
                },
            )?;
        Ok(Done { block, replaced, notes: Vec::new() })
    }

    /// Takes a block away; an error lists what is blocked.
    pub fn unblock(&mut self, text: &str, now: Timestamp) -> Result<Block, String> {
        let text = text.trim();
        let Some(target) = self.blocks.find(text).map(|block| block.target.clone()) else {
            return Err(self.not_blocked(text));
        };
        self.holding.release(&target, now)?;
        self.store.forget(&target);
        self.blocks.take(&target).ok_or_else(|| self.not_blocked(text))
    }

    /// Takes out what is over. The kernel has stopped blocking by itself; its entries are cleared away.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Block> {
        let over = self.blocks.expire(now);
        for block in &over {
            self.store.forget(&block.target);
            if let Err(error) = self.holding.expire(&block.target, now) {
                tracing::warn!(error, "a block that is over stays in the kernel's table, without effect");
            }
        }
        over
    }

    /// Takes blocks up that an earlier agent kept; those that are over by now are forgotten, and those of limits whose
    /// source no limit may block any more. Returns how many hold.
    pub fn restore(&mut self, kept: Vec<Block>, ground: &Ground<'_>, now: Timestamp) -> usize {
        let mut held = 0;
        for block in kept {
            let spared = limit::spared(&block, ground);
            if block.is_over(now) || spared.is_some() {
                self.store.forget(&block.target);
                spared.into_iter().for_each(|why| limit::tell_spared(&block, &why));
                continue;
            }
            match self.enforce(&block, ground, now).and_then(|()| self.put(block.clone()).map(drop)) {
                Ok(()) => held += 1,
                Err(error) => {
                    tracing::error!(kind = block.target.kind(), error, "a kept block does not hold");
                }
            }
        }
        held
    }

    /// The policy has changed: destinations and regions are looked up again, and what a limit blocked is free where the
    /// policy trusts it by now, or has it as a trunk.
    pub fn policy_changed(&mut self, ground: &Ground<'_>, now: Timestamp) {
        self.spare(ground, now);
        let again: Vec<_> = self
            .blocks
            .iter()
            .filter(|block| block.target.depends_on_policy() && !block.is_over(now))
            .cloned()
            .collect();
        for block in again {
            if let Err(error) = self.enforce(&block, ground, now) {
                tracing::error!(covers = %block.target, error, "a block does not hold under the new policy");
            }
        }
    }

    /// Sentences about blocks that match nothing under a policy, for `status` and the log.
    #[must_use]
    pub fn notes(&self, policy: &Compiled) -> Vec<String> {
        let mut notes = Vec::new();
        for block in self.blocks.iter() {
            if let Target::Destination(name) = &block.target
                && !destination::is_counted(name, policy)
            {
                notes.push(format!(
                    "the block of `{name}` matches nothing: no number is counted under that destination any more; \
                     block a prefix, or take it away with `ringfence unblock {name}`"
                ));
            }
        }
        notes
    }

    /// Takes away the blocks of limits whose source no limit may block any more.
    fn spare(&mut self, ground: &Ground<'_>, now: Timestamp) {
        let blocks = self.blocks.iter();
        let spared: Vec<_> =
            blocks.filter_map(|block| limit::spared(block, ground).map(|why| (block.clone(), why))).collect();
        for (block, why) in spared {
            if let Err(error) = self.holding.release(&block.target, now) {
                let unblock = format!("ringfence unblock {}", block.target);
                tracing::error!(error, unblock, "a limit's block of a source that no limit may block stays");
                continue;
            }
            self.store.forget(&block.target);
            self.blocks.take(&block.target);
            limit::tell_spared(&block, &why);
        }
    }

    /// The kernel, the store, and then the set.
    fn set(&mut self, block: &Block, ground: &Ground<'_>, now: Timestamp) -> Result<Option<Block>, String> {
        self.enforce(block, ground, now)?;
        self.store.keep(block);
        self.put(block.clone())
    }

    fn enforce(&mut self, block: &Block, ground: &Ground<'_>, now: Timestamp) -> Result<(), String> {
        self.holding.set(&block.target, block.target.resolve(ground), block.end(), now)
    }

    fn put(&mut self, block: Block) -> Result<Option<Block>, String> {
        self.blocks.put(block).map_err(|full| full.to_string())
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
