//! What the tests of packets share, and the whole way: from events to a sealed file.

use std::{
    hash::{BuildHasherDefault, DefaultHasher},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::unix::fs::PermissionsExt,
    sync::mpsc,
    time::{Duration, SystemTime},
};

use monitor_common::abi::{Class, Direction, Reason, SipRecord, Transport, Verdict};
use pcap_parser::{Block, OptionCode, parse_block_le};
use sha2::{Digest, Sha256};
use zerocopy::IntoBytes;

use super::*;
use crate::{
    incidents::{Account, PacketsKept, Rule, Subject},
    limits::Severity,
    policy,
};

pub(super) const INVITE: &str = "INVITE sip:900535551234@192.0.2.10 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.66:5062;branch=z9hG4bK-1234567890;rport\r\n\
    From: \"Jean Dupont\" <sip:+33142345678@192.0.2.66>;tag=1928301774\r\n\
    To: <sip:900535551234@192.0.2.10>\r\n\
    Call-ID: a84b4c76e66710@192.0.2.66\r\n\
    CSeq: 314159265 INVITE\r\n\
    Max-Forwards: 70\r\n\
    Contact: <sip:+33142345678@192.0.2.66:5062>\r\n\
    Authorization: Digest username=\"0142345678\", realm=\"asterisk\", nonce=\"84a4cc6f3082121f\", \
    uri=\"sip:900535551234@192.0.2.10\", response=\"7587245234b3434cc3412213e5f113a5\", algorithm=MD5\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 136\r\n\
    \r\n\
    v=0\r\no=root 1716425061 1716425061 IN IP4 192.0.2.66\r\ns=call\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\n\
    m=audio 16386 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

/// An INVITE over UDP and IPv4.
pub(super) fn seen(message: &str) -> Seen {
    seen_over(message, false, false)
}

pub(super) fn seen_over(message: &str, is_tcp: bool, is_ipv6: bool) -> Seen {
    let (record, frame) = recorded(message, is_tcp, is_ipv6);
    let octets = [record.as_bytes(), &frame].concat();
    let now = Now { monotonic: 1_000, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) };
    let event = Event::read(&octets).unwrap();
    Seen::of(&octets, &event, now, &BuildHasherDefault::<DefaultHasher>::default()).unwrap()
}

/// Some message of a call.
pub(super) fn of_call(at: u64, call_id: &str) -> Seen {
    let message = format!("SIP/2.0 180 Ringing\r\nCall-ID: {call_id}\r\n\r\n");
    let seen = seen(&message);
    Seen { at, record: SipRecord { class: Class::Status1xx as u8, ..seen.record }, ..seen }
}

/// A blocked INVITE, of the call `blocked-<at>`.
pub(super) fn blocked(at: u64, source: [u8; 4], slot: u16) -> Seen {
    let seen = seen(&format!("INVITE sip:1@192.0.2.10 SIP/2.0\r\nCall-ID: blocked-{at}\r\n\r\n"));
    let record = SipRecord { verdict: Verdict::Drop as u8, slot, ..seen.record };
    Seen { at, source: source.into(), record, ..seen }
}

fn recorded(message: &str, is_tcp: bool, is_ipv6: bool) -> (SipRecord, Vec<u8>) {
    let ports = [5062_u16, 5060].map(u16::to_be_bytes).concat();
    let transport = if is_tcp {
        [&ports[..], &[0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0xab, 0xcd, 0, 0], message.as_bytes()]
            .concat()
    } else {
        let len = (message.len() as u16 + 8).to_be_bytes();
        [&ports[..], &len, &[0xab, 0xcd], message.as_bytes()].concat()
    };
    let protocol = if is_tcp { 6 } else { 17 };
    let addresses: [IpAddr; 2] = if is_ipv6 {
        ["2001:db8::66", "2001:db8::10"].map(|address| address.parse::<Ipv6Addr>().unwrap().into())
    } else {
        [Ipv4Addr::new(192, 0, 2, 66).into(), Ipv4Addr::new(192, 0, 2, 10).into()]
    };
    let mapped = addresses.map(|address| match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    });
    let ip = if is_ipv6 {
        let len = (transport.len() as u16).to_be_bytes();
        [&[0x60, 0, 0, 0][..], &len, &[protocol, 64], &mapped[0], &mapped[1]].concat()
    } else {
        let len = (transport.len() as u16 + 20).to_be_bytes();
        [&[0x45, 0][..], &len, &[0, 0, 0, 0, 64, protocol, 0, 0], &mapped[0][12..], &mapped[1][12..]].concat()
    };
    let kind: [u8; 2] = if is_ipv6 { [0x86, 0xdd] } else { [8, 0] };
    let frame = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], &kind, &ip, &transport].concat();
    let record = SipRecord {
        at: 500,
        source: mapped[0],
        destination: mapped[1],
        source_port: 5062,
        destination_port: 5060,
        class: Class::Invite as u8,
        verdict: Verdict::Drop as u8,
        reason: Reason::Policy as u8,
        transport: if is_tcp { Transport::Tcp as u8 } else { Transport::Udp as u8 },
        direction: Direction::Ingress as u8,
        slot: 7,
        frame_len: frame.len() as u32,
        captured: frame.len() as u32,
        message_offset: (frame.len() - message.len()) as u32,
        message_len: message.len() as u32,
        ..SipRecord::default()
    };
    (record, frame)
}

/// An incident that the evidence has no more.
const FORGOTTEN: u64 = 13;

/// A host whose policy is given.
struct Host(Mutex<Settings>);

impl Host {
    fn of(packets: policy::Packets) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Settings { packets, hidden_digits: 4 })))
    }
}

impl World for Host {
    fn settings(&self) -> Settings {
        *self.0.lock().unwrap()
    }

    fn destination(&self, slot: u16) -> String {
        if slot == 7 { "cuba".to_owned() } else { slot.to_string() }
    }

    fn slot(&self, destination: &str) -> Option<u16> {
        (destination == "cuba").then_some(7)
    }

    fn interface(&self, _: u32) -> String {
        "eth0".to_owned()
    }

    fn known(&self, incidents: &[IncidentId]) -> Option<Vec<IncidentId>> {
        Some(incidents.iter().copied().filter(|id| id.0 != FORGOTTEN).collect())
    }

    fn kept_for(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn now(&self) -> Now {
        Now { monotonic: 1_000, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) }
    }
}

fn incident(id: u64, ended: bool) -> Incident {
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let subject = Subject {
        destination: Some("cuba".to_owned()),
        source: Some([192, 0, 2, 66].into()),
        ..Subject::default()
    };
    Incident {
        id: IncidentId(id),
        kind: Kind::BlockedInvites,
        severity: Severity::Warning,
        subject,
        rule: Some(Rule {
            name: "policy".to_owned(),
            counts: "invites".to_owned(),
            scope: "all".to_owned(),
            window: None,
            value: "1".to_owned(),
            threshold: "1".to_owned(),
            unit: "calls".to_owned(),
            usual: None,
        }),
        began,
        latest: began,
        ended: ended.then_some(began),
        alerts: 1,
        account: Account::default(),
        measures: Vec::new(),
        acknowledged: None,
        escalations: 0,
        policy: Some("ab".repeat(32)),
        packets: None,
    }
}

/// Packets of a folder, and what is noted beside.
struct Bench {
    state: tempfile::TempDir,
    host: Arc<Host>,
    packets: Packets,
    noted: mpsc::Receiver<Entry>,
}

impl Bench {
    fn new(settings: policy::Packets) -> Self {
        Self::go_on(tempfile::tempdir().unwrap(), settings, &[])
    }

    fn go_on(state: tempfile::TempDir, settings: policy::Packets, going_on: &[Arc<Incident>]) -> Self {
        let host = Host::of(settings);
        let (note, noted) = mpsc::channel();
        let note = move |entry| note.send(entry).unwrap_or_default();
        let world = Arc::clone(&host) as Arc<dyn World>;
        let packets = Packets::start(state.path(), world, going_on, note, &mut Registry::default());
        Self { state, host, packets, noted }
    }

    fn take(&self, message: &str) {
        let (record, frame) = recorded(message, false, false);
        let octets = [record.as_bytes(), &frame].concat();
        self.packets.take(&octets, &Event::read(&octets).unwrap());
    }

    /// Tells a change, and waits for what is handed on.
    fn tell(&self, incident: Incident) -> Option<PacketsKept> {
        let (on, handed) = mpsc::channel();
        let change = Change { incident: Arc::new(incident), alert: None, news: None };
        self.packets.tell(change, Box::new(move |change| on.send(change).unwrap_or_default()));
        handed.recv().unwrap().incident.packets.clone()
    }

    fn content(&self, id: u64) -> Vec<u8> {
        std::fs::read(self.state.path().join(format!("packets/{id}.pcapng"))).unwrap()
    }
}

/// Comments of the blocks of a file that holds whole blocks only, the section's first.
fn comments(content: &[u8]) -> Vec<String> {
    let (mut rest, mut comments) = (content, Vec::new());
    while !rest.is_empty() {
        let (behind, block) = parse_block_le(rest).expect("a whole block");
        let options = match block {
            Block::SectionHeader(block) => block.options,
            Block::EnhancedPacket(block) => block.options,
            _ => Vec::new(),
        };
        let comment = options.into_iter().find(|option| option.code == OptionCode::Comment);
        comments.extend(comment.map(|comment| comment.as_str().unwrap().to_owned()));
        rest = behind;
    }
    comments
}

#[test]
fn an_incident_has_its_packets_and_the_hash_of_their_file() {
    let bench = Bench::new(policy::Packets::default());
    bench.take(INVITE);
    assert_eq!(bench.tell(incident(1, false)), None);
    bench.take(INVITE);
    let kept = bench.tell(incident(1, true)).unwrap();
    let again = bench.tell(incident(1, true));
    assert_eq!(again.as_ref(), Some(&kept), "told once more, when somebody takes it up");
    let content = bench.content(1);
    let hash: String = Sha256::digest(&content).iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!((kept.file.as_str(), kept.packets, kept.left_out), ("packets/1.pcapng", 2, 0));
    assert_eq!((kept.octets, kept.sha256), (content.len() as u64, hash));
    let comments = comments(&content);
    assert!(
        comments[0].contains("rule: policy") && comments[0].contains(&"ab".repeat(32)),
        "{}",
        comments[0]
    );
    let body = INVITE.len() - INVITE.find("v=0").unwrap();
    assert_eq!(
        comments[1],
        format!(
            "dropped: policy, destination cuba; incident 1: blocked_invites destination cuba from 192.0.2.66; body of \
             {body} octets left out"
        )
    );
    assert_eq!(comments.len(), 3);
    let text = String::from_utf8_lossy(&content);
    for hidden in ["5551234", "2345678", "7587245234b3", "84a4cc6f", "Dupont", "v=0"] {
        assert!(!text.contains(hidden), "{hidden} is in the file");
    }
    let mode = |path: &str| bench.state.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("packets"), mode("packets/1.pcapng")), (0o700, 0o600));
}

#[test]
fn a_file_that_a_crash_broke_off_anywhere_is_gone_on_with() {
    let bench = Bench::new(policy::Packets::default());
    bench.tell(incident(1, false));
    bench.take(INVITE);
    bench.take(INVITE);
    bench.packets.finish();
    let whole = bench.content(1);
    let ends: Vec<_> = (1..whole.len()).filter(|len| len % 7 == 0 || whole.len() - len < 60).collect();
    for len in ends {
        let state = tempfile::tempdir().unwrap();
        std::fs::create_dir(state.path().join("packets")).unwrap();
        std::fs::write(state.path().join("packets/1.pcapng"), &whole[..len]).unwrap();
        let mut file = file::PacketFile::resume(&state.path().join("packets/1.pcapng")).unwrap();
        let Some(file) = &mut file else {
            assert!(len < comments(&whole)[0].len() + 100, "{len}");
            continue;
        };
        let left = std::fs::read(state.path().join("packets/1.pcapng")).unwrap();
        assert!(left.len() <= len && whole.starts_with(&left));
        assert_eq!(comments(&left).len() as u64, file.packets() + 1);
    }
}

#[test]
fn the_next_agent_goes_on_with_the_incidents_that_go_on() {
    let settings = policy::Packets { most: 3, ..policy::Packets::default() };
    let bench = Bench::new(settings);
    bench.tell(incident(1, false));
    bench.take(INVITE);
    bench.take(INVITE);
    bench.packets.finish();
    let Bench { state, .. } = bench;
    let whole = std::fs::read(state.path().join("packets/1.pcapng")).unwrap();
    std::fs::write(state.path().join("packets/1.pcapng"), &whole[..whole.len() - 5]).unwrap();
    let bench = Bench::go_on(state, settings, &[Arc::new(incident(1, false))]);
    for _ in 0..4 {
        bench.take(INVITE);
    }
    let kept = bench.tell(incident(1, true)).unwrap();
    // One was cut off, and the most is of both agents together.
    assert_eq!((kept.packets, kept.left_out), (3, 2));
    assert_eq!(comments(&bench.content(1)).len(), 4);
}

#[test]
fn a_file_of_another_incident_of_this_number_is_put_aside() {
    let bench = Bench::new(policy::Packets::default());
    for _ in 0..2 {
        bench.tell(incident(1, false));
        bench.take(INVITE);
        bench.tell(incident(1, true));
    }
    assert_eq!(folder::all(bench.state.path()).len(), 2);
    let (later, known) = (SystemTime::now() + Duration::from_secs(10), [IncidentId(1)]);
    assert_eq!(folder::tidy(bench.state.path(), &known, SystemTime::UNIX_EPOCH), 0);
    assert!(folder::tidy(bench.state.path(), &known, later) > 0);
    assert_eq!(folder::incidents(bench.state.path()), known);
}

#[test]
fn packets_go_with_their_incident() {
    let bench = Bench::new(policy::Packets::default());
    for id in [FORGOTTEN, 14] {
        bench.tell(incident(id, false));
        bench.take(INVITE);
        bench.tell(incident(id, true));
    }
    bench.tell(incident(15, false));
    bench.take(INVITE);
    bench.packets.finish();
    let Bench { state, .. } = bench;
    let again = Bench::go_on(state, policy::Packets::default(), &[]);
    again.packets.finish();
    assert_eq!(folder::incidents(again.state.path()), [IncidentId(14), IncidentId(15)]);
}

#[test]
fn one_file_and_all_files_have_no_more_than_the_policy_allows() {
    let settings = policy::Packets { most_bytes: 5_000, total_bytes: 12_000, ..policy::Packets::default() };
    let bench = Bench::new(settings);
    for id in 1..=4 {
        bench.tell(incident(id, false));
        for _ in 0..20 {
            bench.take(INVITE);
        }
        let kept = bench.tell(incident(id, true)).unwrap();
        assert!(kept.octets <= 5_000 && kept.packets + kept.left_out >= 20, "{kept:?}");
    }
    let all = folder::all(bench.state.path());
    assert!(all.iter().map(|file| file.octets).sum::<u64>() <= 12_000);
    assert!(all.len() >= 2 && !all.iter().any(|file| file.path.ends_with("1.pcapng")), "{all:?}");
    let noted = bench.noted.try_recv().unwrap().content;
    assert_eq!((&noted["incident"], &noted["packets"]["gave_way"]), (&1.into(), &true.into()));
}

#[test]
fn without_packets_nothing_is_remembered_and_nothing_waits() {
    let off = policy::Packets { enabled: false, ..policy::Packets::default() };
    let bench = Bench::new(off);
    bench.take(INVITE);
    bench.tell(incident(1, false));
    assert_eq!(bench.tell(incident(1, true)), None);
    assert!(!bench.state.path().join("packets").exists());
    bench.packets.finish();
    assert_eq!(bench.tell(incident(2, true)), None);
    *bench.host.0.lock().unwrap() = Settings::default();
    assert!(!bench.packets.0.is_on.load(Ordering::Relaxed));
}

#[test]
fn a_clock_that_was_set_is_told() {
    let second = Duration::from_secs(1);
    let (first, mut next) = (seen(INVITE), seen(INVITE));
    (next.at, next.wall) = (first.at + 2_000_000_000, first.wall + 2 * second);
    assert_eq!(comment::Offset::between(&first, &next), None);
    next.wall = first.wall - 3_598 * second;
    let set = comment::Offset::between(&first, &next).unwrap();
    assert_eq!(set.to_string(), "-3600.0 s");
    let redacted = redact::redact(&next, Settings::default().how(), &mut mask::Secrets::default()).unwrap();
    let said = comment::packet(&next, &redacted, &incident(1, false), "cuba", Some(set));
    assert!(said.ends_with("; the clock was set by -3600.0 s since the packet before"), "{said}");
}
