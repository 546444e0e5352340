//! The journal read once, in the memory of what a report says of it: whether it is whole, and what concerns an incident.

use std::{
    ops::ControlFlow,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use super::end;
use crate::{
    evidence::{Archive, Unreadable},
    incidents::{Head, Incident},
    journal::{EntryKind, Row, Verified, Verifier},
    report::{Clock, ClockState, Entry, Event, Gap, ReportDocument, Reveal, What},
};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub first: Option<Entry>,
    pub last: Option<Entry>,
    pub incident_first: Option<Entry>,
    pub incident_last: Option<Entry>,
    pub verified: Verified,
    /// Policies, in their order: time, number, SHA-256.
    pub policies: Vec<(SystemTime, u64, String)>,
    /// Where the agent read its policy, as the latest start before the end of the incident says.
    pub path: Option<String>,
    pub clock: Clocks,
    pub gaps: Vec<Gap>,
    /// Entries that could not be written meanwhile.
    pub lost: u64,
    /// Contents that were deleted, between the incident's first entry and its last.
    pub deleted: u64,
    /// The latest time that somebody was shown its numbers.
    pub reveal: Option<Reveal>,
    /// What belongs into the timeline.
    pub events: Vec<Event>,
    /// What belonged there and found no room.
    pub left_out: u64,
    /// Blocks while it went on: time, number, target.
    pub blocks: Vec<(SystemTime, u64, String)>,
}

/// How the clock stood: the latest state before the incident, and every other one while it went on.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    before: Option<ClockState>,
    during: Vec<ClockState>,
}

impl Clocks {
    pub(super) fn shown(&self) -> Clock {
        Clock { states: self.before.iter().chain(&self.during).cloned().collect() }
    }
}

/// Reads it from the first entry to the last.
pub(super) fn read(archive: &Archive, incident: &Incident) -> Result<Scan, Unreadable> {
    let mut reader = Reader { incident, scan: Scan::default() };
    let mut verifier = Verifier::default();
    archive.journal(1, |row| {
        verifier.take(&row);
        reader.take(&row);
        ControlFlow::Continue(())
    })?;
    reader.scan.verified = verifier.finish();
    Ok(reader.scan)
}

struct Reader<'a> {
    incident: &'a Incident,
    scan: Scan,
}

impl Reader<'_> {
    fn take(&mut self, row: &Row) {
        let Ok(time) = humantime::parse_rfc3339(&row.time) else { return };
        let entry = Entry { seq: row.seq, time, hash: row.hash.clone() };
        self.scan.last = Some(entry.clone());
        self.scan.first.get_or_insert_with(|| entry.clone());
        let is_meanwhile = (self.incident.began..=end(self.incident)).contains(&time);
        let Some(content) =
            row.content.as_deref().and_then(|content| serde_json::from_str::<Value>(content).ok())
        else {
            self.scan.deleted += u64::from(is_meanwhile);
            return;
        };
        let Some(kind) = EntryKind::from_label(&row.kind) else { return };
        if content.get("incident").and_then(Value::as_u64) == Some(self.incident.id.0) {
            self.scan.incident_first.get_or_insert_with(|| entry.clone());
            self.scan.incident_last = Some(entry.clone());
            self.of_incident(kind, &entry, &content);
        } else if time <= end(self.incident) {
            self.of_guard(kind, &entry, &content, is_meanwhile);
        }
    }

    fn of_incident(&mut self, kind: EntryKind, entry: &Entry, content: &Value) {
        match kind {
            EntryKind::Reveal => {
                let by = text(content, "by").unwrap_or_default();
                self.event(entry, What::Revealed, Some(by.clone()), None);
                let journal = Head { seq: entry.seq, hash: entry.hash.clone() };
                self.scan.reveal = Some(Reveal { by, time: entry.time, journal, not_found: 0 });
            }
            EntryKind::Incident => match text(content, "news").as_deref() {
                Some("ended") => self.event(entry, What::Ended, None, None),
                news => self.event(entry, What::Told, news.map(str::to_owned), None),
            },
            EntryKind::Acknowledgement => {
                let by = content.pointer("/acknowledged/by").and_then(Value::as_str).map(str::to_owned);
                let said = content.pointer("/acknowledged/comment").and_then(Value::as_str);
                self.event(entry, What::Acknowledged, by, said.map(str::to_owned));
            }
            EntryKind::Delivery => {
                let to = text(content, "to").or_else(|| text(content, "contact"));
                let to = to.or_else(|| text(content, "sink"));
                let is_delivered = text(content, "result").as_deref() == Some("delivered");
                let what = if is_delivered { What::Delivered } else { What::NotDelivered };
                self.event(entry, what, to, text(content, "answer"));
            }
            EntryKind::Alert => self.scan.left_out += 1,
            _ => (),
        }
    }

    fn of_guard(&mut self, kind: EntryKind, entry: &Entry, content: &Value, is_meanwhile: bool) {
        match kind {
            EntryKind::PolicyLoaded => self.policy(entry, content, is_meanwhile),
            EntryKind::Start => {
                self.scan.path = text(content, "policy").or(self.scan.path.take());
                if is_meanwhile {
                    self.event(entry, What::Started, None, None);
                }
            }
            EntryKind::Gap => self.gap(entry, content),
            EntryKind::Clock => self.clock(entry, content, is_meanwhile),
            _ if is_meanwhile => self.meanwhile(kind, entry, content),
            _ => (),
        }
    }

    fn meanwhile(&mut self, kind: EntryKind, entry: &Entry, content: &Value) {
        match kind {
            EntryKind::Stop => self.event(entry, What::Stopped, None, None),
            EntryKind::PolicyRefused => self.event(entry, What::PolicyRefused, None, text(content, "error")),
            EntryKind::Lost => {
                let lost = content.get("entries").and_then(Value::as_u64).unwrap_or(1);
                self.scan.lost = self.scan.lost.saturating_add(lost);
                self.event(entry, What::Lost, None, text(content, "why"));
            }
            EntryKind::Unblock => {
                self.event(entry, What::Unblocked, text(content, "target"), text(content, "by"));
            }
            EntryKind::Block => {
                let target = text(content, "target").unwrap_or_default();
                self.scan.blocks.push((entry.time, entry.seq, target));
            }
            _ => (),
        }
    }

    fn policy(&mut self, entry: &Entry, content: &Value, is_meanwhile: bool) {
        let Some(sha256) = text(content, "sha256") else { return };
        if is_meanwhile {
            self.event(entry, What::Policy, Some(sha256.chars().take(DIGITS).collect()), text(content, "by"));
        }
        // One is enough of a policy that comes into force again and again.
        self.scan.policies.retain(|(_, _, known)| *known != sha256);
        self.scan.policies.push((entry.time, entry.seq, sha256));
    }

    fn clock(&mut self, entry: &Entry, content: &Value, is_meanwhile: bool) {
        let number = |name: &str| content.get(name).and_then(Value::as_f64);
        let state = ClockState {
            time: entry.time,
            synchronised: content.get("synchronised").and_then(Value::as_bool),
            error_seconds: number("maximum_error_seconds"),
            set_by_seconds: number("set_by_seconds"),
            journal: entry.seq,
        };
        if !is_meanwhile {
            self.scan.clock.before = Some(state);
            return;
        }
        // Every hour says the same.
        let is_news = text(content, "why").as_deref() != Some("hourly");
        if is_news && self.scan.clock.during.len() < MOST_STATES {
            let why = text(content, "why");
            self.event(entry, What::Clock, why, None);
            self.scan.clock.during.push(state);
        }
    }

    /// A gap is written when it is over, which may be a moment before the incident that it makes begins.
    fn gap(&mut self, entry: &Entry, content: &Value) {
        let time = |name: &str| {
            let text = content.pointer(&format!("/gap/{name}")).and_then(Value::as_str)?;
            humantime::parse_rfc3339(text).ok()
        };
        let (from, until) = (time("from"), time("until").unwrap_or(entry.time));
        if until + MOMENT < self.incident.began || from.unwrap_or(until) > end(self.incident) {
            return;
        }
        let what = gap_in_words(content);
        self.event(entry, What::Gap, None, Some(what.clone()));
        self.scan.gaps.push(Gap { from, until, what, journal: entry.seq });
    }

    fn event(&mut self, entry: &Entry, what: What, subject: Option<String>, detail: Option<String>) {
        if self.scan.events.len() >= ReportDocument::MOST_EVENTS {
            self.scan.left_out += 1;
            return;
        }
        let event = Event { time: entry.time, what, subject, detail, journal: Some(entry.seq) };
        self.scan.events.push(event);
    }
}

/// Why there was a gap, and whether the hooks stayed.
fn gap_in_words(content: &Value) -> String {
    let gap = content.get("gap").unwrap_or(&Value::Null);
    let cause = text(gap, "cause").unwrap_or_else(|| "unknown cause".to_owned());
    let names =
        gap.get("interfaces").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let interfaces = names.collect::<Vec<_>>().join(", ");
    let held = match gap.get("policy_held").and_then(Value::as_bool) {
        Some(true) => "; the policy's blocks held, nobody followed calls",
        Some(false) => "; nothing was blocked, nobody followed calls",
        None => "",
    };
    format!("{cause}: {interfaces}{held}")
}

fn text(content: &Value, name: &str) -> Option<String> {
    content.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// Between an entry and what follows from it.
const MOMENT: Duration = Duration::from_secs(2);
/// Digits of a SHA-256 that name a policy in the timeline.
const DIGITS: usize = 12;
/// States of the clock that are told one by one.
const MOST_STATES: usize = 20;
