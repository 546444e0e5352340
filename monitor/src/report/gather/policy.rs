//! The policy that was in force: which one the journal names, whether its text is still there, and what of it concerns an
//! incident. The journal has its SHA-256 only, so that a text is taken for it where that fits.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{is_absolute, journal::Scan};
use crate::{
    incidents::{Incident, Kind},
    policy::{
        self, Compiled,
        mask::mask,
        remedies::{Operator, Remedy},
    },
    report::{PolicyInForce, PolicyText},
};

/// What was found.
pub(super) struct Found {
    pub in_force: PolicyInForce,
    /// That of the text that was found; none where there is none, or it is at fault.
    pub policy: Option<Compiled>,
    text: String,
}

/// Looks for the policy of an incident: at `path`, or where the agent read it.
pub(super) fn find(incident: &Incident, scan: &Scan, path: Option<&Path>) -> Found {
    let is_own = |known: &&(_, _, String)| incident.policy.as_ref() == Some(&known.2);
    let loaded = scan.policies.iter().rev().find(is_own);
    let path = path.map_or_else(|| scan.path.clone(), |path| Some(path.display().to_string()));
    let text = path.as_deref().filter(|path| is_absolute(path) || Path::new(path).exists());
    let text = text.and_then(|path| policy::read(Path::new(path)).ok());
    let found = text.as_deref().map(|text| format!("{:x}", Sha256::digest(text)));
    let state = match (&found, &incident.policy) {
        (None, _) => PolicyText::Missing,
        (Some(found), Some(own)) if found == own => PolicyText::Same,
        (Some(_), _) => PolicyText::Other,
    };
    let policy = text.as_deref().and_then(|text| policy::compile(text).policy);
    let currency = policy.as_ref().map(|policy| policy.tariffs.currency().to_owned());
    let in_force = PolicyInForce {
        sha256: incident.policy.clone(),
        path,
        loaded: loaded.map(|(time, ..)| *time),
        journal: loaded.map(|(_, seq, _)| *seq),
        text: state,
        found_sha256: found.filter(|_| state == PolicyText::Other),
        excerpts: Vec::new(),
        currency: incident.account.currency.clone().or(currency).filter(|code| !code.is_empty()),
    };
    Found { in_force, policy, text: text.unwrap_or_default() }
}

impl Found {
    /// Who hands the report over.
    pub(super) fn operator(&self) -> Operator {
        self.policy.as_ref().map_or_else(Operator::default, |policy| policy.report.operator.clone())
    }

    /// What helps against an incident.
    pub(super) fn remedies(&self, incident: &Incident) -> Vec<Remedy> {
        let Some(policy) = &self.policy else { return Vec::new() };
        let subject = [&incident.subject.destination, &incident.subject.country];
        let places =
            || incident.account.destinations.keys().chain(subject.into_iter().flatten()).map(String::as_str);
        let applies = |remedy: &&Remedy| remedy.applies(incident.kind.label(), places());
        policy.report.remedies.iter().filter(applies).cloned().collect()
    }

    /// The time zone of its calendar, else the one given, else UTC.
    pub(super) fn zone(&self, given: Option<&str>) -> String {
        let own = self.policy.as_ref().map(|policy| policy.calendar.zone.name());
        own.filter(|zone| *zone != "UTC").or(given).unwrap_or("UTC").to_owned()
    }

    /// With the sections that concern an incident; numbers in them are masked.
    pub(super) fn excerpted(self, incident: &Incident, hidden: u8) -> PolicyInForce {
        let concerns = |section: &&str| concerns(section, incident);
        let excerpts = sections(&self.text).into_iter().filter(concerns).take(MOST_EXCERPTS);
        let excerpts = excerpts.map(|section| masked(section, hidden)).collect();
        PolicyInForce { excerpts, ..self.in_force }
    }
}

/// Sections with their headers; those below one (`[[tariff.band]]`) belong to it. Comments before a header are left out.
fn sections(text: &str) -> Vec<&str> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_header(line) && !line.trim_start_matches('[').split(']').next().unwrap_or("").contains('.') {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let section = |(start, end): (usize, usize)| {
        let mut section = text[start..end].trim_end();
        while let Some((before, last)) = section.rsplit_once('\n') {
            if !last.trim_start().starts_with('#') && !last.trim().is_empty() {
                break;
            }
            section = before.trim_end();
        }
        section
    };
    starts.iter().copied().zip(ends).map(section).collect()
}

fn is_header(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or(line).trim();
    let name = line.trim_start_matches('[').trim_end_matches(']');
    line.starts_with('[')
        && line.ends_with(']')
        && !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_lowercase() || "._".contains(letter))
}

fn concerns(section: &str, incident: &Incident) -> bool {
    let name = section.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let quoted = value.trim().split(['"', '\'']).nth(1)?;
        (key.trim() == "name").then_some(quoted)
    });
    let is = |own: Option<&str>| name.is_some() && own == name;
    let account = &incident.account;
    let kind = section.lines().next().unwrap_or_default().split(']').next().unwrap_or_default();
    match kind.trim_start_matches('[') {
        "money" => account.spend.is_some(),
        "unusual" => incident.kind == Kind::Unusual,
        "limit" => is(incident.subject.limit.as_deref()),
        "destination" => {
            is(incident.subject.destination.as_deref())
                || name.is_some_and(|name| account.destinations.contains_key(name))
        }
        "tariff" => {
            let tariffs = account.destinations.values().filter_map(|per| per.tariff.as_deref());
            tariffs.filter_map(|tariff| tariff.split(": ").next()).any(|tariff| is(Some(tariff)))
        }
        _ => false,
    }
}

/// The text with numbers masked; what has up to seven digits names a range.
fn masked(section: &str, hidden: u8) -> String {
    let mut shown = String::with_capacity(section.len());
    let mut number = String::new();
    for letter in section.chars().chain(['\n']) {
        if letter.is_ascii_digit() || letter == '+' && number.is_empty() {
            number.push(letter);
            continue;
        }
        let is_long = number.chars().filter(char::is_ascii_digit).count() > LONGEST_RANGE;
        shown += &if is_long { mask(&number, hidden) } else { number.clone() };
        number.clear();
        shown.push(letter);
    }
    shown.pop();
    shown
}

/// Digits that are hidden where no policy says how many.
pub(super) const HIDDEN: u8 = 4;
/// Sections that are shown at most.
const MOST_EXCERPTS: usize = 24;
/// Digits of a prefix that still names a range of many numbers, as [`policy::mask`] has it.
const LONGEST_RANGE: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_end_where_the_next_one_begins() {
        let text = "# a\n[dialplan]\ncountry_code = \"33\"\n[dialplan.egress]\nbare_e164 = true\n\n# about cuba\n[[destination]]\n\
            name = \"cuba\"\nprefixes = [\n\"+53\",\n]\n[[tariff]]\nname = \"x\"\n[[tariff.band]]\nduring = \"open\"\n";
        let sections = sections(text);
        assert_eq!(sections.len(), 3, "{sections:?}");
        assert!(sections[0].ends_with("bare_e164 = true"));
        assert!(sections[1].starts_with("[[destination]]") && sections[1].ends_with(']'));
        assert!(sections[2].contains("band"));
    }

    #[test]
    fn numbers_in_a_policy_are_masked_and_ranges_are_not() {
        let text = "prefixes = [\"+53\", \"+5378301234\"]\nname = \"a\" # 0612345678";
        assert_eq!(masked(text, 4), "prefixes = [\"+53\", \"+537830xxxx\"]\nname = \"a\" # 061234xxxx");
        assert_eq!(masked(text, 0), text);
    }
}
