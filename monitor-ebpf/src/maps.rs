//! Every map and every load-time setting: who writes it, who reads it. Names are those of
//! `monitor_common::abi`.

use aya_ebpf::{
    Global,
    btf_maps::{Array, ArrayOfMaps, LpmTrie, PerCpuArray, PerfEventByteArray, ProgramArray},
    macros::btf_map,
};
use monitor_common::abi::{
    Block, BlockKey, Count, GENERATIONS, Interface, InviteCounts, Line, Link, MAX_BLOCKS, MAX_DESTINATIONS,
    MAX_INTERFACES, MediaSlot, PACKETS_ENTRIES, Settings, SipRecord, TokenBucket, UNINSPECTED_ENTRIES,
};
use monitor_common::classify::Invite;

/// Written by the agent before it attaches; read for every packet.
#[btf_map]
pub static INTERFACES: Array<[Interface; MAX_INTERFACES], 1> = Array::new();

/// Written for every packet, read by the agent.
#[btf_map]
pub static PACKETS: PerCpuArray<Count, PACKETS_ENTRIES> = PerCpuArray::new();

/// Written for every packet that could not be read, read by the agent.
#[btf_map]
pub static UNINSPECTED: PerCpuArray<u64, UNINSPECTED_ENTRIES> = PerCpuArray::new();

/// Written for every INVITE, read by the agent.
#[btf_map]
pub static INVITES: PerCpuArray<InviteCounts, MAX_DESTINATIONS> = PerCpuArray::new();

/// Counters that stand alone; read by the agent.
#[btf_map]
pub static MISC: PerCpuArray<u64, 16> = PerCpuArray::new();

/// Written by the agent, read for every INVITE and TCP payload.
#[btf_map]
pub static SETTINGS: Array<Settings, { GENERATIONS as usize }> = Array::new();

/// The generation in force, written by the agent last of all; and the count of temporary blocks.
#[btf_map]
pub static ACTIVE: Array<u32, 2> = Array::new();

/// Temporary blocks: written by the agent, read for an INVITE where [`ACTIVE`] says that there are any.
#[btf_map]
pub static BLOCKS: LpmTrie<[u8; BlockKey::OCTETS], Block, MAX_BLOCKS> = LpmTrie::new();

/// Written by the agent through a mapping, read for every INVITE that has a number.
#[btf_map]
pub static RULES: Array<Line, { 2 * 65536 }, BPF_F_MMAPABLE> = Array::new();

/// Replaced whole by the agent, read for every INVITE.
#[btf_map]
pub static TRUNKS: ArrayOfMaps<LpmTrie<[u8; 16], u32, 65536>, { GENERATIONS as usize }> = ArrayOfMaps::new();

/// Written for every RTP packet, read by the agent through a mapping.
#[btf_map]
pub static MEDIA: Array<MediaSlot, 65536, BPF_F_MMAPABLE> = Array::new();

/// Written for every INVITE that an event tells of or that no short cut judged, read by `replay` and by the event that
/// follows.
#[btf_map]
pub static JUDGEMENT: PerCpuArray<SipRecord, 1> = PerCpuArray::new();

/// Scratch: the event of a SIP message that is no INVITE. A record of its own: `replay` tells a new judgement by the
/// sequence of the last one.
#[btf_map]
pub static SIGNAL: PerCpuArray<SipRecord, 1> = PerCpuArray::new();

/// Scratch: the INVITE at hand.
#[btf_map]
pub static INVITE: PerCpuArray<Invite, 1> = PerCpuArray::new();

/// Read and written for every event: the bucket of blocked INVITEs, and that of everything else.
#[btf_map]
pub static TOKENS: PerCpuArray<TokenBucket, 2> = PerCpuArray::new();

/// Events for the agent, one ring a CPU.
#[btf_map]
pub static EVENTS: PerfEventByteArray = PerfEventByteArray::new();

/// Written by the benchmark alone: where [`crate::rotate`] goes on.
#[btf_map]
pub static NEXT: ProgramArray<2> = ProgramArray::new();

/// Lines of one generation in [`RULES`].
#[unsafe(no_mangle)]
pub static RULE_LINES: Global<u32> = Global::new(65536);

/// Slots of one CPU's region in [`MEDIA`], less one.
#[unsafe(no_mangle)]
pub static MEDIA_MASK: Global<u32> = Global::new(1023);

/// 1 counts what would be dropped and drops nothing.
#[unsafe(no_mangle)]
pub static DRY_RUN: Global<u32> = Global::new(0);

/// 0 sends no events.
#[unsafe(no_mangle)]
pub static SEND_EVENTS: Global<u32> = Global::new(1);

/// 1 writes the judgement of every INVITE, whether an event is sent or not.
#[unsafe(no_mangle)]
pub static KEEP_JUDGEMENTS: Global<u32> = Global::new(0);

/// The slot and link of an interface, or `None` where it is not in the table.
#[inline(always)]
pub fn interface(ifindex: u32) -> Option<(u32, Link)> {
    let table = INTERFACES.get(0)?;
    let slot = table.iter().position(|entry| entry.ifindex == ifindex)?;
    let link = if table[slot & (MAX_INTERFACES - 1)].link == 0 { Link::Ethernet } else { Link::Ip };
    Some((slot as u32, link))
}

/// Lets user space map the array (Linux 5.5).
const BPF_F_MMAPABLE: usize = 1 << 10;
