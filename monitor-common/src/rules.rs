//! The rule structure: how a policy's prefixes lie in 64-octet lines, and the longest-prefix look-up.
//!
//! A generation is a run of [`Line`]s. The root comes first: one [`Reference`] a head, where a head is
//! the first six digits of a number, or all the digits of a shorter one (sections of 1, 2, 3, 4, 5 and 6
//! digits, in this order, so that no padding can make "88" find a rule for "8800"). A reference is
//!
//! | bits 31..30 | bits 29..0 |
//! |---|---|
//! | 0 none | zero |
//! | 1 rule | the [`Leaf`] that holds for every number with this head |
//! | 2 run | line (24 bits), first entry in the line (3 bits), entries less one (3 bits) |
//! | 3 node | line (24 bits) of 16 references, indexed by the next digit; six zero bits |
//!
//! A run is up to eight `u64` [`Entry`]s in one line, longest prefix first: digits 7 to 15 of the prefix
//! (36 bits), then its leaf (28 bits: length, rule).
//!
//! What holds where nothing longer does costs no entry. For the numbers below a node it stands in the node,
//! as reference 15, which is also what the end of a number reads. For a run at the root it is what the
//! root holds for the first five digits alone. So a policy that covers every country adds no octet to the
//! runs of its exceptions.

use crate::abi::{Action, Line};
use crate::number::Digits;

/// Reads the lines of the policy generation in force.
pub trait Rules {
    /// Line `index` of the generation, or `None` past its end.
    fn line(&self, index: u32) -> Option<&Line>;
}

/// The longest prefix of a number that has a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// What the prefix stands for.
    pub rule: Rule,
    /// Digits of the prefix.
    pub prefix_len: u8,
}

/// Finds the longest prefix of `number` that has a rule.
///
/// Reads nothing past the number's last digit. Lines that no image has give a wrong answer, never a panic
/// or a loop.
#[inline(always)]
pub fn longest<R: Rules>(rules: &R, number: Digits) -> Option<Match> {
    if number.is_empty() {
        return None;
    }
    let digits = number.0 | past_the_end(number);
    let (reference, here) = descend(rules, digits, root(rules, number, HEAD)?)?;
    let leaf = match reference.tag() {
        RULE => reference.leaf(),
        RUN => match (scan(rules.line(reference.line())?, reference, digits), here) {
            (Leaf::NONE, Leaf::NONE) => root(rules, number, HEAD - 1)?.leaf(),
            (Leaf::NONE, here) => here,
            (leaf, _) => leaf,
        },
        _ => here,
    };
    leaf.found()
}

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
pub struct Leaf(u32);

impl Leaf {
    /// No rule.
    pub const NONE: Self = Self(0);

    /// The leaf of a prefix. A prefix of no digits has none.
    #[must_use]
    pub const fn new(prefix: Digits, rule: Rule) -> Self {
        if prefix.is_empty() { Self::NONE } else { Self((prefix.len() as u32) << 24 | rule.0) }
    }

    #[inline(always)]
    fn found(self) -> Option<Match> {
        if self == Self::NONE {
            return None;
        }
        Some(Match { rule: Rule(self.0 & 0x00FF_FFFF), prefix_len: (self.0 >> 24) as u8 })
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
    const fn covers(self, digits: u64) -> bool {
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
        Self(RUN << TAG_SHIFT | line << 6 | (first as u32 & 7) << 3 | (entries as u32 - 1) & 7)
    }

    /// A line (below [`MAX_LINES`]) of references.
    #[must_use]
    pub const fn to_node(line: u32) -> Self {
        Self(NODE << TAG_SHIFT | line << 6)
    }

    #[inline(always)]
    const fn tag(self) -> u32 {
        self.0 >> TAG_SHIFT
    }

    /// The leaf, where this refers to one.
    #[inline(always)]
    #[must_use]
    pub const fn leaf(self) -> Leaf {
        Leaf(self.0 & LEAF_MASK)
    }

    #[inline(always)]
    const fn line(self) -> u32 {
        self.0 >> 6 & (MAX_LINES - 1)
    }
}

/// Index in the root of the head that a number, or a prefix, begins with: its first `head_len` digits (1 to
/// 6), or all of them if it has fewer.
///
/// Turns packed decimal into binary without a division: pairs of digits into octets, then the three octets
/// into one number. Adding 1 to every digit but the last of a shorter head steps over the sections before.
#[inline(always)]
#[must_use]
pub fn root_index(number: Digits, head_len: usize) -> u32 {
    let len = if number.len() < head_len { number.len() } else { head_len } as u32;
    let past = 24u32.wrapping_sub(4 * len);
    let head = (number.0 >> 40) as u32 >> (past & 31);
    let digits = head.wrapping_add(0x11_1110 >> (past & 31) & !15);
    let pairs = digits.wrapping_sub((digits >> 4 & 0x000F_0F0F).wrapping_mul(6));
    pairs.wrapping_sub((pairs >> 8).wrapping_mul(156)).wrapping_sub((pairs >> 16).wrapping_mul(15_600))
}

#[inline(always)]
fn root<R: Rules>(rules: &R, number: Digits, head_len: usize) -> Option<Reference> {
    let index = root_index(number, head_len);
    Some(reference(rules.line(index / 16)?, index))
}

/// Follows nodes, a digit each, to the reference that ends the walk and the leaf of the last node.
#[inline(always)]
fn descend<R: Rules>(rules: &R, digits: u64, from: Reference) -> Option<(Reference, Leaf)> {
    let (mut at, mut here) = (from, Leaf::NONE);
    for place in HEAD..Digits::MAX {
        if at.tag() != NODE {
            break;
        }
        let node = rules.line(at.line())?;
        here = reference(node, HERE).leaf();
        at = reference(node, (digits >> (60 - 4 * place)) as u32);
    }
    Some((at, here))
}

/// The leaf of the first entry of a run that covers `digits`.
#[inline(always)]
fn scan(line: &Line, run: Reference, digits: u64) -> Leaf {
    let (first, last) = (run.0 >> 3, run.0 & 7);
    for place in 0..ENTRIES as u32 {
        let entry = entry(line, first.wrapping_add(place));
        if entry.covers(digits) {
            return entry.leaf();
        }
        if place == last {
            break;
        }
    }
    Leaf::NONE
}

#[inline(always)]
fn reference(line: &Line, index: u32) -> Reference {
    Reference(line.0[index as usize & 15])
}

#[inline(always)]
fn entry(line: &Line, index: u32) -> Entry {
    let low = index as usize % ENTRIES * 2;
    Entry(u64::from(line.0[low + 1]) << 32 | u64::from(line.0[low]))
}

/// Ones in place of every digit past the end: no entry has such a digit, and a node keeps its own leaf there.
#[inline(always)]
fn past_the_end(number: Digits) -> u64 {
    u64::MAX >> (4 * number.len())
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

const RULE: u32 = 1;
const RUN: u32 = 2;
const NODE: u32 = 3;
const TAG_SHIFT: u32 = 30;
const LEAF_BITS: u32 = 28;
const LEAF_MASK: u32 = (1 << LEAF_BITS) - 1;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    impl Rules for Vec<Line> {
        fn line(&self, index: u32) -> Option<&Line> {
            self.get(index as usize)
        }
    }

    /// Answers any index with one of a few lines.
    struct Anything(Vec<Line>);

    impl Rules for Anything {
        fn line(&self, index: u32) -> Option<&Line> {
            self.0.get(index as usize % self.0.len())
        }
    }

    #[test]
    fn heads_fill_the_root_without_gap_or_overlap() {
        let mut next = 0;
        for len in 1..=HEAD {
            for value in 0..10u32.pow(len as u32) {
                let head = Digits::parse(&std::format!("{value:0len$}")).expect("digits");
                assert_eq!(root_index(head, HEAD), next, "head {head}");
                next += 1;
            }
        }
        assert_eq!(next as usize, ROOT_REFERENCES);
    }

    #[test]
    fn a_longer_number_has_the_head_of_its_first_digits() {
        for text in ["5378301234", "999999999999999", "1234567"] {
            let number = Digits::parse(text).expect("digits");
            for len in 1..=HEAD {
                let head = Digits::parse(&text[..len]).expect("digits");
                assert_eq!(root_index(number, len), root_index(head, HEAD));
            }
        }
    }

    #[test]
    fn a_rule_gives_back_what_it_was_made_of() {
        for destination in [0, 1, 4095, Rule::DESTINATIONS - 1] {
            for &action in Action::ALL {
                for named in [false, true] {
                    let rule = Rule::new(destination, action, named).expect("in range");
                    assert_eq!(
                        (rule.destination(), rule.action(), rule.is_named()),
                        (destination, action, named)
                    );
                }
            }
        }
        assert_eq!(Rule::new(Rule::DESTINATIONS, Action::Allow, true), None);
    }

    #[test]
    fn an_empty_generation_has_no_match() {
        for number in ["", "1", "123456", "123456789012345"] {
            assert_eq!(longest(&Vec::new(), Digits::parse(number).expect("digits")), None);
        }
    }

    fn line() -> impl Strategy<Value = Line> {
        // References of every kind, pointing near, and words of any content.
        let near =
            (0..4u32, 0..16u32, 0..64u32).prop_map(|(tag, line, low)| tag << TAG_SHIFT | line << 6 | low);
        proptest::array::uniform16(prop_oneof![near, any::<u32>()]).prop_map(Line)
    }

    fn number() -> impl Strategy<Value = Digits> {
        prop_oneof![
            any::<u64>().prop_map(Digits),
            proptest::collection::vec(0..10u8, 0..=15).prop_map(|digits| {
                let text: String = digits.iter().map(ToString::to_string).collect();
                Digits::parse(&text).expect("digits")
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn lines_of_any_content_neither_panic_nor_loop(
            lines in proptest::collection::vec(line(), 1..8), number in number(),
        ) {
            let _ = longest(&Anything(lines.clone()), number);
            let _ = longest(&lines, number);
        }
    }
}
