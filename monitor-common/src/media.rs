//! The table of media streams: confirms RTP by sequence numbers (RFC 3550, A.1) and counts each stream.

use crate::{
    abi::{Direction, MediaSlot},
    wire::{Address, Rtp},
};

/// A table of streams: [`WAYS`] slots a bucket, as many buckets as the mask says.
pub trait MediaTable {
    /// Slots less one; a power of two less one.
    fn mask(&self) -> u32;

    /// Slot `index`, which is at most [`Self::mask`].
    fn slot(&mut self, index: u32) -> Option<&mut MediaSlot>;

    /// Time in ticks of `jiffies64`.
    fn now(&self) -> u64;

    /// A stream gave way to a newer one.
    fn evicted(&mut self);
}

/// Which stream a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Address of the other side.
    pub remote: Address,
    /// Port of this host.
    pub local_port: u16,
    /// Which way the packet goes.
    pub direction: Direction,
}

/// Counts a packet of `len` octets of payload in its stream, and says whether the stream is confirmed. Once
/// confirmed a stream stays so, whatever source sends on. A
/// stream that is not in the table takes a free slot, or that of the stream unseen for longest.
#[inline(always)]
pub fn observe<M: MediaTable>(table: &mut M, stream: &Stream, rtp: Rtp, len: usize) -> bool {
    let now = table.now();
    let bucket = hash(stream) & table.mask() & !(WAYS - 1);
    let (mut oldest, mut oldest_seen, mut is_taken) = (bucket, u64::MAX, false);
    for way in 0..WAYS {
        let Some(slot) = table.slot(bucket + way) else { return false };
        if is_of(slot, stream) {
            return update(slot, rtp, len, now);
        }
        let seen = if slot.state == FREE { 0 } else { slot.last_seen };
        if seen < oldest_seen {
            (oldest, oldest_seen, is_taken) = (bucket + way, seen, slot.state != FREE);
        }
    }
    if let Some(slot) = table.slot(oldest) {
        begin(slot, stream, rtp, len, now);
    }
    if is_taken {
        table.evicted();
    }
    false
}

/// The first packet of a stream. A function of its own in the kernel too: no other packet pays for it.
#[inline(never)]
fn begin(slot: &mut MediaSlot, stream: &Stream, rtp: Rtp, len: usize, now: u64) -> bool {
    *slot = MediaSlot::default();
    slot.remote = stream.remote;
    slot.local_port = stream.local_port;
    slot.direction = stream.direction as u8;
    slot.state = SEEN;
    slot.ssrc = rtp.ssrc;
    slot.sequence = rtp.sequence;
    slot.payload_type = rtp.payload_type;
    slot.packets = 1;
    slot.bytes = len as u64;
    slot.last_seen = now;
    slot.first_seen = now;
    true
}

#[inline(always)]
fn is_of(slot: &MediaSlot, stream: &Stream) -> bool {
    slot.state != FREE
        && slot.local_port == stream.local_port
        && slot.direction == stream.direction as u8
        && halves(&slot.remote) == halves(&stream.remote)
}

#[inline(always)]
fn update(slot: &mut MediaSlot, rtp: Rtp, len: usize, now: u64) -> bool {
    let is_same = slot.ssrc == rtp.ssrc;
    let step = rtp.sequence.wrapping_sub(slot.sequence);
    if is_same && step != 0 && step <= MAX_STEP {
        slot.state = CONFIRMED;
    }
    if slot.state == SEEN && !is_same && slot.strangers < MAX_STRANGERS {
        // Sources may take turns on one port (RFC 8843): wait for the next of this one.
        slot.strangers += 1;
    } else {
        slot.ssrc = rtp.ssrc;
        slot.sequence = rtp.sequence;
        slot.strangers = 0;
    }
    slot.payload_type = rtp.payload_type;
    slot.packets += 1;
    slot.bytes += len as u64;
    slot.last_seen = now;
    slot.state == CONFIRMED
}

#[inline(always)]
fn hash(stream: &Stream) -> u32 {
    let (high, low) = halves(&stream.remote);
    let port = u64::from(stream.local_port) << 1 | stream.direction as u64;
    let mixed = (high ^ low.rotate_left(32) ^ port).wrapping_mul(GOLDEN);
    (mixed ^ mixed >> 29).wrapping_mul(GOLDEN).wrapping_shr(32) as u32
}

#[inline(always)]
fn halves(address: &Address) -> (u64, u64) {
    let [high, low]: [[u8; 8]; 2] = zerocopy::transmute!(*address);
    (u64::from_ne_bytes(high), u64::from_ne_bytes(low))
}

/// No stream.
pub const FREE: u8 = 0;
/// One packet, or none whose sequence number followed.
pub const SEEN: u8 = 1;
/// Two packets with sequence numbers that follow each other.
pub const CONFIRMED: u8 = 2;

/// Slots of a bucket.
pub const WAYS: u32 = 4;
/// Sequence numbers follow each other where they differ by this at most: a packet or two may be lost.
const MAX_STEP: u16 = 3;
/// Packets of other sources that may come between two of one.
const MAX_STRANGERS: u8 = 8;
/// 2^64 over the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
