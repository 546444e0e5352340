//! The host engine: the classifier that runs in the kernel, with tables in this process.

use monitor_common::{
    abi::{Class, Direction, EVENT_MESSAGE_MAX, MediaSlot, SipRecord, Verdict},
    classify::{self, Finding, Invite, Tables, classify},
    media::MediaTable,
    wire::Flow,
};

use super::{
    engine::Frame,
    media::Media,
    policy::{InForce, Loaded},
    standing::Standing,
    totals::Totals,
};

/// The classifier and what it left behind.
pub(super) struct Host<'a> {
    tables: HostTables<'a>,
    dry_run: bool,
    judged: u64,
    totals: Totals,
}

/// What the host saw in a frame.
#[derive(Clone, Copy)]
pub(super) struct Looked {
    finding: Finding,
    /// The record that the kernel would send to the agent: of a message that makes, changes or ends a call.
    pub(super) record: Option<SipRecord>,
}

impl Looked {
    /// The judgement, where the frame is an INVITE.
    pub(super) fn invite(&self) -> Option<SipRecord> {
        self.record.filter(|_| self.finding.is_invite)
    }
}

impl<'a> Host<'a> {
    pub(super) fn new(policy: &'a Loaded, standing: &'a Standing, dry_run: bool) -> Self {
        let tables = HostTables { policy, standing, invite: Invite::default(), media: Media::new() };
        Self { tables, dry_run, judged: 0, totals: Totals::default() }
    }

    /// Classifies a frame.
    pub(super) fn look(&mut self, frame: Frame<'_>) -> Looked {
        self.tables.media.begin_frame();
        let octets = frame.content.octets;
        let asked = classify::Frame {
            packet: &octets,
            link: frame.content.link,
            direction: frame.direction,
            segment: 0,
        };
        let finding = classify(&asked, &mut self.tables);
        if finding.class == Class::Rtp {
            self.tables.media.hear(frame.at);
        }
        let record = finding.class.is_signal().then(|| self.record(frame.direction, finding.class, octets));
        if !finding.is_invite {
            return Looked { finding, record };
        }
        self.judged += 1;
        Looked { finding, record: record.map(|record| self.judgement(record)) }
    }

    /// Counts what was seen: the host is who judges.
    pub(super) fn count(&mut self, direction: Direction, looked: &Looked) {
        self.totals.count(direction, looked.finding.class);
        if let Some(reason) = looked.finding.uninspected {
            self.totals.count_uninspected(direction, reason);
        }
    }

    /// What was counted, without media streams.
    pub(super) const fn counted(&self) -> &Totals {
        &self.totals
    }

    /// What was counted.
    pub(super) fn totals(&self) -> Totals {
        let (confirmed, evicted) = self.tables.media.counts();
        self.totals.clone().with_streams(confirmed, evicted)
    }

    /// The streams of media that the frames have.
    pub(super) fn media(&mut self) -> &mut Media {
        &mut self.tables.media
    }

    /// What every message leaves: as `monitor-ebpf` has it.
    fn record(&self, direction: Direction, class: Class, octets: &[u8]) -> SipRecord {
        let Flow { addresses, payload, end, source_port, destination_port, transport, .. } =
            self.tables.invite.flow;
        SipRecord {
            source: addresses.source(&octets).unwrap_or_default(),
            destination: addresses.destination(&octets).unwrap_or_default(),
            frame_len: octets.len() as u32,
            message_offset: payload,
            message_len: end.saturating_sub(payload),
            captured: (octets.len() as u32).min(payload + EVENT_MESSAGE_MAX as u32),
            source_port,
            destination_port,
            direction: direction as u8,
            transport: transport as u8,
            class: class as u8,
            ..SipRecord::default()
        }
    }

    /// What an INVITE leaves besides.
    fn judgement(&self, record: SipRecord) -> SipRecord {
        let Invite { dialled, judged, .. } = &self.tables.invite;
        let verdict = match (judged.is_blocked, self.dry_run) {
            (false, _) => Verdict::Pass,
            (true, false) => Verdict::Drop,
            (true, true) => Verdict::WouldDrop,
        };
        SipRecord {
            sequence: self.judged,
            dialled: [dialled.first, dialled.then],
            number: judged.number.0,
            slot: judged.slot,
            dialled_len: dialled.len as u8,
            prefix_len: judged.prefix_len,
            verdict: verdict as u8,
            reason: judged.reason as u8,
            ..record
        }
    }
}

/// The tables of the kernel, on the host.
struct HostTables<'a> {
    policy: &'a Loaded,
    standing: &'a Standing,
    invite: Invite,
    media: Media,
}

impl<'a> Tables for HostTables<'a> {
    type Policy = InForce<'a>;

    fn generation(&self) -> u32 {
        0
    }

    fn policy(&self, _: u32) -> Option<InForce<'a>> {
        Some(InForce { policy: self.policy, standing: self.standing })
    }

    fn has_blocks(&self) -> bool {
        self.standing.any()
    }

    fn invite(&mut self) -> Option<&mut Invite> {
        Some(&mut self.invite)
    }
}

impl MediaTable for HostTables<'_> {
    fn mask(&self) -> u32 {
        self.media.mask()
    }

    fn slot(&mut self, index: u32) -> Option<&mut MediaSlot> {
        self.media.slot(index)
    }

    fn now(&self) -> u64 {
        self.media.now()
    }

    fn evicted(&mut self) {
        self.media.evicted();
    }
}
