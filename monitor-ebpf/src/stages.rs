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
    invite::{self, Leg, dial, judge_dialled},
    overlay::holding,
    sip::{self, End, Request, Scheme, StartLine},
    wire::Text,
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
    /// See [`dial`].
    fn dial(&self, is_exempt: bool, end: usize, request: Request) -> u8;
    /// See [`sip::bent`].
    fn bent(&self, is_tel: bool, at: usize, end: usize) -> u8;
    /// See [`sip::to`].
    fn to(&self, from: usize, end: usize) -> u64;
    /// See [`event::signal`]. `len` is the frame's, in octets.
    fn signal(&self, class: Class, slot: u32, ifindex: u32, len: u32);
}

macro_rules! stages {
    (
        $packet:ident, $context:ident, $kind:ty, $direction:expr,
        $start_line:ident, $dial:ident, $bent:ident, $to:ident, $signal:ident
    ) => {
        impl Stages for $packet<'_> {
            #[inline(always)]
            fn start_line(&self, at: usize, end: usize) -> u64 {
                $start_line(self.context(), at as u64, end as u64)
            }

            #[inline(always)]
            fn dial(&self, is_exempt: bool, end: usize, request: Request) -> u8 {
                let Request { class: _, scheme, uri } = request;
                $dial(self.context(), u64::from(is_exempt), end as u64, scheme as u64, uri as u64) as u8
            }

            #[inline(always)]
            fn bent(&self, is_tel: bool, at: usize, end: usize) -> u8 {
                $bent(self.context(), u64::from(is_tel), at as u64, end as u64) as u8
            }

            #[inline(always)]
            fn to(&self, from: usize, end: usize) -> u64 {
                $to(self.context(), from as u64, end as u64)
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
        extern "C" fn $dial(ctx: *mut $kind, is_exempt: u64, end: u64, scheme: u64, uri: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            let request =
                Request { class: Class::Invite, scheme: Scheme::from_slot(scheme as u8), uri: uri as usize };
            let leg = Leg { direction: $direction, is_exempt: is_exempt != 0 };
            u64::from(dial(&packet, leg, end as usize, request, &mut Kernel(&packet)))
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $bent(ctx: *mut $kind, is_tel: u64, at: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            let text = Text::new(&packet, end as usize);
            let mut kernel = Kernel(&packet);
            let Some(invite) = kernel.invite() else { return End::Nothing as u64 };
            sip::bent(&text, is_tel != 0, at as usize, &mut invite.dialled, &mut invite.plain) as u64
        }

        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "C" fn $to(ctx: *mut $kind, from: u64, end: u64) -> u64 {
            let ctx = $context::new(ctx);
            let packet = $packet::new(&ctx);
            let mut uri = 0;
            let found = sip::to(&Text::new(&packet, end as usize), from as usize, &mut uri);
            (found as u64) << 32 | uri as u64
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
    dial_ingress,
    bent_ingress,
    to_ingress,
    signal_ingress
);
stages!(
    TcPacket,
    TcContext,
    __sk_buff,
    Direction::Egress,
    start_line_egress,
    dial_egress,
    bent_egress,
    to_egress,
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
