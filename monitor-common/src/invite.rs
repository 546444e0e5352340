//! An INVITE: which leg of a call it is, what it dials, and what becomes of it (PRODUCT, "Which INVITEs are
//! judged").

use crate::{
    abi::{Class, DialPlan, Direction, Reason, Transport, Uninspected, slot},
    classify::{Finding, Frame, Invite, Policy as _, Tables},
    number::Symbols,
    overlay::covers_source,
    sip::{self, End, Found, Request, Scheme},
    verdict::{Judged, Readings, harder, rule},
    wire::{Flow, Packet, Text},
};

/// Judges an INVITE.
#[inline(always)]
pub(crate) fn invite<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    text: &Text<'_, P>,
    flow: &Flow,
    request: Request,
    tables: &mut T,
) -> Finding {
    let is_shared = text.end() < flow.end as usize;
    let mut finding = Finding { class: Class::Invite, uninspected: None, is_invite: true, left: None };
    let (generation, has_blocks) = (tables.generation(), tables.has_blocks());
    if let Some(invite) = tables.invite() {
        invite.generation = generation;
        invite.has_blocks = has_blocks;
        invite.flow = *flow;
        invite.dialled = Symbols::default();
        invite.plain = Symbols::default();
        invite.judged = Judged::unruled(Reason::NoNumber, slot::UNKNOWN);
        invite.is_source_blocked = false;
    }
    let is_exempt = is_exempt(frame.packet, frame.direction, tables);
    let leg = Leg { direction: frame.direction, is_exempt };
    let end = match dial(frame.packet, leg, text.end(), request, tables) {
        DIALLED => tables.judge(frame.direction, is_shared),
        end => end,
    };
    match end {
        JUDGED => {}
        BLOCKED_FOR_A_TIME => {
            if begins_call(frame, text.end(), request, tables)
                && let Some(invite) = tables.invite()
            {
                invite.judged.block_for_a_time();
                enforce(invite, is_shared);
            }
        }
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
fn dial<P: Packet, T: Tables>(packet: &P, leg: Leg, end: usize, request: Request, tables: &mut T) -> u8 {
    let generation = tables.invite().map_or(0, |invite| invite.generation);
    if tables.policy(generation).is_none() {
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
        // Whoever is blocked as a source may also dial nobody.
        let is_temporary = invite.is_source_blocked && matches!(reason, Reason::NoNumber);
        invite.judged = Judged { is_temporary, ..Judged::unruled(reason, slot) };
        if is_temporary {
            return BLOCKED_FOR_A_TIME;
        }
    }
    JUDGED
}

/// Judges an INVITE by the number it dials, and by the number without its phone-context where it has one. Returns
/// [`JUDGED`], or [`BLOCKED_FOR_A_TIME`].
#[inline(always)]
pub fn judge_dialled<T: Tables>(direction: Direction, is_shared: bool, tables: &mut T) -> u8 {
    let Some(&mut Invite { generation, has_blocks, .. }) = tables.invite() else { return JUDGED };
    let Some(policy) = tables.policy(generation) else { return JUDGED };
    // Where no trunk is named, both directions are judged by [dialplan].
    let plan = if policy.settings().has_trunks == 0 { 0 } else { direction as usize };
    let count = usize::from(policy.settings().plans[plan & 1].access_count);
    for is_plain in [false, true] {
        if let Some(invite) = tables.invite() {
            invite.readings = Readings::default();
        }
        for place in 0..=count.min(DialPlan::ACCESS) {
            tables.weigh(generation, plan, is_plain, place);
            if has_blocks {
                tables.cover(generation);
            }
        }
        let Some(invite) = tables.invite() else { return JUDGED };
        let judged = invite.readings.judged(invite.is_source_blocked);
        invite.judged = if is_plain { harder(invite.judged, judged) } else { judged };
        if is_plain || invite.plain.is_empty() {
            enforce(invite, is_shared);
            return if invite.judged.is_temporary { BLOCKED_FOR_A_TIME } else { JUDGED };
        }
    }
    JUDGED
}

/// Takes in reading `place` of the number that an INVITE dials; `is_plain` of the number without its phone-context.
#[inline(always)]
pub fn weigh<T: Tables>(generation: u32, plan: usize, is_plain: bool, place: usize, tables: &mut T) -> u8 {
    let Some(policy) = tables.policy(generation) else { return JUDGED };
    let Some(invite) = tables.invite() else { return JUDGED };
    let symbols = if is_plain { invite.plain } else { invite.dialled };
    let ruled = rule(&policy, &policy.settings().plans[plan & 1], symbols, place);
    invite.readings.take(ruled);
    JUDGED
}

/// Asks for the temporary block that covers the reading that was taken in last.
#[inline(always)]
pub fn cover<T: Tables>(generation: u32, tables: &mut T) -> u8 {
    if let (Some(policy), Some(invite)) = (tables.policy(generation), tables.invite()) {
        invite.readings.cover(&policy);
    }
    JUDGED
}

/// Whether an INVITE begins a call, as far as a temporary block is concerned: one within a dialog is not touched. Only a
/// tag that is found tells it; on egress it was told before the number was judged.
#[inline(always)]
fn begins_call<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    end: usize,
    request: Request,
    tables: &mut T,
) -> bool {
    matches!(frame.direction, Direction::Egress)
        || !matches!(Found::from_slot((tables.to(frame.packet, request.uri, end) >> 32) as u8), Found::Tagged)
}

/// What cannot be dropped alone is not dropped.
#[inline(always)]
fn enforce(invite: &mut Invite, is_shared: bool) {
    let judged = &mut invite.judged;
    if judged.is_blocked && matches!(invite.flow.transport, Transport::Tcp) {
        (judged.is_blocked, judged.reason) = (false, Reason::TcpNotEnforced);
    } else if judged.is_blocked && is_shared {
        (judged.is_blocked, judged.reason) = (false, Reason::GsoNotEnforced);
    }
}

/// Whether an INVITE comes from a trunk or leaves towards none; and finds the block of one that comes from elsewhere. A
/// function of its own in the kernel too: the keys of the look-ups are not on the caller's stack.
#[inline(never)]
fn is_exempt<P: Packet, T: Tables>(packet: &P, direction: Direction, tables: &mut T) -> bool {
    let Some(&mut Invite { generation, has_blocks, flow: Flow { addresses, .. }, .. }) = tables.invite()
    else {
        return false;
    };
    let Some(policy) = tables.policy(generation) else { return false };
    let is_ingress = matches!(direction, Direction::Ingress);
    let has_trunks = policy.settings().has_trunks != 0;
    let may_be_blocked = is_ingress && has_blocks;
    if !has_trunks && !may_be_blocked {
        return false;
    }
    let Some(remote) = addresses.remote(packet, direction) else { return false };
    if has_trunks && policy.is_trunk(&remote) == is_ingress {
        return true;
    }
    if may_be_blocked
        && covers_source(&policy, remote)
        && let Some(invite) = tables.invite()
    {
        invite.is_source_blocked = true;
    }
    false
}

/// Which leg of a call an INVITE belongs to.
#[derive(Clone, Copy, Debug)]
struct Leg {
    /// Which way it goes.
    direction: Direction,
    /// Whether it comes from a trunk, or leaves towards none, and so is not judged by its number.
    is_exempt: bool,
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
            // Only a tag that is found spares an INVITE: padding before To would evade every rule.
            Found::ScanLimit if matches!(dialled, Dialled::Symbols) => return Ok((dialled, false)),
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

/// The number judges the INVITE; not the slot of an [`Uninspected`].
const DIALLED: u8 = u8::MAX;
/// The INVITE is judged; not the slot of an [`Uninspected`].
const JUDGED: u8 = u8::MAX - 1;
/// The INVITE is judged, and a temporary block drops it where it begins a call; not the slot of an [`Uninspected`].
const BLOCKED_FOR_A_TIME: u8 = u8::MAX - 2;
