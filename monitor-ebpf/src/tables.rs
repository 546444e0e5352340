//! What a verdict is made with, in the maps: no decisions, only access.

use aya_ebpf::{
    btf_maps::lpm_trie::Key,
    helpers::generated::{bpf_get_smp_processor_id, bpf_jiffies64},
};
use monitor_common::{
    abi::{Line, MediaSlot, Misc, Settings},
    classify::{Invite, Policy, Tables},
    media::MediaTable,
    rules::Rules,
    wire::Address,
};

use crate::{maps, record};

/// The maps.
pub struct Kernel;

impl Tables for Kernel {
    type Policy = Generation;

    #[inline(always)]
    fn policy(&self) -> Option<Generation> {
        let generation = *maps::ACTIVE.get(0)?;
        let settings = maps::SETTINGS.get(generation)?;
        (settings.loaded != 0).then_some(Generation { generation, settings })
    }

    #[inline(always)]
    fn invite(&mut self) -> Option<&mut Invite> {
        // SAFETY: the value is this CPU's own, and only one reference to it is used at a time.
        maps::INVITE.get_ptr_mut(0).map(|invite| unsafe { &mut *invite })
    }
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

impl MediaTable for Kernel {
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
