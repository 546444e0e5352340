//! How a dial plan reads symbols (PRODUCT, "How a dialled number is read"): as they stand, and without each
//! access prefix that they begin with.

use super::{Digits, Symbols};
use crate::abi::{DialPlan, Packed, plan_flags};

/// One reading of a dialled number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// An emergency number, whole and exact.
    Emergency,
    /// An outside number.
    E164(Digits),
    /// Not an outside number.
    Internal,
}

/// Readings that a number can have: as it stands, and without each access prefix.
pub const READINGS: usize = DialPlan::ACCESS + 1;

/// Reading `place` of `symbols`: 0 as they stand, the others without an access prefix each. `None` where they
/// do not begin with that prefix, or there is none.
#[inline(always)]
#[must_use]
pub fn reading(plan: &DialPlan, symbols: Symbols, place: usize) -> Option<Reading> {
    let is_whole = place == 0;
    if place > usize::from(plan.access_count) {
        return None;
    }
    let access = if is_whole { Packed(0) } else { plan.access[(place - 1) % DialPlan::ACCESS] };
    if !is_whole && !symbols.begins_with(access) {
        return None;
    }
    Some(match read(plan, symbols.without(count(access))) {
        // Where an access prefix is required, only an emergency call goes without.
        Reading::E164(_) if is_whole && plan.flags & plan_flags::ACCESS_REQUIRED != 0 => Reading::Internal,
        Reading::E164(number) if is_whole && is_overlong(plan, symbols, number) => Reading::Internal,
        reading => reading,
    })
}

/// Whether a number without any national prefix has more digits than the country's, and an access prefix says
/// why: as it stands it is none (9 011 53 … is not area code 901).
#[inline(always)]
fn is_overlong(plan: &DialPlan, symbols: Symbols, number: Digits) -> bool {
    let country = Digits(plan.country.0);
    plan.national_longest != 0
        && !symbols.is_global()
        && country.is_prefix_of(number)
        && number.len() > country.len() + usize::from(plan.national_longest)
        && (0..usize::from(plan.access_count).min(DialPlan::ACCESS))
            .any(|place| symbols.begins_with(plan.access[place]))
}

/// Reads symbols that begin with no access prefix.
#[inline(always)]
fn read(plan: &DialPlan, symbols: Symbols) -> Reading {
    if is_emergency(plan, symbols) {
        return Reading::Emergency;
    }
    match e164(plan, symbols) {
        Some((number, whole)) if whole && is_national_emergency(plan, number) => Reading::Emergency,
        Some((number, _)) => Reading::E164(number),
        None => Reading::Internal,
    }
}

/// The E.164 number, and whether its digits are all the symbols there are.
#[inline(always)]
fn e164(plan: &DialPlan, symbols: Symbols) -> Option<(Digits, bool)> {
    let is_global = symbols.is_global();
    let symbols = if is_global { symbols.without(1) } else { symbols };
    for place in 0..usize::from(plan.international_count).min(DialPlan::INTERNATIONAL) {
        let prefix = plan.international[place];
        // Behind "+" it stands for nothing else where no country code begins so.
        if symbols.begins_with(prefix) && (!is_global || Digits(prefix.0).digit(0) == 0) {
            return outside(symbols.without(count(prefix)));
        }
    }
    if is_global {
        return outside(symbols);
    }
    if let Some(rest) = national(plan, symbols) {
        return national_number(plan, rest);
    }
    if plan.flags & plan_flags::BARE_E164 != 0 { outside(symbols) } else { None }
}

/// Digits that are E.164 as they stand, or behind a `+` that says again what a prefix said: PBXs pass `00+53…` on. No
/// country code begins with 0 (ITU-T E.164): behind an access prefix 0 that may be left out, `0 00 53…` is Cuba, and not
/// also an unknown number behind `00`.
#[inline(always)]
fn outside(symbols: Symbols) -> Option<(Digits, bool)> {
    let symbols = if symbols.is_global() { symbols.without(1) } else { symbols };
    let (digits, whole) = symbols.digits();
    (digits.digit(0) != 0).then_some((digits, whole))
}

/// What follows the national prefix.
#[inline(always)]
fn national(plan: &DialPlan, symbols: Symbols) -> Option<Symbols> {
    if plan.flags & plan_flags::NATIONAL == 0 {
        return None;
    }
    let is_empty = count(plan.national) == 0;
    if !is_empty && !symbols.begins_with(plan.national) {
        return None;
    }
    let rest = symbols.without(count(plan.national));
    let (digits, _) = rest.digits();
    (digits.len() >= usize::from(plan.national_shortest)).then_some(rest)
}

/// A national number with its country code, which is another country's for some (France: 0590).
#[inline(always)]
fn national_number(plan: &DialPlan, rest: Symbols) -> Option<(Digits, bool)> {
    for place in 0..usize::from(plan.overseas_count).min(DialPlan::OVERSEAS) {
        let row = plan.overseas[place];
        if rest.begins_with(row.national) {
            return outside(rest.without(row.take_off as u32).behind(symbols(row.before)));
        }
    }
    outside(rest.behind(symbols(plan.country)))
}

/// Whether the symbols, with or without `+`, are an emergency number.
#[inline(always)]
fn is_emergency(plan: &DialPlan, symbols: Symbols) -> bool {
    let symbols = if symbols.is_global() { symbols.without(1) } else { symbols };
    symbols.packed().is_some_and(|number| is_listed(plan, number))
}

/// Whether an E.164 number is the plan's country code and an emergency number (`+33 112`).
#[inline(always)]
fn is_national_emergency(plan: &DialPlan, number: Digits) -> bool {
    let country = count(plan.country);
    let symbols = symbols(Packed(number.0));
    country != 0
        && symbols.begins_with(plan.country)
        && symbols.without(country).packed().is_some_and(|number| is_listed(plan, number))
}

#[inline(always)]
fn is_listed(plan: &DialPlan, number: Packed) -> bool {
    if count(number) == 0 || count(number) > u32::from(plan.emergency_longest) {
        return false;
    }
    // Up to the end of the list, which is a place without digits, and not by its length: verifiers before Linux 6.8 learn
    // nothing from a counter that is not yet zero, which is what the compiler makes of a length.
    plan.emergency.iter().take_while(|listed| count(**listed) != 0).any(|listed| *listed == number)
}

#[inline(always)]
const fn count(packed: Packed) -> u32 {
    (packed.0 & 15) as u32
}

#[inline(always)]
const fn symbols(packed: Packed) -> Symbols {
    Symbols { first: packed.0 & !15, then: 0, len: count(packed) }
}
