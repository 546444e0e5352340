//! The benchmark's program: makes another packet of its packet each time it runs, and goes on with the program that is to
//! be measured. Only ever test-run, and loaded by the benchmark alone.

use aya_ebpf::{bindings::xdp_action, macros::xdp, programs::XdpContext};
use monitor_common::rotation::{NUMBER_AT, RTP_AT, Rotated, SHORTEST, SOURCE_AT, digits, key};

use crate::maps;

/// Writes the next number or stream into the frame, as its first octets ask.
#[xdp]
pub fn ringfence_rotate(ctx: XdpContext) -> u32 {
    let start = ctx.data();
    if start + SHORTEST > ctx.data_end() {
        return xdp_action::XDP_ABORTED;
    }
    // SAFETY: the octets lie within the frame, as was just checked.
    let next = unsafe {
        let (turn, [bits, of, next, ..]) = (word_at(start), word_at(start + 8).to_le_bytes());
        put(start, turn.wrapping_add(1));
        let key = key(turn, bits);
        if of == Rotated::Number as u8 {
            put(start + NUMBER_AT, u64::from_ne_bytes(digits(key)));
        } else {
            let addresses = word_at(start + SOURCE_AT) & !0xffff_ff00;
            put(start + SOURCE_AT, addresses | u64::from(key) << 8);
            let header = word_at(start + RTP_AT) & !0xffff_0000;
            let sequence = ((turn >> (bits & 31)) as u16).swap_bytes();
            put(start + RTP_AT, header | u64::from(sequence) << 16);
        }
        next
    };
    // SAFETY: the array has programs of this kind only; where it has none the call returns.
    unsafe { maps::NEXT.tail_call(&ctx, u32::from(next)) };
    xdp_action::XDP_ABORTED
}

/// Reads eight octets, aligned or not.
///
/// # Safety
///
/// They must lie within the packet.
#[inline(always)]
unsafe fn word_at(at: usize) -> u64 {
    // SAFETY: the caller vouches for the octets.
    unsafe { access::get(at) }
}

/// Writes eight octets at once, as a network card does: what is read back before an octet of it has left the
/// processor's store buffer waits.
///
/// # Safety
///
/// They must lie within the packet.
#[inline(always)]
unsafe fn put(at: usize, word: u64) {
    // SAFETY: the caller vouches for the octets.
    unsafe { access::put(at, word) }
}

/// One instruction a word; the compiler makes one an octet of what may lie anywhere.
#[cfg(target_arch = "bpf")]
mod access {
    use core::arch::asm;

    #[inline(always)]
    pub unsafe fn get(at: usize) -> u64 {
        let word: u64;
        // SAFETY: the caller vouches for the octets; packet memory may be read at any alignment.
        unsafe { asm!("{0} = *(u64 *)({1} + 0)", out(reg) word, in(reg) at, options(readonly, nostack)) };
        word
    }

    #[inline(always)]
    pub unsafe fn put(at: usize, word: u64) {
        // SAFETY: the caller vouches for the octets; packet memory may be written at any alignment.
        unsafe { asm!("*(u64 *)({0} + 0) = {1}", in(reg) at, in(reg) word, options(nostack)) };
    }
}

/// On the host this crate is only ever linted.
#[cfg(not(target_arch = "bpf"))]
mod access {
    pub unsafe fn get(at: usize) -> u64 {
        // SAFETY: the caller vouches for the octets.
        unsafe { (at as *const u64).read_unaligned() }
    }

    pub unsafe fn put(at: usize, word: u64) {
        // SAFETY: the caller vouches for the octets.
        unsafe { (at as *mut u64).write_unaligned(word) };
    }
}
