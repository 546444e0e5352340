//! Warnings about limits that never count, that block more than an owner may think, and about trusted addresses.

use std::time::Duration;

use ipnet::IpNet;
use monitor_common::abi::{Action, slot};
use monitor_common::number::Digits;
use rust_decimal::Decimal;

use crate::policy::Compiled;
use crate::policy::digits::concat;
use crate::policy::file::{At, FollowsSection, LimitSection, PolicyFile};
use crate::policy::limits::{BlockKind, Counted, Lasts, Limit, Scope, Then, Window};
use crate::policy::report::{Finding, Findings, quoted};
use crate::vocabulary::{Origin, Route};

/// Warns of what a policy without errors probably does not mean.
pub(in crate::policy::compile) fn warn(
    text: &str,
    file: &PolicyFile,
    policy: &Compiled,
    warnings: &mut Findings,
) {
    for (section, limit) in file.limits.iter().zip(&policy.limits) {
        if let Some(why) = never(limit, policy) {
            let title = format!("the limit \"{}\" can never be reached: {why}", limit.name);
            let help = "change what it counts, or take it out";
            warnings.push(Finding::new(title, section.place.span(), "").help(help));
        }
        uncounted_destinations(file, policy, section, warnings);
        emergency(text, policy, section, warnings);
        let window = section.window.as_ref().map(|window| window.value);
        wide_block(&limit.name, &limit.then, &section.follows, window, warnings);
    }
    if let (Some(section), Some(unusual)) = (&file.unusual, &policy.unusual) {
        wide_block("unusual", &unusual.then, &section.follows, None, warnings);
    }
    trusted(file, warnings);
}

/// Why nothing that happens makes it reach a threshold.
fn never(limit: &Limit, policy: &Compiled) -> Option<&'static str> {
    let filter = &limit.filter;
    let goes_out = filter.directions.contains(&Route::Outgoing);
    let from_outside =
        filter.directions.as_slice() == [Route::Incoming] || filter.origins.as_slice() == [Origin::Trunk];
    let least = [limit.warning, limit.critical].into_iter().flatten().min().unwrap_or_default();
    let is_one = match limit.counts {
        Counted::Numbers => limit.scope == Scope::Number,
        Counted::NewCountries => matches!(limit.scope, Scope::Number | Scope::Country),
        _ => false,
    };
    let is_blocked = |prefix: Digits| is_blocked(policy, prefix);
    if from_outside && policy.trunks.is_empty() {
        Some("no trunk is named in [network], so no call comes from one")
    } else if limit.counts == Counted::Spend && !goes_out {
        Some("only outgoing calls cost anything")
    } else if is_one && least > Decimal::ONE {
        Some("one number, or one country, is never more than 1")
    } else if filter.directions.as_slice() == [Route::Internal]
        && (matches!(limit.scope, Scope::Country | Scope::Number | Scope::Trunk)
            || limit.counts == Counted::NewCountries)
    {
        Some("calls within the house have no outside number and no trunk")
    } else if filter.directions.as_slice() == [Route::Incoming]
        && !filter.origins.is_empty()
        && !filter.origins.contains(&Origin::Trunk)
    {
        Some("every incoming call comes from a trunk")
    } else if filter.numbers.is_empty() {
        None
    } else if filter.numbers.iter().all(|(prefix, ())| is_blocked(*prefix)) {
        Some("the policy drops every call to these numbers, and what it drops counts nowhere")
    } else if let Some(own) = filter.outside
        && filter.numbers.iter().all(|(prefix, ())| own.is_prefix_of(*prefix))
    {
        Some("these numbers are in the own country, and only those abroad count")
    } else {
        None
    }
}

/// Whether every number that begins with `prefix` is blocked.
fn is_blocked(policy: &Compiled, prefix: Digits) -> bool {
    let first = policy.rules.partition_point(|rule| rule.prefix < prefix);
    policy.longest(prefix).is_some_and(|rule| rule.action == Action::Block)
        && policy.rules[first..]
            .iter()
            .take_while(|rule| prefix.is_prefix_of(rule.prefix))
            .all(|rule| rule.action == Action::Block)
}

/// Warnings for destinations whose calls are dropped, and for countries that count under another name.
fn uncounted_destinations(
    file: &PolicyFile,
    policy: &Compiled,
    section: &LimitSection,
    warnings: &mut Findings,
) {
    for name in &section.filter.destinations {
        let named = file
            .destinations
            .iter()
            .find(|destination| destination.name.as_ref().is_some_and(|known| known.value == name.value));
        let (title, help) = if let Some(destination) = named {
            if destination.action != Some(Action::Block) {
                continue;
            }
            let title = format!("calls to \"{}\" count in no limit: the policy drops them", name.value);
            (title, "take it out, or write action = \"watch\" for it")
        } else if slot::RESERVED.contains(&name.value.as_str())
            || policy.rules.iter().any(|rule| policy.destination(rule).as_str() == name.value)
        {
            continue;
        } else {
            let title =
                format!("no call is counted under \"{0}\": destinations name all numbers of {0}", name.value);
            (title, "name these destinations, or write countries = […] for the numbers themselves")
        };
        warnings.push(Finding::new(title, name.span(), "").help(help));
    }
}

/// Warnings for prefixes that are emergency numbers.
fn emergency(text: &str, policy: &Compiled, section: &LimitSection, warnings: &mut Findings) {
    let plan = &policy.settings.plans[0];
    let own = Digits(plan.country.0);
    let numbers =
        plan.emergency.iter().take(usize::from(plan.emergency_count)).map(|packed| Digits(packed.0));
    let numbers: Vec<_> = numbers.collect();
    for prefix in &section.filter.numbers.prefixes {
        let found =
            numbers.iter().find(|number| **number == prefix.digits || concat(own, **number) == prefix.digits);
        if let Some(number) = found {
            let title = format!(
                "+{} means the emergency number {number}: emergency calls count in no limit",
                prefix.digits
            );
            let help = "take it out; nothing may ever hold up an emergency call";
            warnings.push(Finding::new(title, quoted(text, prefix.offset), "").help(help));
        }
    }
}

/// A warning where all calls abroad, or all calls, would be stopped for a day or longer, and nobody wrote that the
/// window is meant.
fn wide_block(
    name: &str,
    then: &Then,
    section: &FollowsSection,
    window: Option<Window>,
    warnings: &mut Findings,
) {
    let wide = section
        .blocks
        .iter()
        .find(|block| matches!(block.value, BlockKind::International | BlockKind::Everything))
        .filter(|_| !then.report_only);
    let Some(block) = wide else { return };
    let until = match (&then.lasts, window) {
        (Lasts::Unblocked, _) => "until somebody unblocks it",
        (Lasts::For(time), _) if *time >= DAY => "for a day or longer",
        (Lasts::Window, _) if section.lasts.is_some() => return,
        (Lasts::Window, Some(Window::Month)) => "until the month is over",
        (Lasts::Window, Some(Window::Sliding(time))) if time >= DAY => "for a day or longer",
        _ => return,
    };
    let what = match block.value {
        BlockKind::International => "all calls abroad",
        _ => "every call but emergency calls",
    };
    let title = format!("\"{name}\" stops {what} {until}");
    let help = "write block_for = \"1h\": it blocks again while the fraud goes on; block_for = \"window\" where that is meant";
    let at = section.lasts.as_ref().map_or_else(|| block.span(), At::span);
    warnings.push(Finding::new(title, at, "").help(help));
}

/// Warnings for trusted addresses that are trunks anyway, or everybody.
fn trusted(file: &PolicyFile, warnings: &mut Findings) {
    for trusted in &file.network.trusted {
        let overlaps = |net: &IpNet| net.contains(&trusted.value) || trusted.value.contains(net);
        if trusted.value.prefix_len() == 0 {
            let title = format!("{} trusts everybody: no limit ever blocks a source", trusted.value);
            let help = "name the addresses of the house that must never be blocked";
            warnings.push(Finding::new(title, trusted.span(), "").help(help));
        } else if let Some(trunk) = file.network.trunks.iter().find(|trunk| overlaps(&trunk.value)) {
            let title = format!("{} is a trunk, which no limit ever blocks", trusted.value);
            let finding = Finding::new(title, trusted.span(), "").also(trunk.span(), "this trunk");
            warnings.push(finding.help("take it out of trusted, or leave it: it changes nothing"));
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);
