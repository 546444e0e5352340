//! From a dialled number and the policy's rules to a verdict.

use crate::{
    abi::{Action, DialPlan, Reason, slot},
    number::{Digits, Reading, Symbols, reading},
    rules::{Match, Rules, longest},
};

/// What becomes of an INVITE, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whether every reading of the number is blocked.
    pub is_blocked: bool,
    /// Why.
    pub reason: Reason,
    /// Destination slot.
    pub slot: u16,
    /// The E.164 number of the reading that decided; empty where there is none.
    pub number: Digits,
    /// Digits of the prefix that decided; 0 where none did.
    pub prefix_len: u8,
}

impl Judged {
    /// A verdict that no rule made: it passes.
    #[inline(always)]
    #[must_use]
    pub const fn unruled(reason: Reason, slot: u16) -> Self {
        Self { is_blocked: false, reason, slot, number: Digits(0), prefix_len: 0 }
    }
}

/// What the rules say of one reading of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Ruled {
    /// The E.164 number; empty where there is none.
    pub number: u64,
    /// The rule that was found, as [`Match::pack`] packs it.
    pub found: u32,
    /// [`ruled`].
    pub kind: u32,
}

/// Kinds of a [`Ruled`].
pub mod ruled {
    /// Not an outside number, or not a reading.
    pub const INTERNAL: u32 = 0;
    /// An outside number.
    pub const E164: u32 = 1;
    /// An emergency number.
    pub const EMERGENCY: u32 = 2;
}

/// Finds the rule of reading `place` of a dialled number.
#[inline(always)]
pub fn rule<R: Rules>(rules: &R, plan: &DialPlan, symbols: Symbols, place: usize) -> Ruled {
    match reading(plan, symbols, place) {
        Some(Reading::Emergency) => Ruled { kind: ruled::EMERGENCY, ..Ruled::default() },
        Some(Reading::E164(number)) => {
            Ruled { number: number.0, found: Match::pack(longest(rules, number)), kind: ruled::E164 }
        }
        Some(Reading::Internal) | None => Ruled::default(),
    }
}

/// Judges a dialled number by the rules of its readings: `rule` gives that of each place, of which there are
/// one and as many as access prefixes. Where several readings are outside numbers, the mildest rule decides, and of
/// equals the first: a block needs every reading blocked.
#[inline(always)]
pub fn judge(access_count: usize, rule: impl Fn(usize) -> Ruled) -> Judged {
    let mut decided = Ruled::default();
    let (mut mildest, mut hardest) = (NOTHING, Action::Allow as u8);
    for place in 0..=access_count.min(DialPlan::ACCESS) {
        let ruled = rule(place);
        if ruled.kind == ruled::EMERGENCY {
            return Judged::unruled(Reason::Emergency, slot::EMERGENCY);
        }
        if ruled.kind == ruled::INTERNAL {
            continue;
        }
        let action = action(ruled.found);
        hardest = hardest.max(action);
        if action < mildest {
            (mildest, decided) = (action, ruled);
        }
    }
    if mildest == NOTHING {
        return Judged::unruled(Reason::Internal, slot::INTERNAL);
    }
    conclude(decided, mildest, hardest)
}

/// The verdict on a number that some stacks dial with the phone-context before it and others without: an
/// emergency call either way passes, and a block either way holds. A caller chooses the context.
#[inline(always)]
#[must_use]
pub fn harder(with: Judged, without: Judged) -> Judged {
    let is_emergency = matches!(without.reason, Reason::Emergency);
    let is_harder = without.is_blocked && !with.is_blocked && !matches!(with.reason, Reason::Emergency);
    if is_emergency || is_harder { without } else { with }
}

#[inline(always)]
fn conclude(decided: Ruled, mildest: u8, hardest: u8) -> Judged {
    let block = Action::Block as u8;
    let found = Match::unpack(decided.found);
    let reason = match found {
        _ if hardest == block && mildest != block => Reason::Ambiguous,
        Some(found) if found.rule().is_named() => Reason::Policy,
        _ => Reason::NoRule,
    };
    Judged {
        is_blocked: mildest == block,
        reason,
        slot: found.map_or(slot::UNKNOWN, |found| found.rule().destination()),
        number: Digits(decided.number),
        prefix_len: found.map_or(0, Match::prefix_len),
    }
}

#[inline(always)]
fn action(found: u32) -> u8 {
    Match::unpack(found).map_or(Action::Allow as u8, |found| found.rule().action() as u8)
}

/// Harder than every action.
const NOTHING: u8 = Action::Block as u8 + 1;
