//! What happened, in its order: from the journal, and from the incident itself where the journal has no entry of its own.

use super::{Messages, journal::Scan};
use crate::{
    incidents::{Incident, Measure},
    report::{Event, ReportDocument, What},
};
use std::time::{Duration, SystemTime};

/// The timeline, and how many events it leaves out.
pub(super) fn timeline(incident: &Incident, messages: &Messages, scan: &Scan) -> (Vec<Event>, u64) {
    let mut events = scan.events.clone();
    events.push(of(incident.began, What::Began, None, None));
    events.extend(incident.measures.iter().map(|measure| measured(measure, scan)));
    // Entries whose contents were deleted, or that were lost, are told from the incident.
    let has = |what: What| scan.events.iter().any(|event| event.what == what);
    if let Some(ended) = incident.ended.filter(|_| !has(What::Ended)) {
        events.push(of(ended, What::Ended, None, None));
    }
    if let Some(by) = incident.acknowledged.as_ref().filter(|_| !has(What::Acknowledged)) {
        events.push(of(by.time, What::Acknowledged, Some(by.by.clone()), by.comment.clone()));
    }
    if !has(What::Told) {
        events.extend(
            messages.iter().map(|told| {
                of(told.message.time, What::Told, Some(told.message.news.label().to_owned()), None)
            }),
        );
    }
    events.extend(blocked_by_people(incident, scan));
    events.sort_by_key(|event| (event.time, event.journal, event.what != What::Began));
    let beyond = events.len().saturating_sub(ReportDocument::MOST_EVENTS);
    events.truncate(ReportDocument::MOST_EVENTS);
    (events, scan.left_out.saturating_add(beyond as u64))
}

fn of(time: SystemTime, what: What, subject: Option<String>, detail: Option<String>) -> Event {
    Event { time, what, subject, detail, journal: None }
}

fn measured(measure: &Measure, scan: &Scan) -> Event {
    let what = match measure.what.as_str() {
        "blocked" => What::Blocked,
        "would_block" => What::WouldBlock,
        "unblocked" => What::Unblocked,
        "program" => What::Program,
        _ => What::NotBlocked,
    };
    let entry = scan.blocks.iter().find(|block| is_same(measure, block)).map(|(_, seq, _)| *seq);
    Event { journal: entry, ..of(measure.time, what, Some(measure.target.clone()), measure.why.clone()) }
}

/// Blocks that no limit of this incident set.
fn blocked_by_people<'a>(incident: &'a Incident, scan: &'a Scan) -> impl Iterator<Item = Event> + 'a {
    let is_own =
        |block: &(SystemTime, u64, String)| incident.measures.iter().any(|measure| is_same(measure, block));
    scan.blocks.iter().filter(move |block| !is_own(block)).map(|(time, seq, target)| Event {
        journal: Some(*seq),
        ..of(*time, What::Blocked, Some(target.clone()), None)
    })
}

fn is_same(measure: &Measure, (time, _, target): &(SystemTime, u64, String)) -> bool {
    let apart = time.duration_since(measure.time).or_else(|_| measure.time.duration_since(*time));
    measure.what == "blocked" && measure.target == *target && apart.is_ok_and(|apart| apart <= TOGETHER)
}

/// A measure and its entry are of the same block where they are no further apart.
const TOGETHER: Duration = Duration::from_secs(2);
