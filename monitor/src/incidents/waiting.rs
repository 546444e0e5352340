//! Incidents that were critical, are over, and that nobody took up.

use std::{collections::BTreeMap, sync::Arc};

use super::{Acknowledgement, Incident, IncidentId, News, told::Told};
use crate::{calls::Timestamp, evidence::Change, policy::alerting::Alerting};

/// Why nobody can take an incident up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It does not go on, nor does it wait for anybody.
    Unknown,
    /// Somebody did.
    Already(Acknowledgement),
}

/// Somebody takes an incident up that is over.
pub fn taken_up(incident: &Incident, by: Acknowledgement) -> Result<Change, NotTaken> {
    if let Some(already) = &incident.acknowledged {
        return Err(NotTaken::Already(already.clone()));
    }
    let incident = Incident { acknowledged: Some(by), ..incident.clone() };
    Ok(Change { incident: Arc::new(incident), alert: None, news: Some(News::Acknowledged) })
}

/// Those that are told again until somebody takes them up.
#[derive(Default)]
pub(super) struct Waiting(BTreeMap<IncidentId, (Arc<Incident>, Told)>);

impl Waiting {
    /// One is over: it waits where it was critical.
    pub(super) fn add(&mut self, incident: Arc<Incident>, told: Told, rules: &Alerting) {
        let is_settled = incident.acknowledged.is_some() || told.is_given_up(rules);
        if !is_settled && self.0.len() < MOST {
            self.0.insert(incident.id, (incident, told));
        }
    }

    /// Somebody takes one up.
    pub(super) fn take(&mut self, id: IncidentId) -> Option<Arc<Incident>> {
        self.0.remove(&id).map(|(incident, _)| incident)
    }

    /// Tells what is due.
    pub(super) fn remind(&mut self, now: Timestamp, rules: &Alerting) -> Vec<Change> {
        let due = self.0.values_mut().filter(|(_, told)| told.reminder_is_due(now, rules));
        let changes = due.map(|(incident, told)| {
            told.remind();
            Arc::make_mut(incident).escalations += 1;
            Change { incident: Arc::clone(incident), alert: None, news: Some(News::Unacknowledged) }
        });
        let changes = changes.collect();
        self.0.retain(|_, (_, told)| !told.is_given_up(rules));
        changes
    }
}

/// How many wait at once.
const MOST: usize = 256;
