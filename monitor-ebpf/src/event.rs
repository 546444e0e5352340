//! Events for the agent: one for each SIP message of a call, as long as there are tokens and room.

use aya_ebpf::{
    EbpfContext,
    bindings::BPF_F_CURRENT_CPU,
    helpers::generated::{bpf_jiffies64, bpf_ktime_get_ns, bpf_perf_event_output},
};
use monitor_common::{
    abi::{EVENT_MESSAGE_MAX, Misc, SipRecord},
    classify::Tables as _,
    wire::Packet,
};

use crate::{
    maps,
    record::{Record, misc},
    tables::Kernel,
};

/// Sends the event of a message that is no INVITE.
#[inline(always)]
pub fn signal<C: EbpfContext, P: Packet>(ctx: &C, seen: &Record<'_, P>, class: u8) {
    let mut tables = Kernel(());
    if let (Some(invite), Some(record)) = (tables.invite(), maps::SIGNAL.get_ptr_mut(0)) {
        // SAFETY: the value is this CPU's own.
        let record = unsafe { &mut *record };
        seen.fill(record, class, &invite.flow);
        send(ctx, record, false);
    }
}

/// Sends a record and the frame that it is about, where a token is left.
#[inline(always)]
pub fn send<C: EbpfContext>(ctx: &C, record: &mut SipRecord, is_blocked: bool) {
    if is_due(is_blocked) {
        send_now(ctx, record);
    }
}

/// Takes a token for an event where one is left, and counts what is held back.
#[inline(always)]
pub fn is_due(is_blocked: bool) -> bool {
    let is_due = take_token(if is_blocked { BLOCKED } else { OTHERS });
    if !is_due {
        misc(if is_blocked { Misc::EventsHeldBack } else { Misc::SignalsHeldBack });
    }
    is_due
}

/// Sends a record whose token was taken, and the frame that it is about. What does not fit is counted.
#[inline(always)]
pub fn send_now<C: EbpfContext>(ctx: &C, record: &mut SipRecord) {
    // SAFETY: the helper takes no argument.
    record.at = unsafe { bpf_ktime_get_ns() };
    if !output(ctx, record) {
        misc(Misc::EventsLost);
    }
}

/// Whether the event found room.
#[inline(always)]
fn output<C: EbpfContext>(ctx: &C, record: &SipRecord) -> bool {
    let flags = u64::from(record.captured) << 32 | u64::from(BPF_F_CURRENT_CPU as u32);
    // SAFETY: the map is a perf event array, and the record is as long as is said. The upper half of the
    // flags asks for so many octets of the packet, which the kernel copies, however it lies (Linux 4.18).
    let failed = unsafe {
        bpf_perf_event_output(
            ctx.as_ptr(),
            (&raw const maps::EVENTS).cast_mut().cast(),
            flags,
            core::ptr::from_ref(record).cast_mut().cast(),
            size_of::<SipRecord>() as u64,
        )
    };
    failed == 0
}

/// Takes a token where one is left: some come back each tick.
#[inline(always)]
fn take_token(kind: Kind) -> bool {
    let Some(bucket) = maps::TOKENS.get_ptr_mut(kind.bucket) else { return false };
    // SAFETY: the value is this CPU's own, and the helper takes no argument.
    let (bucket, now) = unsafe { (&mut *bucket, bpf_jiffies64()) };
    let ticks = now.wrapping_sub(bucket.refilled).min(kind.most);
    let tokens = (bucket.tokens + ticks * kind.a_tick).min(kind.most);
    bucket.refilled = now;
    bucket.tokens = tokens.saturating_sub(1);
    tokens != 0
}

/// A kind of events, and how many of them one CPU sends.
#[derive(Clone, Copy)]
struct Kind {
    /// Index of its bucket.
    bucket: u32,
    /// Tokens that come back each tick of `jiffies64`, of which kernels have 100 to 1000 a second.
    a_tick: u64,
    /// Tokens that the bucket holds.
    most: u64,
}

/// Blocked INVITEs: whoever floods the host with them learns nothing more from the hundredth.
const BLOCKED: Kind = Kind { bucket: 0, a_tick: 1, most: 256 };
/// Everything else: at least 51,200 a second (a tick of 10 ms), which is some 5,000 calls. It keeps a flood of forged
/// messages from the agent's CPU.
const OTHERS: Kind = Kind { bucket: 1, a_tick: 512, most: 16_384 };

const _: () = assert!(EVENT_MESSAGE_MAX <= 4096, "a frame's octets must fit the event");
