//! The two engines behind one face: the loaded programs, and the same classifier on the host.

use monitor_common::abi::{Class, Direction, Link, Misc, SipRecord, Uninspected};

use super::{
    host::{Host, Looked},
    media::{Media, STREAMS},
    policy::Loaded,
    standing::Standing,
    totals::Totals,
};
use crate::{
    calls::Timestamp,
    capture::Content,
    kernel::{
        Generation, Refusal,
        test_run::{self, TestRun},
    },
};

/// Which engine judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The programs, loaded into the kernel and test-run.
    Kernel,
    /// The same classifier in this process.
    Host,
}

impl EngineKind {
    /// The name in options and in JSON.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Host => "host",
        }
    }
}

/// A frame, which way it goes, and when.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) content: Content<'a>,
    pub(super) direction: Direction,
    pub(super) at: Timestamp,
}

/// What an engine said of a frame.
#[derive(Clone, Copy)]
pub(super) struct Judged {
    /// Which engine it was.
    pub(super) by: EngineKind,
    /// The judgement, where the frame is an INVITE.
    pub(super) invite: Option<SipRecord>,
    /// What the agent would be told, where the frame makes, changes or ends a call: where the message lies is said by
    /// the host, what becomes of an INVITE by the engine.
    pub(super) signal: Option<SipRecord>,
}

/// The engine at work. Where it is the kernel, the host engine takes what a test run cannot, and looks at the rest too.
pub(super) struct Engine<'a> {
    kernel: Option<TestRun>,
    host: Host<'a>,
    standing: &'a Standing,
    octets: Vec<u8>,
}

impl<'a> Engine<'a> {
    /// Starts the engine that is asked for; `None` asks for the kernel, and takes the host where it refuses.
    pub(super) fn start(
        asked: Option<EngineKind>,
        policy: &'a Loaded,
        standing: &'a Standing,
        dry_run: bool,
    ) -> Result<Self, Refusal> {
        let kernel = match asked {
            Some(EngineKind::Host) => None,
            Some(EngineKind::Kernel) => Some(load(policy, dry_run)?),
            None => load(policy, dry_run)
                .inspect_err(|refusal| eprintln!("the host engine judges, for the kernel refuses: {refusal}"))
                .ok(),
        };
        Ok(Self { kernel, host: Host::new(policy, standing, dry_run), standing, octets: Vec::new() })
    }

    pub(super) const fn kind(&self) -> EngineKind {
        if self.kernel.is_some() { EngineKind::Kernel } else { EngineKind::Host }
    }

    /// Has a frame judged.
    pub(super) fn judge(&mut self, frame: Frame<'_>) -> Result<Judged, Refusal> {
        let looked = self.host.look(frame);
        let Some(kernel) = &mut self.kernel else { return Ok(self.on_host(frame, &looked)) };
        let octets = with_ethernet_header(frame.content, &mut self.octets);
        if !test_run::FRAME_LENGTHS.contains(&octets.len()) {
            return Ok(self.on_host(frame, &looked));
        }
        let judged = kernel.judge(frame.direction, octets)?;
        // The kernel's blocks end by the kernel's own clock.
        if judged.is_some() && self.standing.any() {
            return Ok(Judged { by: EngineKind::Host, invite: looked.invite(), signal: looked.record });
        }
        let signal = match (looked.record, judged) {
            (Some(seen), Some(judged)) => Some(SipRecord {
                message_offset: seen.message_offset,
                message_len: seen.message_len,
                captured: seen.captured,
                ..judged
            }),
            (seen, _) => seen,
        };
        Ok(Judged { by: EngineKind::Kernel, invite: judged, signal })
    }

    /// The streams of media that the frames have.
    pub(super) fn media(&mut self) -> &mut Media {
        self.host.media()
    }

    /// What was counted, by both engines together.
    pub(super) fn totals(&self) -> Result<Totals, Refusal> {
        match &self.kernel {
            Some(kernel) => Ok(self.host.counted().clone().plus(&counted(kernel)?)),
            None => Ok(self.host.totals()),
        }
    }

    fn on_host(&mut self, frame: Frame<'_>, looked: &Looked) -> Judged {
        self.host.count(frame.direction, looked);
        Judged { by: EngineKind::Host, invite: looked.invite(), signal: looked.record }
    }
}

fn load(policy: &Loaded, dry_run: bool) -> Result<TestRun, Refusal> {
    let lines = policy.image().lines();
    let generation =
        Generation { lines, settings: &policy.compiled().settings, trunks: &policy.compiled().trunks };
    TestRun::load(generation, STREAMS, dry_run)
}

/// A bare IP packet behind a made-up Ethernet header: a test run takes Ethernet frames only.
fn with_ethernet_header<'a>(content: Content<'a>, octets: &'a mut Vec<u8>) -> &'a [u8] {
    if content.link == Link::Ethernet {
        return content.octets;
    }
    let ethertype = match content.octets.first().map(|first| first >> 4) {
        Some(4) => [0x08, 0x00],
        Some(6) => [0x86, 0xdd],
        _ => [0, 0],
    };
    octets.clear();
    octets.extend([0; 12]);
    octets.extend(ethertype);
    octets.extend(content.octets);
    octets
}

fn counted(kernel: &TestRun) -> Result<Totals, Refusal> {
    let counters = kernel.counters();
    let mut totals =
        Totals::default().with_streams(kernel.confirmed_streams(), counters.misc.read(Misc::MediaEvicted)?);
    for direction in Direction::ALL {
        for class in Class::ALL {
            let count = counters.packets.read(test_run::INTERFACE_SLOT, *direction, *class)?;
            totals.add(*direction, *class, count.packets);
        }
        for reason in Uninspected::ALL {
            totals.add_uninspected(*direction, *reason, counters.uninspected.read(*direction, *reason)?);
        }
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_packet_is_given_the_header_of_its_version() {
        let rows: [(&[u8], [u8; 2]); 4] =
            [(&[0x45, 1], [8, 0]), (&[0x60, 1], [0x86, 0xdd]), (&[0x00, 1], [0, 0]), (&[], [0, 0])];
        for (packet, ethertype) in rows {
            let mut kept = Vec::new();
            let octets = with_ethernet_header(Content { link: Link::Ip, octets: packet }, &mut kept);
            assert_eq!(octets, [&[0; 12][..], &ethertype, packet].concat());
        }
        let frame = Content { link: Link::Ethernet, octets: &[1, 2, 3] };
        assert_eq!(with_ethernet_header(frame, &mut Vec::new()), [1, 2, 3]);
    }
}
