//! From a dialled number and the policy's rules to a verdict.

use crate::{
    abi::{Action, DialPlan, Reason, slot},
    number::{Digits, Reading, Symbols, reading},
    overlay::{Overlay, covering},
    rules::{Match, Rules, longest},
};

/// What becomes of an INVITE, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whether every reading of the number is blocked.
    pub is_blocked: bool,
    /// Whether a temporary block would drop what the policy lets pass. It does so only where a call begins: until that is
    /// known, `is_blocked` and `reason` are the policy's.
    pub is_temporary: bool,
    /// Why.
    pub reason: Reason,
    /// Destination slot.
    pub slot: u16,
    /// The E.164 number of the reading that decided; empty where there is none.
    pub number: Digits,
    /// Digits of the prefix that decided; 0 where none did.
    pub prefix_len: u8,
    /// The same of a temporary block.
    pub block_len: u8,
}

impl Judged {
    /// A verdict that no rule made: it passes.
    #[inline(always)]
    #[must_use]
    pub const fn unruled(reason: Reason, slot: u16) -> Self {
        Self {
            is_blocked: false,
            is_temporary: false,
            reason,
            slot,
            number: Digits(0),
            prefix_len: 0,
            block_len: 0,
        }
    }

    /// A temporary block drops it.
    #[inline(always)]
    pub(crate) const fn block_for_a_time(&mut self) {
        (self.is_blocked, self.reason, self.prefix_len) = (true, Reason::TemporaryBlock, self.block_len);
    }

    /// How hard it is: passes, dropped by a temporary block, dropped by the policy.
    #[inline(always)]
    const fn hardness(self) -> u8 {
        if self.is_blocked { 2 } else { self.is_temporary as u8 }
    }
}

/// What the rules say of one reading of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruled {
    /// Not an outside number, or not a reading.
    Internal,
    /// An emergency number.
    Emergency,
    /// An outside number.
    Outside(Outside),
}

/// An outside number, and what covers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Its digits.
    pub number: Digits,
    /// The rule that was found.
    pub found: Option<Match>,
}

impl Outside {
    #[inline(always)]
    fn action(self) -> Action {
        self.found.map_or(Action::Allow, |found| found.rule().action())
    }
}

/// Finds the rule of reading `place` of a dialled number; no temporary block covers it.
#[inline(always)]
pub fn rule<R: Rules>(rules: &R, plan: &DialPlan, symbols: Symbols, place: usize) -> Ruled {
    match reading(plan, symbols, place) {
        Some(Reading::Emergency) => Ruled::Emergency,
        Some(Reading::E164(number)) => Ruled::Outside(Outside { number, found: longest(rules, number) }),
        Some(Reading::Internal) | None => Ruled::Internal,
    }
}

/// Judges a dialled number by the rules of its readings: `rule` gives that of each place, of which there are
/// one and as many as access prefixes.
pub fn judge(access_count: usize, rule: impl Fn(usize) -> Ruled) -> Judged {
    let mut readings = Readings::default();
    (0..=access_count.min(DialPlan::ACCESS)).for_each(|place| readings.take(rule(place)));
    readings.judged(false)
}

/// The readings of a number that were taken in so far. Where several are outside numbers, the mildest rule decides,
/// and of equals the first: a block needs every reading blocked, by the policy or for a time.
///
/// In the kernel it lies in a map: the verifier need not follow what each reading makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readings {
    decided: Outside,
    /// The reading that was taken in last; without a number where it is none outside.
    last: Outside,
    mildest: u8,
    hardest: u8,
    is_emergency: bool,
    /// Whether `last` decides so far.
    is_last_decided: bool,
    /// Whether temporary blocks were asked for.
    is_covered: bool,
    /// Whether nothing blocks some reading.
    is_spared: bool,
    /// Digits of the temporary block that covers `decided`.
    block_len: u8,
}

impl Default for Readings {
    #[inline(always)]
    fn default() -> Self {
        Self {
            decided: Outside::default(),
            last: Outside::default(),
            mildest: NOTHING,
            hardest: Action::Allow as u8,
            is_emergency: false,
            is_last_decided: false,
            is_covered: false,
            is_spared: false,
            block_len: 0,
        }
    }
}

impl Readings {
    /// Takes one more in.
    #[inline(always)]
    pub fn take(&mut self, ruled: Ruled) {
        let outside = match ruled {
            Ruled::Internal => Outside::default(),
            Ruled::Emergency => {
                self.is_emergency = true;
                Outside::default()
            }
            Ruled::Outside(outside) => outside,
        };
        self.last = outside;
        if matches!(ruled, Ruled::Outside(_)) {
            let action = outside.action() as u8;
            self.hardest = self.hardest.max(action);
            self.is_last_decided = action < self.mildest;
            if self.is_last_decided {
                (self.mildest, self.decided) = (action, outside);
            }
        }
    }

    /// Asks for the temporary block that covers the reading that was taken in last.
    #[inline(always)]
    pub fn cover<O: Overlay>(&mut self, overlay: &O) {
        self.is_covered = true;
        let Outside { number, found } = self.last;
        if number.is_empty() {
            return;
        }
        let block = covering(overlay, number, found);
        self.is_spared |= block == 0 && !matches!(self.last.action(), Action::Block);
        if self.is_last_decided {
            self.block_len = block.saturating_sub(1) as u8;
        }
    }

    /// The verdict. A temporary block of the source covers every number but an emergency number.
    #[inline(always)]
    #[must_use]
    pub fn judged(&self, is_source_blocked: bool) -> Judged {
        if self.is_emergency {
            return Judged::unruled(Reason::Emergency, slot::EMERGENCY);
        }
        if self.mildest == NOTHING {
            let internal = Judged::unruled(Reason::Internal, slot::INTERNAL);
            return Judged { is_temporary: is_source_blocked, ..internal };
        }
        let Outside { number, found } = self.decided;
        let is_blocked = self.mildest == Action::Block as u8;
        let reason = match found {
            _ if self.hardest == Action::Block as u8 && !is_blocked => Reason::Ambiguous,
            Some(found) if found.rule().is_named() => Reason::Policy,
            _ => Reason::NoRule,
        };
        Judged {
            is_blocked,
            is_temporary: !is_blocked && (is_source_blocked || self.is_covered && !self.is_spared),
            reason,
            slot: found.map_or(slot::UNKNOWN, |found| found.rule().destination()),
            number,
            prefix_len: found.map_or(0, Match::prefix_len),
            block_len: self.block_len,
        }
    }
}

/// The verdict on a number that some stacks dial with the phone-context before it and others without: an
/// emergency call either way passes, and a block either way holds. A caller chooses the context.
#[inline(always)]
#[must_use]
pub fn harder(with: Judged, without: Judged) -> Judged {
    let is_emergency = matches!(without.reason, Reason::Emergency);
    let is_harder = without.hardness() > with.hardness() && !matches!(with.reason, Reason::Emergency);
    if is_emergency || is_harder { without } else { with }
}

/// Harder than every action.
const NOTHING: u8 = Action::Block as u8 + 1;
