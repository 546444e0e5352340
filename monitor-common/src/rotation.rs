//! What the benchmark's program writes into its packet so that the next is another's; the policies that it is judged
//! by are made of the same numbers.

/// How a packet that is to be rotated says so: in place of its Ethernet addresses, which no program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Packets that came before this one.
    pub turn: u64,
    /// Numbers or streams, as a power of two; at most 24.
    pub bits: u8,
    /// What is rotated.
    pub of: Rotated,
    /// Which program comes next: an index of [`crate::abi::map::NEXT`].
    pub next: u8,
}

/// What another packet has of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rotated {
    /// Eight digits of the number that is dialled, at [`NUMBER_AT`].
    Number = 0,
    /// The source address but for its first octet, and the RTP sequence number: one more each time round.
    Stream = 1,
}

impl Rotation {
    /// The octets before a frame's type.
    #[must_use]
    pub const fn addresses(self) -> [u8; 12] {
        let [a, b, c, d, e, f, g, h] = self.turn.to_le_bytes();
        [a, b, c, d, e, f, g, h, self.bits, self.of as u8, self.next, 0]
    }
}

/// The key of a turn: all `2^bits` in an order without order, and then again. A constant step from key to key would be
/// what processors fetch ahead.
#[inline(always)]
#[must_use]
pub const fn key(turn: u64, bits: u8) -> u32 {
    let once = (turn & !(u64::MAX << (bits & 31))).wrapping_mul(ODD[0]) & KEYS;
    let twice = (once ^ once >> 12).wrapping_mul(ODD[1]) & KEYS;
    (twice ^ twice >> 11) as u32
}

/// The eight digits of a key, of 1 to 8 each: three bits a digit, the lowest first.
#[inline(always)]
#[must_use]
pub const fn digits(key: u32) -> [u8; 8] {
    let key = key as u64;
    let halves = key & 0xfff | (key & 0x00ff_f000) << 20;
    let quarters = halves & 0x3f_0000_003f | (halves & 0xfc0_0000_0fc0) << 10;
    let eighths = quarters & 0x0007_0007_0007_0007 | (quarters & 0x0038_0038_0038_0038) << 5;
    (eighths + 0x3131_3131_3131_3131).to_le_bytes()
}

/// Where the digits lie: behind `INVITE sip:00` over UDP, IPv4 without options and Ethernet.
pub const NUMBER_AT: usize = 14 + 20 + 8 + 13;
/// Where the source address lies.
pub const SOURCE_AT: usize = 14 + 12;
/// Where the RTP header lies (RFC 3550, 5.1).
pub const RTP_AT: usize = 14 + 20 + 8;
/// Octets that a frame has at least.
pub const SHORTEST: usize = NUMBER_AT + 8;

/// The bits of a key.
const KEYS: u64 = 0x00ff_ffff;
/// Odd, so that different keys stay different.
const ODD: [u64; 2] = [0x9e_3779, 0x85_ebcb];

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_time_round_has_every_key_once_and_the_next_the_same() {
        let round = |from: u64| (from..from + 65_536).map(|turn| key(turn, 16)).collect::<Vec<_>>();
        let first = round(0);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 65_536);
        assert_eq!(round(65_536), first);
        assert_eq!(first.windows(2).filter(|pair| pair[0] + 1 == pair[1]).count(), 0);
    }

    #[test]
    fn keys_have_different_digits_of_1_to_8() {
        assert_eq!(digits(0), *b"11111111");
        assert_eq!(digits(0o76_543_210), *b"12345678");
        assert_eq!(digits(0o10), *b"12111111");
    }
}
