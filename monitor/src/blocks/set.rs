//! The set of temporary blocks. Pure: the clock is an argument.

use std::collections::BTreeMap;

use monitor_common::abi::MAX_BLOCKS;

use super::{Target, holding::NEVER};
use crate::{calls::Timestamp, limits::Token};

/// Who set a block: the label `reason` of `ringfence_blocks_active`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// `ringfence block` or `ringfence top`.
    Operator,
    /// A limit of the policy that was reached.
    Limit,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 2] = [Self::Operator, Self::Limit];

    /// The word in metrics and in the store.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Limit => "limit",
        }
    }

    /// The cause of a word.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.label() == label)
    }
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What is blocked.
    pub target: Target,
    /// Who set it, as a bounded word.
    pub cause: Cause,
    /// Why, in the words of who asked.
    pub reason: String,
    /// Who asked: `root (uid 0, pid 4711)`.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// Its end; `None` until it is taken away.
    pub until: Option<Timestamp>,
    /// The limit that set it, where one did.
    pub limit: Option<ByLimit>,
}

/// A limit, and for whom it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByLimit {
    /// Its name.
    pub name: String,
    /// For whom it was reached: what is counted anew when the block is taken away.
    pub token: Option<Token>,
}

impl Block {
    /// Its end; the last moment there is where it has none.
    pub(super) fn end(&self) -> Timestamp {
        self.until.unwrap_or(NEVER)
    }

    /// Whether its end has come.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// Every block, one a target, at most [`MOST_BLOCKS`].
#[derive(Clone, Debug, Default)]
pub struct Blocks(BTreeMap<Target, Block>);

/// There is no room for another block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there are {MOST_BLOCKS} temporary blocks, and that is the most: `ringfence unblock` some, or write them into \
     the policy"
)]
pub struct Full;

impl Blocks {
    /// Puts a block in, and gives back the one of the same target that it takes the place of.
    pub fn put(&mut self, block: Block) -> Result<Option<Block>, Full> {
        self.check_room(&block.target)?;
        Ok(self.0.insert(block.target.clone(), block))
    }

    /// Whether a block of `target` has room.
    pub fn check_room(&self, target: &Target) -> Result<(), Full> {
        if self.0.len() >= MOST_BLOCKS && !self.0.contains_key(target) { Err(Full) } else { Ok(()) }
    }

    /// The block of a target.
    #[must_use]
    pub fn get(&self, target: &Target) -> Option<&Block> {
        self.0.get(target)
    }

    /// Takes a block out.
    pub fn take(&mut self, target: &Target) -> Option<Block> {
        self.0.remove(target)
    }

    /// Takes out what is over.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Block> {
        let over: Vec<_> =
            self.0.values().filter(|block| block.is_over(now)).map(|block| block.target.clone()).collect();
        over.iter().filter_map(|target| self.0.remove(target)).collect()
    }

    /// The block that an operator who writes `text` means.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&Block> {
        self.0.values().find(|block| block.target.is_meant_by(text))
    }

    /// Every block, the newest first.
    #[must_use]
    pub fn newest_first(&self) -> Vec<&Block> {
        let mut blocks: Vec<_> = self.0.values().collect();
        blocks.sort_by_key(|block| (std::cmp::Reverse(block.since), &block.target));
        blocks
    }

    /// Every block, in the order of the targets.
    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.0.values()
    }
}

/// Blocks at most.
pub const MOST_BLOCKS: usize = 10_000;
const _: () = assert!(MOST_BLOCKS <= MAX_BLOCKS, "the kernel's table has room for all of them");

#[cfg(test)]
mod tests {
    use super::*;

    fn block(name: &str, since: u64, until: Option<u64>) -> Block {
        Block {
            target: Target::Destination(name.into()),
            cause: Cause::Operator,
            reason: String::new(),
            by: "root (uid 0, pid 1)".into(),
            since: Timestamp(since),
            until: until.map(Timestamp),
            limit: None,
        }
    }

    fn names(blocks: &[&Block]) -> Vec<String> {
        blocks.iter().map(|block| block.target.to_string()).collect()
    }

    #[test]
    fn a_block_ends_at_its_end_and_not_before() {
        let mut blocks = Blocks::default();
        for (name, until) in [("a", Some(10)), ("b", Some(11)), ("c", None)] {
            blocks.put(block(name, 0, until)).unwrap();
        }
        assert_eq!(blocks.expire(Timestamp(9)), []);
        assert_eq!(blocks.expire(Timestamp(10)), [block("a", 0, Some(10))]);
        assert_eq!(blocks.expire(Timestamp(u64::MAX)), [block("b", 0, Some(11))]);
        assert_eq!(names(&blocks.newest_first()), ["c"]);
    }

    #[test]
    fn a_second_block_of_a_target_takes_the_place_of_the_first() {
        let mut blocks = Blocks::default();
        assert_eq!(blocks.put(block("a", 1, None)), Ok(None));
        assert_eq!(blocks.put(block("a", 2, Some(9))), Ok(Some(block("a", 1, None))));
        assert_eq!(blocks.iter().count(), 1);
    }

    #[test]
    fn the_newest_comes_first() {
        let mut blocks = Blocks::default();
        for (name, since) in [("old", 1), ("b", 5), ("a", 5), ("new", 7)] {
            blocks.put(block(name, since, None)).unwrap();
        }
        assert_eq!(names(&blocks.newest_first()), ["new", "a", "b", "old"]);
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut blocks = Blocks::default();
        for number in 0..MOST_BLOCKS {
            blocks.put(block(&number.to_string(), 0, None)).unwrap();
        }
        assert_eq!(blocks.put(block("one", 0, None)), Err(Full));
        assert!(blocks.put(block("7", 0, Some(1))).is_ok(), "a block that is there can be changed");
        blocks.expire(Timestamp(1));
        assert_eq!(blocks.put(block("one", 0, None)), Ok(None));
    }

    #[test]
    fn a_cause_is_kept_as_its_word() {
        for cause in Cause::ALL {
            assert_eq!(Cause::from_label(cause.label()), Some(cause));
        }
        assert_eq!(Cause::from_label("somebody"), None);
    }
}
