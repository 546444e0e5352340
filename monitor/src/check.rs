//! `ringfence check`: says everything that is wrong with a policy, and what a good one does, in words.

mod alerting;
mod destinations;
mod limits;
mod packets;
mod report;
mod sinks;
mod tariffs;
mod times;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use monitor_common::abi::{DialPlan, Direction, Packed, plan_flags};
use monitor_common::number::Digits;

use crate::policy::numbering::countries;
use crate::policy::{self, Compiled};

/// Checks the policy at `path`: findings go to standard error, a summary of a good policy to standard
/// output. Exit code 0, or 1 where the policy is at fault.
#[must_use]
pub fn run(path: &Path) -> ExitCode {
    // A reader that closed its end of the pipe wants no more: that is no failure of the check.
    report(path).unwrap_or(ExitCode::SUCCESS)
}

fn report(path: &Path) -> io::Result<ExitCode> {
    let text = match policy::read(path) {
        Ok(text) => text,
        Err(error) => {
            writeln!(io::stderr(), "error: {error}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let name = path.display().to_string();
    let compilation = policy::compile(&text);
    let findings = compilation.render(&text, &name, wants_colour(&io::stderr()));
    if !findings.is_empty() {
        writeln!(io::stderr(), "{findings}\n")?;
    }
    let (errors, warnings) = (compilation.errors.count(), compilation.warnings.count());
    match &compilation.policy {
        None => {
            let warnings = counted(warnings, "warning");
            writeln!(
                io::stderr(),
                "{name}: {} and {warnings}; the policy is refused",
                counted(errors, "error")
            )?;
            Ok(ExitCode::FAILURE)
        }
        Some(policy) => {
            let faults = sinks::faults(policy);
            for fault in &faults {
                writeln!(io::stderr(), "warning: {fault}\n")?;
            }
            let warnings = warnings + faults.len();
            let verdict = if warnings == 0 {
                "good".to_owned()
            } else {
                format!("good, with {}", counted(warnings, "warning"))
            };
            write!(
                io::stdout(),
                "{name}: {verdict}\n\n{}",
                summary(policy, &text, SystemTime::now().into())
            )?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What a policy does, in words; `text` is what it was compiled from.
#[must_use]
pub fn summary(policy: &Compiled, text: &str, now: DateTime<Utc>) -> String {
    let [ingress, egress] = policy.settings.plans.each_ref().map(plan_in_words);
    let mut summary = section("How numbers are dialled", &ingress);
    let differences: Vec<_> = egress.into_iter().filter(|row| !ingress.contains(row)).collect();
    if policy.settings.has_trunks == 1 && !differences.is_empty() {
        summary += &section("How the PBX writes them to its trunks: the same, but", &differences);
    }
    summary += &section("Which calls are judged", &judged_in_words(policy));
    summary += &section("What is kept of calls", &records_in_words(policy));
    let optional = [
        ("When", times::in_words(policy, now)),
        ("What calls cost", tariffs::in_words(policy)),
        ("What reports say", report::in_words(policy)),
    ];
    for (title, rows) in optional.iter().filter(|(_, rows)| !rows.is_empty()) {
        summary += &section(title, rows);
    }
    summary += &limits(policy);
    let sinks = sinks::in_words(policy);
    if !sinks.is_empty() {
        summary += &section("Who is told", &sinks);
    }
    summary += &section("When incidents are told", &alerting::in_words(&policy.alerting));
    summary + &destinations::table(policy, text)
}

/// Whether to write colours: to a terminal, unless `NO_COLOR` says otherwise (<https://no-color.org>).
pub(crate) fn wants_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Symbols as they are dialled.
pub(crate) fn symbols(packed: Packed) -> String {
    let len = packed.0 & 15;
    (0..len).map(|place| SYMBOLS[(packed.0 >> (60 - 4 * place) & 15) as usize]).collect()
}

fn section<L: AsRef<str>>(title: &str, rows: &[(L, String)]) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    for (label, value) in rows {
        table.add_row([label.as_ref(), value.as_str()]);
    }
    format!("{title}\n{}\n\n", table.trim_fmt())
}

fn plan_in_words(plan: &DialPlan) -> Vec<(&'static str, String)> {
    let code = Digits(plan.country.0);
    let country = countries::sharing(code).first().map_or("", |country| country.name);
    let access = list(&plan.access, plan.access_count);
    let international = list(&plan.international, plan.international_count);
    let has_national = plan.flags & plan_flags::NATIONAL != 0;
    let national = match (symbols(plan.national).as_str(), plan.national_shortest) {
        _ if !has_national => "none".to_owned(),
        ("", shortest) => format!("{shortest} digits and more, without a prefix"),
        (prefix, _) => format!("{prefix}, then the number"),
    };
    let mut rows = vec![
        ("country", format!("{country}, +{code}")),
        ("abroad", if international.is_empty() { "+".to_owned() } else { format!("{international}, or +") }),
        ("national", national),
        (
            "outside line",
            match (access.is_empty(), plan.flags & plan_flags::ACCESS_REQUIRED != 0) {
                (true, _) => "no access prefix".to_owned(),
                (false, true) => format!("{access}, always; a number without it is internal"),
                (false, false) => format!("{access}, which may be left out"),
            },
        ),
        ("emergency", list(&plan.emergency, plan.emergency_count)),
    ];
    if plan.flags & plan_flags::BARE_E164 != 0 {
        rows.push(("digits alone", "are E.164, as if + stood before them".to_owned()));
    }
    if plan.overseas_count > 0 && has_national {
        rows.push(("national, but abroad", overseas_in_words(plan)));
    }
    rows
}

fn overseas_in_words(plan: &DialPlan) -> String {
    let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in plan.overseas.iter().take(usize::from(plan.overseas_count)) {
        let code = symbols(plan.national) + &symbols(row.national);
        codes.entry(symbols(row.before)).or_default().push(code);
    }
    let group = |(before, codes): (&String, &mut Vec<String>)| {
        codes.sort();
        format!("{} → +{before}", codes.join(" "))
    };
    codes.iter_mut().map(group).collect::<Vec<_>>().join("; ")
}

fn judged_in_words(policy: &Compiled) -> Vec<(&'static str, String)> {
    if policy.trunks.is_empty() {
        let all = "every INVITE in both directions, as dialled: no trunk is named".to_owned();
        return vec![("all", all)];
    }
    let trunks = policy.trunks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    vec![
        (Direction::Ingress.label(), format!("every INVITE but those from {trunks}")),
        (Direction::Egress.label(), format!("INVITEs to {trunks}; the rest are internal legs")),
    ]
}

fn records_in_words(policy: &Compiled) -> Vec<(&'static str, String)> {
    let hidden = match policy.privacy.hidden_digits {
        0 => "written whole".to_owned(),
        hidden => format!("written without their last {}", counted(usize::from(hidden), "digit")),
    };
    vec![
        ("numbers", hidden),
        ("calls", format!("deleted {} after their end", period(policy.privacy.retention))),
        (
            "incidents",
            format!(
                "deleted {} after their end, and contents of the journal when they are as old",
                period(policy.privacy.incident_retention)
            ),
        ),
        (
            "whole numbers",
            policy.privacy.sealed_numbers.map_or_else(
                || "not kept".to_owned(),
                |kept| format!("of incidents, sealed for {}: root alone opens them", period(kept)),
            ),
        ),
        (
            "lost ends",
            format!(
                "a call is over after {} without media, or {} without any sign",
                period(policy.calls.media_silence),
                period(policy.calls.longest_unheard)
            ),
        ),
        ("packets", packets::in_words(policy)),
        ("customers", customers_in_words(policy)),
    ]
}

/// Whole days as such: humantime would make months of them.
fn period(time: Duration) -> String {
    match (time.as_secs() / DAY, time.as_secs() % DAY) {
        (days @ 2.., 0) => format!("{days} days"),
        _ => humantime::format_duration(time).to_string(),
    }
}

fn customers_in_words(policy: &Compiled) -> String {
    let customers = policy.customers.iter();
    if customers.len() == 0 {
        return "none: calls are told apart by source and caller".to_owned();
    }
    let count = counted(customers.len(), "customer");
    let networks = policy.customers.iter().map(|customer| customer.sources.len()).sum();
    let callers = policy.customers.iter().map(|customer| customer.callers.len()).sum();
    let silent = customers.filter(|customer| customer.contacts.is_empty()).count();
    let told = if silent == 0 { String::new() } else { format!("; {silent} without contacts") };
    format!("{count}, by {} and {}{told}", counted(networks, "network"), counted(callers, "caller pattern"))
}

/// How many limits there are, and what each does.
fn limits(policy: &Compiled) -> String {
    if policy.limits.is_empty() && policy.unusual.is_none() {
        return "No limits: calls are counted, and nothing is ever too much\n\n".to_owned();
    }
    let mut rows: Vec<_> = policy
        .limits
        .iter()
        .map(|limit| (&*limit.name, limits::in_words(limit, policy.tariffs.currency())))
        .collect();
    rows.extend(policy.unusual.iter().map(|unusual| ("unusual", limits::unusual_in_words(unusual))));
    if !policy.trusted.is_empty() {
        let trusted: Vec<_> = policy.trusted.iter().map(ToString::to_string).collect();
        rows.push(("trusted", format!("no limit blocks {}", trusted.join(", "))));
    }
    section(&counted(policy.limits.len(), "limit"), &rows)
}

fn list(values: &[Packed], count: u8) -> String {
    let mut values: Vec<_> = values.iter().take(usize::from(count)).copied().map(symbols).collect();
    values.sort_by_key(|value| (value.len(), value.clone()));
    values.join(" ")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A count with a blank between thousands.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let first = (digits.len() + 2) % 3 + 1;
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place >= first && (place - first).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// Dialled symbols by their packed value.
const SYMBOLS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', '+', '?', '?', '?'];
/// Seconds of a day.
const DAY: u64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_tells_a_newcomer_what_the_example_does() {
        let text = include_str!("../../policy/example.toml");
        let summary = summary(&policy::compile(text).policy.unwrap(), text, DateTime::UNIX_EPOCH);
        for part in [
            "France, +33",
            "00, or +",
            "9, which may be left out",
            "15 17 18 112 114 115 119 191 196 197",
            "0590 0690 0691 07090 → +590",
            "no access prefix",
            "are E.164",
            "every INVITE but those from 203.0.113.0/28",
            "riga-branch",
            "+37167123456",
            "written without their last 4 digits",
            "deleted 90 days after their end",
            "after 1m without media, or 4h without any sign",
            "2 customers, by 1 network and 2 caller patterns; 1 without contacts",
        ] {
            assert!(summary.contains(part), "{part} is not in\n{summary}");
        }
    }

    #[test]
    fn thousands_are_apart() {
        let plain = |count| thousands(count).replace('\u{a0}', " ");
        assert_eq!(
            ["7", "100", "1 000", "12 345", "1 000 000"].map(str::to_owned),
            [7, 100, 1000, 12345, 1_000_000].map(plain)
        );
    }
}
