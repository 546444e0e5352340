//! What a verdict is made with, in the maps: no decisions, only access.

use aya_ebpf::{
    btf_maps::lpm_trie::Key,
    helpers::generated::{bpf_get_smp_processor_id, bpf_jiffies64},
};
use monitor_common::{
    abi::{BLOCK_COUNT, Block, BlockKey, Class, Direction, GENERATION, Line, MediaSlot, Misc, Settings},
    classify::{Invite, Policy, Tables},
    media::MediaTable,
    overlay::Overlay,
    rules::Rules,
    swift::Swift,
    wire::{Address, Flow, Packet},
};

use crate::{
    event, maps, record,
    stages::{self, Stages},
};

/// The maps, and the hook whose packet is at hand.
pub struct Kernel<H>(pub H);

/// Where no packet is read.
impl Stages for () {
    fn start_line(&self, _: usize, _: usize) -> u64 {
        u64::MAX
    }
    fn bent(&self, _: bool, _: usize, _: usize) -> u8 {
        u8::MAX
    }
    fn number(&self, _: bool, _: u64, _: usize) -> u64 {
        u64::MAX
    }
    fn tail(&self, _: u64, _: usize) -> u64 {
        u64::MAX
    }
    fn to(&self, _: usize, _: usize) -> u64 {
        u64::MAX
    }
    fn header(&self, _: usize, _: usize) -> u64 {
        u64::MAX
    }
    fn value(&self, _: u64, _: usize) -> u64 {
        u64::MAX
    }
    fn signal(&self, _: Class, _: u32, _: u32, _: u32) {}
}

impl<H: Stages> Stages for &H {
    #[inline(always)]
    fn start_line(&self, at: usize, end: usize) -> u64 {
        H::start_line(self, at, end)
    }
    #[inline(always)]
    fn bent(&self, is_tel: bool, at: usize, end: usize) -> u8 {
        H::bent(self, is_tel, at, end)
    }
    #[inline(always)]
    fn number(&self, is_context: bool, word: u64, end: usize) -> u64 {
        H::number(self, is_context, word, end)
    }
    #[inline(always)]
    fn tail(&self, word: u64, end: usize) -> u64 {
        H::tail(self, word, end)
    }
    #[inline(always)]
    fn to(&self, from: usize, end: usize) -> u64 {
        H::to(self, from, end)
    }
    #[inline(always)]
    fn header(&self, at: usize, end: usize) -> u64 {
        H::header(self, at, end)
    }
    #[inline(always)]
    fn value(&self, word: u64, end: usize) -> u64 {
        H::value(self, word, end)
    }
    #[inline(always)]
    fn signal(&self, class: Class, slot: u32, ifindex: u32, len: u32) {
        H::signal(self, class, slot, ifindex, len);
    }
}

impl<H: Stages> Tables for Kernel<H> {
    type Policy = Generation;

    #[inline(always)]
    fn start_line<P: Packet>(&mut self, _: &P, at: usize, end: usize) -> u64 {
        self.0.start_line(at, end)
    }

    #[inline(always)]
    fn bent<P: Packet>(&mut self, _: &P, is_tel: bool, at: usize, end: usize) -> u8 {
        self.0.bent(is_tel, at, end)
    }

    #[inline(always)]
    fn to<P: Packet>(&mut self, _: &P, from: usize, end: usize) -> u64 {
        self.0.to(from, end)
    }

    /// The event of a blocked INVITE takes its token here, so that a flood of them writes nothing but counters.
    #[inline(always)]
    fn keep(&mut self, flow: &Flow, swift: Swift) -> bool {
        let is_kept = maps::KEEP_JUDGEMENTS.load() != 0
            || maps::SEND_EVENTS.load() != 0 && event::is_due(swift.judged.is_blocked);
        if is_kept && let Some(invite) = self.invite() {
            write(invite, flow, swift);
        }
        is_kept
    }

    #[inline(always)]
    fn weigh(&mut self, generation: u32, plan: usize, is_plain: bool, place: usize) -> u8 {
        stages::weigh(generation, plan, is_plain, place)
    }

    #[inline(always)]
    fn cover(&mut self, generation: u32) -> u8 {
        stages::cover(generation)
    }

    #[inline(always)]
    fn judge(&mut self, direction: Direction, is_shared: bool) -> u8 {
        stages::judge(direction, is_shared)
    }

    #[inline(always)]
    fn policy(&self, generation: u32) -> Option<Generation> {
        let settings = maps::SETTINGS.get(generation)?;
        (settings.loaded != 0).then_some(Generation { generation, settings })
    }

    #[inline(always)]
    fn generation(&self) -> u32 {
        maps::ACTIVE.get(GENERATION).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn has_blocks(&self) -> bool {
        maps::ACTIVE.get(BLOCK_COUNT).is_some_and(|count| *count != 0)
    }

    #[inline(always)]
    fn invite(&mut self) -> Option<&mut Invite> {
        // SAFETY: the value is this CPU's own, and only one reference to it is used at a time.
        maps::INVITE.get_ptr_mut(0).map(|invite| unsafe { &mut *invite })
    }
}

/// What a record is filled from; the rest of it is for INVITEs that no short cut judges.
#[inline(always)]
fn write(invite: &mut Invite, flow: &Flow, swift: Swift) {
    let Swift { dialled, judged, generation } = swift;
    invite.flow = *flow;
    invite.dialled = dialled;
    invite.judged = judged;
    invite.generation = generation;
}

/// One generation of the policy. What it refers to outlives the program's run: the agent writes a
/// generation only after every program that could read it has returned.
pub struct Generation {
    generation: u32,
    settings: &'static Settings,
}

impl Policy for Generation {
    #[inline(always)]
    fn settings(&self) -> &Settings {
        self.settings
    }

    #[inline(always)]
    fn is_trunk(&self, address: &Address) -> bool {
        maps::TRUNKS.get(self.generation).is_some_and(|trunks| trunks.get(&Key::new(128, *address)).is_some())
    }
}

impl Rules for Generation {
    #[inline(always)]
    fn line(&self, index: u32) -> Option<&Line> {
        let lines = maps::RULE_LINES.load();
        if index >= lines {
            return None;
        }
        maps::RULES.get((self.generation & 1) * lines + index)
    }
}

impl Overlay for Generation {
    #[inline(always)]
    fn longest(&self, key: &BlockKey) -> Option<Block> {
        Blocks.longest(key)
    }

    #[inline(always)]
    fn ticks(&self) -> u64 {
        Blocks.ticks()
    }

    #[inline(always)]
    fn find(&self, key: BlockKey) -> u32 {
        stages::find_block(key)
    }
}

/// The map of temporary blocks, whatever the generation.
pub struct Blocks;

impl Overlay for Blocks {
    #[inline(always)]
    fn longest(&self, key: &BlockKey) -> Option<Block> {
        maps::BLOCKS.get(&Key::new(key.bits, key.data())).copied()
    }

    #[inline(always)]
    fn ticks(&self) -> u64 {
        // SAFETY: the helper takes no argument.
        unsafe { bpf_jiffies64() }
    }
}

impl<H> MediaTable for Kernel<H> {
    #[inline(always)]
    fn mask(&self) -> u32 {
        maps::MEDIA_MASK.load()
    }

    #[inline(always)]
    fn slot(&mut self, index: u32) -> Option<&mut MediaSlot> {
        // SAFETY: the helper takes no argument.
        let cpu = unsafe { bpf_get_smp_processor_id() };
        let slot = maps::MEDIA.get_ptr_mut(cpu * (self.mask() + 1) + index)?;
        // SAFETY: each CPU has a region of its own, and no program interrupts another on one CPU, so that
        // nobody else writes to the slot. The agent's reads may be torn; it only shows them.
        Some(unsafe { &mut *slot })
    }

    #[inline(always)]
    fn now(&self) -> u64 {
        // SAFETY: the helper takes no argument.
        unsafe { bpf_jiffies64() }
    }

    #[inline(always)]
    fn evicted(&mut self) {
        record::misc(Misc::MediaEvicted);
    }
}
