//! The host engine: the classifier that runs in the kernel, with tables in this process.

use monitor_common::{
    abi::{Direction, MediaSlot, SipRecord, Verdict},
    classify::{self, Invite, Tables, classify},
    media::{self, MediaTable},
};

use super::{
    engine::Frame,
    policy::{InForce, Loaded},
    totals::Totals,
};

/// The classifier and what it left behind.
pub(super) struct Host<'a> {
    tables: HostTables<'a>,
    dry_run: bool,
    judged: u64,
    totals: Totals,
}

impl<'a> Host<'a> {
    pub(super) fn new(policy: &'a Loaded, dry_run: bool) -> Self {
        let media = vec![MediaSlot::default(); STREAMS as usize];
        let tables = HostTables { policy, invite: Invite::default(), media, frames: 0, evicted: 0 };
        Self { tables, dry_run, judged: 0, totals: Totals::default() }
    }

    /// Classifies a frame; the judgement where it is an INVITE.
    pub(super) fn judge(&mut self, frame: Frame<'_>) -> Option<SipRecord> {
        self.tables.frames += 1;
        let octets = frame.content.octets;
        let asked = classify::Frame {
            packet: &octets,
            link: frame.content.link,
            direction: frame.direction,
            segment: 0,
        };
        let finding = classify(&asked, &mut self.tables);
        self.totals.count(frame.direction, finding.class);
        if let Some(reason) = finding.uninspected {
            self.totals.count_uninspected(frame.direction, reason);
        }
        if !finding.is_invite {
            return None;
        }
        self.judged += 1;
        Some(self.judgement(frame.direction, octets))
    }

    pub(super) fn totals(&self) -> Totals {
        let confirmed = self.tables.media.iter().filter(|slot| slot.state == media::CONFIRMED).count();
        self.totals.clone().with_streams(confirmed as u64, self.tables.evicted)
    }

    fn judgement(&self, direction: Direction, octets: &[u8]) -> SipRecord {
        let Invite { flow, dialled, judged, .. } = &self.tables.invite;
        let verdict = match (judged.is_blocked, self.dry_run) {
            (false, _) => Verdict::Pass,
            (true, false) => Verdict::Drop,
            (true, true) => Verdict::WouldDrop,
        };
        SipRecord {
            sequence: self.judged,
            dialled: [dialled.first, dialled.then],
            number: judged.number.0,
            source: flow.addresses.source(&octets).unwrap_or_default(),
            destination: flow.addresses.destination(&octets).unwrap_or_default(),
            frame_len: octets.len() as u32,
            message_offset: flow.payload,
            message_len: flow.end.saturating_sub(flow.payload),
            source_port: flow.source_port,
            destination_port: flow.destination_port,
            slot: judged.slot,
            dialled_len: dialled.len as u8,
            prefix_len: judged.prefix_len,
            direction: direction as u8,
            verdict: verdict as u8,
            reason: judged.reason as u8,
            transport: flow.transport as u8,
            ..SipRecord::default()
        }
    }
}

/// The tables of the kernel, on the host.
struct HostTables<'a> {
    policy: &'a Loaded,
    invite: Invite,
    media: Vec<MediaSlot>,
    frames: u64,
    evicted: u64,
}

impl<'a> Tables for HostTables<'a> {
    type Policy = InForce<'a>;

    fn generation(&self) -> u32 {
        0
    }

    fn policy(&self, _: u32) -> Option<InForce<'a>> {
        Some(InForce(self.policy))
    }

    fn has_blocks(&self) -> bool {
        false
    }

    fn invite(&mut self) -> Option<&mut Invite> {
        Some(&mut self.invite)
    }
}

impl MediaTable for HostTables<'_> {
    fn mask(&self) -> u32 {
        STREAMS - 1
    }

    fn slot(&mut self, index: u32) -> Option<&mut MediaSlot> {
        self.media.get_mut(index as usize)
    }

    /// The count of frames: only the order of two times matters to the table.
    fn now(&self) -> u64 {
        self.frames
    }

    fn evicted(&mut self) {
        self.evicted += 1;
    }
}

/// Media streams that either engine follows at once: a power of two.
pub(super) const STREAMS: u32 = 16_384;
