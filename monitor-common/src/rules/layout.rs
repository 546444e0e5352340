//! The words of the rule structure, each with the bits it is made of.

use crate::abi::Action;
#[cfg(doc)]
use crate::abi::Line;
use crate::number::Digits;

/// What a prefix stands for, in 24 bits: destination slot (14), [`Action`] (2), named (1), seven zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rule(u32);

impl Rule {
    /// Destination slots that a rule can tell apart.
    pub const DESTINATIONS: u16 = 1 << 14;

    /// A rule for the destination of a slot; `named` where the policy names it, as against the country that
    /// an uncovered number is counted under. `None` if the slot is [`Self::DESTINATIONS`] or higher.
    #[must_use]
    pub const fn new(destination: u16, action: Action, named: bool) -> Option<Self> {
        if destination >= Self::DESTINATIONS {
            return None;
        }
        Some(Self(destination as u32 | (action as u32) << 14 | (named as u32) << 16))
    }

    /// Counter slot of the destination, below [`Self::DESTINATIONS`].
    #[inline(always)]
    #[must_use]
    pub const fn destination(self) -> u16 {
        (self.0 & 0x3FFF) as u16
    }

    /// What the owner wants for the destination.
    #[inline(always)]
    #[must_use]
    pub const fn action(self) -> Action {
        match self.0 >> 14 & 3 {
            2 => Action::Block,
            1 => Action::Watch,
            _ => Action::Allow,
        }
    }

    /// Whether a destination of the policy covers the prefix, and not merely its country.
    #[inline(always)]
    #[must_use]
    pub const fn is_named(self) -> bool {
        self.0 >> 16 & 1 == 1
    }
}

/// A rule and the length of its prefix: 4 bits of digits above the rule's 24. Zero where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaf(pub(super) u32);

impl Leaf {
    /// No rule.
    pub const NONE: Self = Self(0);

    /// The leaf of a prefix. A prefix of no digits has none.
    #[must_use]
    pub const fn new(prefix: Digits, rule: Rule) -> Self {
        if prefix.is_empty() { Self::NONE } else { Self((prefix.len() as u32) << 24 | rule.0) }
    }

    #[inline(always)]
    pub(super) const fn rule(self) -> Rule {
        Rule(self.0 & 0x00FF_FFFF)
    }

    #[inline(always)]
    pub(super) const fn prefix_len(self) -> u8 {
        (self.0 >> 24 & 15) as u8
    }
}

/// One entry of a run: digits 7 to 15 of a prefix of six digits or more, and its leaf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry(pub u64);

impl Entry {
    /// The entry of a prefix; its first six digits are left to the head.
    #[must_use]
    pub const fn new(prefix: Digits, rule: Rule) -> Self {
        Self(prefix.0 >> 4 << LEAF_BITS | Leaf::new(prefix, rule).0 as u64)
    }

    /// The prefix without its first six digits, and its length: equal in two entries of one prefix.
    #[must_use]
    pub const fn prefix(self) -> u64 {
        self.0 >> 24
    }

    /// Digits of the whole prefix, the head's six included.
    #[inline(always)]
    #[must_use]
    pub const fn prefix_len(self) -> usize {
        (self.0 >> 24 & 15) as usize
    }

    /// Digit of the whole prefix at `place`, counted from 0 at the left, from 6 on.
    #[must_use]
    pub const fn digit(self, place: usize) -> u8 {
        (self.0 >> (84usize.wrapping_sub(4 * place) & 63) & 15) as u8
    }

    /// The rule and the length of its prefix.
    #[inline(always)]
    #[must_use]
    pub const fn leaf(self) -> Leaf {
        Leaf(self.0 as u32 & LEAF_MASK)
    }

    /// Whether the prefix is one of `digits`, which bear ones past the number's end.
    #[inline(always)]
    pub(super) const fn covers(self, digits: u64) -> bool {
        (self.0 ^ digits << 24) >> LEAF_BITS >> (60 - 4 * self.prefix_len()) == 0
    }
}

/// What a head, or a digit below a node, leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reference(pub u32);

impl Reference {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// One rule for every number that comes here.
    #[must_use]
    pub const fn to_leaf(leaf: Leaf) -> Self {
        if leaf.0 == 0 { Self::NONE } else { Self(RULE << TAG_SHIFT | leaf.0) }
    }

    /// `entries` of [`Line`] number `line` (below [`MAX_LINES`]), from entry `first` on.
    #[must_use]
    pub const fn to_run(line: u32, first: usize, entries: usize) -> Self {
        Self(RUN << TAG_SHIFT | line << 6 | (first as u32 & 7) << 3 | (entries as u32).wrapping_sub(1) & 7)
    }

    /// A line (below [`MAX_LINES`]) of references.
    #[must_use]
    pub const fn to_node(line: u32) -> Self {
        Self(NODE << TAG_SHIFT | line << 6)
    }

    #[inline(always)]
    pub(super) const fn tag(self) -> u32 {
        self.0 >> TAG_SHIFT
    }

    /// The leaf, where this refers to one.
    #[inline(always)]
    #[must_use]
    pub const fn leaf(self) -> Leaf {
        Leaf(self.0 & LEAF_MASK)
    }

    #[inline(always)]
    pub(super) const fn line(self) -> u32 {
        self.0 >> 6 & (MAX_LINES - 1)
    }
}

/// Digits of a head.
pub const HEAD: usize = 6;
/// References of the root: 10 + 100 + … + 1,000,000.
pub const ROOT_REFERENCES: usize = 1_111_110;
/// Entries of a line.
pub const ENTRIES: usize = 8;
/// Place in a node of the leaf for whatever no deeper prefix covers.
pub const HERE: u32 = 15;
/// Lines that a reference can tell apart.
pub const MAX_LINES: u32 = 1 << 24;

pub(super) const RULE: u32 = 1;
pub(super) const RUN: u32 = 2;
pub(super) const NODE: u32 = 3;
pub(super) const TAG_SHIFT: u32 = 30;
const LEAF_BITS: u32 = 28;
const LEAF_MASK: u32 = (1 << LEAF_BITS) - 1;
