//! Temporary blocks over the policy: whether one covers a number or a source at the moment.
//!
//! The longest prefix wins over policy and blocks together: a longer prefix that the policy names keeps its action, and
//! of two equal ones the block wins. A block's deadline is compared here, so that it ends in time whatever became of the agent.

use crate::{
    abi::{Block, BlockKey, slot},
    number::Digits,
    rules::Match,
    wire::Address,
};

/// Reads the temporary blocks.
pub trait Overlay {
    /// The block that lies under the longest prefix of the key, whether it holds or its time is over.
    fn longest(&self, key: &BlockKey) -> Option<Block>;

    /// Time in ticks of `jiffies64`.
    fn ticks(&self) -> u64;

    /// The bits of the longest block that covers the key and holds; 0 where none does: see [`holding`]. A stage of its
    /// own in the kernel.
    fn find(&self, key: BlockKey) -> u32 {
        holding(self, key)
    }
}

/// [`Block::bits`] of the longest block that covers the key and holds; 0 where none does. One whose time is over does not
/// hide a shorter one; of such, [`OVER`] at most are passed over: the agent takes them away.
#[inline(always)]
pub fn holding<O: Overlay + ?Sized>(overlay: &O, mut key: BlockKey) -> u32 {
    let now = overlay.ticks();
    for _ in 0..=OVER {
        let Some(block) = overlay.longest(&key) else { return 0 };
        if block.until == 0 || now < block.until {
            return block.bits;
        }
        key.bits = block.bits.saturating_sub(1);
    }
    0
}

/// What of a temporary block covers a number for which the policy has `found`: 0 where none does, else one more than the
/// digits of the prefix that decides.
#[inline(always)]
pub fn covering<O: Overlay>(overlay: &O, number: Digits, found: Option<Match>) -> u32 {
    let rule_len = found.map_or(0, |found| u32::from(found.prefix_len()));
    // What only counts a number under its country is no exception.
    let named_len = if found.is_some_and(|found| found.rule().is_named()) { rule_len } else { 0 };
    let block_len = BlockKey::digits(overlay.find(BlockKey::prefix(number)));
    if block_len != 0 && block_len >= named_len {
        return block_len + 1;
    }
    let slot = found.map_or(slot::UNKNOWN, |found| found.rule().destination());
    if overlay.find(BlockKey::destination(slot)) != 0 { rule_len + 1 } else { 0 }
}

/// Whether a temporary block covers a source.
#[inline(always)]
pub fn covers_source<O: Overlay>(overlay: &O, address: Address) -> bool {
    overlay.find(BlockKey::source(address, 128)) != 0
}

/// Blocks inside each other whose time is over, and that one look-up passes over.
const OVER: u32 = 16;
