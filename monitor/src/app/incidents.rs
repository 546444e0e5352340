//! What feeds the incidents beside alerts and calls: the kernel's counters of dropped INVITEs, how long calls usually are, and
//! time. And how somebody takes one up, whether it goes on or not.

use std::{
    collections::HashMap,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use monitor_common::abi::{Direction, Verdict};

use super::calls::Calls;
use crate::{
    control::{Acknowledging, Peer},
    evidence::{Archive, Filter, Ledger},
    follow::{Dropped, Incidents, Outside},
    incidents::{Acknowledgement, Incident, IncidentId, NotTaken, taken_up},
    kernel::Counters,
    limits::Severity,
    privacy::Seals,
    store::{Query, Store, Stored},
    sync::PolicyMetrics,
};

/// Goes on with the incidents of the agent before: those that go on, and those that are over and that nobody took up.
pub(super) fn start(outside: Outside, ledger: &Ledger, state: &Path, seals: &Arc<Seals>) -> Incidents {
    let mut kept: Vec<_> = ledger.incidents_going_on().iter().map(|incident| (**incident).clone()).collect();
    let lately = SystemTime::now().checked_sub(WAIT_FOR);
    let over = Filter {
        going_on: Some(false),
        severity: Some(Severity::Critical),
        since: lately,
        limit: Some(MOST_OVER),
        ..Filter::default()
    };
    // Without evidence there is none.
    let over = Archive::open(state).and_then(|archive| archive.incidents(&over)).unwrap_or_default();
    kept.extend(over.into_iter().filter(|incident| incident.acknowledged.is_none()));
    let seals = Arc::clone(seals);
    Incidents::start(outside, move |number| seals.see(number), ledger.last_incident(), kept)
}

/// Looks after the incidents, once a second.
pub struct Looking {
    incidents: Incidents,
    counters: Arc<Counters>,
    policy: PolicyMetrics,
    store: Arc<Store>,
    /// What had been dropped by destination: between one and two [`PERIOD`]s ago, and since.
    before: HashMap<Arc<str>, u64>,
    latest: HashMap<Arc<str>, u64>,
    looks: u32,
}

impl Looking {
    pub(super) fn new(calls: &Calls, counters: Arc<Counters>, policy: PolicyMetrics) -> Self {
        let (before, latest) = (HashMap::new(), HashMap::new());
        let (incidents, store) = (calls.incidents.clone(), Arc::clone(&calls.store));
        let mut looking = Self { incidents, counters, policy, store, before, latest, looks: 0 };
        looking.latest = looking.all();
        looking.before.clone_from(&looking.latest);
        looking
    }

    /// To be called once a second; reads the kernel's counters, and the store where an incident is new.
    pub fn look(&mut self) {
        self.looks += 1;
        if self.looks.is_multiple_of(PERIOD) {
            self.before = std::mem::take(&mut self.latest);
            self.latest = self.all();
        }
        let slots = self.policy.in_force().slots;
        for name in self.incidents.watched() {
            let Some(slot) = slots.slot(&name) else { continue };
            let before = self.before.get(&name).copied().unwrap_or(0);
            self.incidents.dropped(&name, Dropped { total: self.dropped(slot), before });
        }
        for name in self.incidents.unknown_lengths() {
            let typical = self.typical(&name);
            self.incidents.learn(name, typical);
        }
        self.incidents.tick();
    }

    fn all(&self) -> HashMap<Arc<str>, u64> {
        let slots = self.policy.in_force().slots;
        slots.iter().map(|(slot, name)| (name.shared(), self.dropped(slot))).collect()
    }

    fn dropped(&self, slot: u16) -> u64 {
        // What cannot be read is in the log: `/metrics` reads the same counters.
        let totals = self.counters.invites.read(slot).unwrap_or_default();
        Direction::ALL.iter().map(|way| totals.count(*way, Verdict::Drop)).fold(0, u64::wrapping_add)
    }

    /// How long answered calls to a destination were, the latest ones.
    fn typical(&self, destination: &str) -> Option<Duration> {
        let query =
            Query { destination: Some(destination.to_owned()), limit: MOST_CALLS, ..Query::default() };
        let calls = self.store.calls(&query).unwrap_or_default();
        let talk = |Stored(call): &Stored| call.ended.map(|ended| call.talk(ended));
        let talked: Vec<_> = calls.iter().filter_map(talk).filter(|talk| !talk.is_zero()).collect();
        let count = u32::try_from(talked.len()).ok().filter(|count| *count > 0)?;
        Some(talked.iter().sum::<Duration>() / count)
    }
}

/// Somebody on this host takes an incident up; says so in one sentence.
pub(super) fn acknowledge(
    incidents: &Incidents,
    state: &Path,
    wanted: &Acknowledging,
    peer: &Peer,
) -> Result<String, String> {
    let user = peer.user.as_deref().unwrap_or("a user without a name");
    let by = Acknowledgement {
        time: SystemTime::now(),
        by: format!("{user} (uid {})", peer.uid),
        through: "command".into(),
        comment: wanted.comment.as_deref().map(shortened).filter(|comment| !comment.is_empty()),
    };
    let incident = take_up(incidents, state, wanted.incident, by)?;
    let by = incident.acknowledged.as_ref().map(|by| by.by.as_str()).unwrap_or_default();
    Ok(format!("incident {} is taken up by {by}; nobody is told again that nobody did", incident.id.0))
}

/// Takes an incident up: one that goes on, one that waits for somebody, or one that is long over.
pub(super) fn take_up(
    incidents: &Incidents,
    state: &Path,
    id: IncidentId,
    by: Acknowledgement,
) -> Result<Arc<Incident>, String> {
    let already = |by: Acknowledgement| {
        let time = humantime::format_rfc3339_seconds(by.time);
        format!("incident {} was taken up by {} at {time}", id.0, by.by)
    };
    match incidents.acknowledge(id, by.clone()) {
        Ok(incident) => return Ok(incident),
        Err(NotTaken::Already(by)) => return Err(already(by)),
        Err(NotTaken::Unknown) => (),
    }
    let unknown =
        || format!("there is no incident {}; `ringfence alerts list --all` shows which there are", id.0);
    match taken_up(&over(state, id)?.ok_or_else(unknown)?, by) {
        Ok(change) => {
            let incident = Arc::clone(&change.incident);
            incidents.hand_on(change);
            Ok(incident)
        }
        Err(NotTaken::Already(by)) => Err(already(by)),
        Err(NotTaken::Unknown) => Err(unknown()),
    }
}

/// An incident that goes on no more, as it is kept. Its end is written a moment after it, with the hash of its packets: what is
/// changed before would be overwritten.
fn over(state: &Path, id: IncidentId) -> Result<Option<Incident>, String> {
    for _ in 0..LOOKS {
        let archive = Archive::open(state).map_err(|error| error.to_string())?;
        let incident = archive.incident(id).map_err(|error| error.to_string())?;
        if incident.as_ref().is_none_or(|incident| incident.ended.is_some()) {
            return Ok(incident);
        }
        thread::sleep(PAUSE);
    }
    Err(format!("incident {} ends just now, and that cannot be written; try again", id.0))
}

/// A comment on one line, and no longer than anybody reads.
fn shortened(comment: &str) -> String {
    let line = comment.trim().chars().map(|symbol| if symbol.is_control() { ' ' } else { symbol });
    line.take(LONGEST_COMMENT).collect()
}

/// How long an incident that is over waits for somebody.
const WAIT_FOR: Duration = Duration::from_secs(14 * 24 * 3600);
/// Incidents that are over and wait.
const MOST_OVER: usize = 256;
/// How often it is looked whether an end is written, and how long is waited in between: two seconds in all.
const LOOKS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);
/// Looks between two readings of all counters.
const PERIOD: u32 = 10;
/// Calls whose lengths say how long calls to a destination are.
const MOST_CALLS: usize = 500;
/// Characters of a comment.
const LONGEST_COMMENT: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_one_line_of_bounded_length() {
        assert_eq!(shortened(" PIN changed,\noperator\tcalled "), "PIN changed, operator called");
        assert_eq!(shortened(&"é".repeat(5000)).chars().count(), LONGEST_COMMENT);
    }
}
