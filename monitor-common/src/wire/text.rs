//! A payload read as text: loads that stay within the payload, and searches of eight octets a step.

use super::Packet;

/// The octets of a packet up to the end of its payload.
pub struct Text<'a, P> {
    packet: &'a P,
    end: usize,
}

impl<'a, P: Packet> Text<'a, P> {
    /// The payload that ends at `end`.
    #[inline(always)]
    pub const fn new(packet: &'a P, end: usize) -> Self {
        Self { packet, end }
    }

    /// Offset of the payload's end in the frame.
    #[inline(always)]
    #[must_use]
    pub const fn end(&self) -> usize {
        self.end
    }

    /// Copies `N` octets from `offset` in the frame, or `None` where the payload ends before that.
    #[inline(always)]
    #[must_use]
    pub fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        // The verifier learns of both sides from a comparison; what it learned here is of no use to it.
        if self.forget(offset + N) > self.forget(self.end) {
            return None;
        }
        self.packet.load(offset)
    }

    /// See [`Packet::forget`].
    #[inline(always)]
    #[must_use]
    pub fn forget(&self, offset: usize) -> usize {
        self.packet.forget(offset as u64) as usize
    }

    /// See [`Packet::forget`].
    #[inline(always)]
    #[must_use]
    pub fn forget_word(&self, word: u64) -> u64 {
        self.packet.forget(word)
    }

    /// Eight octets at `offset`, the first one lowest, with zeros from the payload's end on. `None` at the
    /// end, and in a frame of less than eight octets.
    #[inline(always)]
    #[must_use]
    pub fn window(&self, offset: usize) -> Option<u64> {
        let end = self.forget(self.end);
        if self.forget(offset) >= end || end < 8 {
            return None;
        }
        let over = (offset + 8).saturating_sub(end);
        let word = u64::from_le_bytes(self.packet.load(offset - over)?);
        Some(word >> ((8 * over as u32) & 63))
    }
}

/// A mask with the highest bit of each zero octet of `word`, exact up to and with the lowest one.
#[inline(always)]
#[must_use]
pub const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Place (0 to 7) of the lowest marked octet in a mask that is not zero.
#[inline(always)]
#[must_use]
pub const fn first_byte(mask: u64) -> usize {
    let lowest = (mask & mask.wrapping_neg()) >> 7;
    (lowest.wrapping_mul(PLACES) >> 56) as usize
}

/// A mask like that of [`zero_bytes`] for octets below `bound` (at most 128).
#[inline(always)]
#[must_use]
pub const fn bytes_below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(every(bound)) & !word & HIGHS
}

/// `octet` in each of the eight places.
#[inline(always)]
#[must_use]
pub const fn every(octet: u8) -> u64 {
    ONES * octet as u64
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
/// Times `1 << 8n`, has `n` in its highest octet.
const PLACES: u64 = 0x0001_0203_0405_0607;
