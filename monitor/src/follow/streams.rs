//! The kernel's media slots as streams: what several CPUs saw of one stream is one.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv6Addr},
};

use monitor_common::abi::{Direction, MediaSlot};

use crate::calls::{MediaSeen, Timestamp};

/// One stream, and how much it carried.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// What the tracker asks.
    pub seen: MediaSeen,
    /// Octets of payload since it began.
    pub bytes: u64,
}

/// Joins the slots of all CPUs. `time` turns a slot's stamp into a time.
pub fn streams(slots: impl Iterator<Item = MediaSlot>, time: impl Fn(u64) -> Timestamp) -> Vec<Stream> {
    let mut seen: HashMap<([u8; 16], u16, u8), Stream> = HashMap::new();
    for slot in slots {
        let Some(direction) = Direction::from_slot(slot.direction) else { continue };
        let one = Stream {
            seen: MediaSeen {
                remote: address(slot.remote),
                local_port: slot.local_port,
                direction,
                packets: slot.packets,
                first_seen: time(slot.first_seen),
                last_seen: time(slot.last_seen),
                payload_type: slot.payload_type,
            },
            bytes: slot.bytes,
        };
        match seen.entry((slot.remote, slot.local_port, slot.direction)) {
            Entry::Vacant(entry) => drop(entry.insert(one)),
            Entry::Occupied(mut entry) => join(entry.get_mut(), &one),
        }
    }
    seen.into_values().collect()
}

fn join(stream: &mut Stream, other: &Stream) {
    stream.bytes = stream.bytes.saturating_add(other.bytes);
    let (stream, other) = (&mut stream.seen, &other.seen);
    stream.packets = stream.packets.saturating_add(other.packets);
    stream.first_seen = stream.first_seen.min(other.first_seen);
    if other.last_seen > stream.last_seen {
        (stream.last_seen, stream.payload_type) = (other.last_seen, other.payload_type);
    }
}

fn address(octets: [u8; 16]) -> IpAddr {
    Ipv6Addr::from(octets).to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(port: u16, direction: u8, packets: u64, first: u64, last: u64, payload_type: u8) -> MediaSlot {
        MediaSlot {
            remote: "::ffff:192.0.2.7".parse::<Ipv6Addr>().unwrap().octets(),
            local_port: port,
            direction,
            payload_type,
            packets,
            bytes: packets * 172,
            first_seen: first,
            last_seen: last,
            ..MediaSlot::default()
        }
    }

    #[test]
    fn the_slots_of_two_cpus_are_one_stream() {
        let slots = [slot(4000, 0, 10, 5, 9, 8), slot(4000, 0, 3, 4, 12, 101), slot(4000, 1, 7, 6, 8, 8)];
        let mut streams = streams(slots.into_iter(), Timestamp);
        streams.sort_by_key(|stream| stream.seen.direction);
        assert_eq!(streams.len(), 2);
        let Stream { seen: MediaSeen { remote, packets, first_seen, last_seen, payload_type, .. }, bytes } =
            streams[0];
        assert_eq!(remote, "192.0.2.7".parse::<IpAddr>().unwrap());
        assert_eq!(
            (packets, bytes, first_seen, last_seen, payload_type),
            (13, 13 * 172, Timestamp(4), Timestamp(12), 101)
        );
        assert_eq!((streams[1].seen.direction, streams[1].seen.packets), (Direction::Egress, 7));
    }

    #[test]
    fn a_slot_of_another_layout_is_no_stream() {
        assert!(streams([slot(1, 7, 1, 1, 1, 1)].into_iter(), Timestamp).is_empty());
    }
}
