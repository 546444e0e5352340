//! From the octets of the kernel's ring to typed events.

use std::net::{IpAddr, Ipv6Addr};

use monitor_common::{
    abi::{Class, Direction, EVENT_MESSAGE_MAX, Reason, SipRecord, Transport, Verdict},
    number::Digits,
};
use zerocopy::FromBytes;

/// One SIP message that makes, changes or ends a call: see [`Class::is_signal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// When the kernel saw it: `CLOCK_MONOTONIC`, nanoseconds.
    pub at: u64,
    /// What it is.
    pub class: Class,
    /// Which way it went.
    pub direction: Direction,
    /// What carried it.
    pub transport: Transport,
    /// Where it came from.
    pub source: (IpAddr, u16),
    /// Where it went.
    pub target: (IpAddr, u16),
    /// Slot of the interface.
    pub interface: u32,
    /// What became of it, where it is an INVITE; everything else passes.
    pub judged: Option<Judged>,
    /// Its octets, from the start line on, at most [`EVENT_MESSAGE_MAX`]. Over TCP it is what one segment holds:
    /// perhaps several messages, the last one perhaps in part.
    pub message: &'a [u8],
    /// Octets that it has in the packet.
    pub message_len: u32,
}

/// What became of an INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Symbols that the PBX would dial, at most 32.
    pub dialled: String,
    /// E.164 digits with `+`, where there is a number.
    pub number: Option<String>,
    /// Counter slot of the destination.
    pub slot: u16,
}

impl<'a> Event<'a> {
    /// Reads an event of the ring: a record, the frame, perhaps padding. `None` where it is cut or holds a slot that
    /// this agent does not know.
    #[must_use]
    pub fn read(octets: &'a [u8]) -> Option<Self> {
        let (record, frame) = SipRecord::read_from_prefix(octets).ok()?;
        Self::of(&record, frame)
    }

    /// The event of a record and the frame that it is about. `None` where it holds a slot that this agent does not know.
    #[must_use]
    pub fn of(record: &SipRecord, frame: &'a [u8]) -> Option<Self> {
        let class = Class::from_slot(record.class)?;
        let judged = if class == Class::Invite { Some(Judged::read(record)?) } else { None };
        Some(Self {
            at: record.at,
            class,
            direction: Direction::from_slot(record.direction)?,
            transport: Transport::from_slot(record.transport)?,
            source: (address(record.source), record.source_port),
            target: (address(record.destination), record.destination_port),
            interface: record.interface,
            judged,
            message: message(record, frame),
            message_len: record.message_len,
        })
    }
}

impl Judged {
    fn read(record: &SipRecord) -> Option<Self> {
        let number = Digits(record.number);
        Some(Self {
            verdict: Verdict::from_slot(record.verdict)?,
            reason: Reason::from_slot(record.reason)?,
            dialled: dialled(record),
            number: (!number.is_empty()).then(|| format!("+{number}")),
            slot: record.slot,
        })
    }
}

/// The SIP message in a frame, of which the first [`SipRecord::captured`] octets are here.
fn message<'a>(record: &SipRecord, frame: &'a [u8]) -> &'a [u8] {
    let start = record.message_offset as usize;
    let len = (record.message_len as usize).min(EVENT_MESSAGE_MAX);
    let end = start.saturating_add(len).min(record.captured as usize).min(frame.len());
    frame.get(start..end).unwrap_or_default()
}

/// The symbols that were dialled; `…` where there were more than the record holds.
fn dialled(record: &SipRecord) -> String {
    let count = usize::from(record.dialled_len);
    let mut text: String = (0..count.min(DIALLED_MAX))
        .map(|place| symbol(record.dialled[place / 16] >> (60 - 4 * (place % 16))))
        .collect();
    if count > DIALLED_MAX {
        text.push('…');
    }
    text
}

fn symbol(packed: u64) -> char {
    const SYMBOLS: &[u8; 16] = b"0123456789*#+???";
    char::from(SYMBOLS[(packed & 15) as usize])
}

fn address(octets: [u8; 16]) -> IpAddr {
    Ipv6Addr::from(octets).to_canonical()
}

/// Symbols that a record holds.
const DIALLED_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use zerocopy::IntoBytes;

    use super::*;

    fn record() -> SipRecord {
        SipRecord {
            dialled: [0x9005_3555_1234_0000, 0],
            dialled_len: 12,
            number: Digits::parse("535551234").unwrap().0,
            source: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 66],
            source_port: 5062,
            destination: "2001:db8::1".parse::<Ipv6Addr>().unwrap().octets(),
            verdict: Verdict::Drop as u8,
            slot: 7,
            ..SipRecord::default()
        }
    }

    /// The record, and a frame of 42 octets of headers and this message.
    fn event(record: SipRecord, message: &[u8]) -> Vec<u8> {
        [record.as_bytes(), &[0xff; 42], message, &[0; 4]].concat()
    }

    #[test]
    fn an_invite_becomes_an_event_with_a_judgement() {
        let record = record();
        let event = Event::read(record.as_bytes()).unwrap();
        let judged = event.judged.unwrap();
        assert_eq!(judged.dialled, "900535551234");
        assert_eq!(judged.number.as_deref(), Some("+535551234"));
        assert_eq!(event.source, ("192.0.2.66".parse().unwrap(), 5062));
        assert_eq!(event.target.0, "2001:db8::1".parse::<IpAddr>().unwrap());
        assert_eq!((judged.verdict, judged.reason, judged.slot), (Verdict::Drop, Reason::Policy, 7));
    }

    #[test]
    fn another_message_becomes_an_event_without_a_judgement() {
        let record = SipRecord {
            class: Class::Status2xx as u8,
            direction: Direction::Egress as u8,
            message_offset: 42,
            message_len: 11,
            captured: 53,
            ..SipRecord::default()
        };
        let octets = event(record, b"SIP/2.0 200");
        let event = Event::read(&octets).unwrap();
        assert_eq!((event.class, event.direction), (Class::Status2xx, Direction::Egress));
        assert_eq!((event.judged, event.message, event.message_len), (None, &b"SIP/2.0 200"[..], 11));
    }

    #[test]
    fn the_message_ends_where_it_was_cut_and_never_past_the_frame() {
        let record = SipRecord {
            message_offset: 42,
            message_len: 9_000,
            captured: 42 + EVENT_MESSAGE_MAX as u32,
            ..record()
        };
        let octets = event(record, &[b'a'; 5_000]);
        let read = Event::read(&octets).unwrap();
        assert_eq!((read.message.len(), read.message_len), (EVENT_MESSAGE_MAX, 9_000));
        assert_eq!(Event::read(&octets[..record.as_bytes().len() + 50]).unwrap().message.len(), 8);
        for wrong in [u32::MAX, 6_000] {
            let octets = event(SipRecord { message_offset: wrong, ..record }, b"INVITE");
            assert_eq!(Event::read(&octets).unwrap().message, b"");
        }
    }

    #[test]
    fn symbols_beyond_the_sixteenth_are_read_and_a_cut_is_shown() {
        let judged = |record: SipRecord| Event::read(record.as_bytes()).unwrap().judged.unwrap();
        let long = SipRecord {
            dialled: [0xcab0_0000_0000_0001, 0x2000_0000_0000_0003],
            dialled_len: 33,
            ..record()
        };
        assert_eq!(judged(long).dialled, "+*#00000000000012000000000000003…");
        let none = judged(SipRecord { dialled_len: 0, number: 0, ..record() });
        assert_eq!((none.dialled.as_str(), none.number), ("", None));
    }

    #[test]
    fn junk_is_no_event() {
        assert_eq!(Event::read(&[]), None);
        assert_eq!(Event::read(&record().as_bytes()[..50]), None);
        assert_eq!(Event::read(SipRecord { verdict: 9, ..record() }.as_bytes()), None);
        assert_eq!(Event::read(SipRecord { class: 99, ..record() }.as_bytes()), None);
    }
}
