//! The two engines behind one face: the loaded programs, and the same classifier on the host.

use monitor_common::abi::{Class, Direction, Link, Misc, SipRecord, Uninspected};

use super::{
    host::{Host, STREAMS},
    policy::Loaded,
    totals::Totals,
};
use crate::{
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

/// A frame and which way it goes.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) content: Content<'a>,
    pub(super) direction: Direction,
}

/// What an engine said of a frame.
#[derive(Clone, Copy)]
pub(super) struct Judged {
    /// Which engine it was.
    pub(super) by: EngineKind,
    /// The judgement, where the frame is an INVITE.
    pub(super) invite: Option<SipRecord>,
}

/// The engine at work. Where it is the kernel, the host engine takes what a test run cannot.
pub(super) struct Engine<'a> {
    kernel: Option<TestRun>,
    host: Host<'a>,
    octets: Vec<u8>,
}

impl<'a> Engine<'a> {
    /// Starts the engine that is asked for; `None` asks for the kernel, and takes the host where it refuses.
    pub(super) fn start(
        asked: Option<EngineKind>,
        policy: &'a Loaded,
        dry_run: bool,
    ) -> Result<Self, Refusal> {
        let kernel = match asked {
            Some(EngineKind::Host) => None,
            Some(EngineKind::Kernel) => Some(load(policy, dry_run)?),
            None => load(policy, dry_run)
                .inspect_err(|refusal| eprintln!("the host engine judges, for the kernel refuses: {refusal}"))
                .ok(),
        };
        Ok(Self { kernel, host: Host::new(policy, dry_run), octets: Vec::new() })
    }

    pub(super) const fn kind(&self) -> EngineKind {
        if self.kernel.is_some() { EngineKind::Kernel } else { EngineKind::Host }
    }

    /// Has a frame judged.
    pub(super) fn judge(&mut self, frame: Frame<'_>) -> Result<Judged, Refusal> {
        let Some(kernel) = &mut self.kernel else { return Ok(self.on_host(frame)) };
        let octets = with_ethernet_header(frame.content, &mut self.octets);
        if !test_run::FRAME_LENGTHS.contains(&octets.len()) {
            return Ok(self.on_host(frame));
        }
        let invite = kernel.judge(frame.direction, octets)?;
        Ok(Judged { by: EngineKind::Kernel, invite })
    }

    /// What was counted, by both engines together.
    pub(super) fn totals(&self) -> Result<Totals, Refusal> {
        let host = self.host.totals();
        match &self.kernel {
            Some(kernel) => Ok(host.plus(&counted(kernel)?)),
            None => Ok(host),
        }
    }

    fn on_host(&mut self, frame: Frame<'_>) -> Judged {
        Judged { by: EngineKind::Host, invite: self.host.judge(frame) }
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
