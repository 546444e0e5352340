//! Temporary blocks: the key that a block lies under and a look-up asks for, and what lies there.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::slots::slots;
use crate::{number::Digits, wire::Address};

slots! {
    /// What a temporary block covers.
    BlockKind {
        Prefix = 0, "prefix", "E.164 numbers with a prefix";
        Destination = 1, "destination", "Numbers whose rule names a destination";
        Source = 2, "source", "INVITEs that arrive from an address";
    }
}

/// One temporary block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Block {
    /// `jiffies64` from which on it holds no longer; 0: it holds until it is taken away.
    pub until: u64,
    /// [`BlockKey::bits`] that it lies under.
    pub bits: u32,
    /// Always zero.
    pub reserved: u32,
}

/// The key of a block in [`super::map::BLOCKS`]: exact fields first, then digits or address, of which a prefix counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockKey {
    /// What it covers.
    pub kind: BlockKind,
    /// Bits of [`Self::data`] that count.
    pub bits: u32,
    /// Digits, four bits each, or the first half of an address; the first one highest.
    pub high: u64,
    /// The second half of an address.
    pub low: u64,
}

impl BlockKey {
    /// Octets of the key behind its length.
    pub const OCTETS: usize = 24;

    /// The block of a prefix; or, to look up, a whole number.
    #[inline(always)]
    #[must_use]
    pub const fn prefix(number: Digits) -> Self {
        let bits = FIXED + 4 * number.len() as u32;
        Self { kind: BlockKind::Prefix, bits, high: number.0 & !15, low: 0 }
    }

    /// The block of a destination, by its counter slot.
    #[inline(always)]
    #[must_use]
    pub const fn destination(slot: u16) -> Self {
        Self { kind: BlockKind::Destination, bits: FIXED + 16, high: (slot as u64) << 48, low: 0 }
    }

    /// The block of a network whose first `len` bits (of 128) count; to look up, an address and 128.
    #[inline(always)]
    #[must_use]
    pub const fn source(address: Address, len: u8) -> Self {
        let [high, low]: [[u8; 8]; 2] = zerocopy::transmute!(address);
        let bits = FIXED + len as u32;
        Self { kind: BlockKind::Source, bits, high: u64::from_be_bytes(high), low: u64::from_be_bytes(low) }
    }

    /// Digits of the prefix that [`Block::bits`] of a [`BlockKind::Prefix`] stand for.
    #[inline(always)]
    #[must_use]
    pub const fn digits(bits: u32) -> u32 {
        bits.saturating_sub(FIXED) / 4
    }

    /// The key as it lies in the map.
    #[inline(always)]
    #[must_use]
    pub const fn data(&self) -> [u8; Self::OCTETS] {
        let words = [(self.kind as u64).to_le_bytes(), self.high.to_be_bytes(), self.low.to_be_bytes()];
        zerocopy::transmute!(words)
    }
}

/// Bits before the digits or the address: the kind, and zeros.
const FIXED: u32 = 64;
