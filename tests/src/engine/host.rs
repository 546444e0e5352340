//! The classifier in this process, with tables of its own.

use std::{net::Ipv6Addr, time::Duration};

use monitor_common::{
    abi::{Block, BlockKey, Line, MediaSlot, Settings, SipRecord, Verdict},
    classify::{self, Invite, Policy, Tables, classify},
    media::MediaTable,
    overlay::Overlay,
    rules::Rules,
    wire::Address,
};

use super::{Given, Loaded, STREAMS, Shelf};
use crate::case::{self, Outcome, shared};

/// The engine.
pub struct Host<'a> {
    shelf: &'a Shelf,
    tables: HostTables<'a>,
    dry_run: bool,
}

impl<'a> Host<'a> {
    /// An engine that has seen nothing.
    #[must_use]
    pub fn new(shelf: &'a Shelf, dry_run: bool) -> Self {
        Self::new_with(shelf, dry_run, STREAMS)
    }

    /// An engine that follows so many media streams, a power of two.
    #[must_use]
    pub fn new_with(shelf: &'a Shelf, dry_run: bool, streams: u32) -> Self {
        let media = vec![MediaSlot::default(); streams as usize];
        let tables =
            HostTables { policy: None, blocks: Vec::new(), invite: Invite::default(), media, frames: 0 };
        Self { shelf, tables, dry_run }
    }

    /// Classifies a frame.
    pub fn judge(&mut self, given: Given<'_>) -> Outcome {
        self.tables.policy = self.shelf.policy(given.policy);
        self.tables.blocks = given.blocks.iter().map(|block| self.set(block)).collect();
        self.tables.frames += 1;
        let asked = classify::Frame {
            packet: &given.octets,
            link: given.link,
            direction: given.direction,
            segment: usize::from(given.segment),
        };
        let finding = classify(&asked, &mut self.tables);
        let judgement = finding.is_invite.then(|| self.judgement(given));
        let is_dropped = judgement.is_some_and(|judgement| judgement.verdict == Verdict::Drop as u8);
        Outcome { class: finding.class, uninspected: finding.uninspected, is_dropped, judgement }
    }

    /// A block as it lies in the map; the time of one that is over is the first tick.
    fn set(&self, block: &case::Block) -> (BlockKey, Block) {
        let key = self.shelf.blocked(block.covers).key();
        let until = match block.lasts {
            None => 0,
            Some(Duration::ZERO) => 1,
            Some(_) => u64::MAX,
        };
        (key, Block { until, bits: key.bits, reserved: 0 })
    }

    fn judgement(&self, given: Given<'_>) -> SipRecord {
        let Invite { flow, dialled, judged, .. } = &self.tables.invite;
        let verdict = match (judged.is_blocked, self.dry_run) {
            (false, _) => Verdict::Pass,
            (true, false) => Verdict::Drop,
            (true, true) => Verdict::WouldDrop,
        };
        shared(SipRecord {
            dialled: [dialled.first, dialled.then],
            number: judged.number.0,
            source: flow.addresses.source(&given.octets).unwrap_or_default(),
            destination: flow.addresses.destination(&given.octets).unwrap_or_default(),
            frame_len: given.octets.len() as u32,
            message_offset: flow.payload,
            message_len: flow.end.saturating_sub(flow.payload),
            source_port: flow.source_port,
            destination_port: flow.destination_port,
            slot: judged.slot,
            dialled_len: dialled.len as u8,
            prefix_len: judged.prefix_len,
            direction: given.direction as u8,
            verdict: verdict as u8,
            reason: judged.reason as u8,
            transport: flow.transport as u8,
            ..SipRecord::default()
        })
    }
}

/// The tables of the kernel, in this process.
struct HostTables<'a> {
    policy: Option<&'a Loaded>,
    blocks: Vec<(BlockKey, Block)>,
    invite: Invite,
    media: Vec<MediaSlot>,
    frames: u64,
}

impl<'a> Tables for HostTables<'a> {
    type Policy = InForce<'a>;

    fn generation(&self) -> u32 {
        0
    }

    fn policy(&self, _: u32) -> Option<InForce<'a>> {
        // The classifier holds the policy while it writes to the tables.
        self.policy.map(|policy| InForce { policy, blocks: self.blocks.clone() })
    }

    fn has_blocks(&self) -> bool {
        !self.blocks.is_empty()
    }

    fn invite(&mut self) -> Option<&mut Invite> {
        Some(&mut self.invite)
    }
}

impl MediaTable for HostTables<'_> {
    fn mask(&self) -> u32 {
        self.media.len() as u32 - 1
    }

    fn slot(&mut self, index: u32) -> Option<&mut MediaSlot> {
        self.media.get_mut(index as usize)
    }

    fn now(&self) -> u64 {
        self.frames
    }

    fn evicted(&mut self) {}
}

/// A policy as the classifier asks for it, and the temporary blocks.
struct InForce<'a> {
    policy: &'a Loaded,
    blocks: Vec<(BlockKey, Block)>,
}

impl Rules for InForce<'_> {
    fn line(&self, index: u32) -> Option<&Line> {
        self.policy.image.line(index)
    }
}

impl Overlay for InForce<'_> {
    /// A plain search: the kernel's is a trie.
    fn longest(&self, key: &BlockKey) -> Option<Block> {
        let covering = self.blocks.iter().filter(|(block, _)| covers(block, key));
        covering.max_by_key(|(block, _)| block.bits).map(|(_, block)| *block)
    }

    fn ticks(&self) -> u64 {
        2
    }
}

/// Whether the bits of a block that count are the first ones of a key.
fn covers(block: &BlockKey, key: &BlockKey) -> bool {
    let (here, there) = (block.data(), key.data());
    let bit = |data: &[u8], place: usize| data[place / 8] >> (7 - place % 8) & 1;
    block.bits <= key.bits && (0..block.bits as usize).all(|place| bit(&here, place) == bit(&there, place))
}

impl Policy for InForce<'_> {
    fn settings(&self) -> &Settings {
        &self.policy.settings
    }

    /// A plain search: the kernel's is a trie.
    fn is_trunk(&self, address: &Address) -> bool {
        let address = Ipv6Addr::from(*address).to_canonical();
        self.policy.compiled.trunks.iter().any(|network| network.contains(&address))
    }
}
