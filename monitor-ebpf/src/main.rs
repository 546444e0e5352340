//! The programs: one for each hook, and a few that only tests and the benchmark run. The only place that turns a
//! verdict into a return code.
#![no_std]
#![no_main]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]

mod event;
mod maps;
mod packet;
mod record;
mod rotate;
mod stages;
mod tables;

use aya_ebpf::{
    bindings::xdp_action,
    helpers::generated::bpf_jiffies64,
    macros::{classifier, xdp},
    programs::{TcContext, XdpContext},
};
use aya_log_ebpf::warn;
use monitor_common::{
    abi::{Direction, Link, Misc, Verdict},
    classify::{Frame, classify},
    wire::Packet,
};

use crate::{
    packet::{Segments, TcPacket, XdpPacket},
    record::Record,
    tables::Kernel,
};

/// Guards what arrives.
#[xdp]
#[inline(always)]
pub fn ringfence_ingress(ctx: XdpContext) -> u32 {
    let ifindex = ctx.ingress_ifindex() as u32;
    let interface = maps::interface(ifindex);
    if interface.is_none() && record::misc(Misc::UnknownInterface) == 1 {
        report_unknown(&ctx, ifindex);
    }
    let (slot, link) = interface.unwrap_or((0, Link::Ethernet));
    let packet = XdpPacket::new(&ctx);
    let slot = packet.forget(u64::from(slot)) as u32;
    let frame = Frame { packet: &packet, link, direction: Direction::Ingress, segment: 0 };
    let finding = classify(&frame, &mut Kernel(&packet));
    let record = Record {
        packet: &packet,
        slot,
        ifindex,
        direction: Direction::Ingress,
        len: packet.len() as u32,
        packets: 1,
    };
    match record.write(&ctx, finding) {
        Verdict::Drop => xdp_action::XDP_DROP,
        Verdict::Pass | Verdict::WouldDrop => xdp_action::XDP_PASS,
    }
}

/// Guards what leaves.
#[classifier]
#[inline(always)]
pub fn ringfence_egress(ctx: TcContext) -> i32 {
    let packet = TcPacket::new(&ctx);
    let Segments { count, size } = packet.segments();
    let ifindex = packet.ifindex();
    let (slot, link) = maps::interface(ifindex).unwrap_or_else(|| {
        record::misc(Misc::UnknownInterface);
        (0, Link::Ethernet)
    });
    let slot = packet.forget(u64::from(slot)) as u32;
    let frame = Frame { packet: &packet, link, direction: Direction::Egress, segment: size };
    let finding = classify(&frame, &mut Kernel(&packet));
    let record = Record {
        packet: &packet,
        slot,
        ifindex,
        direction: Direction::Egress,
        len: packet.len() as u32,
        packets: count,
    };
    match record.write(&ctx, finding) {
        Verdict::Drop => TC_ACT_SHOT,
        Verdict::Pass | Verdict::WouldDrop => TC_ACT_UNSPEC,
    }
}

/// Says once a CPU that an interface is guarded but not in the table. A function of its own: nothing else
/// pays for its stack.
#[inline(never)]
fn report_unknown(ctx: &XdpContext, ifindex: u32) -> u32 {
    warn!(ctx, "packets of interface {}, which is not in the table", ifindex);
    ifindex
}

/// Writes `jiffies64`, the clock of the media table and of temporary blocks, over the first octets of the frame.
#[xdp]
pub fn ringfence_clock(ctx: XdpContext) -> u32 {
    let at = ctx.data();
    if at + size_of::<u64>() > ctx.data_end() {
        return xdp_action::XDP_ABORTED;
    }
    // SAFETY: the helper takes no argument and only returns a number (Linux 5.5); the octets lie within the frame.
    unsafe { (at as *mut u64).write_volatile(bpf_jiffies64()) };
    xdp_action::XDP_PASS
}

/// Passes at once: what the benchmark compares with.
#[xdp]
pub fn ringfence_empty(_ctx: XdpContext) -> u32 {
    xdp_action::XDP_PASS
}

/// Drops at once: the least that a filter at this hook can cost, for the benchmark of live frames.
#[xdp]
pub fn ringfence_drop(_ctx: XdpContext) -> u32 {
    xdp_action::XDP_DROP
}

/// Sends a live frame of a test run out of the interface that it seems to come from: the benchmark's flood.
#[xdp]
pub fn ringfence_send(_ctx: XdpContext) -> u32 {
    xdp_action::XDP_TX
}

/// As [`ringfence_empty`], at the other hook.
#[classifier]
pub fn ringfence_empty_egress(_ctx: TcContext) -> i32 {
    TC_ACT_UNSPEC
}

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

/// Drop the packet.
const TC_ACT_SHOT: i32 = 2;
/// Leave the verdict to whoever comes after: also TCX's "next".
const TC_ACT_UNSPEC: i32 = -1;
