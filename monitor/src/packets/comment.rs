//! What the file says of itself and of each packet, in words.

use std::time::{Duration, SystemTime};

use monitor_common::abi::{Class, Reason, Transport, Verdict};

use super::{redact::Redacted, seen::Seen};
use crate::incidents::{Incident, Kind};

/// What stands in the block of the section.
pub fn section(incident: &Incident, host: &str, what_is_hidden: &str) -> String {
    let mut lines = vec![
        format!("Packets of incident {} of Ringfence {} on {host}", incident.id.0, env!("CARGO_PKG_VERSION")),
        format!("began: {}", humantime::format_rfc3339_millis(incident.began)),
        format!("incident: {}", about(incident)),
    ];
    if let Some(rule) = &incident.rule {
        let window = rule.window.as_ref().map_or_else(String::new, |window| format!(" in {window}"));
        let (name, counts, value, unit) = (&rule.name, &rule.counts, &rule.value, &rule.unit);
        lines.push(format!("rule: {name}: {counts}, {value} {unit}{window}, threshold {}", rule.threshold));
    }
    lines.extend(incident.policy.as_ref().map(|policy| format!("policy: SHA-256 {policy}")));
    lines.push(what_is_hidden.to_owned());
    lines.join("\n")
}

/// What is hidden in a file of packets.
pub fn hidden(hidden_digits: u8, bodies: bool) -> String {
    let numbers = match hidden_digits {
        0 => "numbers are whole".to_owned(),
        1 => "numbers lack their last digit; display names are blanked".to_owned(),
        hidden => format!("numbers lack their last {hidden} digits; display names are blanked"),
    };
    let bodies = match (bodies, hidden_digits) {
        (false, _) => "bodies are left out",
        (true, 0) => "bodies are whole but for keys",
        (true, _) => "of bodies only session descriptions are kept",
    };
    format!("hidden: {numbers}; passwords, credentials and challenges are blanked; {bodies}")
}

/// What is said of one packet. `destination` is the name of the slot, `set` how far the clock was set since the packet before.
pub fn packet(
    seen: &Seen,
    redacted: &Redacted,
    incident: &Incident,
    destination: &str,
    set: Option<Offset>,
) -> String {
    let mut parts = vec![fate(seen, destination)];
    parts.push(format!("incident {}: {}", incident.id.0, about(incident)));
    let left = &redacted.left;
    let is_stream = seen.record.transport == Transport::Tcp as u8;
    let length = if is_stream { " and Content-Length set to 0" } else { "" };
    parts.extend(left.body.map(|octets| format!("body of {octets} octets left out{length}")));
    match left.messages {
        0 => (),
        1 => parts.push("a message behind it left out".to_owned()),
        more => parts.push(format!("{more} messages behind it left out")),
    }
    if left.is_cut {
        parts.push("headers cut after the last whole line that the agent has".to_owned());
    } else if redacted.was_cut && left.body.is_none() {
        parts.push("cut where the agent's copy ends".to_owned());
    }
    parts.extend(set.map(|set| format!("the clock was set by {set} since the packet before")));
    parts.join("; ")
}

/// What became of it.
fn fate(seen: &Seen, destination: &str) -> String {
    let record = &seen.record;
    if record.class != Class::Invite as u8 {
        return "passed".to_owned();
    }
    let verdict = match Verdict::from_slot(record.verdict) {
        Some(Verdict::Drop) => "dropped",
        Some(Verdict::WouldDrop) => "would be dropped",
        _ => "passed",
    };
    let reason = Reason::from_slot(record.reason).map_or("unknown", Reason::label);
    format!("{verdict}: {reason}, destination {destination}")
}

fn about(incident: &Incident) -> String {
    let subject = &incident.subject;
    let mut said = match (&subject.limit, incident.kind) {
        (Some(limit), Kind::Limit) => format!("limit {limit}"),
        (Some(limit), _) => format!("{} {limit}", incident.kind.label()),
        (None, kind) => kind.label().to_owned(),
    };
    for (word, value) in
        [("of", &subject.key), ("destination", &subject.destination), ("customer", &subject.customer)]
    {
        if let Some(value) = value {
            said += &format!(" {word} {value}");
        }
    }
    subject.source.map_or(said.clone(), |source| format!("{said} from {source}"))
}

/// How far a clock was set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offset(f64);

impl Offset {
    /// Between two packets; `None` where the wall clock went on as the other did.
    pub fn between(before: &Seen, after: &Seen) -> Option<Self> {
        let seconds = |from: SystemTime, to: SystemTime| match to.duration_since(from) {
            Ok(ahead) => ahead.as_secs_f64(),
            Err(behind) => -behind.duration().as_secs_f64(),
        };
        let monotonic = after.at as f64 - before.at as f64;
        let set = seconds(before.wall, after.wall) - monotonic / 1e9;
        (set.abs() >= NOTICED.as_secs_f64()).then_some(Self(set))
    }
}

impl std::fmt::Display for Offset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:+.1} s", self.0)
    }
}

/// Less than that is how exactly two clocks are read one after the other on a busy host.
const NOTICED: Duration = Duration::from_millis(500);
