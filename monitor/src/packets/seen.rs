//! One event as it is remembered: the kernel's record, the frame, and by what it is found again.

use std::{
    hash::BuildHasher,
    net::IpAddr,
    time::{Duration, SystemTime},
};

use monitor_common::abi::{Reason, SipRecord, Transport, Verdict};
use zerocopy::FromBytes;

use crate::{events::Event, sip};

/// A Call-ID, as a number: equal ones are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallKey(u64);

/// SIP that was seen: one datagram or segment.
#[derive(Debug)]
pub struct Seen {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    pub at: u64,
    /// The same moment on the wall clock, as it was set when the agent read it.
    pub wall: SystemTime,
    /// What the kernel said of it.
    pub record: SipRecord,
    /// Where it came from.
    pub source: IpAddr,
    /// Its calls: of a segment as many as are told apart.
    pub calls: [Option<CallKey>; CALLS],
    /// The frame as far as the event has it.
    pub frame: Box<[u8]>,
}

impl Seen {
    /// An event that was read just now, from the octets that it was read from.
    pub fn of(octets: &[u8], event: &Event<'_>, now: Now, keys: &impl BuildHasher) -> Option<Self> {
        let (record, frame) = SipRecord::read_from_prefix(octets).ok()?;
        let frame = frame.get(..record.captured as usize).unwrap_or(frame);
        let end = (record.message_offset as usize).saturating_add(event.message.len());
        Some(Self {
            at: event.at,
            wall: now.wall(event.at),
            record,
            source: event.source.0,
            calls: calls(event.message, event.transport, keys),
            frame: frame.get(..end)?.into(),
        })
    }

    /// Octets that it takes in memory.
    pub fn octets(&self) -> usize {
        size_of::<Self>() + self.frame.len()
    }

    /// Whether it is an INVITE to what is blocked: what an alert of blocked INVITEs is raised for.
    pub fn is_blocked(&self) -> bool {
        let verdict = Verdict::from_slot(self.record.verdict);
        let reason = Reason::from_slot(self.record.reason);
        self.record.class == monitor_common::abi::Class::Invite as u8
            && (matches!(verdict, Some(Verdict::Drop | Verdict::WouldDrop))
                || matches!(reason, Some(Reason::TcpNotEnforced | Reason::GsoNotEnforced)))
    }
}

/// One moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    pub monotonic: u64,
    /// The wall clock, as it is set.
    pub wall: SystemTime,
}

impl Now {
    /// What the wall clock, as it is set now, said at a stamp of the kernel.
    fn wall(self, at: u64) -> SystemTime {
        let age = Duration::from_nanos(self.monotonic.saturating_sub(at));
        self.wall.checked_sub(age).unwrap_or(self.wall)
    }
}

impl CallKey {
    /// Of a Call-ID as the tracker has it.
    pub fn of(call_id: &str, keys: &impl BuildHasher) -> Self {
        Self(keys.hash_one(call_id.as_bytes()))
    }
}

fn calls(message: &[u8], transport: Transport, keys: &impl BuildHasher) -> [Option<CallKey>; CALLS] {
    let mut calls = [None; CALLS];
    let most = if transport == Transport::Tcp { CALLS } else { 1 };
    let mut found = call_ids(message).take(most).map(|call_id| key(call_id, message, keys));
    calls.fill_with(|| found.next().flatten());
    calls
}

/// Of plain octets; where there are others, what the reader of messages makes of them.
fn key(call_id: &[u8], message: &[u8], keys: &impl BuildHasher) -> Option<CallKey> {
    if call_id.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        return Some(CallKey(keys.hash_one(call_id)));
    }
    let message = sip::message(message).ok()?;
    Some(CallKey::of(&message.call_id, keys))
}

/// The values of the Call-ID headers, one after the other.
fn call_ids(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'\n', message).filter_map(|end| {
        let line = &message[end + 1..];
        let rest = match line {
            [b'C' | b'c', ..] => {
                line.get(..7).filter(|name| name.eq_ignore_ascii_case(b"Call-ID")).map(|_| &line[7..])
            }
            [b'i' | b'I', rest @ ..] => Some(rest),
            _ => None,
        }?;
        let value = rest.trim_ascii_start().strip_prefix(b":")?;
        let end = memchr::memchr(b'\n', value)?;
        Some(value[..end].trim_ascii())
    })
}

/// Messages of one segment that are told apart.
const CALLS: usize = 4;

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasherDefault, DefaultHasher};

    use super::*;

    type Keys = BuildHasherDefault<DefaultHasher>;

    #[test]
    fn the_key_is_of_what_the_tracker_calls_it() {
        let keys = Keys::default();
        for (header, call_id) in [
            ("Call-ID: a@b", "a@b"),
            ("call-id : a@b ", "a@b"),
            ("i:a@b", "a@b"),
            ("I: a@b", "a@b"),
            ("Call-ID: a\u{7}b", "a\u{fffd}b"),
        ] {
            let message = format!(
                "BYE sip:1@192.0.2.1 SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCSeq: 1 BYE\r\n{header}\r\n\r\n"
            );
            assert_eq!(&*sip::message(message.as_bytes()).unwrap().call_id, call_id, "{header}");
            let calls = calls(message.as_bytes(), Transport::Udp, &keys);
            assert_eq!(calls[0], Some(CallKey::of(call_id, &keys)), "{header}");
        }
        assert_eq!(
            calls(b"BYE sip:1@192.0.2.1 SIP/2.0\r\nCall-ID: cut", Transport::Udp, &keys),
            [None; CALLS]
        );
    }

    #[test]
    fn a_segment_has_several_calls_and_a_datagram_one() {
        let keys = Keys::default();
        let message = b"ACK sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\nBYE sip:a SIP/2.0\r\nCall-ID: 2\r\n\r\n";
        let [first, second] = ["1", "2"].map(|call_id| Some(CallKey::of(call_id, &keys)));
        assert_eq!(calls(message, Transport::Tcp, &keys), [first, second, None, None]);
        assert_eq!(calls(message, Transport::Udp, &keys), [first, None, None, None]);
    }

    #[test]
    fn a_stamp_is_shown_by_the_clock_as_it_is_set() {
        let second = Duration::from_secs(1);
        let now = Now { monotonic: 5_000_000_000, wall: SystemTime::UNIX_EPOCH + 1_000 * second };
        assert_eq!(now.wall(3_000_000_000), SystemTime::UNIX_EPOCH + 998 * second);
        assert_eq!(now.wall(u64::MAX), now.wall);
    }
}
