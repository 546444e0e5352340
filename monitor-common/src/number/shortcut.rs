//! What a dial plan makes of plain digits by their first three symbols alone, where these settle it: one look at a
//! compiled table instead of the plan's lists. [`super::reading`] is the rule; a property test holds both equal.

use super::{Digits, PLUS, Symbols};
use crate::abi::{DialPlan, Packed, SHORTCUTS, Shortcuts, plan_flags};

/// A number whose only outside reading the table knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// No reading is an outside number or an emergency.
    Internal,
    /// One reading is an outside number; none is an emergency.
    E164(Digits),
}

/// Reads `symbols`: one to fifteen digits, or `+` and as many. `None` where the plan itself must be asked.
#[inline(always)]
#[must_use]
pub fn shortcut(table: &Shortcuts, plan: &DialPlan, symbols: Symbols) -> Option<Shortcut> {
    let entry = u32::from(table[(symbols.first >> SHIFT) as usize & (SHORTCUTS - 1)]);
    let (least, cut) = (entry & LEAST, entry >> CUT & 15);
    if entry == 0 || symbols.len < least {
        return None;
    }
    if entry >> KIND == INTERNAL {
        return Some(Shortcut::Internal);
    }
    let country = if entry >> KIND == NATIONAL { plan.country.0 } else { 0 };
    let before = (country & 15) as u32;
    let len = symbols.len.wrapping_sub(cut).wrapping_add(before);
    let len = if len > Digits::MAX as u32 { Digits::MAX as u32 } else { len };
    let number = (country & !15) | symbols.first << (4 * cut) >> (4 * before);
    // No country code begins with 0 (ITU-T E.164).
    (number >> 60 != 0).then_some(Shortcut::E164(Digits((number & !15) | u64::from(len))))
}

/// The table of a dial plan.
#[must_use]
pub fn shortcuts(plan: &DialPlan) -> Shortcuts {
    let mut table = [0; SHORTCUTS];
    for (head, entry) in (0u16..).zip(&mut table) {
        *entry = Head([head >> 8, head >> 4 & 15, head & 15]).entry(plan).unwrap_or(0);
    }
    table
}

/// The first three symbols of a number.
#[derive(Clone, Copy)]
struct Head([u16; 3]);

/// Whether a prefix stands at a place, as far as a head tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Yes,
    No,
    Perhaps,
}

/// One reading of all numbers with a head.
struct Known {
    /// [`INTERNAL`], [`OUTSIDE`] or [`NATIONAL`].
    kind: u32,
    /// Symbols to take off.
    cut: u32,
    /// Symbols that a number must have.
    least: u32,
}

impl Head {
    /// The entry of the head, where it settles every reading and at most one is an outside number.
    fn entry(self, plan: &DialPlan) -> Option<u16> {
        let mut found = Known { kind: INTERNAL, cut: 0, least: 3 };
        for place in 0..=usize::from(plan.access_count).min(DialPlan::ACCESS) {
            let access = if place == 0 { Packed(0) } else { plan.access[place - 1] };
            match self.stands(access, 0) {
                Stands::No => continue,
                Stands::Perhaps => return None,
                Stands::Yes if place != 0 && len(access) == 0 => continue,
                Stands::Yes => {}
            }
            let mut reading = self.read(plan, len(access))?;
            if place == 0 && reading.kind != INTERNAL {
                if plan.flags & plan_flags::ACCESS_REQUIRED != 0 {
                    reading.kind = INTERNAL;
                } else if plan.national_longest != 0 && self.0[0] != u16::from(PLUS) && self.has_access(plan)
                {
                    // How long it is says whether it is a reading at all.
                    return None;
                }
            }
            if reading.kind != INTERNAL && found.kind != INTERNAL {
                return None;
            }
            let least = found.least.max(reading.least);
            found = if reading.kind == INTERNAL { found } else { reading };
            found.least = least;
        }
        (found.least <= LEAST && found.cut <= 15)
            .then_some((found.kind << KIND | found.cut << CUT | found.least) as u16)
    }

    fn has_access(self, plan: &DialPlan) -> bool {
        let mut rows = plan.access.iter().take(plan.access_count.into());
        rows.any(|access| len(*access) != 0 && self.stands(*access, 0) != Stands::No)
    }

    /// What is read from the symbol at `at` on.
    fn read(self, plan: &DialPlan, at: u32) -> Option<Known> {
        let is_global = at == 0 && self.0[0] == u16::from(PLUS);
        let above = self.longest_emergency(plan, at + u32::from(is_global));
        let known = self.outside(plan, at, is_global)?;
        let of_country = match known.kind {
            OUTSIDE => match self.stands(plan.country, known.cut) {
                Stands::No => 0,
                _ => self.longest_emergency(plan, known.cut + len(plan.country)),
            },
            NATIONAL => self.longest_emergency(plan, known.cut),
            _ => 0,
        };
        Some(Known { least: known.least.max(above + 1).max(of_country + 1), ..known })
    }

    /// The outside number, emergencies aside.
    fn outside(self, plan: &DialPlan, at: u32, is_global: bool) -> Option<Known> {
        let outside = |cut| Some(Known { kind: OUTSIDE, cut, least: cut + 1 });
        let at = at + u32::from(is_global);
        for prefix in plan.international.iter().take(plan.international_count.into()) {
            if is_global && Digits(prefix.0).digit(0) != 0 {
                continue;
            }
            match self.stands(*prefix, at) {
                Stands::Yes if len(*prefix) != 0 => return outside(at + len(*prefix)),
                Stands::Perhaps => return None,
                _ => {}
            }
        }
        if is_global {
            return outside(at);
        }
        if plan.flags & plan_flags::NATIONAL != 0 {
            let cut = at + len(plan.national);
            let mut rows = plan.overseas.iter().take(plan.overseas_count.into());
            match self.stands(plan.national, at) {
                Stands::Perhaps => return None,
                Stands::Yes if rows.any(|row| self.stands(row.national, cut) != Stands::No) => return None,
                Stands::Yes => {
                    let least = cut + u32::from(plan.national_shortest).max(1);
                    return Some(Known { kind: NATIONAL, cut, least });
                }
                Stands::No => {}
            }
        }
        if plan.flags & plan_flags::BARE_E164 != 0 {
            return outside(at);
        }
        Some(Known { kind: INTERNAL, cut: 0, least: at })
    }

    /// Symbols as far as the end of the longest emergency number that can stand at `at`; 0 where none can.
    fn longest_emergency(self, plan: &DialPlan, at: u32) -> u32 {
        let numbers = plan.emergency.iter().take(plan.emergency_count.into());
        let can_stand = numbers.filter(|number| self.stands(**number, at) != Stands::No);
        can_stand.map(|number| at + len(*number)).max().unwrap_or(0)
    }

    /// Whether `prefix` stands at `at`.
    fn stands(self, prefix: Packed, at: u32) -> Stands {
        let mut stands = Stands::Yes;
        for place in 0..len(prefix) {
            let symbol = (prefix.0 >> (60 - 4 * place) & 15) as u16;
            match self.0.get((at + place) as usize) {
                Some(own) if *own == symbol => {}
                Some(_) => return Stands::No,
                None => stands = Stands::Perhaps,
            }
        }
        stands
    }
}

const fn len(packed: Packed) -> u32 {
    (packed.0 & 15) as u32
}

/// An entry: in bits 0 to 4 the symbols that a number must have, from bit 5 on those to take off, from bit 9 on
/// what the rest is. Zero where the plan itself must be asked.
const LEAST: u32 = 31;
const CUT: u32 = 5;
const KIND: u32 = 9;
/// Not an outside number.
const INTERNAL: u32 = 1;
/// E.164 as it stands.
const OUTSIDE: u32 = 2;
/// E.164 behind the country code.
const NATIONAL: u32 = 3;
/// Moves the first three symbols down.
const SHIFT: u32 = 52;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{string::String, vec::Vec};

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{
        abi::Overseas,
        number::{READINGS, Reading, reading},
    };

    fn symbols(text: &str) -> Symbols {
        let (mut first, mut len) = (0, 0);
        for symbol in text.bytes() {
            let value = if symbol == b'+' { PLUS } else { symbol - b'0' };
            first |= u64::from(value) << (60 - 4 * len);
            len += 1;
        }
        Symbols { first, then: 0, len }
    }

    fn packed(text: &str) -> Packed {
        let Symbols { first, len, .. } = symbols(text);
        Packed(first | u64::from(len))
    }

    /// Fills a list of a plan, and gives the count.
    fn fill(list: &mut [Packed], texts: &[String]) -> u8 {
        for (row, text) in list.iter_mut().zip(texts) {
            *row = packed(text);
        }
        texts.len() as u8
    }

    /// Few different digits, so that what is in a plan meets itself.
    fn digits(most: usize) -> impl Strategy<Value = String> {
        vec(
            prop_oneof![4 => Just('0'), 4 => Just('1'), 2 => Just('5'), 2 => Just('9'), 1 => Just('3')],
            0..=most,
        )
        .prop_map(|digits| digits.into_iter().collect())
    }

    fn plan() -> impl Strategy<Value = DialPlan> {
        let lists = (
            vec(digits(4), 0..3),
            vec(digits(4), 0..3),
            vec(digits(6), 0..4),
            vec((digits(3), digits(3), 0..4u64), 0..3),
        );
        let words = (digits(2), digits(3), 0..8u8, 1..6u8, 0..12u8);
        (lists, words).prop_map(|((access, international, emergency, overseas), words)| {
            let (national, country, flags, national_shortest, national_longest) = words;
            let mut plan = DialPlan {
                national: packed(&national),
                country: packed(&country),
                flags,
                national_shortest,
                national_longest,
                overseas_count: overseas.len() as u8,
                emergency_longest: emergency.iter().map(String::len).max().unwrap_or(0) as u8,
                ..DialPlan::default()
            };
            plan.access_count = fill(&mut plan.access, &access);
            plan.international_count = fill(&mut plan.international, &international);
            plan.emergency_count = fill(&mut plan.emergency, &emergency);
            for (row, (national, before, take_off)) in plan.overseas.iter_mut().zip(&overseas) {
                *row = Overseas { national: packed(national), before: packed(before), take_off: *take_off };
            }
            plan
        })
    }

    fn outside(plan: &DialPlan, symbols: Symbols) -> Option<Vec<Digits>> {
        let mut outside = Vec::new();
        for place in 0..READINGS {
            match reading(plan, symbols, place) {
                Some(Reading::Emergency) => return None,
                Some(Reading::E164(number)) => outside.push(number),
                Some(Reading::Internal) | None => {}
            }
        }
        Some(outside)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(250))]

        #[test]
        fn a_shortcut_reads_as_the_plan_does(
            plan in plan(), numbers in vec((any::<bool>(), digits(14), "[0-9]"), 200),
        ) {
            let table = shortcuts(&plan);
            for (plus, digits, last) in numbers {
                let text = std::format!("{}{digits}{last}", if plus { "+" } else { "" });
                let symbols = symbols(&text);
                let wanted = match shortcut(&table, &plan, symbols) {
                    None => continue,
                    Some(Shortcut::Internal) => Vec::new(),
                    Some(Shortcut::E164(number)) => std::vec![number],
                };
                prop_assert_eq!(outside(&plan, symbols), Some(wanted), "{}", text);
            }
        }
    }

    #[test]
    fn what_is_dialled_every_day_has_a_shortcut() {
        let mut plan = DialPlan {
            national: packed("0"),
            country: packed("33"),
            flags: plan_flags::NATIONAL,
            ..DialPlan::default()
        };
        plan.access_count = fill(&mut plan.access, &["9".into()]);
        plan.international_count = fill(&mut plan.international, &["00".into()]);
        plan.emergency_count = fill(&mut plan.emergency, &["112".into(), "15".into()]);
        (plan.emergency_longest, plan.national_shortest) = (3, 1);
        let table = shortcuts(&plan);
        for (dialled, number) in [
            ("005378301234", "5378301234"),
            ("90053783012", "53783012"),
            ("+5378301234", "5378301234"),
            ("0142345678", "33142345678"),
            ("90142345678", "33142345678"),
        ] {
            let number = Digits::parse(number).expect("digits");
            assert_eq!(shortcut(&table, &plan, symbols(dialled)), Some(Shortcut::E164(number)), "{dialled}");
        }
        assert_eq!(shortcut(&table, &plan, symbols("200")), Some(Shortcut::Internal));
        for emergency in ["15", "112", "9112", "+33112", "0033112", "000142345678"] {
            assert_eq!(shortcut(&table, &plan, symbols(emergency)), None, "{emergency}");
        }
    }
}
