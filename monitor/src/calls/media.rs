//! Media of calls: which call a stream belongs to, and how long media flowed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    net::IpAddr,
    time::Duration,
};

use monitor_common::abi::Direction;
use serde::{Deserialize, Serialize};

use super::{Timestamp, call::CallId, entry::Entry, leg::Leg, seen::Seen, timers::TRANSACTION};

/// One stream as the kernel counted it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaSeen {
    /// The other host.
    pub remote: IpAddr,
    /// Port of this host.
    pub local_port: u16,
    /// Which way its packets go.
    pub direction: Direction,
    /// Packets since it began.
    pub packets: u64,
    /// Its first packet.
    pub first_seen: Timestamp,
    /// Its last packet.
    pub last_seen: Timestamp,
    /// RTP payload type of the last packet (RFC 3551).
    pub payload_type: u8,
}

/// Time with media of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MediaTime {
    /// Last packet of any stream, by direction.
    until: [Timestamp; 2],
    /// When it was last told.
    pub(super) told: Timestamp,
}

impl MediaTime {
    /// Last packet of any stream.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.until.into_iter().max().filter(|last| *last != Timestamp::default())
    }

    /// How much longer media flowed, where a stream now reaches `to` and reached `from` before. Streams of one call
    /// and direction overlap; a gap is no media.
    fn advance(&mut self, direction: Direction, from: Timestamp, to: Timestamp) -> Duration {
        let until = &mut self.until[direction as usize];
        let gap = to.since(from);
        let more = if gap > GAP { Duration::ZERO } else { to.since(from.max(*until)) };
        *until = to.max(*until);
        more
    }
}

/// Ports of this host that calls want media at, and the streams that were seen.
#[derive(Debug, Default)]
pub(super) struct MediaIndex {
    ports: BTreeSet<(u16, CallId)>,
    samples: HashMap<StreamKey, Sample>,
    /// Ports of calls that are over, for as long as their last packets may come.
    released: BTreeMap<u16, Timestamp>,
    /// The oldest first.
    releases: VecDeque<(Timestamp, u16)>,
    round: u64,
}

type StreamKey = (IpAddr, u16, bool);

#[derive(Clone, Copy, Debug)]
struct Sample {
    packets: u64,
    last_seen: Timestamp,
    round: u64,
}

impl MediaIndex {
    pub(super) fn add(&mut self, port: u16, call: CallId) {
        self.ports.insert((port, call));
    }

    /// The call has no leg any more that wants media at the port.
    pub(super) fn release(&mut self, port: u16, call: CallId, now: Timestamp) {
        if self.ports.remove(&(port, call)) {
            let until = now.after(TRANSACTION);
            self.released.insert(port, until);
            self.releases.push_back((until, port));
        }
    }

    /// Calls that want media at the port, the latest first.
    pub(super) fn calls(&self, port: u16) -> impl Iterator<Item = CallId> {
        self.ports.range((port, CallId(0))..=(port, CallId(u64::MAX))).rev().map(|&(_, call)| call)
    }

    /// Whether a call that is over wanted media at the port a moment ago.
    pub(super) fn is_released(&self, port: u16) -> bool {
        self.released.contains_key(&port)
    }

    /// Begins to read the kernel's streams anew.
    pub(super) fn begin_round(&mut self) {
        self.round += 1;
    }

    /// Forgets the streams that the kernel no longer has.
    pub(super) fn end_round(&mut self) {
        let round = self.round;
        self.samples.retain(|_, sample| sample.round == round);
    }

    /// From where to where a stream went on since it was last read; `None` where it stood still.
    pub(super) fn advance(&mut self, stream: &MediaSeen) -> Option<(Timestamp, Timestamp)> {
        let key = (stream.remote, stream.local_port, stream.direction == Direction::Ingress);
        let sample = Sample { packets: stream.packets, last_seen: stream.last_seen, round: self.round };
        let before = self.samples.insert(key, sample);
        let from = match before {
            Some(before) if before.packets == stream.packets => return None,
            Some(before) if before.packets < stream.packets => before.last_seen,
            _ => stream.first_seen,
        };
        Some((from, stream.last_seen))
    }

    /// Forgets ports that were released long enough ago.
    pub(super) fn forget(&mut self, now: Timestamp) {
        while let Some(&(until, port)) = self.releases.front() {
            if until > now {
                break;
            }
            self.releases.pop_front();
            if self.released.get(&port).is_some_and(|until| *until <= now) {
                self.released.remove(&port);
            }
        }
        if self.releases.capacity() > LEAST && self.releases.len() < self.releases.capacity() / 4 {
            self.releases.shrink_to(self.releases.len() * 2);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ports.len() + self.samples.len() + self.released.len() + self.releases.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.releases.capacity()
    }
}

impl Leg {
    /// Takes in where a session description wants media; gives the ports of this host that are new.
    pub(super) fn describe(&mut self, seen: &Seen<'_>) -> Vec<u16> {
        let mut added = Vec::new();
        for media in &seen.signal.message.media {
            if seen.left() {
                if !self.local_ports.contains(&media.port) && self.local_ports.len() < MOST_STREAMS {
                    self.local_ports.push(media.port);
                    added.push(media.port);
                }
            } else if let Some(address) = media.address
                && !self.remote_media.contains(&address)
                && self.remote_media.len() < MOST_STREAMS
            {
                self.remote_media.push(address);
            }
        }
        added
    }

    /// Whether media of this host and port can be its own. Behind NAT the host is not the one that was described.
    pub(super) fn fits(&self, stream: &MediaSeen) -> Option<bool> {
        let is_own = self.local_ports.contains(&stream.local_port);
        is_own.then(|| self.remote_media.contains(&stream.remote) || self.has_party(stream.remote))
    }
}

impl Entry {
    /// Counts the time that a stream of this call went on. Worth telling now and then.
    pub(super) fn hear(&mut self, direction: Direction, from: Timestamp, to: Timestamp, now: Timestamp) {
        if !self.call.is_active() {
            return;
        }
        let more = self.media.advance(direction, from, to);
        let seconds = &mut self.call_mut().media;
        match direction {
            Direction::Ingress => seconds.ingress += more,
            Direction::Egress => seconds.egress += more,
        }
        if now.since(self.media.told) >= TOLD_EVERY {
            self.media.told = now;
            self.changed = true;
        }
    }
}

/// A longer pause is no media.
const GAP: Duration = Duration::from_secs(2);
/// How often time with media is told while a call goes on.
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// Streams that one leg describes.
const MOST_STREAMS: usize = 8;
/// Room that is never given back.
const LEAST: usize = 1024;
