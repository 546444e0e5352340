//! The events that the programs send: which messages, what they carry, and that none is lost uncounted.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aya::programs::{TestRun as _, TestRunOptions};
use monitor::{
    events::Event,
    kernel::{Counters, EventRing, Object, Options},
};
use monitor_common::abi::{Class, Direction, EVENT_MESSAGE_MAX, Misc, Transport};
use tests::packet::{HOST, OUTSIDE, Packet};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

#[test]
fn every_message_of_a_call_is_sent_from_both_hooks_and_nothing_else() -> Result<()> {
    let mut bed = Bed::load()?;
    for direction in [Direction::Ingress, Direction::Egress] {
        for (start_line, class) in MESSAGES {
            let text = message(start_line, 0);
            bed.run(direction, &packet(&text, direction).octets(), 1)?;
            let seen = bed.events()?;
            ensure!(seen.len() == usize::from(class.is_signal()), "{start_line}: {} events", seen.len());
            for seen in seen {
                ensure!(seen == Seen::of(*class, direction, Transport::Udp, &text), "{start_line}: {seen:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_tcp_segment_that_begins_with_a_start_line_is_sent_whole() -> Result<()> {
    let mut bed = Bed::load()?;
    let text = message("BYE sip:101@192.0.2.10 SIP/2.0", 0) + &message("SIP/2.0 200 OK", 0);
    let segment = Packet::tcp(text.clone()).between(OUTSIDE, HOST);
    bed.run(Direction::Ingress, &segment.octets(), 1)?;
    let seen = bed.events()?;
    assert_eq!(seen, [Seen::of(Class::Bye, Direction::Ingress, Transport::Tcp, &text)]);
    Ok(())
}

#[test]
fn a_long_message_is_cut_and_says_so() -> Result<()> {
    let mut bed = Bed::load()?;
    let text = message("SIP/2.0 200 OK", 3000);
    bed.run(Direction::Egress, &packet(&text, Direction::Egress).octets(), 1)?;
    let seen = bed.events()?;
    assert_eq!(seen, [Seen::of(Class::Status2xx, Direction::Egress, Transport::Udp, &text)]);
    assert_eq!((seen[0].message.len(), seen[0].len as usize), (EVENT_MESSAGE_MAX, text.len()));
    Ok(())
}

#[test]
fn in_a_flood_every_message_is_sent_or_counted() -> Result<()> {
    let mut bed = Bed::load()?;
    let flood = packet(&message("BYE sip:101@192.0.2.10 SIP/2.0", 0), Direction::Ingress).octets();
    bed.run(Direction::Ingress, &flood, FLOOD)?;
    let sent = u64::try_from(bed.events()?.len())?;
    let lost = bed.counters.misc.read(Misc::EventsLost)?;
    let held_back = bed.counters.misc.read(Misc::SignalsHeldBack)?;
    println!("of {FLOOD} messages {sent} were sent, {lost} lost, {held_back} held back");
    assert_eq!(sent + lost + held_back, u64::from(FLOOD));
    assert!(sent >= 1000, "a ring holds more than {sent} short messages");
    assert_eq!(bed.counters.misc.read(Misc::EventsHeldBack)?, 0, "those are blocked INVITEs");
    Ok(())
}

/// The loaded programs, without a policy, and their rings.
struct Bed {
    object: Object,
    counters: Counters,
    rings: Vec<EventRing>,
    runtime: Runtime,
}

/// What an event says.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    class: Class,
    direction: Direction,
    transport: Transport,
    is_judged: bool,
    from: String,
    message: Vec<u8>,
    len: u32,
}

impl Bed {
    fn load() -> Result<Self> {
        let options = Options {
            rule_lines: 1024,
            media_slots: 1024,
            dry_run: false,
            send_events: true,
            keep_judgements: false,
        };
        let mut object = Object::load(options).context("loading the programs needs root")?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let rings = EventRing::open_all(&mut object)?;
        drop(inside);
        Ok(Self { counters: Counters::take(&mut object)?, object, rings, runtime })
    }

    fn run(&mut self, direction: Direction, frame: &[u8], repeat: u32) -> Result<()> {
        let asked = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::new() };
        match direction {
            Direction::Ingress => self.object.ingress()?.test_run(asked)?,
            Direction::Egress => self.object.egress()?.test_run(asked)?,
        };
        Ok(())
    }

    /// Empties the rings.
    fn events(&mut self) -> Result<Vec<Seen>> {
        let (mut seen, mut unread) = (Vec::new(), 0);
        for ring in &mut self.rings {
            let mut drained = Ok(());
            while drained.is_ok() {
                let mut take = |octets: &[u8]| match Event::read(octets) {
                    Some(event) => seen.push(Seen::from(&event)),
                    None => unread += 1,
                };
                drained =
                    self.runtime.block_on(async { timeout(GRACE, ring.drain(&mut take)).await.map(drop) });
            }
        }
        ensure!(unread == 0, "{unread} events cannot be read");
        Ok(seen)
    }
}

impl Seen {
    fn of(class: Class, direction: Direction, transport: Transport, text: &str) -> Self {
        let from = if direction == Direction::Ingress { OUTSIDE } else { HOST };
        Self {
            class,
            direction,
            transport,
            is_judged: class == Class::Invite,
            from: from.to_owned(),
            message: text.as_bytes()[..text.len().min(EVENT_MESSAGE_MAX)].to_vec(),
            len: text.len() as u32,
        }
    }
}

impl From<&Event<'_>> for Seen {
    fn from(event: &Event<'_>) -> Self {
        Self {
            class: event.class,
            direction: event.direction,
            transport: event.transport,
            is_judged: event.judged.is_some(),
            from: event.source.0.to_string(),
            message: event.message.to_vec(),
            len: event.message_len,
        }
    }
}

fn packet(text: &str, direction: Direction) -> Packet {
    let (from, to) = if direction == Direction::Ingress { (OUTSIDE, HOST) } else { (HOST, OUTSIDE) };
    Packet::udp(text).between(from, to)
}

/// A message with so many octets of body.
fn message(start_line: &str, body: usize) -> String {
    format!(
        "{start_line}\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK-1\r\nFrom: <sip:100@198.51.100.7>;tag=1\r\n\
         To: <sip:101@192.0.2.10>\r\nCall-ID: events\r\nCSeq: 1 INVITE\r\nContent-Length: {body}\r\n\r\n{}",
        "v".repeat(body)
    )
}

const MESSAGES: &[(&str, Class)] = &[
    ("INVITE sip:101@192.0.2.10 SIP/2.0", Class::Invite),
    ("ACK sip:101@192.0.2.10 SIP/2.0", Class::Ack),
    ("BYE sip:101@192.0.2.10 SIP/2.0", Class::Bye),
    ("CANCEL sip:101@192.0.2.10 SIP/2.0", Class::Cancel),
    ("PRACK sip:101@192.0.2.10 SIP/2.0", Class::Prack),
    ("UPDATE sip:101@192.0.2.10 SIP/2.0", Class::Update),
    ("REFER sip:101@192.0.2.10 SIP/2.0", Class::Refer),
    ("INFO sip:101@192.0.2.10 SIP/2.0", Class::Info),
    ("NOTIFY sip:101@192.0.2.10 SIP/2.0", Class::Notify),
    ("SIP/2.0 180 Ringing", Class::Status1xx),
    ("SIP/2.0 200 OK", Class::Status2xx),
    ("SIP/2.0 302 Moved Temporarily", Class::Status3xx),
    ("SIP/2.0 486 Busy Here", Class::Status4xx),
    ("SIP/2.0 503 Service Unavailable", Class::Status5xx),
    ("SIP/2.0 603 Decline", Class::Status6xx),
    ("OPTIONS sip:101@192.0.2.10 SIP/2.0", Class::Options),
    ("REGISTER sip:192.0.2.10 SIP/2.0", Class::Register),
    ("SUBSCRIBE sip:101@192.0.2.10 SIP/2.0", Class::Subscribe),
    ("PUBLISH sip:101@192.0.2.10 SIP/2.0", Class::Publish),
    ("MESSAGE sip:101@192.0.2.10 SIP/2.0", Class::Message),
];
/// How long an empty ring is waited for.
const GRACE: Duration = Duration::from_millis(20);
/// More than the bucket and the ring hold.
const FLOOD: u32 = 100_000;
