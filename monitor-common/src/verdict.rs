//! From a dialled number and the policy's rules to a verdict.

use crate::{
    abi::{Action, Reason, slot},
    classify::Policy,
    number::{Digits, READINGS, Reading, Symbols, reading},
    rules::longest,
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

/// Judges a dialled number. Where several readings are outside numbers, the mildest rule decides, and of
/// equals the first: a block needs every reading blocked.
#[inline(always)]
pub fn judge<P: Policy>(policy: &P, plan: usize, symbols: Symbols) -> Judged {
    let dial_plan = &policy.settings().plans[plan & 1];
    let (mut number, mut found) = (Digits(0), None);
    let (mut mildest, mut hardest) = (NOTHING, Action::Allow as u8);
    for place in 0..READINGS {
        match reading(dial_plan, symbols, place, |symbols| policy.read(plan, symbols)) {
            Some(Reading::Emergency) => return Judged::unruled(Reason::Emergency, slot::EMERGENCY),
            Some(Reading::E164(digits)) => {
                let rule = longest(policy, digits);
                let action = rule.map_or(Action::Allow as u8, |rule| rule.rule().action() as u8);
                hardest = hardest.max(action);
                if action < mildest {
                    (mildest, number, found) = (action, digits, rule);
                }
            }
            Some(Reading::Internal) | None => {}
        }
    }
    let is_blocked = mildest == Action::Block as u8;
    let reason = match found {
        _ if mildest == NOTHING => return Judged::unruled(Reason::Internal, slot::INTERNAL),
        _ if hardest == Action::Block as u8 && !is_blocked => Reason::Ambiguous,
        Some(found) if found.rule().is_named() => Reason::Policy,
        _ => Reason::NoRule,
    };
    Judged {
        is_blocked,
        reason,
        slot: found.map_or(slot::UNKNOWN, |found| found.rule().destination()),
        number,
        prefix_len: found.map_or(0, |found| found.prefix_len()),
    }
}

/// Harder than every action.
const NOTHING: u8 = Action::Block as u8 + 1;
