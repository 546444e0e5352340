//! The rule structure: how a policy's prefixes lie in 64-octet lines, and the longest-prefix look-up.
//!
//! A generation is a run of [`Line`]s. The root comes first: one `u32` reference a head, where a head is
//! the first six digits of a number, or all the digits of a shorter one (sections of 1, 2, 3, 4, 5 and 6
//! digits, in this order, so that no padding can make "88" find a rule for "8800"). A reference is
//!
//! | bits 31..30 | bits 29..0 |
//! |---|---|
//! | 0 none | zero |
//! | 1 rule | the [`Rule`] that holds for every number with this head |
//! | 2 run | line (24 bits), first entry in the line (3 bits), entries less one (3 bits) |
//! | 3 node | line of 16 references, indexed by the next digit; entry 10 is for a number that ends here |
//!
//! A run is up to eight `u64` entries in one line, longest prefix first: digits 7 to 15 of the prefix
//! (36 bits), its length (4 bits), its rule (24 bits). The last entry may be a shorter prefix that covers
//! the head: it always matches.

use crate::abi::Line;

/// Reads the lines of the policy generation in force.
pub trait Rules {
    /// Line `index` of the generation, or `None` past its end.
    fn line(&self, index: u32) -> Option<&Line>;
}
