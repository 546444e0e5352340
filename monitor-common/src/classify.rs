//! Packet → facts → verdict. Start reading here: [`classify`] is what both hooks and the host engine run.

use crate::{
    abi::{Class, Direction, Link, Reason, Settings, Transport, Uninspected, slot},
    media::{MediaTable, Stream, observe},
    number::Symbols,
    rules::Rules,
    sip::{self, End, Found, Request, Scheme, StartLine},
    verdict::{self, Judged, Ruled, judge},
    wire::{self, Address, Flow, Opaque, Packet, Text},
};

/// One generation of the policy: its rules, dial plans and trunks.
pub trait Policy: Rules + Sized {
    /// Dial plans and ports.
    fn settings(&self) -> &Settings;

    /// Whether a trunk has the address.
    fn is_trunk(&self, address: &Address) -> bool;

    /// The rule of one reading: see [`verdict::rule`]. A stage of its own, like those of [`Tables`].
    fn rule(&self, plan: usize, symbols: Symbols, place: usize) -> Ruled {
        verdict::rule(self, &self.settings().plans[plan & 1], symbols, place)
    }
}

/// What a verdict is made with.
///
/// The provided functions are the stages of the work. Numbers go in and out, so that the kernel can make
/// each a global function: the verifier looks at such a function once, alone, and not once for each way
/// that leads to it. Without that the program is past a million instructions to verify.
pub trait Tables: MediaTable + Sized {
    /// The generation in force.
    type Policy: Policy;

    /// The policy in force; `None` before the first.
    fn policy(&self) -> Option<Self::Policy>;

    /// Where what becomes of an INVITE is written.
    fn invite(&mut self) -> Option<&mut Invite>;

    /// The start line of the payload from `at` to `end`, as [`StartLine::pack`] packs it.
    fn start_line<P: Packet>(&mut self, packet: &P, at: usize, end: usize) -> u64 {
        StartLine::pack(sip::start_line(&Text::new(packet, end), at))
    }

    /// Finds the number that an INVITE dials: see [`dial`].
    fn dial<P: Packet>(&mut self, packet: &P, leg: Leg, end: usize, request: Request) -> u8 {
        dial(packet, leg, end, request, self)
    }

    /// Reads a bent user part into the INVITE: see [`sip::bent`].
    fn bent<P: Packet>(&mut self, packet: &P, is_tel: bool, at: usize, end: usize) -> u8 {
        let Some(invite) = self.invite() else { return End::Nothing as u8 };
        sip::bent(&Text::new(packet, end), is_tel, at, &mut invite.dialled) as u8
    }

    /// Finds the To header: see [`sip::to`]. The offset of its URI, and above 32 bits [`Found`].
    fn to<P: Packet>(&mut self, packet: &P, from: usize, end: usize) -> u64 {
        let mut uri = 0;
        let found = sip::to(&Text::new(packet, end), from, &mut uri);
        (found as u64) << 32 | uri as u64
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
    let Some(head) = text.load::<8>(flow.payload as usize) else { return seen(other(&flow)) };
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
    match StartLine::unpack(tables.start_line(frame.packet, flow.payload as usize, text.end())) {
        Some(StartLine::Request(request)) if matches!(request.class, Class::Invite) => {
            invite(frame, &text, &flow, request, tables)
        }
        Some(StartLine::Request(request)) => seen(request.class),
        Some(StartLine::Response(class)) => seen(class),
        None if is_udp => Finding {
            class: Class::OtherUdp,
            uninspected: wire::is_tunnel(flow.destination_port).then_some(Uninspected::Tunnel),
            is_invite: false,
        },
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

/// An INVITE.
#[inline(always)]
fn invite<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    text: &Text<'_, P>,
    flow: &Flow,
    request: Request,
    tables: &mut T,
) -> Finding {
    let is_shared = text.end() < flow.end as usize;
    let mut finding = Finding { class: Class::Invite, uninspected: None, is_invite: true };
    if let Some(invite) = tables.invite() {
        invite.flow = *flow;
        invite.dialled = Symbols::default();
        invite.judged = Judged::unruled(Reason::NoNumber, slot::UNKNOWN);
    }
    let is_exempt = is_exempt(frame.packet, frame.direction, tables);
    let leg = Leg { direction: frame.direction, is_exempt };
    match tables.dial(frame.packet, leg, text.end(), request) {
        JUDGED => {}
        DIALLED => _ = tables.judge(frame.direction, is_shared),
        unread => finding.uninspected = Uninspected::from_slot(unread),
    }
    if is_shared {
        finding.uninspected = Some(Uninspected::GsoSegment);
    }
    finding
}

/// Finds the number that an INVITE dials, and whether the number is what judges it (PRODUCT, "Which INVITEs
/// are judged"). Returns [`DIALLED`], [`JUDGED`], or the slot of why it could not be read.
#[inline(always)]
pub fn dial<P: Packet, T: Tables>(packet: &P, leg: Leg, end: usize, request: Request, tables: &mut T) -> u8 {
    if tables.policy().is_none() {
        return Uninspected::NoPolicy as u8;
    }
    let (dialled, in_dialog) = match dialled(packet, end, request, leg, tables) {
        Ok(found) => found,
        Err(reason) => return reason as u8,
    };
    let leg = match (leg.is_exempt, leg.direction) {
        (false, _) => None,
        (true, Direction::Ingress) => Some(Reason::Incoming),
        (true, Direction::Egress) => Some(Reason::InternalLeg),
    };
    let leg = if in_dialog { Some(Reason::InDialog) } else { leg };
    let (reason, slot) = match (dialled, leg) {
        (Dialled::Sos, _) => (Reason::Emergency, slot::EMERGENCY),
        (_, Some(leg)) => (leg, slot::INTERNAL),
        (Dialled::Nothing, None) => (Reason::NoNumber, slot::INTERNAL),
        (Dialled::Truncated, None) => return Uninspected::Truncated as u8,
        (Dialled::ScanLimit, None) => return Uninspected::ScanLimit as u8,
        (Dialled::Symbols, None) => return DIALLED,
    };
    if let Some(invite) = tables.invite() {
        invite.judged = Judged::unruled(reason, slot);
    }
    JUDGED
}

/// Judges an INVITE by the number it dials. What cannot be dropped alone is not dropped.
#[inline(always)]
pub fn judge_dialled<T: Tables>(direction: Direction, is_shared: bool, tables: &mut T) -> u8 {
    let Some(policy) = tables.policy() else { return JUDGED };
    let Some(invite) = tables.invite() else { return JUDGED };
    // Where no trunk is named, both directions are judged by [dialplan].
    let plan = if policy.settings().has_trunks == 0 { 0 } else { direction as usize };
    let count = usize::from(policy.settings().plans[plan & 1].access_count);
    let mut judged = judge(count, |place| policy.rule(plan, invite.dialled, place));
    if judged.is_blocked && matches!(invite.flow.transport, Transport::Tcp) {
        (judged.is_blocked, judged.reason) = (false, Reason::TcpNotEnforced);
    } else if judged.is_blocked && is_shared {
        (judged.is_blocked, judged.reason) = (false, Reason::GsoNotEnforced);
    }
    invite.judged = judged;
    JUDGED
}

/// Whether an INVITE comes from a trunk or leaves towards none. A function of its own in the kernel too: the key of the look-up is not on the caller's stack.
#[inline(never)]
fn is_exempt<P: Packet, T: Tables>(packet: &P, direction: Direction, tables: &mut T) -> bool {
    let Some(policy) = tables.policy() else { return false };
    let Some(invite) = tables.invite() else { return false };
    let addresses = invite.flow.addresses;
    if policy.settings().has_trunks == 0 {
        return false;
    }
    // An INVITE is exempt where it comes from a trunk, or leaves towards none.
    addresses
        .remote(packet, direction)
        .is_some_and(|remote| policy.is_trunk(&remote) == matches!(direction, Direction::Ingress))
}

/// Which leg of a call an INVITE belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    /// Which way it goes.
    pub direction: Direction,
    /// Whether it comes from a trunk, or leaves towards none, and so is not judged by its number.
    pub is_exempt: bool,
}

/// What a URI dials; the symbols stand in the INVITE.
#[derive(Clone, Copy)]
enum Dialled {
    Symbols,
    Sos,
    Nothing,
    Truncated,
    ScanLimit,
}

/// What an INVITE dials, and whether it leaves within a dialog. The number is the Request-URI's; To
/// supplies it where that has no user part and To has no tag, as FreeSWITCH does.
#[inline(always)]
fn dialled<P: Packet, T: Tables>(
    packet: &P,
    end: usize,
    request: Request,
    leg: Leg,
    tables: &mut T,
) -> Result<(Dialled, bool), Uninspected> {
    let text = Text::new(packet, end);
    let (mut scheme, mut uri) = (request.scheme, request.uri);
    let is_egress = matches!(leg.direction, Direction::Egress);
    let mut is_told = false;
    for _ in 0..2 {
        let dialled = user(packet, end, scheme, uri, tables);
        let is_nothing = matches!(dialled, Dialled::Nothing);
        if is_told || leg.is_exempt || !(is_egress || is_nothing) {
            return Ok((dialled, false));
        }
        let to = tables.to(packet, request.uri, end);
        match Found::from_slot((to >> 32) as u8) {
            Found::Tagged => return Ok((dialled, is_egress)),
            Found::Untagged if is_nothing => {}
            Found::Untagged | Found::Missing => return Ok((dialled, false)),
            Found::Truncated => return Err(Uninspected::Truncated),
            Found::ScanLimit => return Err(Uninspected::ScanLimit),
        }
        is_told = true;
        (scheme, uri) = sip::scheme(&text, to as u32 as usize);
    }
    Ok((Dialled::Nothing, false))
}

/// What the URI dials whose scheme ends before `at`.
#[inline(always)]
fn user<P: Packet, T: Tables>(packet: &P, end: usize, scheme: Scheme, at: usize, tables: &mut T) -> Dialled {
    match scheme {
        Scheme::Sos => return Dialled::Sos,
        Scheme::Other => return Dialled::Nothing,
        Scheme::Tel => {}
        Scheme::Sip => {
            if let (Some(symbols), Some(invite)) =
                (sip::ordinary(&Text::new(packet, end), at), tables.invite())
            {
                invite.dialled = symbols;
                return Dialled::Symbols;
            }
        }
    }
    match End::from_slot(tables.bent(packet, matches!(scheme, Scheme::Tel), at, end)) {
        End::Symbols => Dialled::Symbols,
        End::Nothing => Dialled::Nothing,
        End::Truncated => Dialled::Truncated,
        End::ScanLimit => Dialled::ScanLimit,
    }
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

/// The number judges the INVITE; not the slot of an [`Uninspected`].
const DIALLED: u8 = u8::MAX;
/// The INVITE is judged; not the slot of an [`Uninspected`].
const JUDGED: u8 = u8::MAX - 1;
const LANES: u64 = 0x0001_0001_0001_0001;
