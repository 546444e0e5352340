//! E.164 digits, packed.

use core::fmt;

/// Up to 15 E.164 digits: four bits each from the highest bits down, their count in the lowest four bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Digits(pub u64);

impl Digits {
    /// Digits that E.164 allows at most (ITU-T E.164, 6.1).
    pub const MAX: usize = 15;

    /// Reads ASCII digits, or `None` where there is another octet or there are more than [`Self::MAX`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() > Self::MAX || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let packed = digits
            .iter()
            .zip(0..)
            .fold(0, |packed, (digit, place)| packed | u64::from(digit - b'0') << (60 - 4 * place));
        Some(Self(packed | digits.len() as u64))
    }

    /// Count of the digits.
    #[inline(always)]
    #[must_use]
    pub const fn len(self) -> usize {
        (self.0 & 15) as usize
    }

    /// Whether there is no digit.
    #[inline(always)]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Digit at `place`, counted from 0 at the left; 0 past the end.
    #[inline(always)]
    #[must_use]
    pub const fn digit(self, place: usize) -> u8 {
        if place >= Self::MAX { 0 } else { (self.0 >> (60 - 4 * place) & 15) as u8 }
    }

    /// Whether `self` is a prefix of `other`.
    #[must_use]
    pub const fn is_prefix_of(self, other: Self) -> bool {
        let len = self.len();
        len == 0 || (len <= other.len() && (self.0 ^ other.0) >> (64 - 4 * len) == 0)
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..self.len()).try_for_each(|place| write!(f, "{}", self.digit(place)))
    }
}
