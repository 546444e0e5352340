//! What is saved of a call that goes on: all it takes to follow it after the agent began anew.

use serde::{Deserialize, Serialize};

use super::{
    Timestamp,
    call::{Call, CallId},
    entry::{Arrival, Ends, Entry},
    leg::Leg,
    matching::Features,
    media::MediaTime,
    tracker::Tracker,
};

/// A call that goes on, to be saved. Its numbers are masked; Call-IDs, tags and branches are fingerprints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    pub(super) call: Call,
    pub(super) legs: Vec<Leg>,
    pub(super) arrival: Arrival,
    pub(super) ends: Ends,
    pub(super) media: MediaTime,
}

impl Resume {
    /// The call as it was when it was saved.
    #[must_use]
    pub const fn call(&self) -> &Call {
        &self.call
    }
}

impl Tracker {
    /// All it takes to follow a call after a restart.
    #[must_use]
    pub fn resume(&self, id: CallId) -> Option<Resume> {
        let entry = self.calls.get(&id).filter(|entry| entry.is_active())?;
        let call = entry.call.masked(self.settings.hidden_digits);
        Some(Resume {
            call,
            legs: entry.legs.clone(),
            arrival: entry.arrival,
            ends: entry.ends,
            media: entry.media,
        })
    }

    /// Goes on with a call that was followed before a restart. Nobody listened meanwhile, so its clocks begin anew.
    pub fn restore(&mut self, resume: Resume, now: Timestamp) {
        let Resume { call, mut legs, arrival, ends, media } = resume;
        let id = call.id;
        if !call.is_active() || legs.is_empty() || self.calls.contains_key(&id) {
            return;
        }
        self.begin_after(id);
        for leg in &mut legs {
            leg.listen_again(now);
            self.dialogs.add(leg, id);
            leg.local_ports.iter().for_each(|port| self.media.add(*port, id));
        }
        if call.answered.is_none() {
            self.unanswered.insert(id);
        }
        let features = Features::of_call(&call);
        let mut entry = Entry::new(call, features).was_told();
        (entry.legs, entry.arrival, entry.ends, entry.media) = (legs, arrival, ends, media);
        self.calls.insert(id, Box::new(entry));
        self.settle(id, now, &mut Vec::new());
    }
}
