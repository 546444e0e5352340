//! The Call-IDs of calls: of those that ended lately too, for a limit may have counted them before it was reached.

use std::num::NonZeroUsize;

use lru::LruCache;

use super::seen::CallKey;
use crate::{calls::CallId, incidents::IncidentId};

/// The calls that were heard of last.
#[derive(Debug)]
pub struct Legs(LruCache<CallId, Known>);

#[derive(Debug, Default)]
struct Known {
    keys: Vec<CallKey>,
    incidents: Vec<IncidentId>,
}

impl Legs {
    /// More of the Call-IDs of a call. Gives the incidents that it counts in.
    pub fn know(&mut self, call: CallId, keys: &[CallKey]) -> &[IncidentId] {
        let known = self.0.get_or_insert_mut(call, Known::default);
        for key in keys.iter().take(MOST_LEGS) {
            if known.keys.len() < MOST_LEGS && !known.keys.contains(key) {
                known.keys.push(*key);
            }
        }
        &known.incidents
    }

    /// A call counts in an incident. Gives its Call-IDs as far as they are known.
    pub fn join(&mut self, call: CallId, incident: IncidentId) -> &[CallKey] {
        let known = self.0.get_or_insert_mut(call, Known::default);
        if !known.incidents.contains(&incident) {
            known.incidents.push(incident);
        }
        &known.keys
    }

    /// An incident is over.
    pub fn leave(&mut self, incident: IncidentId) {
        for (_, known) in &mut self.0 {
            known.incidents.retain(|of| *of != incident);
        }
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Default for Legs {
    fn default() -> Self {
        Self(LruCache::new(MOST_CALLS))
    }
}

/// Calls that are remembered: more than the packets at hand are of.
const MOST_CALLS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
/// Call-IDs of one call: a call has two legs, a few more where it is forked or transferred.
const MOST_LEGS: usize = 16;

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasherDefault, DefaultHasher};

    use super::*;

    fn keys<const N: usize>(call_ids: [&str; N]) -> [CallKey; N] {
        call_ids.map(|call_id| CallKey::of(call_id, &BuildHasherDefault::<DefaultHasher>::default()))
    }

    #[test]
    fn the_legs_of_a_call_are_known_whatever_comes_first() {
        let (call, one) = (CallId(7), IncidentId(1));
        let mut legs = Legs::default();
        assert!(legs.know(call, &keys(["a"])).is_empty());
        assert_eq!(legs.join(call, one), keys(["a"]));
        assert_eq!(legs.know(call, &keys(["a", "b"])), [one]);
        assert_eq!(legs.join(call, IncidentId(2)), keys(["a", "b"]));
        legs.leave(one);
        assert_eq!(legs.know(call, &[]), [IncidentId(2)]);
        assert!(legs.join(CallId(8), one).is_empty());
        assert_eq!(legs.know(CallId(8), &keys(["c"])), [one]);
    }

    #[test]
    fn calls_and_legs_are_bounded() {
        let mut legs = Legs::default();
        let many: Vec<_> = (0..100).map(|number| keys([&number.to_string()])[0]).collect();
        for call in 0..20_000 {
            legs.know(CallId(call), &many);
        }
        assert_eq!(legs.0.len(), MOST_CALLS.get());
        assert_eq!(legs.join(CallId(19_999), IncidentId(1)).len(), MOST_LEGS);
        assert!(legs.join(CallId(0), IncidentId(1)).is_empty());
        legs.clear();
        assert_eq!(legs.0.len(), 0);
    }
}
