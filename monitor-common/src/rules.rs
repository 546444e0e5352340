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

use core::num::NonZeroU32;

mod layout;

pub use layout::{ENTRIES, Entry, HEAD, HERE, Leaf, MAX_LINES, ROOT_REFERENCES, Reference, Rule};
use layout::{NODE, RULE, RUN};

use crate::abi::Line;
use crate::number::Digits;

/// Reads the lines of the policy generation in force.
pub trait Rules {
    /// Line `index` of the generation, or `None` past its end.
    fn line(&self, index: u32) -> Option<&Line>;
}

/// The longest prefix of a number that has a rule: never the zero leaf, so that an `Option<Match>` is one
/// word with no octet undefined. (With a payload beside the tag, two look-ups in one program made the
/// compiler copy the payload of a `None`: "R2 !read_ok" of the verifier.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match(NonZeroU32);

impl Match {
    /// One word; 0 for `None`.
    #[inline(always)]
    #[must_use]
    pub const fn pack(found: Option<Self>) -> u32 {
        match found {
            Some(found) => found.0.get(),
            None => 0,
        }
    }

    /// What [`Self::pack`] packed.
    #[inline(always)]
    #[must_use]
    pub const fn unpack(word: u32) -> Option<Self> {
        match NonZeroU32::new(word) {
            Some(word) => Some(Self(word)),
            None => None,
        }
    }

    /// What the prefix stands for.
    #[inline(always)]
    #[must_use]
    pub const fn rule(self) -> Rule {
        Leaf(self.0.get()).rule()
    }

    /// Digits of the prefix.
    #[inline(always)]
    #[must_use]
    pub const fn prefix_len(self) -> u8 {
        Leaf(self.0.get()).prefix_len()
    }
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
    let (reference, here) = descend(rules, digits, root(rules, number, HEAD));
    let leaf = match reference.tag() {
        RULE => reference.leaf(),
        RUN => match (scan(rules, reference, digits), here) {
            (Leaf::NONE, Leaf::NONE) => root(rules, number, HEAD - 1).leaf(),
            (Leaf::NONE, here) => here,
            (leaf, _) => leaf,
        },
        _ => here,
    };
    NonZeroU32::new(leaf.0).map(Match)
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
fn root<R: Rules>(rules: &R, number: Digits, head_len: usize) -> Reference {
    let index = root_index(number, head_len);
    rules.line(index / 16).map_or(Reference::NONE, |line| reference(line, index))
}

/// Follows nodes, a digit each, to the reference that ends the walk and the leaf of the last node.
#[inline(always)]
fn descend<R: Rules>(rules: &R, digits: u64, from: Reference) -> (Reference, Leaf) {
    let (mut at, mut here) = (from, Leaf::NONE);
    for place in HEAD..Digits::MAX {
        if at.tag() != NODE {
            break;
        }
        let Some(node) = rules.line(at.line()) else {
            return (Reference::NONE, Leaf::NONE);
        };
        here = reference(node, HERE).leaf();
        at = reference(node, (digits >> (60 - 4 * place)) as u32);
    }
    (at, here)
}

/// The leaf of the first entry of a run that covers `digits`.
#[inline(always)]
fn scan<R: Rules>(rules: &R, run: Reference, digits: u64) -> Leaf {
    let Some(line) = rules.line(run.line()) else {
        return Leaf::NONE;
    };
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

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::layout::TAG_SHIFT;
    use super::*;
    use crate::abi::Action;

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
