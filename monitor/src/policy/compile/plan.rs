//! Dial plans: what the policy writes, and what the country gives where it writes nothing.

use monitor_common::abi::{self, DialPlan, Packed, plan_flags};
use monitor_common::number::Digits;

use crate::policy::file::{At, DialplanSection, PolicyFile};
use crate::policy::numbering::{Country, countries, dialling};
use crate::policy::report::{Finding, Findings};

/// Dial plans by direction: ingress, egress. `None` where an error leaves no plan.
pub(super) fn compile(
    file: &PolicyFile,
    errors: &mut Findings,
    warnings: &mut Findings,
) -> Option<[DialPlan; 2]> {
    let main = &file.dialplan;
    if let Some(egress) = file.egress.as_ref().filter(|_| file.network.trunks.is_empty()) {
        warnings.push(
            Finding::new("[dialplan.egress] is never used: no trunk is named", egress.span(), "")
                .help("name the operator's SBCs: trunks = [\"203.0.113.0/28\"] under [network]"),
        );
    }
    let ingress = one(main, None, errors, warnings);
    let egress = file
        .egress
        .as_ref()
        .map_or(Some(ingress?), |egress| one(&egress.value, Some(main), errors, warnings));
    Some([ingress?, egress?])
}

/// One direction's plan; a key that `section` lacks is taken from `base`, and one that both lack from the
/// table of countries.
fn one(
    section: &DialplanSection,
    base: Option<&DialplanSection>,
    errors: &mut Findings,
    warnings: &mut Findings,
) -> Option<DialPlan> {
    let code = own_or_base(section, base, |section| section.country_code.as_ref())?;
    let country = *countries::sharing(code.value).first()?;
    let mut plan = DialPlan { country: Packed(code.value.0), ..DialPlan::default() };
    plan.access_count =
        fill(&mut plan.access, written(own_or_base(section, base, |s| s.access_prefixes.as_ref())));
    if access_is_required(section, base, &plan, errors) {
        plan.flags |= plan_flags::ACCESS_REQUIRED;
    }
    if own_or_base(section, base, |s| s.bare_e164.as_ref()).is_some_and(|at| at.value) {
        plan.flags |= plan_flags::BARE_E164;
    }
    let international = own_or_base(section, base, |s| s.international_prefixes.as_ref());
    plan.international_count = match international {
        Some(list) => fill(&mut plan.international, written(Some(list))),
        None => fill(&mut plan.international, default_international(country, code, base.is_none(), errors)),
    };
    national(&mut plan, country, own_or_base(section, base, |s| s.national_prefix.as_ref()));
    let numbers = own_or_base(section, base, |s| s.emergency_numbers.as_ref());
    emergency(&mut plan, country, code, numbers, base.is_none().then_some(warnings));
    Some(plan)
}

fn own_or_base<'f, T>(
    section: &'f DialplanSection,
    base: Option<&'f DialplanSection>,
    key: impl Fn(&'f DialplanSection) -> Option<&'f T>,
) -> Option<&'f T> {
    key(section).or_else(|| key(base?))
}

/// Whether an access prefix is required. `access_prefixes = []` in `[dialplan.egress]` also takes back what
/// `[dialplan]` requires.
fn access_is_required(
    section: &DialplanSection,
    base: Option<&DialplanSection>,
    plan: &DialPlan,
    errors: &mut Findings,
) -> bool {
    let required = own_or_base(section, base, |section| section.access_required.as_ref());
    let Some(required) = required.filter(|required| required.value) else { return false };
    if plan.access_count == 0 && section.access_required.is_some() {
        let title = "access_required without any access prefix: no number would be an outside number";
        let help = "write access_prefixes = [\"9\"], or take access_required out";
        errors.push(Finding::new(title, required.span(), "").help(help));
    }
    plan.access_count > 0
}

fn default_international(
    country: &Country,
    code: &At<Digits>,
    report: bool,
    errors: &mut Findings,
) -> Vec<Packed> {
    if country.international.is_empty() && report {
        let title = format!("callers in {} choose a carrier by the international prefix", country.name);
        errors.push(
            Finding::new(title, code.span(), "")
                .help("name those that this PBX uses: international_prefixes = [\"00\"]"),
        );
    }
    country.international.iter().filter_map(|prefix| packed(prefix)).collect()
}

/// The national prefix and what goes with it. Under +1 the prefix "1" may be left out before ten digits, and
/// no area code begins with 1: so the prefix is empty, and a leading 1 is dialled like a foreign code.
fn national(plan: &mut DialPlan, country: &Country, written: Option<&At<Packed>>) {
    let prefix = written.map_or_else(|| packed(country.national).unwrap_or_default(), |at| at.value);
    let one = packed(NANP);
    let optional = Some(plan.country) == one && (Some(prefix) == one || prefix.0 == 0);
    plan.national = if optional { Packed(0) } else { prefix };
    // Where digits alone are E.164, nothing tells a national number without a prefix from them.
    if plan.national.0 != 0 || plan.flags & plan_flags::BARE_E164 == 0 {
        plan.flags |= plan_flags::NATIONAL;
    }
    plan.national_shortest = if plan.national.0 == 0 { country.national_shortest } else { 1 };
    plan.national_longest = if plan.national.0 == 0 { country.national_longest() } else { 0 };
    let rows = dialling::overseas(Digits(plan.country.0));
    for (entry, row) in plan.overseas.iter_mut().zip(&rows) {
        *entry = abi::Overseas {
            national: Packed(row.national.0),
            before: Packed(row.before.0),
            take_off: u64::from(row.take_off),
        };
        plan.overseas_count += 1;
    }
}

fn emergency(
    plan: &mut DialPlan,
    country: &Country,
    code: &At<Digits>,
    written_numbers: Option<&At<Vec<At<Packed>>>>,
    warnings: Option<&mut Findings>,
) {
    let numbers: Vec<_> = match written_numbers {
        Some(list) => written(Some(list)),
        None => dialling::emergency_numbers(code.value).into_iter().filter_map(packed).collect(),
    };
    plan.emergency_longest = numbers.iter().map(|number| number.0 as u8 & 15).max().unwrap_or(0);
    plan.emergency_count = fill(&mut plan.emergency, numbers);
    if let Some(warnings) = warnings.filter(|_| plan.emergency_count == 0) {
        let span = written_numbers.map_or(code.span(), At::span);
        let title = format!("no emergency number is known for {}", country.name);
        let help = "write them: emergency_numbers = [\"112\"]; they pass whatever else the policy says";
        warnings.push(Finding::new(title, span, "").help(help));
    }
}

fn written(list: Option<&At<Vec<At<Packed>>>>) -> Vec<Packed> {
    list.map(|list| list.value.iter().map(|at| at.value).collect()).unwrap_or_default()
}

/// Puts the values in, longest first, and counts them; what does not fit has been reported.
fn fill(slots: &mut [Packed], mut values: Vec<Packed>) -> u8 {
    values.sort_by_key(|value| std::cmp::Reverse(value.0 & 15));
    values.truncate(slots.len());
    slots[..values.len()].copy_from_slice(&values);
    values.len() as u8
}

/// Digits of a table.
fn packed(digits: &str) -> Option<Packed> {
    Digits::parse(digits).map(|digits| Packed(digits.0))
}

/// Country code of the North American Numbering Plan, and its national prefix.
const NANP: &str = "1";
