//! What crosses the kernel boundary: records, slots, sizes and map names. A change of any layout here must
//! raise [`ABI_VERSION`].

mod block;
mod class;
mod dial_plan;
mod judgement;
#[cfg(feature = "user")]
mod pod;
mod reason;
mod records;
mod slots;
mod trunks;
mod uninspected;

pub use block::{Block, BlockKey, BlockKind};
pub use class::Class;
pub use dial_plan::{DialPlan, Overseas, Packed, SHORTCUTS, Settings, Shortcuts, plan_flags};
pub use judgement::{Direction, SipRecord, Transport, Verdict};
#[cfg(feature = "user")]
pub use pod::InterfaceTable;
pub use reason::Reason;
pub use records::{Action, Count, Interface, InviteCounts, Line, Link, MediaSlot, Misc, TokenBucket};
pub use trunks::FewTrunks;
pub use uninspected::Uninspected;

/// Version of every layout in this module. Pinned maps live under a directory that bears it.
pub const ABI_VERSION: u32 = 3;

/// Interfaces that one agent can guard at once.
pub const MAX_INTERFACES: usize = 16;
/// Destination names that one agent can count between two starts; see [`slot`].
pub const MAX_DESTINATIONS: usize = 4096;
/// Octets of a SIP message that an event carries at most.
pub const EVENT_MESSAGE_MAX: usize = 2048;
/// Generations of a policy in the maps: the one in force and the one being written.
pub const GENERATIONS: u32 = 2;

/// Temporary blocks that can stand at once.
pub const MAX_BLOCKS: usize = 16_384;
/// Index in [`map::ACTIVE`] of the generation in force.
pub const GENERATION: u32 = 0;
/// Index in [`map::ACTIVE`] of the count of temporary blocks; while it is 0 the kernel looks for none.
pub const BLOCK_COUNT: u32 = 1;

/// Names of the maps in the BPF object.
pub mod map {
    /// `Array<[Interface; MAX_INTERFACES], 1>`, written by the agent.
    pub const INTERFACES: &str = "INTERFACES";
    /// `PerCpuArray<Count>`, indexed by [`super::packets_index`].
    pub const PACKETS: &str = "PACKETS";
    /// `PerCpuArray<u64>`, indexed by [`super::uninspected_index`].
    pub const UNINSPECTED: &str = "UNINSPECTED";
    /// `PerCpuArray<InviteCounts>`, indexed by destination slot.
    pub const INVITES: &str = "INVITES";
    /// `PerCpuArray<u64>`, indexed by [`super::Misc`].
    pub const MISC: &str = "MISC";
    /// `Array<Settings>`, indexed by generation.
    pub const SETTINGS: &str = "SETTINGS";
    /// `Array<u32, 2>`: [`super::GENERATION`] and [`super::BLOCK_COUNT`].
    pub const ACTIVE: &str = "ACTIVE";
    /// `Array<Line>` with `BPF_F_MMAPABLE`: generation `g` begins at line `g * max_entries / 2`.
    pub const RULES: &str = "RULES";
    /// `ArrayOfMaps<LpmTrie<[u8; 16], u32>>`, indexed by generation; IPv4 as `::ffff:a.b.c.d`.
    pub const TRUNKS: &str = "TRUNKS";
    /// `LpmTrie<[u8; 24], Block>`: temporary blocks by [`super::BlockKey`].
    pub const BLOCKS: &str = "BLOCKS";
    /// `Array<MediaSlot>` with `BPF_F_MMAPABLE`: one region a CPU, each `media_mask + 1` slots.
    pub const MEDIA: &str = "MEDIA";
    /// `PerCpuArray<SipRecord, 1>`: the last INVITE judged on each CPU; of those in their ordinary spelling, the last
    /// that an event told of, unless [`super::global::KEEP_JUDGEMENTS`] is set.
    pub const JUDGEMENT: &str = "JUDGEMENT";
    /// `PerCpuArray<SipRecord, 1>`: the last message that was no INVITE and went to the agent, on each CPU.
    pub const SIGNAL: &str = "SIGNAL";
    /// `PerCpuArray<TokenBucket, 2>`: events left for blocked INVITEs, and for everything else.
    pub const TOKENS: &str = "TOKENS";
    /// `PerfEventArray`: one [`super::SipRecord`], then the frame as far as its first [`super::EVENT_MESSAGE_MAX`]
    /// octets of SIP.
    pub const EVENTS: &str = "EVENTS";
    /// `ProgramArray<2>`: where [`super::program::ROTATE`] goes on; empty but in the benchmark.
    pub const NEXT: &str = "NEXT";
}

/// Names of the programs in the BPF object.
pub mod program {
    /// XDP program for ingress.
    pub const INGRESS: &str = "ringfence_ingress";
    /// tc program for egress.
    pub const EGRESS: &str = "ringfence_egress";
    /// XDP program that writes `jiffies64` over the first eight octets of its frame; only ever test-run.
    pub const CLOCK: &str = "ringfence_clock";
    /// XDP program that passes at once: the baseline of the benchmark; only ever test-run.
    pub const EMPTY: &str = "ringfence_empty";
    /// XDP program that drops at once; only the benchmark of live frames loads it.
    pub const DROP: &str = "ringfence_drop";
    /// XDP program that sends a frame back; only the benchmark of live frames loads it.
    pub const SEND: &str = "ringfence_send";
    /// tc program that passes at once: as [`EMPTY`].
    pub const EMPTY_EGRESS: &str = "ringfence_empty_egress";
    /// XDP program that makes another packet of its packet and goes on with the guard or with [`EMPTY`]: see
    /// [`crate::rotation`]; loaded by the benchmark alone, only ever test-run.
    pub const ROTATE: &str = "ringfence_rotate";
}

/// Names of the globals that the loader folds into the program.
pub mod global {
    /// `u32`: lines of one generation in [`super::map::RULES`].
    pub const RULE_LINES: &str = "RULE_LINES";
    /// `u32`: slots of one CPU's region of [`super::map::MEDIA`], less one; a power of two less one.
    pub const MEDIA_MASK: &str = "MEDIA_MASK";
    /// `u32`: 1 counts what would be dropped and drops nothing.
    pub const DRY_RUN: &str = "DRY_RUN";
    /// `u32`: 0 sends no events (benchmark and replay).
    pub const SEND_EVENTS: &str = "SEND_EVENTS";
    /// `u32`: 1 writes the judgement of every INVITE, whether an event is sent or not (replay and tests).
    pub const KEEP_JUDGEMENTS: &str = "KEEP_JUDGEMENTS";
}

/// Destination slots with a fixed meaning. The agent gives out the rest, one a name, for as long as it runs.
pub mod slot {
    /// An E.164 number that no destination covers and no country has.
    pub const UNKNOWN: u16 = 0;
    /// Not an outside number, or a leg that is not judged by its number.
    pub const INTERNAL: u16 = 1;
    /// An emergency call.
    pub const EMERGENCY: u16 = 2;
    /// First slot that a name may take.
    pub const FIRST_NAMED: u16 = 3;
    /// Names of the reserved slots, by slot.
    pub const RESERVED: [&str; 3] = ["unknown", "internal", "emergency"];
}

/// Index into [`map::PACKETS`]: interface slot, direction, class.
#[inline(always)]
#[must_use]
pub const fn packets_index(interface: u32, direction: Direction, class: Class) -> u32 {
    (interface % MAX_INTERFACES as u32 * 2 + direction as u32) * 32 + class as u32
}

/// Entries of [`map::PACKETS`].
pub const PACKETS_ENTRIES: usize = MAX_INTERFACES * 2 * 32;

/// Index into [`map::UNINSPECTED`]: direction, reason.
#[inline(always)]
#[must_use]
pub const fn uninspected_index(direction: Direction, reason: Uninspected) -> u32 {
    direction as u32 * 32 + reason as u32
}

/// Entries of [`map::UNINSPECTED`].
pub const UNINSPECTED_ENTRIES: usize = 64;
