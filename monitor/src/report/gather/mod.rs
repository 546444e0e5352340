//! From the evidence to a report: the archive, the journal read once from its first entry to its last, and the policy's file.

mod events;
mod journal;
mod people;
mod places;
mod policy;

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use self::journal::Scan;
use super::{Losses, Made, Missing, PolicyText, Proof, ReportDocument, Reveal};
use crate::{
    evidence::{Archive, Filter, Told, Unreadable},
    incidents::{Incident, IncidentId},
};

/// What a report is made of.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The evidence.
    pub archive: &'a Archive,
    /// The policy's file, where another than the one that the agent was started with is to be read.
    pub policy: Option<PathBuf>,
    /// When the report is made.
    pub now: SystemTime,
    /// Time zone where the policy says none; an IANA name.
    pub zone: Option<String>,
    /// Whole numbers by their tokens; none where they stay masked.
    pub revealed: Option<Vec<(String, String)>>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The evidence cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// There is no such incident.
    #[error("there is no incident {}: {known}", .id.0)]
    NoIncident {
        /// As asked for.
        id: IncidentId,
        /// Those that there are.
        known: String,
    },
    /// The agent said that it showed numbers, and the journal does not.
    #[error(
        "the journal has no entry that says who was shown the numbers of incident {}: try again; \
         if that goes on, look at `ringfence journal verify`", .0.0
    )]
    NotJournaled(IncidentId),
}

/// The report of an incident.
///
/// # Errors
/// Where the evidence cannot be read, or has no such incident.
pub fn gather(id: IncidentId, sources: &Sources<'_>) -> Result<ReportDocument, GatherError> {
    let Some(mut incident) = sources.archive.incident(id)? else {
        return Err(GatherError::NoIncident { id, known: known(sources.archive)? });
    };
    let messages = sources.archive.told(id)?;
    let scan = journal::read(sources.archive, &incident)?;
    let reveal = reveal(&mut incident, &scan, sources)?;
    let found = policy::find(&incident, &scan, sources.policy.as_deref());
    let hidden = found.policy.as_ref().map(|policy| policy.privacy.hidden_digits);
    let masked = if reveal.is_some() { 0 } else { hidden.unwrap_or(policy::HIDDEN) };
    let destinations = places::destinations(&incident, found.policy.as_ref(), found.in_force.text);
    let (timeline, timeline_left_out) = events::timeline(&incident, &messages, &scan);
    let told = people::told(&messages);
    let not_told = people::not_told(&incident, &told, found.policy.as_ref(), masked);
    let remedies = found.remedies(&incident);
    let mut document = ReportDocument {
        format: ReportDocument::FORMAT,
        made: Made {
            time: sources.now,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: messages.first().map(|told| told.message.host.clone()),
            zone: found.zone(sources.zone.as_deref()),
            hidden_digits: hidden,
            reveal,
        },
        operator: found.operator(),
        destinations,
        timeline,
        timeline_left_out,
        told,
        not_told,
        remedies,
        policy: found.excerpted(&incident, masked),
        clock: scan.clock.shown(),
        losses: Losses { events: None, entries: scan.lost, gaps: scan.gaps.clone(), deleted: scan.deleted },
        proof: proof(&scan),
        missing: Vec::new(),
        incident,
    };
    document.missing = missing(&document);
    Ok(document)
}

/// Puts whole numbers in the place of masked ones, and says who was shown them.
fn reveal(
    incident: &mut Incident,
    scan: &Scan,
    sources: &Sources<'_>,
) -> Result<Option<Reveal>, GatherError> {
    let Some(revealed) = &sources.revealed else { return Ok(None) };
    let whole = |token: &str| revealed.iter().find(|(own, _)| own == token).map(|(_, number)| number);
    let mut not_found = 0;
    for row in &mut incident.account.numbers {
        match whole(&row.token) {
            Some(number) => row.number.clone_from(number),
            None => not_found += 1,
        }
    }
    if let Some(number) = incident.subject.token.as_deref().and_then(whole) {
        incident.subject.key = Some(number.clone());
    }
    let mut reveal = scan.reveal.clone().ok_or(GatherError::NotJournaled(incident.id))?;
    reveal.not_found = not_found;
    Ok(Some(reveal))
}

fn known(archive: &Archive) -> Result<String, Unreadable> {
    let last = archive.incidents(&Filter { limit: Some(LISTED), ..Filter::default() })?;
    if last.is_empty() {
        return Ok("none was recorded so far".to_owned());
    }
    let one = |incident: &Incident| {
        let began = humantime::format_rfc3339_seconds(incident.began);
        format!("{} ({}, {began})", incident.id.0, incident.kind.label())
    };
    let rows: Vec<_> = last.iter().map(one).collect();
    Ok(format!("the last ones are {}; `ringfence alerts list` has all", rows.join(", ")))
}

fn proof(scan: &Scan) -> Proof {
    Proof {
        first: scan.first.clone(),
        last: scan.last.clone(),
        incident_first: scan.incident_first.clone(),
        incident_last: scan.incident_last.clone(),
        entries: scan.verified.entries,
        whole: (scan.verified.entries > 0).then(|| scan.verified.is_whole()),
        faults: scan.verified.found.iter().map(ToString::to_string).collect(),
    }
}

/// What the report should say and cannot.
fn missing(document: &ReportDocument) -> Vec<Missing> {
    let account = &document.incident.account;
    let has_calls = account.calls + account.blocked > 0;
    let policy = match document.policy.text {
        PolicyText::Same => None,
        PolicyText::Other => Some(Missing::PolicyChanged),
        PolicyText::Missing => Some(Missing::Policy),
    };
    let events = document.losses.events.is_none().then_some(Missing::Events);
    let checks = [
        (document.incident.ended.is_none(), Missing::GoesOn),
        (document.operator.name.is_none(), Missing::Operator),
        (document.remedies.is_empty(), Missing::Remedies),
        (has_calls && account.spend.is_none(), Missing::Spend),
        (account.blocked > 0 && account.prevented.is_none(), Missing::Prevented),
        (has_calls && account.slices.is_empty(), Missing::Slices),
        (document.clock.states.is_empty(), Missing::Clock),
        (document.proof.whole != Some(true), Missing::Journal),
        (document.made.host.is_none(), Missing::Host),
    ];
    let said = checks.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| what);
    policy.into_iter().chain(said).chain(events).collect()
}

/// The moment that everything of an incident lies before.
fn end(incident: &Incident) -> SystemTime {
    incident.ended.unwrap_or(incident.latest).max(incident.latest)
}

/// Where the agent says that its policy's file is.
fn is_absolute(path: &str) -> bool {
    Path::new(path).is_absolute()
}

/// Incidents that are named where there is no such one.
const LISTED: usize = 5;

/// Messages of an incident with what came of them.
type Messages = [Told];

#[cfg(test)]
mod tests;
