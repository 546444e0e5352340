//! What others call a call by: the Call-IDs of its legs (RFC 3261, 20.8), which its PBX knows it by.

use std::sync::Arc;

use super::{call::CallId, leg::Leg, seen::Seen, tracker::Tracker};

impl Tracker {
    /// The Call-IDs of the legs that go on, each once; none of a leg that was followed before a restart and has been
    /// silent since, for nothing that is saved holds one.
    #[must_use]
    pub fn sip_call_ids(&self, id: CallId) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for name in self.calls.get(&id).into_iter().flat_map(|entry| &entry.legs).filter_map(Leg::name) {
            if !names.contains(name) {
                names.push(Arc::clone(name));
            }
        }
        names
    }
}

impl Seen<'_> {
    /// The Call-ID, unless it is too long to be kept for each leg.
    pub(super) fn name(&self) -> Option<Arc<str>> {
        let name = &self.signal.message.call_id;
        (name.len() <= LONGEST).then(|| Arc::clone(name))
    }
}

/// Octets of a Call-ID that is kept. Asterisk's have 36, FreeSWITCH's too, phones' up to 130; a peer that sends longer
/// ones gets no memory for them.
const LONGEST: usize = 512;
