//! Which packets belong to which incident: the recent ones, and those that come while it goes on. No file and no clock.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    sync::Arc,
};

use super::{
    recent::Recent,
    seen::{CallKey, Seen},
};
use crate::incidents::IncidentId;

/// INVITEs to what is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Where they come from; from anywhere where it is none.
    pub source: Option<IpAddr>,
    /// Slot of the destination; any where it is none.
    pub slot: Option<u16>,
}

/// Packets and what they belong to.
#[derive(Debug, Default)]
pub struct Gathering {
    recent: Recent,
    open: HashMap<IncidentId, Open>,
    calls: HashMap<CallKey, Vec<IncidentId>>,
    blocked: Vec<(Blocked, IncidentId)>,
    /// What is to be written, with its incident.
    pub gathered: VecDeque<(IncidentId, Arc<Seen>)>,
    octets: usize,
}

/// An incident that goes on.
#[derive(Debug, Default)]
struct Open {
    most: usize,
    /// Packets that it has, by their numbers.
    numbers: HashSet<u64>,
    /// Those of an earlier agent.
    before: usize,
    calls: HashSet<CallKey>,
    left_out: u64,
}

impl Gathering {
    /// Takes a packet in.
    pub fn take(&mut self, seen: Arc<Seen>) {
        let number = self.recent.push(Arc::clone(&seen));
        if self.open.is_empty() {
            return;
        }
        let mut incidents = Vec::new();
        if seen.is_blocked() {
            incidents.extend(self.blocked.iter().filter(|(blocked, _)| blocked.is(&seen)).map(|(_, id)| *id));
        }
        let of_calls = seen.calls.iter().flatten().filter_map(|call| self.calls.get(call));
        incidents.extend(of_calls.flatten().copied());
        incidents.sort_unstable();
        incidents.dedup();
        for id in incidents {
            self.give(id, number, &seen);
        }
    }

    /// An incident goes on, of which `before` packets are written already. Says whether it is news.
    pub fn open(&mut self, id: IncidentId, most: usize, before: usize) -> bool {
        if self.open.contains_key(&id) || self.open.len() >= MOST_INCIDENTS {
            return false;
        }
        self.open.insert(id, Open { most, before, ..Open::default() });
        true
    }

    /// INVITEs that belong to an incident, with those that came already; and all else of their calls.
    pub fn add_blocked(&mut self, id: IncidentId, blocked: Blocked) {
        if !self.open.contains_key(&id) || self.blocked.contains(&(blocked, id)) {
            return;
        }
        self.blocked.push((blocked, id));
        self.give_recent(id, |seen| seen.is_blocked() && blocked.is(seen));
    }

    /// Calls that belong to an incident.
    pub fn add_calls(&mut self, id: IncidentId, calls: impl Iterator<Item = CallKey>) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let news: Vec<_> =
            calls.filter(|call| open.has_room_for(*call) && open.calls.insert(*call)).collect();
        for call in &news {
            self.calls.entry(*call).or_default().push(id);
        }
        if !news.is_empty() {
            self.give_recent(id, |seen| seen.calls.iter().flatten().any(|call| news.contains(call)));
        }
    }

    /// Whether an incident goes on here.
    pub fn has(&self, id: IncidentId) -> bool {
        self.open.contains_key(&id)
    }

    /// An incident is over; gives how many of its packets were left out.
    pub fn close(&mut self, id: IncidentId) -> u64 {
        let Some(open) = self.open.remove(&id) else { return 0 };
        self.blocked.retain(|(_, of)| *of != id);
        for call in open.calls {
            if let Some(incidents) = self.calls.get_mut(&call) {
                incidents.retain(|of| *of != id);
                if incidents.is_empty() {
                    self.calls.remove(&call);
                }
            }
        }
        open.left_out
    }

    /// What was gathered since the last call.
    pub fn take_gathered(&mut self) -> VecDeque<(IncidentId, Arc<Seen>)> {
        self.octets = 0;
        std::mem::take(&mut self.gathered)
    }

    /// Forgets what no incident has.
    pub fn forget_recent(&mut self) {
        self.recent.clear();
    }

    fn give_recent(&mut self, id: IncidentId, fits: impl Fn(&Seen) -> bool) {
        let found: Vec<_> =
            self.recent.matching(fits).map(|(number, seen)| (number, Arc::clone(seen))).collect();
        for (number, seen) in found {
            self.give(id, number, &seen);
        }
    }

    fn give(&mut self, id: IncidentId, number: u64, seen: &Arc<Seen>) {
        let Some(open) = self.open.get_mut(&id) else { return };
        if open.numbers.contains(&number) {
            return;
        }
        if open.numbers.len() + open.before >= open.most || self.octets + seen.octets() > MOST_WAITING {
            open.left_out += 1;
            return;
        }
        open.numbers.insert(number);
        self.octets += seen.octets();
        self.gathered.push_back((id, Arc::clone(seen)));
        // The challenges and answers of an INVITE, and where nothing is dropped the whole call.
        if seen.is_blocked() {
            for call in seen.calls.iter().flatten().filter(|call| open.calls.insert(**call)) {
                self.calls.entry(*call).or_default().push(id);
            }
        }
    }
}

impl Open {
    /// With no room for packets, calls are still told, so that what is left out is counted; not without end.
    fn has_room_for(&self, call: CallKey) -> bool {
        self.calls.len() < MOST_CALLS || self.calls.contains(&call)
    }
}

impl Blocked {
    fn is(&self, seen: &Seen) -> bool {
        self.source.is_none_or(|source| source == seen.source)
            && self.slot.is_none_or(|slot| slot == seen.record.slot)
    }
}

/// Incidents at once: more are too many for anybody to look at, and their account goes on without packets.
const MOST_INCIDENTS: usize = 256;
/// Calls of one incident whose packets are told from others.
const MOST_CALLS: usize = 4096;
/// Octets that wait for the disk: what comes while it does not write for longer is left out and counted.
const MOST_WAITING: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasherDefault, DefaultHasher};

    use super::*;
    use crate::packets::tests::{blocked, of_call};

    const ONE: IncidentId = IncidentId(1);
    const TWO: IncidentId = IncidentId(2);

    fn key(call_id: &str) -> CallKey {
        CallKey::of(call_id, &BuildHasherDefault::<DefaultHasher>::default())
    }

    fn gathered(gathering: &mut Gathering) -> Vec<(u64, u64)> {
        gathering.take_gathered().iter().map(|(id, seen)| (id.0, seen.at)).collect()
    }

    #[test]
    fn what_led_to_an_incident_and_what_follows_belongs_to_it() {
        let mut gathering = Gathering::default();
        for at in 1..=3 {
            gathering.take(of_call(at, &format!("call-{at}")).into());
        }
        assert!(gathering.open(ONE, 10, 0) && !gathering.open(ONE, 10, 0));
        gathering.add_calls(ONE, [key("call-2"), key("call-9")].into_iter());
        gathering.take(of_call(4, "call-1").into());
        gathering.take(of_call(5, "call-2").into());
        gathering.take(of_call(6, "call-9").into());
        gathering.add_calls(ONE, [key("call-2")].into_iter());
        assert_eq!(gathered(&mut gathering), [(1, 2), (1, 5), (1, 6)]);
        assert_eq!(gathering.close(ONE), 0);
        gathering.take(of_call(7, "call-2").into());
        assert!(
            gathered(&mut gathering).is_empty() && gathering.calls.is_empty() && gathering.blocked.is_empty()
        );
    }

    #[test]
    fn blocked_invites_belong_by_source_and_destination_and_their_calls_with_them() {
        let mut gathering = Gathering::default();
        gathering.take(blocked(1, [192, 0, 2, 1], 5).into());
        gathering.take(blocked(2, [192, 0, 2, 2], 5).into());
        gathering.open(ONE, 10, 0);
        gathering.open(TWO, 10, 0);
        gathering.add_blocked(ONE, Blocked { source: Some([192, 0, 2, 1].into()), slot: Some(5) });
        gathering.add_blocked(TWO, Blocked { source: None, slot: Some(5) });
        gathering.take(blocked(3, [192, 0, 2, 1], 6).into());
        gathering.take(blocked(4, [192, 0, 2, 1], 5).into());
        // An answer to the first.
        gathering.take(of_call(5, "blocked-1").into());
        assert_eq!(gathered(&mut gathering), [(1, 1), (2, 1), (2, 2), (1, 4), (2, 4), (1, 5), (2, 5)]);
    }

    #[test]
    fn an_incident_has_only_so_many_and_the_rest_is_counted() {
        let mut gathering = Gathering::default();
        gathering.open(ONE, 5, 3);
        gathering.add_calls(ONE, [key("a")].into_iter());
        for at in 0..10 {
            gathering.take(of_call(at, "a").into());
        }
        assert_eq!(gathered(&mut gathering), [(1, 0), (1, 1)]);
        assert_eq!(gathering.close(ONE), 8);
    }

    #[test]
    fn incidents_calls_and_what_waits_are_bounded() {
        let mut gathering = Gathering::default();
        let opened = (0..1000).filter(|id| gathering.open(IncidentId(*id), 100_000, 0)).count();
        assert_eq!(opened, MOST_INCIDENTS);
        gathering.add_calls(ONE, (0..10_000).map(|number| key(&number.to_string())));
        assert_eq!(gathering.calls.len(), MOST_CALLS);
        for at in 0..100_000 {
            gathering.take(of_call(at, "1").into());
        }
        assert!(gathering.octets <= MOST_WAITING);
        assert!(gathering.close(ONE) > 30_000);
    }
}
