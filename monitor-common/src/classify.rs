//! Packet → facts → verdict. Start reading here: [`classify`] is what both hooks and the host engine run.

use crate::{
    abi::{Class, Direction, Link, Reason, Settings, Transport, Uninspected, slot},
    media::{MediaTable, Stream, observe},
    number::Symbols,
    rules::Rules,
    sip::{self, Dialled, Found, Request, StartLine},
    verdict::{Judged, judge},
    wire::{self, Address, Flow, Opaque, Packet, Text},
};

/// One generation of the policy: its rules, dial plans and trunks.
pub trait Policy: Rules {
    /// Dial plans and ports.
    fn settings(&self) -> &Settings;

    /// Whether a trunk has the address.
    fn is_trunk(&self, address: &Address) -> bool;
}

/// What a verdict is made with.
pub trait Tables: MediaTable {
    /// The generation in force.
    type Policy: Policy;

    /// The policy in force; `None` before the first.
    fn policy(&self) -> Option<Self::Policy>;

    /// Where what becomes of an INVITE is written.
    fn invite(&mut self) -> Option<&mut Invite>;
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
}

/// A judged INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Whose it is.
    pub flow: Flow,
    /// The symbols that the PBX would dial.
    pub dialled: Symbols,
    /// What becomes of it.
    pub judged: Judged,
}

impl Default for Invite {
    fn default() -> Self {
        Self {
            flow: Flow::default(),
            dialled: Symbols::default(),
            judged: Judged::unruled(Reason::NoNumber, slot::UNKNOWN),
        }
    }
}

/// Tells what a frame is and, where it is an INVITE, judges it.
#[inline(always)]
pub fn classify<P: Packet, T: Tables>(frame: &Frame<'_, P>, tables: &mut T) -> Finding {
    let flow = match wire::walk(frame.packet, frame.link) {
        Ok(flow) => flow,
        Err(Opaque { class, uninspected }) => return Finding { class, uninspected, is_invite: false },
    };
    let text = Text::new(frame.packet, first_segment(frame, &flow));
    let Some(head) = text.load::<8>(flow.payload) else { return seen(other(&flow)) };
    let is_udp = matches!(flow.transport, Transport::Udp);
    if is_udp && head[0] >> 6 == 2 {
        return media(frame, &text, &flow, head, tables);
    }
    if is_udp && wire::is_stun(head, text.end() - flow.payload) {
        return seen(Class::Stun);
    }
    if is_udp && wire::is_dtls(&text, flow.payload, head) {
        return seen(Class::Dtls);
    }
    match sip::start_line(&text, flow.payload, head) {
        Some(StartLine::Request(request)) if matches!(request.class, Class::Invite) => {
            invite(frame, &text, &flow, &request, tables)
        }
        Some(StartLine::Request(request)) => seen(request.class),
        Some(StartLine::Response(class)) => seen(class),
        None if is_udp => seen(Class::OtherUdp),
        None => tcp(&flow, head, tables),
    }
}

/// A TCP segment that does not begin with a start line: on a SIP port, TLS or the middle of a message.
#[inline(always)]
fn tcp<T: Tables>(flow: &Flow, head: [u8; 8], tables: &mut T) -> Finding {
    let is_sip_port = tables.policy().is_some_and(|policy| {
        let ports = &policy.settings().sip_ports;
        has_port(ports, flow.source_port) || has_port(ports, flow.destination_port)
    });
    let uninspected = match (is_sip_port, wire::is_tls(head)) {
        (true, true) => Some(Uninspected::Tls),
        (true, false) => Some(Uninspected::TcpMidstream),
        (false, _) => None,
    };
    Finding { class: Class::OtherTcp, uninspected, is_invite: false }
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
    let len = text.end() - flow.payload;
    if wire::is_rtcp(head, len) {
        return seen(Class::Rtcp);
    }
    let Some(rtp) = text.load::<12>(flow.payload).and_then(|header| wire::rtp(header, len)) else {
        return seen(Class::OtherUdp);
    };
    let (remote, local_port) = match frame.direction {
        Direction::Ingress => (flow.addresses.source(frame.packet), flow.destination_port),
        Direction::Egress => (flow.addresses.destination(frame.packet), flow.source_port),
    };
    let Some(remote) = remote else { return seen(Class::OtherUdp) };
    let stream = Stream { remote, local_port, direction: frame.direction };
    seen(if observe(tables, &stream, rtp, len) { Class::Rtp } else { Class::OtherUdp })
}

/// An INVITE.
#[inline(always)]
fn invite<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    text: &Text<'_, P>,
    flow: &Flow,
    request: &Request,
    tables: &mut T,
) -> Finding {
    let is_shared = text.end() < flow.end;
    let mut finding = Finding { class: Class::Invite, uninspected: None, is_invite: true };
    if let Some(invite) = tables.invite() {
        invite.flow = *flow;
        invite.dialled = Symbols::default();
        invite.judged = Judged::unruled(Reason::NoNumber, slot::UNKNOWN);
    }
    match dial(frame, text, request, tables) {
        JUDGED => {}
        DIALLED => _ = judge_dialled(frame.direction, is_shared, tables),
        unread => finding.uninspected = Uninspected::from_slot(unread),
    }
    if is_shared {
        finding.uninspected = Some(Uninspected::GsoSegment);
    }
    finding
}

/// Finds the number that an INVITE dials, and whether the number is what judges it (PRODUCT, "Which INVITEs
/// are judged"). Returns [`DIALLED`], [`JUDGED`], or the slot of why it could not be read. A function of
/// its own in the kernel too, as is [`judge_dialled`]: only an INVITE pays for their stacks.
#[inline(never)]
fn dial<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    text: &Text<'_, P>,
    request: &Request,
    tables: &mut T,
) -> u8 {
    let Some(policy) = tables.policy() else { return Uninspected::NoPolicy as u8 };
    let Some(invite) = tables.invite() else { return Uninspected::NoPolicy as u8 };
    let leg = leg(frame, &invite.flow, &policy);
    let asked = Asked { is_judged: leg.is_none(), is_egress: matches!(frame.direction, Direction::Egress) };
    let (dialled, in_dialog) = match dialled(text, request, asked) {
        Ok(found) => found,
        Err(reason) => return reason as u8,
    };
    if let Dialled::Symbols(symbols) = dialled {
        invite.dialled = symbols;
    }
    let leg = if in_dialog { Some(Reason::InDialog) } else { leg };
    invite.judged = match (dialled, leg) {
        (Dialled::Sos, _) => Judged::unruled(Reason::Emergency, slot::EMERGENCY),
        (_, Some(leg)) => Judged::unruled(leg, slot::INTERNAL),
        (Dialled::Nothing, None) => Judged::unruled(Reason::NoNumber, slot::INTERNAL),
        (Dialled::Unread(reason), None) => return reason as u8,
        (Dialled::Symbols(_), None) => return DIALLED,
    };
    JUDGED
}

/// Judges an INVITE by the number it dials. What cannot be dropped alone is not dropped.
#[inline(never)]
fn judge_dialled<T: Tables>(direction: Direction, is_shared: bool, tables: &mut T) -> u8 {
    let Some(policy) = tables.policy() else { return JUDGED };
    let Some(invite) = tables.invite() else { return JUDGED };
    let settings = policy.settings();
    // Where no trunk is named, both directions are judged by [dialplan].
    let plan = if settings.has_trunks == 0 { 0 } else { direction as usize };
    let mut judged = judge(&policy, &settings.plans[plan & 1], invite.dialled);
    if judged.is_blocked && matches!(invite.flow.transport, Transport::Tcp) {
        (judged.is_blocked, judged.reason) = (false, Reason::TcpNotEnforced);
    } else if judged.is_blocked && is_shared {
        (judged.is_blocked, judged.reason) = (false, Reason::GsoNotEnforced);
    }
    invite.judged = judged;
    JUDGED
}

/// Why an INVITE is not judged by its number, as far as its addresses tell.
#[inline(always)]
fn leg<P: Packet>(frame: &Frame<'_, P>, flow: &Flow, policy: &impl Policy) -> Option<Reason> {
    if policy.settings().has_trunks == 0 {
        return None;
    }
    match frame.direction {
        Direction::Ingress => {
            policy.is_trunk(&flow.addresses.source(frame.packet)?).then_some(Reason::Incoming)
        }
        Direction::Egress => {
            (!policy.is_trunk(&flow.addresses.destination(frame.packet)?)).then_some(Reason::InternalLeg)
        }
    }
}

/// What is asked of an INVITE's headers.
#[derive(Clone, Copy)]
struct Asked {
    is_judged: bool,
    is_egress: bool,
}

/// What an INVITE dials, and whether it leaves within a dialog. The number is the Request-URI's; To
/// supplies it where that has no user part and To has no tag, as FreeSWITCH does.
#[inline(always)]
fn dialled<P: Packet>(
    text: &Text<'_, P>,
    request: &Request,
    asked: Asked,
) -> Result<(Dialled, bool), Uninspected> {
    let (mut scheme, mut uri) = (request.scheme, request.uri);
    let mut is_told = false;
    for _ in 0..2 {
        let dialled = sip::dialled(text, scheme, uri);
        let is_nothing = matches!(dialled, Dialled::Nothing);
        if is_told || !asked.is_judged || !(asked.is_egress || is_nothing) {
            return Ok((dialled, false));
        }
        let mut to = 0;
        match sip::to(text, request.uri, &mut to) {
            Found::Tagged => return Ok((dialled, asked.is_egress)),
            Found::Untagged if is_nothing => {}
            Found::Untagged | Found::Missing => return Ok((dialled, false)),
            Found::Truncated => return Err(Uninspected::Truncated),
            Found::ScanLimit => return Err(Uninspected::ScanLimit),
        }
        is_told = true;
        (scheme, uri) = sip::scheme(text, to);
    }
    Ok((Dialled::Nothing, false))
}

#[inline(always)]
const fn seen(class: Class) -> Finding {
    Finding { class, uninspected: None, is_invite: false }
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
        flow.end
    } else {
        flow.end.min(flow.payload + frame.segment)
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

/// The number judges the INVITE; not the slot of an [`Uninspected`].
const DIALLED: u8 = u8::MAX;
/// The INVITE is judged; not the slot of an [`Uninspected`].
const JUDGED: u8 = u8::MAX - 1;
const LANES: u64 = 0x0001_0001_0001_0001;
