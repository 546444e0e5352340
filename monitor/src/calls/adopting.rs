//! Calls whose beginning was not seen, and legs that outlive their call.

use monitor_common::abi::Direction;

use super::{
    Timestamp,
    beginning::new_call,
    call::{CallId, Fact},
    entry::{AFTERMATH, Arrival, Entry},
    leg::{Leg, Step},
    matching::Features,
    seen::{Role, Seen},
    tracker::Tracker,
};

impl Tracker {
    /// A message of a dialog that is not known. What leaves this host is believed; for what arrives, the host's own
    /// answer is awaited: anybody can send a response or a request with a tag.
    pub(super) fn suspect(&mut self, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let is_followed = self.find(seen, |leg| (!leg.is_unsure()).then_some(0)).is_some();
        if is_followed || self.remnants.knows(seen) {
            return;
        }
        self.counters.unmatched += 1;
        if !self.make_room(now, facts) {
            return;
        }
        let id = self.name(now);
        let direction = seen.request_direction();
        let mut leg = Leg::unsure(seen, direction, now);
        let mut call = new_call(id, seen, direction, now);
        call.is_whole = false;
        let mut entry = Entry::new(call, Features::of(seen));
        entry.is_unsure = true;
        if direction == Direction::Ingress {
            leg.leads = true;
            entry.arrival = Arrival::Live;
        }
        self.begin(entry, leg, seen, now, facts);
        if seen.left() && seen.is_response() {
            let step = self.calls.get_mut(&id).map_or(Step::Same, |entry| {
                entry.legs[0].refresh(seen.signal.message.session_expires, now);
                entry.legs[0].answer(seen.callee(Role::Caller), now)
            });
            self.step(id, 0, step, None, now, facts);
        }
    }

    /// A leg of a call that is over is answered: unless it ends at once, as it does where an answer and a CANCEL crossed,
    /// it is a call of its own.
    pub(super) fn detach(&mut self, id: CallId, index: usize, now: Timestamp, facts: &mut Vec<Fact>) {
        let own = self.name(now);
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let leg = entry.legs.swap_remove(index);
        let call = entry.detached(own, &leg, now);
        let mut other = Entry::new(call, entry.features.clone());
        other.quiet_until = now.after(AFTERMATH);
        other.may_vanish = true;
        self.dialogs.remove(&leg, &entry.legs, id);
        self.dialogs.add(&leg, own);
        for port in &leg.local_ports {
            self.media.release(*port, id, now);
            self.media.add(*port, own);
        }
        other.legs.push(leg);
        self.calls.insert(own, Box::new(other));
        self.settle(id, now, facts);
        self.settle(own, now, facts);
    }
}
