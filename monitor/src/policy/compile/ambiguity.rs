//! Warns of dial plans in which one number has two readings: with an access prefix that may be left out,
//! the same digits can be a call abroad and a call at home, and a block needs both of them blocked.

use monitor_common::abi::{Action, DialPlan, Direction, Packed, plan_flags};
use monitor_common::number::{Digits, READINGS, Reading, Symbols, reading};

use crate::policy::digits::concat;
use crate::policy::file::{At, DialplanSection, PolicyFile};
use crate::policy::numbering::countries;
use crate::policy::report::{Finding, Findings};
use crate::policy::{Compiled, PrefixRule};

/// One warning for each direction's plan that reads some number in two ways with different ends.
pub(super) fn warn(file: &PolicyFile, policy: &Compiled, warnings: &mut Findings) {
    for direction in [Direction::Ingress, Direction::Egress] {
        let plan = &policy.settings.plans[direction as usize];
        let is_used = direction as usize == 0 || policy.settings.has_trunks == 1;
        if !is_used || plan.flags & plan_flags::ACCESS_REQUIRED != 0 {
            continue;
        }
        let Some(example) = worst(plan, policy) else { continue };
        let egress = file.egress.as_ref().filter(|_| direction as usize == 1).map(|egress| &egress.value);
        let span = access_span(egress).or_else(|| access_span(Some(&file.dialplan))).unwrap_or(0..0);
        let title =
            format!("{}: a number can be read in two ways, such as {}", direction.label(), example.dialled);
        let label = format!(
            "{} as it stands, {} without {}",
            example.readings[0], example.readings[1], example.access
        );
        let help = format!(
            "such a call passes unless both are blocked; if every outside call begins with {0}, write access_required = true; \
             if none does{1}, take {0} out",
            example.access,
            if direction as usize == 1 { " towards the trunks" } else { "" },
        );
        warnings.push(Finding::new(title, span, label).help(help));
    }
}

fn access_span(section: Option<&DialplanSection>) -> Option<std::ops::Range<usize>> {
    section?.access_prefixes.as_ref().map(At::span)
}

/// A number with two readings.
struct Example {
    dialled: String,
    access: String,
    readings: [String; 2],
    is_leak: bool,
}

/// An example where one reading is blocked and the other is not, else any, else none.
fn worst(plan: &DialPlan, policy: &Compiled) -> Option<Example> {
    let mut found: Option<Example> = None;
    for access in plan.access.iter().take(usize::from(plan.access_count)) {
        for (head, samples) in heads(plan) {
            for sample in samples {
                let dialled = join(*access, head, sample);
                let Some(example) = two_ways(plan, policy, *access, dialled) else { continue };
                if example.is_leak {
                    return Some(example);
                }
                found = found.or(Some(example));
            }
        }
    }
    found
}

/// What can follow an access prefix, and numbers to try behind it.
fn heads(plan: &DialPlan) -> Vec<(Packed, Vec<Digits>)> {
    let abroad: Vec<_> =
        countries::all().iter().flat_map(|country| &country.prefixes).map(|prefix| full(*prefix)).collect();
    let home: Vec<_> = (10..100).filter_map(|head| Digits::parse(&head.to_string())).map(full).collect();
    let mut heads: Vec<_> = plan
        .international
        .iter()
        .take(usize::from(plan.international_count))
        .map(|prefix| (*prefix, abroad.clone()))
        .collect();
    if plan.flags & plan_flags::NATIONAL != 0 {
        heads.push((plan.national, home));
    }
    if plan.flags & plan_flags::BARE_E164 != 0 {
        heads.push((Packed(0), abroad));
    }
    heads
}

fn two_ways(plan: &DialPlan, policy: &Compiled, access: Packed, dialled: Symbols) -> Option<Example> {
    let mut numbers = Vec::new();
    for place in 0..READINGS {
        match reading(plan, dialled, place) {
            Some(Reading::E164(number)) => numbers.push(number),
            Some(Reading::Emergency) => return None,
            Some(Reading::Internal) | None => {}
        }
    }
    let [first, second] = numbers[..] else { return None };
    let rules = [first, second].map(|number| policy.longest(number));
    let destination = |rule: Option<&PrefixRule>| rule.map(|rule| rule.destination);
    if destination(rules[0]) == destination(rules[1]) {
        return None;
    }
    let is_blocked = rules.map(|rule| rule.is_some_and(|rule| rule.action == Action::Block));
    let name = |number: Digits, rule: Option<&PrefixRule>| {
        format!("+{number} ({})", rule.map_or("unknown", |rule| policy.destination(rule).as_str()))
    };
    Some(Example {
        dialled: dialled.to_string(),
        access: crate::check::symbols(access),
        readings: [name(first, rules[0]), name(second, rules[1])],
        is_leak: is_blocked[0] != is_blocked[1],
    })
}

/// A prefix with digits behind it, eleven in all.
fn full(prefix: Digits) -> Digits {
    let fill = Digits::parse("23456789234").unwrap_or_default();
    crate::policy::digits::first(concat(prefix, fill), prefix.len().max(11))
}

fn join(access: Packed, head: Packed, sample: Digits) -> Symbols {
    let symbols = |packed: Packed| Symbols { first: packed.0 & !15, then: 0, len: (packed.0 & 15) as u32 };
    symbols(Packed(sample.0)).behind(symbols(head)).behind(symbols(access))
}
