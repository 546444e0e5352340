//! What is left behind of a packet: counters, the judgement, and an event.

use aya_ebpf::{
    EbpfContext,
    bindings::BPF_F_CURRENT_CPU,
    helpers::generated::{bpf_jiffies64, bpf_perf_event_output},
};
use monitor_common::{
    abi::{Direction, EVENT_MESSAGE_MAX, Judgement, Misc, Verdict, packets_index, uninspected_index},
    classify::{Finding, Invite, Tables as _},
    wire::Packet,
};

use crate::{maps, tables::Kernel};

/// Whose packet it was.
pub struct Record<'a, P> {
    /// Its octets.
    pub packet: &'a P,
    /// Interface slot.
    pub slot: u32,
    /// Interface index.
    pub ifindex: u32,
    /// Which way it went.
    pub direction: Direction,
    /// Octets of the frame.
    pub len: u32,
    /// Packets that the frame stands for.
    pub packets: u32,
}

impl<P: Packet> Record<'_, P> {
    /// Counts the packet, sends an event for an INVITE, and says what becomes of it.
    #[inline(always)]
    pub fn write<C: EbpfContext>(&self, ctx: &C, finding: Finding) -> Verdict {
        if let Some(count) =
            maps::PACKETS.get_ptr_mut(packets_index(self.slot, self.direction, finding.class))
        {
            // SAFETY: the value is this CPU's own.
            unsafe {
                (*count).packets += u64::from(self.packets);
                (*count).bytes += u64::from(self.len);
            }
        }
        if let Some(reason) = finding.uninspected
            && let Some(count) = maps::UNINSPECTED.get_ptr_mut(uninspected_index(self.direction, reason))
        {
            // SAFETY: the value is this CPU's own.
            unsafe { *count += 1 };
        }
        if finding.is_invite { self.invite(ctx) } else { Verdict::Pass }
    }

    /// A function of its own: only an INVITE pays for its stack.
    #[inline(never)]
    fn invite<C: EbpfContext>(&self, ctx: &C) -> Verdict {
        let mut tables = Kernel(());
        let Some(invite) = tables.invite() else { return Verdict::Pass };
        let verdict = match (invite.judged.is_blocked, maps::DRY_RUN.load()) {
            (false, _) => Verdict::Pass,
            (true, 0) => Verdict::Drop,
            (true, _) => Verdict::WouldDrop,
        };
        if let Some(counts) = maps::INVITES.get_ptr_mut(u32::from(invite.judged.slot)) {
            let place = (self.direction as usize * 4 + verdict as usize) & 7;
            // SAFETY: the value is this CPU's own.
            unsafe { (*counts).0[place] += 1 };
        }
        if let Some(judgement) = maps::JUDGEMENT.get_ptr_mut(0) {
            // SAFETY: the value is this CPU's own.
            let judgement = unsafe { &mut *judgement };
            self.fill(judgement, invite, verdict);
            if maps::SEND_EVENTS.load() != 0 && (!invite.judged.is_blocked || take_token()) {
                send(ctx, judgement);
            }
        }
        verdict
    }

    #[inline(always)]
    fn fill(&self, judgement: &mut Judgement, invite: &Invite, verdict: Verdict) {
        let Invite { flow, dialled, plain: _, judged, generation } = invite;
        let packet = self.packet;
        let message_len = flow.end.saturating_sub(flow.payload);
        judgement.sequence += 1;
        judgement.dialled = [dialled.first, dialled.then];
        judgement.number = judged.number.0;
        judgement.source = flow.addresses.source(packet).unwrap_or_default();
        judgement.destination = flow.addresses.destination(packet).unwrap_or_default();
        judgement.ifindex = self.ifindex;
        judgement.frame_len = self.len;
        judgement.message_offset = flow.payload;
        judgement.message_len = message_len;
        judgement.captured = self.len.min(flow.payload + EVENT_MESSAGE_MAX as u32);
        judgement.source_port = flow.source_port;
        judgement.destination_port = flow.destination_port;
        judgement.slot = judged.slot;
        judgement.dialled_len = dialled.len as u8;
        judgement.prefix_len = judged.prefix_len;
        judgement.direction = self.direction as u8;
        judgement.verdict = verdict as u8;
        judgement.reason = judged.reason as u8;
        judgement.transport = flow.transport as u8;
        judgement.generation = *generation;
        judgement.interface = self.slot;
    }
}

/// Adds one to a counter that stands alone, and gives its value on this CPU.
#[inline(always)]
pub fn misc(counter: Misc) -> u64 {
    let Some(count) = maps::MISC.get_ptr_mut(counter as u32) else { return 0 };
    // SAFETY: the value is this CPU's own.
    unsafe {
        *count += 1;
        *count
    }
}

/// Sends the judgement and the frame that it is about. What does not fit is counted.
#[inline(always)]
fn send<C: EbpfContext>(ctx: &C, judgement: &Judgement) {
    let flags = u64::from(judgement.captured) << 32 | u64::from(BPF_F_CURRENT_CPU as u32);
    // SAFETY: the map is a perf event array, and the record is as long as is said. The upper half of the
    // flags asks for so many octets of the packet, which the kernel copies, however it lies (Linux 4.18).
    let failed = unsafe {
        bpf_perf_event_output(
            ctx.as_ptr(),
            (&raw const maps::EVENTS).cast_mut().cast(),
            flags,
            core::ptr::from_ref(judgement).cast_mut().cast(),
            size_of::<Judgement>() as u64,
        )
    };
    if failed != 0 {
        misc(Misc::EventsLost);
    }
}

/// Takes a token for the event of a blocked INVITE: one comes back a tick, up to [`BURST`].
#[inline(always)]
fn take_token() -> bool {
    let Some(bucket) = maps::TOKENS.get_ptr_mut(0) else { return false };
    // SAFETY: the value is this CPU's own, and the helper takes no argument.
    let (bucket, now) = unsafe { (&mut *bucket, bpf_jiffies64()) };
    let tokens = (bucket.tokens + now.wrapping_sub(bucket.refilled)).min(BURST);
    bucket.refilled = now;
    if tokens == 0 {
        bucket.tokens = 0;
        misc(Misc::EventsHeldBack);
        return false;
    }
    bucket.tokens = tokens - 1;
    true
}

/// Events of blocked INVITEs that one CPU sends at once.
const BURST: u64 = 256;

const _: () = assert!(EVENT_MESSAGE_MAX <= 4096, "a frame's octets must fit the event");
