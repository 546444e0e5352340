//! The swift way: an INVITE in its ordinary spelling is judged at once, without the stages. Whatever is not plain is
//! left to them; a property test holds both ways equal.

use crate::{
    abi::{Action, Direction, Reason, Transport, slot},
    classify::{Frame, Policy as _, Tables},
    number::{Digits, Shortcut, Symbols, shortcut},
    rules::{Match, Rule, longest},
    sip::{self, Found},
    verdict::Judged,
    wire::{Flow, Packet, Text},
};

/// An INVITE that was judged so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swift {
    /// The symbols that the PBX would dial.
    pub dialled: Symbols,
    /// What becomes of it.
    pub judged: Judged,
    /// The generation of the policy that judged it.
    pub generation: u32,
}

/// Judges an INVITE over UDP that begins `INVITE sip:` and up to fifteen digits, `+` before them or not, and `@`; `None`
/// where that, the policy or the temporary blocks ask for more.
#[inline(always)]
pub fn judge<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    text: &Text<'_, P>,
    flow: &Flow,
    head: [u8; 8],
    tables: &mut T,
) -> Option<Swift> {
    if u64::from_le_bytes(head) != INVITE_S
        || !matches!(flow.transport, Transport::Udp)
        || frame.segment != 0
        || tables.has_blocks()
    {
        return None;
    }
    let uri = flow.payload as usize + LINE_HEAD;
    if text.load::<4>(uri - 4)? != *b"sip:" {
        return None;
    }
    let dialled = sip::ordinary(text, uri)?;
    let generation = tables.generation();
    let policy = tables.policy(generation)?;
    let settings = policy.settings();
    let has_trunks = settings.has_trunks != 0;
    let is_ingress = matches!(frame.direction, Direction::Ingress);
    let exempt = has_trunks
        && settings.few_trunks.has(flow.addresses.remote_ipv4(frame.packet, frame.direction)?)? == is_ingress;
    let judged = if exempt {
        let reason = if is_ingress { Reason::Incoming } else { Reason::InternalLeg };
        Judged::unruled(reason, slot::INTERNAL)
    } else if !is_ingress && is_in_dialog(frame, text, uri, tables)? {
        Judged::unruled(Reason::InDialog, slot::INTERNAL)
    } else {
        // Where no trunk is named, both directions are judged by [dialplan].
        let plan = if has_trunks { frame.direction as usize & 1 } else { 0 };
        match shortcut(&settings.shortcuts[plan], &settings.plans[plan], dialled)? {
            Shortcut::Internal => Judged::unruled(Reason::Internal, slot::INTERNAL),
            Shortcut::E164(number) => ruled(number, longest(&policy, number)),
        }
    };
    Some(Swift { dialled, judged, generation })
}

/// Whether To has a tag; `None` where that cannot be told.
#[inline(always)]
fn is_in_dialog<P: Packet, T: Tables>(
    frame: &Frame<'_, P>,
    text: &Text<'_, P>,
    uri: usize,
    tables: &mut T,
) -> Option<bool> {
    match Found::from_slot((tables.to(frame.packet, uri, text.end()) >> 32) as u8) {
        Found::Tagged => Some(true),
        Found::Untagged | Found::Missing => Some(false),
        Found::Truncated | Found::ScanLimit => None,
    }
}

/// The verdict on a number that has one reading: that of [`crate::verdict::Readings`].
#[inline(always)]
fn ruled(number: Digits, found: Option<Match>) -> Judged {
    let rule = found.map(Match::rule);
    Judged {
        is_blocked: rule.is_some_and(|rule| matches!(rule.action(), Action::Block)),
        is_temporary: false,
        reason: if rule.is_some_and(Rule::is_named) { Reason::Policy } else { Reason::NoRule },
        slot: rule.map_or(slot::UNKNOWN, Rule::destination),
        number,
        prefix_len: found.map_or(0, Match::prefix_len),
        block_len: 0,
    }
}

const INVITE_S: u64 = u64::from_le_bytes(*b"INVITE s");
/// Octets of "INVITE sip:".
const LINE_HEAD: usize = 11;
