//! The stages of the work as global functions: numbers in, a number out. The verifier looks at each once,
//! alone, knowing nothing of its arguments (Linux 5.6). The context must be the first argument, under the
//! kernel's own name for its type.

use aya_ebpf::{
    bindings::{__sk_buff, xdp_md},
    programs::{TcContext, XdpContext},
};
use monitor_common::{
    abi::{BlockKey, BlockKind, Class, Direction},
    classify::Tables as _,
    invite::{self, judge_dialled},
    number::Symbols,
    overlay::holding,
    sip::{self, End, StartLine},
    wire::{Packet, Text},
};

use crate::{
    event,
    packet::{TcPacket, XdpPacket},
    record::Record,
    tables::{Blocks, Kernel},
};

/// Where a hook's stages are.
pub trait Stages {
    /// See [`sip::start_line`].
    fn start_line(&self, at: usize, end: usize) -> u64;
    /// See [`sip::bent`].
    fn bent(&self, is_tel: bool, at: usize, end: usize) -> u8;
    /// See [`sip::number`].
    fn number(&self, is_context: bool, word: u64, end: usize) -> u64;
    /// See [`sip::tail`].
    fn tail(&self, word: u64, end: usize) -> u64;
    /// See [`sip::to`].
    fn to(&self, from: usize, end: usize) -> u64;
    /// See [`sip::header`].
    fn header(&self, at: usize, end: usize) -> u64;
    /// See [`sip::value`].
    fn value(&self, word: u64, end: usize) -> u64;
    /// See [`event::signal`]. `len` is the frame's, in octets.
    fn signal(&self, class: Class, slot: u32, ifindex: u32, len: u32);
}

/// The parts of reading a bent user part.
struct BentParts<'a, P> {
    kernel: Kernel<&'a P>,
    end: usize,
}

impl<P: Packet + Stages> sip::Parts for BentParts<'_, P> {
    #[inline(always)]
    fn number(&mut self, is_context: bool, word: u64) -> u64 {
        self.kernel.0.number(is_context, word, self.end)
    }

    #[inline(always)]
    fn tail(&mut self, word: u64) -> u64 {
        self.kernel.0.tail(word, self.end)
    }

    #[inline(always)]
    fn has_no_user(&self, at: usize) -> bool {
        sip::has_no_user(&Text::new(self.kernel.0, self.end), at)
    }

    #[inline(always)]
    fn symbols(&mut self) -> Option<(&mut Symbols, &mut Symbols)> {
        self.kernel.invite().map(|invite| (&mut invite.dialled, &mut invite.plain))
    }
}

macro_rules! stages {
    (
        $packet:ident, $context:ident, $kind:ty, $direction:expr, $start_line:ident, $bent:ident, $number:ident,
        $tail:ident, $to:ident, $header:ident, $value:ident, $signal:ident
    ) => {
        impl Stages for $packet<'_> {
            #[inline(always)]
            fn start_line(&self, at: usize, end: usize) -> u64 {
                $start_line(self.context(), at as u64, end as u64)
            }

            #[inline(always)]
            fn bent(&self, is_tel: bool, at: usize, end: usize) -> u8 {
                $bent(self.context(), u64::from(is_tel), at as u64, end as u64) as u8
            }

            #[inline(always)]
            fn number(&self, is_context: bool, word: u64, end: usize) -> u64 {
                $number(self.context(), u64::from(is_context), word, end as u64)
            }

            #[inline(always)]
            fn tail(&self, word: u64, end: usize) -> u64 {
                $tail(self.context(), word, end as u64)
            }

            #[inline(always)]
            fn to(&self, from: usize, end: usize) -> u64 {
                $to(self.context(), from as u64, end as u64)
            }

            #[inline(always)]
            fn header(&self, at: usize, end: usize) -> u64 {
                $header(self.context(), at as u64, end as u64)
            }

            #[inline(always)]
            fn value(&self, word: u64, end: usize) -> u64 {
                $value(self.context(), word, end as u64)
            }

            #[inline(always)]
            fn signal(&self, class: Class, slot: u32, ifindex: u32, len: u32) {
                $signal(self.context(), class as u64, u64::from(slot), u64::from(ifindex), u64::from(len));
            }
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $start_line(ctx: *mut $kind, at: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            StartLine::pack(sip::start_line(&Text::new(&packet, end as usize), at as usize))
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $bent(ctx: *mut $kind, is_tel: u64, at: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            let mut parts = BentParts { kernel: Kernel(&packet), end: end as usize };
            sip::bent_by_parts(&mut parts, is_tel != 0, at as usize) as u64
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $number(ctx: *mut $kind, is_context: u64, word: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            let mut kernel = Kernel(());
            let Some(invite) = kernel.invite() else { return End::Nothing as u64 };
            let symbols = if is_context != 0 { &mut invite.plain } else { &mut invite.dialled };
            sip::number(&Text::new(&packet, end as usize), word, symbols)
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $tail(ctx: *mut $kind, word: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            sip::tail(&Text::new(&packet, end as usize), word)
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $to(ctx: *mut $kind, from: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            let (text, mut uri) = (Text::new(&packet, end as usize), 0);
            let header = |at| packet.header(at, end as usize);
            let value = |word| packet.value(word, end as usize);
            let found = sip::to_by_parts(&text, from as usize, &mut uri, header, value);
            (found as u64) << 32 | uri as u64
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $header(ctx: *mut $kind, at: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            sip::header(&Text::new(&packet, end as usize), at as usize)
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $value(ctx: *mut $kind, word: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            sip::value(&Text::new(&packet, end as usize), word)
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $signal(ctx: *mut $kind, class: u64, slot: u64, ifindex: u64, len: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            let seen = Record {
                packet: &packet,
                slot: slot as u32,
                ifindex: ifindex as u32,
                direction: $direction,
                len: len as u32,
                packets: 1,
            };
            event::signal(&ctx, &seen, class as u8);
            0
        }
    };
}

stages!(
    XdpPacket,
    XdpContext,
    xdp_md,
    Direction::Ingress,
    start_line_ingress,
    bent_ingress,
    number_ingress,
    tail_ingress,
    to_ingress,
    header_ingress,
    value_ingress,
    signal_ingress
);
stages!(
    TcPacket,
    TcContext,
    __sk_buff,
    Direction::Egress,
    start_line_egress,
    bent_egress,
    number_egress,
    tail_egress,
    to_egress,
    header_egress,
    value_egress,
    signal_egress
);

/// Judges the INVITE at hand by its number.
#[inline(always)]
pub fn judge(direction: Direction, is_shared: bool) -> u8 {
    judge_number(direction as u64, u64::from(is_shared)) as u8
}

/// Takes in one reading of the number at hand.
#[inline(always)]
pub fn weigh(generation: u32, plan: usize, is_plain: bool, place: usize) -> u8 {
    weigh_reading(u64::from(generation), plan as u64, u64::from(is_plain), place as u64) as u8
}

/// Asks for the temporary block that covers the reading that was taken in last. Not within [`weigh`]: the stack of a
/// chain of calls is short.
#[inline(always)]
pub fn cover(generation: u32) -> u8 {
    cover_reading(u64::from(generation)) as u8
}

/// Finds the temporary block that covers a key: see [`holding`].
#[inline(always)]
pub fn find_block(key: BlockKey) -> u32 {
    holding_block(key.kind as u64, u64::from(key.bits), key.high, key.low) as u32
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn holding_block(kind: u64, bits: u64, high: u64, low: u64) -> u64 {
    let kind = match kind {
        0 => BlockKind::Prefix,
        1 => BlockKind::Destination,
        _ => BlockKind::Source,
    };
    u64::from(holding(&Blocks, BlockKey { kind, bits: bits as u32, high, low }))
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn judge_number(direction: u64, is_shared: u64) -> u64 {
    let direction = if direction == 0 { Direction::Ingress } else { Direction::Egress };
    u64::from(judge_dialled(direction, is_shared != 0, &mut Kernel(())))
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn weigh_reading(generation: u64, plan: u64, is_plain: u64, place: u64) -> u64 {
    u64::from(invite::weigh(
        generation as u32,
        plan as usize & 1,
        is_plain != 0,
        place as usize & 15,
        &mut Kernel(()),
    ))
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn cover_reading(generation: u64) -> u64 {
    u64::from(invite::cover(generation as u32, &mut Kernel(())))
}
