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

    /// Looks for an octet that `mark` marks in the 32 from `at` on: its place among them, or 32, and the eight octets behind
    /// it. `mark` gets eight octets, and the eight that begin one later. `None` near the payload's end.
    #[inline(always)]
    #[must_use]
    pub fn block(&self, at: usize, mark: impl Fn(u64, u64) -> u64) -> Option<(usize, u64)> {
        let words: [[u8; 8]; 5] = zerocopy::transmute!(self.load::<40>(at)?);
        let words = words.map(u64::from_le_bytes);
        for place in 0..4 {
            let (word, next) = (words[place], words[place + 1]);
            let mask = mark(word, word >> 8 | next << 56);
            if mask != 0 {
                let within = first_byte(mask);
                let bits = (8 * within as u32) & 63;
                // Two shifts, for a single one by 64 is none at all.
                return Some((8 * place + within, word >> bits >> 8 | next << (56 - bits)));
            }
        }
        Some((32, 0))
    }

    /// One step of a search for an octet that `mark` marks, as [`Self::block`] or, near the payload's end, eight octets
    /// wide: how far it goes, and whether such an octet is there. `None` at the end.
    #[inline(always)]
    #[must_use]
    pub fn seek(&self, at: usize, mark: impl Fn(u64, u64) -> u64) -> Option<(usize, bool)> {
        if let Some((place, _)) = self.block(at, &mark) {
            return Some((place, place != 32));
        }
        let mask = mark(self.window(at)?, self.window(at + 1).unwrap_or(0));
        Some(if mask == 0 { (8, false) } else { (first_byte(mask), true) })
    }
}

/// A mask with the highest bit of each zero octet of `word`, exact up to and with the lowest one.
#[inline(always)]
#[must_use]
pub const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// The same for octets that are not zero, exact throughout.
#[inline(always)]
#[must_use]
pub const fn nonzero_bytes(word: u64) -> u64 {
    (((word & every(0x7f)) + every(0x7f)) | word) & HIGHS
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
