//! What counters had counted when a guard changed hands: by slot, and carried from the slots of one agent to those
//! of the next.

use monitor_common::abi::{Count, InviteCounts, MAX_INTERFACES, PACKETS_ENTRIES, slot};

use super::counters::Counted;

/// The value of every counter, by its index in its map. What is missing is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// By [`monitor_common::abi::packets_index`].
    pub packets: Vec<Count>,
    /// By [`monitor_common::abi::uninspected_index`].
    pub uninspected: Vec<u64>,
    /// By destination slot.
    pub invites: Vec<InviteCounts>,
    /// By [`monitor_common::abi::Misc`].
    pub misc: Vec<u64>,
}

/// Which name stands behind which slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// Names of destinations; empty where a slot has none.
    pub destinations: Vec<String>,
    /// Names of interfaces.
    pub interfaces: Vec<String>,
}

impl Totals {
    /// Adds what was counted under the slots of another agent. What has no slot here is left out.
    pub fn add(&mut self, other: &Self, from: &Slots, to: &Slots) {
        let same = |index: usize| Some(index);
        add(&mut self.uninspected, &other.uninspected, same);
        add(&mut self.misc, &other.misc, same);
        add(&mut self.invites, &other.invites, |index| {
            if index < usize::from(slot::FIRST_NAMED) {
                return Some(index);
            }
            position(&to.destinations, from.destinations.get(index)?)
        });
        add(&mut self.packets, &other.packets, |index| {
            let interface = from.interfaces.get(index / PACKETS_ROW)?;
            Some(position(&to.interfaces, interface)? * PACKETS_ROW + index % PACKETS_ROW)
        });
    }
}

fn add<T: Counted>(totals: &mut Vec<T>, more: &[T], place: impl Fn(usize) -> Option<usize>) {
    for (index, value) in more.iter().enumerate().filter(|(_, value)| **value != T::default()) {
        let Some(at) = place(index) else { continue };
        if totals.len() <= at {
            totals.resize(at + 1, T::default());
        }
        totals[at] = totals[at].and(*value);
    }
}

fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known == name).filter(|_| !name.is_empty())
}

/// Entries of the packet counters for one interface.
const PACKETS_ROW: usize = PACKETS_ENTRIES / MAX_INTERFACES;

#[cfg(test)]
mod tests {
    use monitor_common::abi::{Class, Direction, packets_index};

    use super::*;

    fn slots(destinations: &[&str], interfaces: &[&str]) -> Slots {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Slots { destinations: owned(destinations), interfaces: owned(interfaces) }
    }

    #[test]
    fn what_was_counted_follows_its_name_to_another_slot() {
        let from = slots(&["unknown", "internal", "emergency", "cuba", "gone", ""], &["lan", "wan", "old"]);
        let to = slots(&["unknown", "internal", "emergency", "niger", "cuba"], &["wan", "lan"]);
        let count = |packets| Count { packets, bytes: packets * 100 };
        let at = |interface| packets_index(interface, Direction::Egress, Class::Invite) as usize;
        let mut packets = vec![Count::default(); at(2) + 1];
        (packets[at(0)], packets[at(1)], packets[at(2)]) = (count(7), count(8), count(9));
        let invites = [1, 2, 3, 4, 5, 6].map(|n| InviteCounts([n; 8])).to_vec();
        let earlier = Totals { packets, invites, uninspected: vec![0, 5], misc: vec![6] };
        let mut totals = Totals::default();
        totals.add(&earlier, &from, &to);
        totals.add(&earlier, &from, &to);
        assert_eq!((totals.packets[at(0)], totals.packets[at(1)]), (count(16), count(14)));
        assert_eq!(totals.packets.len(), at(1) + 1, "an interface that is not guarded any more has no slot");
        let invites: Vec<_> = totals.invites.iter().map(|counts| counts.0[0]).collect();
        assert_eq!(invites, [2, 4, 6, 0, 8]);
        assert_eq!((totals.uninspected, totals.misc), (vec![0, 10], vec![12]));
    }
}
