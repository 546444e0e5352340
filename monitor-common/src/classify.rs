//! Packet → facts → verdict. Start reading here: [`classify`] is what both hooks and the host engine run.

use crate::{
    abi::{Class, Direction, Link, Reason, Settings, Transport, Uninspected, slot},
    invite::{cover, invite, judge_dialled, weigh},
    media::{MediaTable, Stream, observe},
    number::Symbols,
    overlay::Overlay,
    rules::Rules,
    sip::{self, End, StartLine},
    swift::{self, Swift},
    verdict::{Judged, Readings},
    wire::{self, Address, Flow, Opaque, Packet, Text},
};

/// One generation of the policy: its rules, dial plans and trunks; and the temporary blocks over it.
pub trait Policy: Rules + Overlay + Sized {
    /// Dial plans and ports.
    fn settings(&self) -> &Settings;

    /// Whether a trunk has the address.
    fn is_trunk(&self, address: &Address) -> bool;
}

/// What a verdict is made with.
///
/// The provided functions are the stages of the work. Numbers go in and out, so that the kernel can make
/// each a global function: the verifier looks at such a function once, alone, and not once for each way
/// that leads to it. Without that the program is past a million instructions to verify.
pub trait Tables: MediaTable + Sized {
    /// The generation in force.
    type Policy: Policy;

    /// The policy of a generation; `None` before the first.
    fn policy(&self, generation: u32) -> Option<Self::Policy>;

    /// The generation in force. It is asked for once a packet: all of a packet is judged by one.
    fn generation(&self) -> u32;

    /// Whether any temporary block is set: where none is, nothing is looked up.
    fn has_blocks(&self) -> bool;

    /// Where what becomes of an INVITE is written, and whose the SIP message at hand is.
    fn invite(&mut self) -> Option<&mut Invite>;

    /// Writes what became of an INVITE in its ordinary spelling to [`Self::invite`], and says so. In the kernel only where
    /// somebody asks for it.
    fn keep(&mut self, flow: &Flow, swift: Swift) -> bool {
        let Some(invite) = self.invite() else { return false };
        let Swift { dialled, judged, generation } = swift;
        *invite = Invite { flow: *flow, dialled, judged, generation, ..Invite::default() };
        true
    }

    /// The start line of the payload from `at` to `end`, as [`StartLine::pack`] packs it.
    fn start_line<P: Packet>(&mut self, packet: &P, at: usize, end: usize) -> u64 {
        StartLine::pack(sip::start_line(&Text::new(packet, end), at))
    }

    /// Reads a bent user part into the INVITE: see [`sip::bent`].
    fn bent<P: Packet>(&mut self, packet: &P, is_tel: bool, at: usize, end: usize) -> u8 {
        let Some(invite) = self.invite() else { return End::Nothing as u8 };
        sip::bent(&Text::new(packet, end), is_tel, at, &mut invite.dialled, &mut invite.plain) as u8
    }

    /// Finds the To header: see [`sip::to`]. The offset of its URI, and above 32 bits [`Found`].
    fn to<P: Packet>(&mut self, packet: &P, from: usize, end: usize) -> u64 {
        let mut uri = 0;
        let found = sip::to(&Text::new(packet, end), from, &mut uri);
        (found as u64) << 32 | uri as u64
    }

    /// Takes in one reading of the number that an INVITE dials: see [`weigh`].
    fn weigh(&mut self, generation: u32, plan: usize, is_plain: bool, place: usize) -> u8 {
        weigh(generation, plan, is_plain, place, self)
    }

    /// Asks for the temporary block that covers the reading that was taken in last: see [`cover`].
    fn cover(&mut self, generation: u32) -> u8 {
        cover(generation, self)
    }

    /// Judges an INVITE by the number it dials: see [`judge_dialled`].
    fn judge(&mut self, direction: Direction, is_shared: bool) -> u8 {
        judge_dialled(direction, is_shared, self)
    }
}

/// A frame, and how it came.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a, P> {
    /// Its octets.
    pub packet: &'a P,
    /// How it begins.
    pub link: Link,
    /// Which way it goes.
    pub direction: Direction,
    /// Octets of each datagram where the kernel will cut the payload later (GSO); else 0.
    pub segment: usize,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its class.
    pub class: Class,
    /// Why it, or a part of it, could not be read.
    pub uninspected: Option<Uninspected>,
    /// Whether it is an INVITE: then what becomes of it stands in [`Tables::invite`].
    pub is_invite: bool,
    /// What an INVITE leaves that was judged the swift way.
    pub left: Option<Left>,
}

/// What counters need to know of an INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whether it is blocked.
    pub is_blocked: bool,
    /// Destination slot.
    pub slot: u16,
    /// Whether the rest stands in [`Tables::invite`]: see [`Tables::keep`].
    pub is_kept: bool,
}

/// A judged INVITE. Of another SIP message only `flow` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Whose it is.
    pub flow: Flow,
    /// The symbols that the PBX would dial.
    pub dialled: Symbols,
    /// The same without the phone-context that stands before them; empty where none does.
    pub plain: Symbols,
    /// The readings of the number at hand.
    pub readings: Readings,
    /// What becomes of it.
    pub judged: Judged,
    /// The generation of the policy that judges it.
    pub generation: u32,
    /// Whether any temporary block is set.
    pub has_blocks: bool,
    /// Whether one covers its source.
    pub is_source_blocked: bool,
}

impl Default for Invite {
    fn default() -> Self {
        Self {
            flow: Flow::default(),
            dialled: Symbols::default(),
            plain: Symbols::default(),
            readings: Readings::default(),
            judged: Judged::unruled(Reason::NoNumber, slot::UNKNOWN),
            generation: 0,
            has_blocks: false,
            is_source_blocked: false,
        }
    }
}

/// Tells what a frame is and, where it is an INVITE, judges it.
#[inline(always)]
pub fn classify<P: Packet, T: Tables>(frame: &Frame<'_, P>, tables: &mut T) -> Finding {
    let flow = match wire::walk(frame.packet, frame.link) {
        Ok(flow) => flow,
        Err(Opaque { class, uninspected }) => return Finding { uninspected, ..seen(class) },
    };
    let text = Text::new(frame.packet, first_segment(frame, &flow));
    let Some(head) = text.load::<8>(flow.payload as usize) else { return seen(other(&flow)) };
    if let Some(swift) = swift::judge(frame, &text, &flow, head, tables) {
        let is_kept = tables.keep(&flow, swift);
        let left = Left { is_blocked: swift.judged.is_blocked, slot: swift.judged.slot, is_kept };
        return Finding { is_invite: true, left: Some(left), ..seen(Class::Invite) };
    }
    let is_udp = matches!(flow.transport, Transport::Udp);
    if is_udp && head[0] >> 6 == 2 {
        return media(frame, &text, &flow, head, tables);
    }
    if is_udp && wire::is_stun(head, text.end() - flow.payload as usize) {
        return seen(Class::Stun);
    }
    if is_udp && wire::is_dtls(&text, flow.payload as usize, head) {
        return seen(Class::Dtls);
    }
    let line =
        sip::may_begin(head).then(|| tables.start_line(frame.packet, flow.payload as usize, text.end()));
    match line.and_then(StartLine::unpack) {
        Some(StartLine::Request(request)) if matches!(request.class, Class::Invite) => {
            invite(frame, &text, &flow, request, tables)
        }
        Some(StartLine::Request(request)) => signal(request.class, &flow, tables),
        Some(StartLine::Response(class)) => signal(class, &flow, tables),
        None if is_udp => Finding {
            uninspected: wire::is_tunnel(flow.destination_port).then_some(Uninspected::Tunnel),
            ..seen(Class::OtherUdp)
        },
        None => tcp(&flow, head, tables),
    }
}

/// SIP that is no INVITE. Whose it is, the event that follows wants to know.
#[inline(always)]
fn signal<T: Tables>(class: Class, flow: &Flow, tables: &mut T) -> Finding {
    if class.is_signal()
        && let Some(invite) = tables.invite()
    {
        invite.flow = *flow;
    }
    seen(class)
}

/// A TCP segment that does not begin with a start line: on a SIP port, TLS or the middle of a message.
#[inline(always)]
fn tcp<T: Tables>(flow: &Flow, head: [u8; 8], tables: &mut T) -> Finding {
    let is_sip_port = tables.policy(tables.generation()).is_some_and(|policy| {
        let ports = &policy.settings().sip_ports;
        has_port(ports, flow.source_port) || has_port(ports, flow.destination_port)
    });
    let uninspected = match (is_sip_port, wire::is_tls(head)) {
        (true, true) => Some(Uninspected::Tls),
        (true, false) => Some(Uninspected::TcpMidstream),
        (false, _) => None,
    };
    Finding { uninspected, ..seen(Class::OtherTcp) }
}

/// UDP whose first two bits are those of RTP and RTCP.
#[inline(always)]
fn media<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    text: &Text<'_, P>,
    flow: &Flow,
    head: [u8; 8],
    tables: &mut T,
) -> Finding {
    let len = text.end() - flow.payload as usize;
    if wire::is_rtcp(head, len) {
        return seen(Class::Rtcp);
    }
    let Some(rtp) = text.load::<12>(flow.payload as usize).and_then(|header| wire::rtp(header, len)) else {
        return seen(Class::OtherUdp);
    };
    let Some(remote) = flow.addresses.remote(frame.packet, frame.direction) else {
        return seen(Class::OtherUdp);
    };
    let local_port = match frame.direction {
        Direction::Ingress => flow.destination_port,
        Direction::Egress => flow.source_port,
    };
    let stream = Stream { remote, local_port, direction: frame.direction };
    seen(if observe(tables, &stream, rtp, len) { Class::Rtp } else { Class::OtherUdp })
}

#[inline(always)]
const fn seen(class: Class) -> Finding {
    Finding { class, uninspected: None, is_invite: false, left: None }
}

#[inline(always)]
const fn other(flow: &Flow) -> Class {
    match flow.transport {
        Transport::Udp => Class::OtherUdp,
        Transport::Tcp => Class::OtherTcp,
    }
}

/// Where the first datagram of the payload ends.
#[inline(always)]
fn first_segment<P>(frame: &Frame<'_, P>, flow: &Flow) -> usize {
    if frame.segment == 0 || matches!(flow.transport, Transport::Tcp) {
        flow.end as usize
    } else {
        (flow.end as usize).min(flow.payload as usize + frame.segment)
    }
}

#[inline(always)]
fn has_port(ports: &[u16; 16], port: u16) -> bool {
    let words: &[[u8; 8]; 4] = zerocopy::transmute_ref!(ports);
    let wanted = LANES * u64::from(port);
    let mut is_found = 0;
    for word in words {
        let differs = u64::from_ne_bytes(*word) ^ wanted;
        is_found |= differs.wrapping_sub(LANES) & !differs & LANES << 15;
    }
    is_found != 0 && port != 0
}

const LANES: u64 = 0x0001_0001_0001_0001;
