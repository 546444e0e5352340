//! What waits in memory until it is written, in the order in which it came, and no more than memory is meant for.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use serde_json::Value;

use super::{
    change::Change,
    outcome::{Sealed, Try},
};
use crate::{
    incidents::{Incident, IncidentId, Message, News},
    journal::Entry,
    sinks::Address,
};

/// All that waits; written in one transaction.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) steps: Vec<Step>,
    /// The latest state of each incident that changed.
    pub(super) incidents: BTreeMap<IncidentId, Arc<Incident>>,
    pub(super) tries: Vec<Tried>,
    pub(super) sealed: Vec<Sealed>,
    pub(super) lost: Lost,
    /// About so many octets are held by [`Self::steps`].
    octets: usize,
}

/// What makes entries of the journal.
#[derive(Debug)]
pub(super) enum Step {
    Entry(Entry),
    Alert { time: SystemTime, incident: IncidentId, alert: Value },
    Tell(Box<Tell>),
}

/// Something to be told.
#[derive(Debug)]
pub(super) struct Tell {
    pub(super) time: SystemTime,
    pub(super) incident: Arc<Incident>,
    pub(super) news: News,
    pub(super) alert: Option<Value>,
    /// Where it went out before it could be written.
    pub(super) early: Option<Early>,
}

/// A message that goes out although nothing can be written.
#[derive(Clone, Debug)]
pub(super) struct Early {
    pub(super) message: Arc<Message>,
    /// The names of its deliveries, and where they go.
    pub(super) to: Vec<(i64, Address)>,
}

/// A message that waits for its turn at an address.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// Names the delivery; higher ones come later.
    pub(super) id: i64,
    pub(super) message: Arc<Message>,
    pub(super) queued: SystemTime,
    pub(super) tries: u32,
    pub(super) tried: Option<SystemTime>,
    pub(super) next: Option<SystemTime>,
}

/// A try that was made.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub(super) delivery: i64,
    pub(super) address: Address,
    pub(super) message: Arc<Message>,
    pub(super) queued: SystemTime,
    /// How many were made, with this one.
    pub(super) tries: u32,
    pub(super) made: Try,
    /// When the next one is due.
    pub(super) next: Option<SystemTime>,
}

/// What found no room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost {
    pub(super) entries: u64,
    /// Those of them that would have been told.
    pub(super) messages: u64,
    pub(super) sealed: u64,
    pub(super) from: Option<SystemTime>,
    pub(super) until: Option<SystemTime>,
}

impl Work {
    /// Takes one change in.
    pub(super) fn change(&mut self, change: Change, time: SystemTime) {
        let Change { incident, alert, news } = change;
        if let Some(alert) = alert.clone() {
            self.step(Step::Alert { time, incident: incident.id, alert });
        }
        self.incidents.insert(incident.id, Arc::clone(&incident));
        if let Some(news) = news {
            self.step(Step::Tell(Box::new(Tell { time, incident, news, alert, early: None })));
        }
    }

    /// Takes one step in, or counts it where there is no room.
    pub(super) fn step(&mut self, step: Step) {
        let octets = step.octets();
        if self.steps.len() >= MOST_STEPS || self.octets + octets > MOST_OCTETS {
            return self.lost.note(&step);
        }
        self.octets += octets;
        self.steps.push(step);
    }

    /// Takes a sealed number in, or counts it where there is no room.
    pub(super) fn seal(&mut self, sealed: Sealed) {
        if self.sealed.len() >= MOST_STEPS {
            self.lost.sealed += 1;
        } else {
            self.sealed.push(sealed);
        }
    }

    /// Takes in what came later.
    pub(super) fn join(&mut self, later: Self) {
        let Self { steps, incidents, tries, sealed, lost, octets: _ } = later;
        steps.into_iter().for_each(|step| self.step(step));
        self.incidents.extend(incidents);
        self.tries.extend(tries);
        sealed.into_iter().for_each(|sealed| self.seal(sealed));
        self.lost.add(lost);
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
            + self.incidents.len()
            + self.tries.len()
            + self.sealed.len()
            + usize::from(self.lost.is_any())
    }

    /// What is to be told and is not written yet.
    pub(super) fn tells(&self) -> impl Iterator<Item = &Tell> {
        self.steps.iter().filter_map(|step| match step {
            Step::Tell(tell) => Some(&**tell),
            Step::Entry(_) | Step::Alert { .. } => None,
        })
    }

    /// The same, to be changed.
    pub(super) fn tells_mut(&mut self) -> impl Iterator<Item = &mut Tell> {
        self.steps.iter_mut().filter_map(|step| match step {
            Step::Tell(tell) => Some(&mut **tell),
            Step::Entry(_) | Step::Alert { .. } => None,
        })
    }

    /// The last delivery of an address whose end is not written yet; 0 where there is none.
    pub(super) fn finished(&self, address: &Address) -> i64 {
        let ended =
            self.tries.iter().filter(|tried| tried.made.outcome.is_end() && tried.address == *address);
        ended.map(|tried| tried.delivery).max().unwrap_or(0)
    }

    /// Whether lanes are to pause: outcomes are not thrown away, and so must not pile up.
    pub(super) fn has_many_tries(&self) -> bool {
        self.tries.len() >= MOST_TRIES
    }

    /// The first message after a delivery that goes to an address before it is written.
    pub(super) fn early(&self, address: &Address, after: i64) -> Option<Waiting> {
        self.tells().find_map(|tell| {
            let early = tell.early.as_ref()?;
            let (id, _) = early.to.iter().find(|(id, to)| *id > after && to == address)?;
            Some(Waiting {
                id: *id,
                message: Arc::clone(&early.message),
                queued: tell.time,
                tries: 0,
                tried: None,
                next: None,
            })
        })
    }
}

impl Step {
    /// When it came.
    fn time(&self) -> SystemTime {
        match self {
            Self::Entry(entry) => entry.time,
            Self::Alert { time, .. } => *time,
            Self::Tell(tell) => tell.time,
        }
    }

    /// About what it takes.
    fn octets(&self) -> usize {
        match self {
            Self::Entry(_) | Self::Alert { .. } => OCTETS_AN_ENTRY,
            Self::Tell(tell) => {
                let account = &tell.incident.account;
                let parts = account.slices.len() + account.destinations.len() + account.numbers.len();
                OCTETS_AN_ENTRY * 2 + (parts + tell.incident.measures.len()) * OCTETS_A_PART
            }
        }
    }
}

impl Lost {
    /// Whether anything is.
    pub(super) const fn is_any(&self) -> bool {
        self.entries > 0 || self.sealed > 0
    }

    /// All that is lost.
    pub(super) const fn count(&self) -> u64 {
        self.entries + self.sealed
    }

    /// Counts a step.
    pub(super) fn note(&mut self, step: &Step) {
        self.entries += 1;
        self.messages += u64::from(matches!(step, Step::Tell(_)));
        self.from.get_or_insert(step.time());
        self.until = Some(step.time());
    }

    fn add(&mut self, later: Self) {
        self.entries += later.entries;
        self.messages += later.messages;
        self.sealed += later.sealed;
        self.from = self.from.or(later.from);
        self.until = later.until.or(self.until);
    }
}

/// Steps that wait while nothing can be written.
const MOST_STEPS: usize = 16_384;
/// Octets that they may take.
const MOST_OCTETS: usize = 64 << 20;
/// What an alert takes in memory.
const OCTETS_AN_ENTRY: usize = 1024;
/// What a slice of time, a destination or a number of an incident takes.
const OCTETS_A_PART: usize = 192;
/// Tries whose outcome may wait before lanes pause.
const MOST_TRIES: usize = 4096;
