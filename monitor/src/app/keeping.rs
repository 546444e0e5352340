//! What stands behind the temporary blocks: the kernel, which enforces them, the store, which keeps them while no
//! agent runs, and the journal, which has each one.

use std::{sync::Arc, time::SystemTime};

use super::journaling;
use crate::{
    blocks::{Block, Blocker, Cause, Keep, Target, own_addresses},
    control::{Surroundings, TemporaryBlocks},
    evidence::Ledger,
    follow::WallClock,
    kernel::Overlay,
    store::{self, Store},
    sync::PolicyMetrics,
};

/// Takes up the blocks that the store kept.
pub(super) fn blocks(overlay: Overlay, keep: Kept, dry_run: bool) -> TemporaryBlocks {
    let (clock, policy) = (keep.clock, keep.policy.clone());
    let kept = keep.store.blocks().iter().filter_map(|block| kept(block, &clock)).collect();
    let blocker = Blocker::new(Box::new(overlay), Box::new(keep));
    let around = Surroundings {
        now: Box::new(move || clock.now()),
        wall: Box::new(move |at| clock.wall(at)),
        policy: Box::new(move || policy.in_force()),
        own: Box::new(|| {
            let own = own_addresses();
            own.inspect_err(|error| tracing::error!(%error, "this host's addresses cannot be read"))
                .unwrap_or_default()
        }),
        dry_run,
    };
    TemporaryBlocks::new(blocker, around, kept)
}

/// Where blocks are kept, and put on record.
pub(super) struct Kept {
    pub(super) store: Arc<Store>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) clock: WallClock,
    pub(super) policy: PolicyMetrics,
}

impl Keep for Kept {
    fn keep(&mut self, block: &Block) {
        let hidden = self.policy.in_force().privacy.hidden_digits;
        journaling::blocked(&self.ledger, block, self.clock, hidden);
        self.store.block(store::Block {
            target: block.target.to_string(),
            kind: block.target.kind().into(),
            cause: block.cause.label().into(),
            limit: block.limit.clone(),
            reason: block.reason.clone(),
            by: block.by.clone(),
            since: self.clock.wall(block.since),
            until: block.until.map(|until| self.clock.wall(until)),
        });
    }

    fn forget(&mut self, target: &Target) {
        self.store.unblock(&target.to_string(), SystemTime::now());
    }
}

fn kept(block: &store::Block, clock: &WallClock) -> Option<Block> {
    let target = Target::from_kept(&block.kind, &block.target);
    if target.is_none() {
        tracing::error!(kind = block.kind, "a kept block cannot be read, and does not hold");
    }
    Some(Block {
        target: target?,
        // A cause of a later version: somebody's.
        cause: Cause::from_label(&block.cause).unwrap_or(Cause::Operator),
        reason: block.reason.clone(),
        by: block.by.clone(),
        since: clock.at(block.since),
        until: block.until.map(|until| clock.at(until)),
        limit: block.limit.clone(),
    })
}
