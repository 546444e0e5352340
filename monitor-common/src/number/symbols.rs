//! The symbols of a dialled number: digits, `*`, `#` and `+`, four bits each.

use core::fmt;

use super::Digits;
use crate::abi::Packed;

/// Up to 32 symbols, left-aligned: the first 16 in `first`, the others in `then`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    /// Symbols 1 to 16, the first one highest.
    pub first: u64,
    /// Symbols 17 to 32.
    pub then: u64,
    /// Count; [`Self::KEPT`] + 1 where there were more than are kept.
    pub len: u32,
}

impl Symbols {
    /// Symbols that are kept. No verdict needs more: an access prefix has at most 8, an international
    /// prefix 5, and a number 15.
    pub const KEPT: u32 = 32;

    /// Whether there is no symbol.
    #[inline(always)]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Whether the first symbol is `+`.
    #[inline(always)]
    #[must_use]
    pub const fn is_global(self) -> bool {
        self.len != 0 && self.first >> 60 == PLUS as u64
    }

    /// Whether the symbols begin with `prefix`, which has at least one.
    #[inline(always)]
    #[must_use]
    pub const fn begins_with(self, prefix: Packed) -> bool {
        let len = (prefix.0 & 15) as u32;
        len != 0 && len <= self.len && (self.first ^ prefix.0) >> (64 - 4 * len) == 0
    }

    /// The symbols without the first `count`, which is at most 15.
    #[inline(always)]
    #[must_use]
    pub const fn without(self, count: u32) -> Self {
        let bits = 4 * (count & 15);
        // Two shifts, for a single one by 64 is none at all.
        Self {
            first: self.first << bits | self.then >> 4 >> (60 - bits),
            then: self.then << bits,
            len: self.len.saturating_sub(count),
        }
    }

    /// The symbols behind a `+`.
    #[inline(always)]
    #[must_use]
    pub const fn after_plus(self) -> Self {
        Self {
            first: (PLUS as u64) << 60 | self.first >> 4,
            then: self.first << 60 | self.then >> 4,
            len: self.len + 1,
        }
    }

    /// The symbols behind `context`, of which at most 15 symbols count: a global phone-context (RFC 3966, 5.1.5).
    #[inline(always)]
    #[must_use]
    pub const fn behind(self, context: Self) -> Self {
        let kept = if context.len > 15 { 15 } else { context.len };
        let bits = 4 * kept;
        let head = context.first & !(u64::MAX >> bits);
        Self {
            first: head | self.first >> bits,
            then: self.first << 4 << (60 - bits) | self.then >> bits,
            len: if self.len + kept > Self::KEPT { Self::KEPT + 1 } else { self.len + kept },
        }
    }

    /// The symbols as one word where there are at most 15, for comparison with a [`Packed`].
    #[inline(always)]
    #[must_use]
    pub const fn packed(self) -> Option<Packed> {
        if self.len <= 15 { Some(Packed(self.first & !15 | self.len as u64)) } else { None }
    }

    /// The leading digits, at most 15, and whether they are all there is.
    #[inline(always)]
    #[must_use]
    pub const fn digits(self) -> (Digits, bool) {
        // One bit for each symbol of ten or more, then for each symbol behind one.
        let other = self.first >> 3 & (self.first >> 2 | self.first >> 1) & LOWEST;
        let other = other | other >> 4;
        let other = other | other >> 8;
        let other = other | other >> 16;
        let other = other | other >> 32;
        let others = if other >> 60 != 0 { 16 } else { (other.wrapping_mul(LOWEST) >> 60) as u32 };
        let run = 16 - others;
        let len = if self.len < run { self.len } else { run };
        let len = if len > 15 { 15 } else { len };
        if len == 0 {
            return (Digits(0), self.len == 0);
        }
        let bits = self.first & !(u64::MAX >> (4 * len));
        (Digits(bits | len as u64), len == self.len)
    }

    /// Takes one more symbol on the right, by an entry of the scanner's table, without a branch.
    #[inline(always)]
    pub(crate) const fn push_masked(&mut self, entry: u32) {
        let shift = entry >> 8 & 4;
        self.first = self.first << shift | self.then >> 60 & (entry >> 16 & 0x0f) as u64;
        self.then = self.then << shift | (entry & 0x0f) as u64;
        self.len += shift >> 2;
    }

    /// The symbols that were pushed, moved to the left.
    #[inline(always)]
    pub(crate) const fn left_aligned(self) -> Self {
        let free = Self::KEPT.saturating_sub(self.len);
        let (first, then) = if free >= 16 { (self.then, 0) } else { (self.first, self.then) };
        let bits = 4 * (free & 15);
        Self { first: first << bits | then >> 4 >> (60 - bits), then: then << bits, len: self.len }
    }
}

impl fmt::Display for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..self.len.min(Self::KEPT)).try_for_each(|place| {
            let word = if place < 16 { self.first } else { self.then };
            let symbol = match (word >> (60 - 4 * (place & 15)) & 15) as u8 {
                STAR => '*',
                HASH => '#',
                PLUS => '+',
                digit => char::from(b'0' + digit),
            };
            write!(f, "{symbol}")
        })
    }
}

/// `*`.
pub const STAR: u8 = 10;
/// `#`.
pub const HASH: u8 = 11;
/// `+`.
pub const PLUS: u8 = 12;

const LOWEST: u64 = 0x1111_1111_1111_1111;
