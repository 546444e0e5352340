//! An explanation as text for people.

use std::fmt::Write;

use monitor_common::abi::Reason;

use super::Explanation;
use super::decision::{Decision, Place, ReadingFacts, RuleFacts};

/// One number: how it is read, and what becomes of it in each direction. `file` is what the policy is called.
pub(super) fn text(explanation: &Explanation, file: &str) -> String {
    let mut text = format!("{}\n", explanation.input);
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<10}{value}");
    };
    match &explanation.dialled {
        Some(dialled) => row("dialled", dialled),
        None => row("dialled", "nothing"),
    }
    if let Some(note) = explanation.note {
        row("note", note);
    }
    match &explanation.egress {
        Some(egress) if egress.is_like(&explanation.decision) => {
            text += &decision(&explanation.decision, file);
        }
        Some(egress) => {
            text += "  arriving at the PBX (ingress)\n";
            text += &decision(&explanation.decision, file);
            text += "  leaving it for a trunk (egress)\n";
            text += &decision(egress, file);
        }
        None => text += &decision(&explanation.decision, file),
    }
    text + "\n"
}

impl Decision {
    /// Whether both directions say the same.
    fn is_like(&self, other: &Self) -> bool {
        (self.verdict, self.reason, &self.number, &self.readings)
            == (other.verdict, other.reason, &other.number, &other.readings)
    }
}

fn decision(decision: &Decision, file: &str) -> String {
    let mut text = String::new();
    for (index, reading) in decision.readings.iter().enumerate() {
        let label = if index == 0 { "read" } else { "" };
        let _ = writeln!(text, "  {label:<10}{}", reading_in_words(reading, decision.readings.len() > 1));
    }
    if let Some(rule) = &decision.rule {
        let _ = writeln!(text, "  {:<10}{}", "rule", rule_in_words(rule, &decision.destination, file));
    }
    let _ = writeln!(text, "  {:<10}{}: {}", "verdict", decision.verdict.to_uppercase(), why(decision));
    if decision.rule.is_none() && !decision.destination.is_empty() {
        let _ = writeln!(text, "  {:<10}{}", "counted", decision.destination);
    }
    for (label, line) in
        decision.tariff.iter().flat_map(|tariff| ["tariff", ""].into_iter().zip(tariff.in_words()))
    {
        let _ = writeln!(text, "  {label:<10}{line}");
    }
    text
}

fn why(decision: &Decision) -> String {
    let reason = Reason::ALL.iter().find(|reason| reason.label() == decision.reason);
    match (reason, decision.rule.as_ref().map(|rule| rule.action)) {
        (Some(Reason::Policy), Some("block")) => "the policy blocks it".to_owned(),
        (Some(Reason::Policy), Some("watch")) => "the policy lets it pass, and reports it".to_owned(),
        (Some(Reason::Policy), _) => "the policy allows it".to_owned(),
        (reason, _) => reason.map_or("", |reason| reason.help()).to_lowercase(),
    }
}

fn reading_in_words(reading: &ReadingFacts, several: bool) -> String {
    let way = match &reading.access_prefix {
        None if several => "as it stands: ".to_owned(),
        None => String::new(),
        Some(prefix) => format!("without {prefix}: "),
    };
    let what = match (&reading.number, reading.reading) {
        (Some(number), _) => format!("{number}, {}", place_in_words(&reading.place)),
        (None, "emergency") => "an emergency number".to_owned(),
        (None, _) => "internal, not an outside number".to_owned(),
    };
    let rule = match (&reading.rule, &reading.destination) {
        (Some(rule), Some(destination)) if several => format!("; {} by \"{destination}\"", rule.action),
        _ => String::new(),
    };
    format!("{way}{what}{rule}")
}

fn place_in_words(place: &Place) -> String {
    let country = match (place.country_name, place.country) {
        (Some(name), Some(code)) => format!("{name} ({code})"),
        _ => "no country".to_owned(),
    };
    place.kind.map_or(country.clone(), |kind| format!("{country}, {kind}"))
}

fn rule_in_words(rule: &RuleFacts, destination: &str, file: &str) -> String {
    let from =
        if rule.written == rule.prefix { String::new() } else { format!(" (from \"{}\")", rule.written) };
    format!("{}{from} in \"{destination}\": {}, {file} line {}", rule.prefix, rule.action, rule.line)
}
