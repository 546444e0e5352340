//! What is left behind of a packet: counters, and the judgement of an INVITE.

use aya_ebpf::EbpfContext;
use monitor_common::{
    abi::{Class, Direction, EVENT_MESSAGE_MAX, Misc, SipRecord, Verdict, packets_index, uninspected_index},
    classify::{Finding, Invite, Tables as _},
    wire::{Flow, Packet},
};

use crate::{event, maps, stages::Stages, tables::Kernel};

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

impl<P: Packet + Stages> Record<'_, P> {
    /// Counts the packet, sends an event for a SIP message of a call, and says what becomes of the packet.
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
        if let Some(left) = finding.left {
            let verdict = count(self.direction, left.slot, left.is_blocked);
            if left.is_kept {
                self.tell(ctx, verdict);
            }
            return verdict;
        }
        if finding.is_invite {
            return self.invite(ctx);
        }
        if finding.class.is_signal() && maps::SEND_EVENTS.load() != 0 {
            self.packet.signal(finding.class, self.slot, self.ifindex, self.len);
        }
        Verdict::Pass
    }

    /// What an INVITE leaves that the stages judged. A function of its own: only an INVITE pays for its stack.
    #[inline(never)]
    fn invite<C: EbpfContext>(&self, ctx: &C) -> Verdict {
        let mut tables = Kernel(());
        let Some(invite) = tables.invite() else { return Verdict::Pass };
        let is_blocked = invite.judged.is_blocked;
        let verdict = count(self.direction, invite.judged.slot, is_blocked);
        if let Some(record) = self.judgement(invite, verdict)
            && maps::SEND_EVENTS.load() != 0
        {
            event::send(ctx, record, is_blocked);
        }
        verdict
    }

    /// Writes the judgement of an INVITE that was judged the swift way, and sends its event, for which the token was taken.
    #[inline(never)]
    fn tell<C: EbpfContext>(&self, ctx: &C, verdict: Verdict) -> u32 {
        let mut tables = Kernel(());
        if let Some(invite) = tables.invite()
            && let Some(record) = self.judgement(invite, verdict)
            && maps::SEND_EVENTS.load() != 0
        {
            event::send_now(ctx, record);
        }
        0
    }

    #[inline(always)]
    fn judgement(&self, invite: &Invite, verdict: Verdict) -> Option<&'static mut SipRecord> {
        // SAFETY: the value is this CPU's own, and only one reference to it is used at a time.
        let record = maps::JUDGEMENT.get_ptr_mut(0).map(|record| unsafe { &mut *record })?;
        self.fill(record, Class::Invite as u8, &invite.flow);
        judge(record, invite, verdict);
        Some(record)
    }
}

/// Counts an INVITE under its destination, and says what becomes of it.
#[inline(always)]
fn count(direction: Direction, slot: u16, is_blocked: bool) -> Verdict {
    let verdict = match (is_blocked, maps::DRY_RUN.load()) {
        (false, _) => Verdict::Pass,
        (true, 0) => Verdict::Drop,
        (true, _) => Verdict::WouldDrop,
    };
    if let Some(counts) = maps::INVITES.get_ptr_mut(u32::from(slot)) {
        let place = (direction as usize * 4 + verdict as usize) & 7;
        // SAFETY: the value is this CPU's own.
        unsafe { (*counts).0[place] += 1 };
    }
    verdict
}

impl<P: Packet> Record<'_, P> {
    /// What every message leaves.
    #[inline(always)]
    pub fn fill(&self, record: &mut SipRecord, class: u8, flow: &Flow) {
        record.sequence += 1;
        record.source = flow.addresses.source(self.packet).unwrap_or_default();
        record.destination = flow.addresses.destination(self.packet).unwrap_or_default();
        record.ifindex = self.ifindex;
        record.frame_len = self.len;
        record.message_offset = flow.payload;
        record.message_len = flow.end.saturating_sub(flow.payload);
        record.captured = self.len.min(flow.payload + EVENT_MESSAGE_MAX as u32);
        record.source_port = flow.source_port;
        record.destination_port = flow.destination_port;
        record.direction = self.direction as u8;
        record.transport = flow.transport as u8;
        record.class = class;
        record.interface = self.slot;
    }
}

/// What an INVITE leaves besides.
#[inline(always)]
fn judge(record: &mut SipRecord, invite: &Invite, verdict: Verdict) {
    let Invite { dialled, judged, generation, .. } = invite;
    record.dialled = [dialled.first, dialled.then];
    record.number = judged.number.0;
    record.slot = judged.slot;
    record.dialled_len = dialled.len as u8;
    record.prefix_len = judged.prefix_len;
    record.verdict = verdict as u8;
    record.reason = judged.reason as u8;
    record.generation = *generation as u16;
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
