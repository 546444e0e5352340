//! From the octets of the kernel's ring to typed events.

use std::net::{IpAddr, Ipv6Addr};

use monitor_common::{
    abi::{Direction, Judgement, Reason, Transport, Verdict},
    number::Digits,
};
use zerocopy::FromBytes;

/// One judged INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which way it went.
    pub direction: Direction,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What carried it.
    pub transport: Transport,
    /// Where it came from.
    pub source: (IpAddr, u16),
    /// Where it went.
    pub target: (IpAddr, u16),
    /// Symbols that the PBX would dial, at most 32.
    pub dialled: String,
    /// E.164 digits with `+`, where there is a number.
    pub number: Option<String>,
    /// Counter slot of the destination.
    pub slot: u16,
    /// Slot of the interface.
    pub interface: u32,
}

impl Event {
    /// Reads a record of the ring; `None` where it is cut or holds a slot that this agent does not know.
    #[must_use]
    pub fn read(record: &[u8]) -> Option<Self> {
        let (judgement, _) = Judgement::read_from_prefix(record).ok()?;
        let number = Digits(judgement.number);
        Some(Self {
            direction: Direction::from_slot(judgement.direction)?,
            verdict: Verdict::from_slot(judgement.verdict)?,
            reason: Reason::from_slot(judgement.reason)?,
            transport: Transport::from_slot(judgement.transport)?,
            source: (address(judgement.source), judgement.source_port),
            target: (address(judgement.destination), judgement.destination_port),
            dialled: dialled(&judgement),
            number: (!number.is_empty()).then(|| format!("+{number}")),
            slot: judgement.slot,
            interface: judgement.interface,
        })
    }
}

/// The symbols that were dialled; `…` where there were more than the record holds.
fn dialled(judgement: &Judgement) -> String {
    let count = usize::from(judgement.dialled_len);
    let mut text: String = (0..count.min(DIALLED_MAX))
        .map(|place| symbol(judgement.dialled[place / 16] >> (60 - 4 * (place % 16))))
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

    fn record() -> Judgement {
        Judgement {
            dialled: [0x9005_3555_1234_0000, 0],
            dialled_len: 12,
            number: Digits::parse("535551234").unwrap().0,
            source: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 66],
            source_port: 5062,
            destination: "2001:db8::1".parse::<Ipv6Addr>().unwrap().octets(),
            verdict: Verdict::Drop as u8,
            slot: 7,
            ..Judgement::default()
        }
    }

    #[test]
    fn a_record_becomes_an_event() {
        let event = Event::read(record().as_bytes()).unwrap();
        assert_eq!(event.dialled, "900535551234");
        assert_eq!(event.number.as_deref(), Some("+535551234"));
        assert_eq!(event.source, ("192.0.2.66".parse().unwrap(), 5062));
        assert_eq!(event.target.0, "2001:db8::1".parse::<IpAddr>().unwrap());
        assert_eq!((event.verdict, event.reason, event.slot), (Verdict::Drop, Reason::Policy, 7));
    }

    #[test]
    fn symbols_beyond_the_sixteenth_are_read_and_a_cut_is_shown() {
        let long = Judgement {
            dialled: [0xcab0_0000_0000_0001, 0x2000_0000_0000_0003],
            dialled_len: 33,
            ..record()
        };
        let event = Event::read(long.as_bytes()).unwrap();
        assert_eq!(event.dialled, "+*#00000000000012000000000000003…");
        let none = Judgement { dialled_len: 0, number: 0, ..record() };
        let event = Event::read(none.as_bytes()).unwrap();
        assert_eq!((event.dialled.as_str(), event.number), ("", None));
    }

    #[test]
    fn junk_is_no_event() {
        assert_eq!(Event::read(&[]), None);
        assert_eq!(Event::read(&record().as_bytes()[..50]), None);
        assert_eq!(Event::read(Judgement { verdict: 9, ..record() }.as_bytes()), None);
    }
}
