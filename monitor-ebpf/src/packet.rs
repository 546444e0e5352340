//! How a packet's octets are read in the kernel: the only file that follows packet pointers.

use core::mem::MaybeUninit;

use aya_ebpf::{
    EbpfContext as _,
    bindings::{__sk_buff, xdp_md},
    helpers::generated::bpf_skb_load_bytes,
    programs::{TcContext, XdpContext},
};
use monitor_common::wire::Packet;

/// A frame at the XDP hook. It lies in one piece.
pub struct XdpPacket<'a> {
    ctx: &'a XdpContext,
    zero: u64,
}

impl<'a> XdpPacket<'a> {
    /// The frame of a context.
    #[inline(always)]
    pub fn new(ctx: &'a XdpContext) -> Self {
        // SAFETY: the context is valid for as long as the program runs; the verifier checks the access.
        let queue = || unsafe { (&raw const (*ctx.ctx).rx_queue_index).read_volatile() };
        Self { ctx, zero: zero(queue(), queue()) }
    }

    /// The context as the kernel knows it.
    #[inline(always)]
    pub fn context(&self) -> *mut xdp_md {
        self.ctx.ctx
    }
}

impl Packet for XdpPacket<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.ctx.data_end() - self.ctx.data()
    }

    #[inline(always)]
    fn forget(&self, value: u64) -> u64 {
        access::forget(value, self.zero)
    }

    #[inline(always)]
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        linear(self.ctx.data(), self.ctx.data_end(), offset)
    }
}

/// A frame at the tc hook. Its first part lies in one piece; the helper copies from the others.
pub struct TcPacket<'a> {
    ctx: &'a TcContext,
    zero: u64,
}

/// How the kernel will cut a frame later (generic segmentation offload).
pub struct Segments {
    /// Packets that will leave.
    pub count: u32,
    /// Octets of payload of each; 0 where the frame leaves as it is.
    pub size: usize,
}

impl<'a> TcPacket<'a> {
    /// The frame of a context.
    #[inline(always)]
    pub fn new(ctx: &'a TcContext) -> Self {
        // SAFETY: the context is valid for as long as the program runs; the verifier checks the access.
        let len = || unsafe { (&raw const (*ctx.skb.skb).len).read_volatile() };
        Self { ctx, zero: zero(len(), len()) }
    }

    /// The context as the kernel knows it.
    #[inline(always)]
    pub fn context(&self) -> *mut __sk_buff {
        self.ctx.skb.skb
    }

    /// Interface index.
    #[inline(always)]
    pub fn ifindex(&self) -> u32 {
        // SAFETY: the context is valid for as long as the program runs; the verifier checks the access.
        unsafe { (*self.ctx.skb.skb).ifindex }
    }

    /// How the frame will be cut (Linux 5.7).
    #[inline(always)]
    pub fn segments(&self) -> Segments {
        // SAFETY: as above.
        let (count, size) = unsafe { ((*self.ctx.skb.skb).gso_segs, (*self.ctx.skb.skb).gso_size) };
        Segments { count: count.max(1), size: size as usize }
    }
}

impl Packet for TcPacket<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.ctx.len() as usize
    }

    #[inline(always)]
    fn forget(&self, value: u64) -> u64 {
        access::forget(value, self.zero)
    }

    #[inline(always)]
    fn head<const N: usize>(&self) -> Option<[u8; N]> {
        linear(self.ctx.data(), self.ctx.data_end(), 0)
    }

    #[inline(always)]
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        if let Some(octets) = linear(self.ctx.data(), self.ctx.data_end(), offset) {
            return Some(octets);
        }
        if offset > MAX_OFFSET {
            return None;
        }
        let mut octets = MaybeUninit::<[u8; N]>::uninit();
        // SAFETY: the helper writes `N` octets to `octets`, or fails.
        unsafe {
            let failed =
                bpf_skb_load_bytes(self.ctx.as_ptr(), offset as u32, octets.as_mut_ptr().cast(), N as u32);
            if failed == 0 { Some(octets.assume_init()) } else { None }
        }
    }
}

/// Zero, from two reads of one field. The verifier does not know that they are equal.
#[inline(always)]
fn zero(once: u32, again: u32) -> u64 {
    let zero = u64::from(once ^ again);
    zero << 32 | zero
}

/// Copies `N` octets at `offset` from `start`, where they lie before `end`.
#[inline(always)]
fn linear<const N: usize>(start: usize, end: usize, offset: usize) -> Option<[u8; N]> {
    let offset = access::opaque(offset);
    if offset > MAX_OFFSET {
        return None;
    }
    let at = access::opaque(start + offset);
    if access::opaque(at + N) > end {
        return None;
    }
    let mut octets = [0; N];
    let mut done = 0;
    // SAFETY: the octets lie within the packet, as was just checked; the verifier holds us to it.
    unsafe {
        while done + 8 <= N {
            octets.as_mut_ptr().add(done).cast::<u64>().write_unaligned(access::u64_at(at + done));
            done += 8;
        }
        if done + 4 <= N {
            octets.as_mut_ptr().add(done).cast::<u32>().write_unaligned(access::u32_at(at + done));
            done += 4;
        }
        if done + 2 <= N {
            octets.as_mut_ptr().add(done).cast::<u16>().write_unaligned(access::u16_at(at + done));
            done += 2;
        }
        if done < N {
            octets.as_mut_ptr().add(done).write(access::u8_at(at + done));
        }
    }
    Some(octets)
}

/// What the compiler must not take apart. A plain unaligned read becomes one instruction an octet on this
/// target, and an address that is summed twice loses the bound that the verifier saw.
#[cfg(target_arch = "bpf")]
mod access {
    use core::arch::asm;

    /// Hides how an offset or address came about, for one move. The compiler would compare one sum and read
    /// at another, or turn `at + 1 > end` into `at >= end`, and the verifier, which follows neither,
    /// answers "invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)".
    #[inline(always)]
    pub fn opaque(mut address: usize) -> usize {
        // SAFETY: the instruction moves a register to itself.
        unsafe { asm!("{0} = {0}", inout(reg) address, options(pure, nomem, nostack, preserves_flags)) };
        address
    }

    /// `value`, of which the verifier no longer knows anything: `zero` is zero, but it does not know that. Not
    /// "pure", lest the compiler forget once and use the result often.
    #[inline(always)]
    pub fn forget(mut value: u64, zero: u64) -> u64 {
        // SAFETY: the instruction changes one register.
        unsafe { asm!("{0} ^= {1}", inout(reg) value, in(reg) zero, options(nomem, nostack)) };
        value
    }

    macro_rules! read {
        ($name:ident, $kind:ident) => {
            /// Reads one word, aligned or not.
            ///
            /// # Safety
            ///
            /// The octets at `at` must lie within the packet.
            #[inline(always)]
            pub unsafe fn $name(at: usize) -> $kind {
                let word: u64;
                // SAFETY: the caller vouches for the octets; packet memory may be read at any alignment.
                unsafe {
                    asm!(
                        concat!("{0} = *(", stringify!($kind), " *)({1} + 0)"),
                        out(reg) word,
                        in(reg) at,
                        options(pure, readonly, nostack, preserves_flags)
                    );
                }
                word as $kind
            }
        };
    }
    read!(u64_at, u64);
    read!(u32_at, u32);
    read!(u16_at, u16);
    read!(u8_at, u8);
}

/// On the host this crate is only ever linted.
#[cfg(not(target_arch = "bpf"))]
mod access {
    pub fn opaque(address: usize) -> usize {
        address
    }

    pub fn forget(value: u64, zero: u64) -> u64 {
        value ^ zero
    }

    macro_rules! read {
        ($name:ident, $kind:ident) => {
            pub unsafe fn $name(at: usize) -> $kind {
                // SAFETY: the caller vouches for the octets.
                unsafe { (at as *const $kind).read_unaligned() }
            }
        };
    }
    read!(u64_at, u64);
    read!(u32_at, u32);
    read!(u16_at, u16);
    read!(u8_at, u8);
}

/// No message is read past this octet of its frame. The verifier wants a bound on what is added to a
/// packet pointer.
const MAX_OFFSET: usize = 0x3fff;
