//! The packets of incidents as others read them: every INVITE of every capture is taken for a blocked one, and what is written of it
//! and its answers is opened with tshark and replayed.

use std::{
    collections::BTreeSet,
    path::Path,
    process::Command,
    sync::{Arc, mpsc},
    time::{Duration, SystemTime},
};

use monitor::{
    capture::Capture,
    events::Event,
    evidence::Change,
    incidents::{Account, Incident, IncidentId, Kind, PacketsKept, Subject},
    limits::Severity,
    packets::{Now, Packets, Settings, World},
    policy,
    replay::EngineKind,
    sip,
};
use monitor_common::{
    abi::{Class, Direction, Link, Reason, SipRecord, Transport, Verdict},
    wire::{self, Flow},
};
use prometheus_client::registry::Registry;
use serde_json::Value;
use tempfile::TempDir;
use zerocopy::IntoBytes;

use crate::replays::{all, document, own};

/// What tshark shows of a frame.
struct Shown {
    protocols: String,
    method: String,
    status: String,
    call_id: String,
    cseq: String,
    comment: String,
    len: u64,
    caplen: u64,
    way: String,
}

/// A host that shows whole numbers nowhere.
struct Host;

impl World for Host {
    fn settings(&self) -> Settings {
        let packets = policy::Packets { most: 10_000, most_bytes: 100_000_000, ..policy::Packets::default() };
        Settings { packets, hidden_digits: 4 }
    }

    fn destination(&self, _: u16) -> String {
        "cuba".to_owned()
    }

    fn slot(&self, _: &str) -> Option<u16> {
        None
    }

    fn interface(&self, slot: u32) -> String {
        format!("eth{slot}")
    }

    fn known(&self, incidents: &[IncidentId]) -> Option<Vec<IncidentId>> {
        Some(incidents.to_vec())
    }

    fn kept_for(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn now(&self) -> Now {
        Now { monotonic: 1, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) }
    }
}

#[test]
fn wireshark_opens_the_packets_of_an_incident_and_shows_the_messages_without_what_is_hidden() {
    let (mut packets, mut numbers) = (0, BTreeSet::new());
    for capture in all() {
        let (state, kept) = kept(&capture, &mut numbers);
        let Some(kept) = kept else { continue };
        let file = state.path().join(&kept.file);
        let Some(frames) = tshark(&file) else { return };
        let name = capture.display();
        assert_eq!(frames.len() as u64, kept.packets, "{name}");
        for (place, frame) in frames.iter().enumerate() {
            let protocols: Vec<_> = frame.protocols.split(':').collect();
            // Over TCP Wireshark waits for the end of headers that the agent does not have.
            let is_unended = protocols.contains(&"tcp") && frame.comment.contains("headers cut");
            if !protocols.contains(&"sip") && is_unended {
                continue;
            }
            assert!(protocols.contains(&"sip"), "{name}: packet {place} is {}", frame.protocols);
            for wrong in ["_ws.malformed", "sdp", "rtp"] {
                assert!(!protocols.contains(&wrong), "{name}: packet {place} is {}", frame.protocols);
            }
            assert!(frame.caplen <= frame.len && frame.len > 0, "{name}: packet {place}");
            assert!(!frame.call_id.is_empty() && !frame.cseq.is_empty(), "{name}: packet {place}");
            assert!(frame.method.is_empty() != frame.status.is_empty(), "{name}: packet {place}");
            let fate =
                if frame.method == "INVITE" { "dropped: policy, destination cuba; " } else { "passed; " };
            assert!(frame.comment.starts_with(fate), "{name}: packet {place}: {}", frame.comment);
            assert!(frame.comment.contains("incident 1: blocked_invites"), "{}", frame.comment);
            assert_eq!(frame.way, "0x00000001", "{name}: inbound");
        }
        let invites = frames.iter().filter(|frame| frame.method == "INVITE").count();
        let document = document(&file, &own("night.toml"), EngineKind::Host).expect("a document");
        assert_eq!(document["packets"], Value::from(frames.len()), "{name}");
        assert_eq!(document["methods"]["INVITE"], Value::from(invites), "{name}");
        let content = String::from_utf8_lossy(&std::fs::read(&file).expect("the file")).into_owned();
        for number in &numbers {
            assert!(!content.contains(number.as_str()), "{name}: {number} is in the file");
        }
        packets += frames.len();
    }
    assert!(packets > 100 && numbers.len() >= 10, "{packets} packets, {} numbers: too few", numbers.len());
}

/// The packets of one incident to which every INVITE of a capture belongs. What users are called by seven digits and more goes into
/// `numbers`.
fn kept(capture: &Path, numbers: &mut BTreeSet<String>) -> (TempDir, Option<PacketsKept>) {
    let state = tempfile::tempdir().expect("a folder");
    let packets = Packets::start(state.path(), Arc::new(Host), &[], |_| (), &mut Registry::default());
    tell(&packets, false);
    let mut source = Capture::open(capture).expect("a capture");
    while let Ok(Some(frame)) = source.next_frame() {
        let Ok(content) = frame.content else { continue };
        let Some((record, message)) = record(content.link, content.octets) else { continue };
        let users = [&message.from.user, &message.to.user].map(ToString::to_string);
        numbers.extend(
            users
                .into_iter()
                .filter(|user| user.len() >= 7 && user.bytes().all(|octet| octet.is_ascii_digit())),
        );
        let octets = [record.as_bytes(), content.octets].concat();
        packets.take(&octets, &Event::read(&octets).expect("an event"));
    }
    let kept = tell(&packets, true);
    packets.finish();
    (state, kept)
}

/// What the kernel would say of a whole message; none where there is no such.
fn record(link: Link, frame: &[u8]) -> Option<(SipRecord, sip::Message)> {
    let flow: Flow = wire::walk(&frame, link).ok()?;
    let payload = frame.get(flow.payload as usize..flow.end as usize)?;
    let message = sip::message(payload).ok()?;
    let class = match message.start {
        sip::Start::Request { method: sip::Method::Invite, .. } => Class::Invite,
        _ => Class::Status2xx,
    };
    let record = SipRecord {
        at: 1,
        source: flow.addresses.source(&frame)?,
        destination: flow.addresses.destination(&frame)?,
        source_port: flow.source_port,
        destination_port: flow.destination_port,
        frame_len: frame.len() as u32,
        captured: frame.len() as u32,
        message_offset: flow.payload,
        message_len: payload.len() as u32,
        transport: flow.transport as u8,
        direction: Direction::Ingress as u8,
        verdict: Verdict::Drop as u8,
        reason: Reason::Policy as u8,
        class: class as u8,
        ..SipRecord::default()
    };
    (flow.transport == Transport::Udp || payload.starts_with(b"SIP") || class == Class::Invite)
        .then_some((record, message))
}

fn tell(packets: &Packets, is_over: bool) -> Option<PacketsKept> {
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let incident = Incident {
        id: IncidentId(1),
        kind: Kind::BlockedInvites,
        severity: Severity::Warning,
        subject: Subject::default(),
        rule: None,
        began,
        latest: began,
        ended: is_over.then_some(began),
        alerts: 1,
        account: Account::default(),
        measures: Vec::new(),
        acknowledged: None,
        escalations: 0,
        policy: None,
        packets: None,
    };
    let (on, handed) = mpsc::channel();
    let change = Change { incident: Arc::new(incident), alert: None, news: None };
    packets.tell(change, Box::new(move |change| on.send(change).unwrap_or_default()));
    handed.recv().expect("what was told").incident.packets.clone()
}

/// Every frame as tshark shows it; `None` where there is no tshark.
fn tshark(file: &Path) -> Option<Vec<Shown>> {
    let fields = [
        "frame.protocols",
        "sip.Method",
        "sip.Status-Code",
        "sip.Call-ID",
        "sip.CSeq",
        "frame.comment",
        "frame.len",
        "frame.cap_len",
        "frame.packet_flags",
    ];
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("NOT TESTED: tshark cannot be run ({error}); install it (Debian: tshark)");
            return None;
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("cut short"), "tshark: {said}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let frame = |line: &str| {
        let mut fields = line.split('|').map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        let (protocols, method, status, call_id, cseq, comment) =
            (next(), next(), next(), next(), next(), next());
        let (len, caplen) = (next().parse().unwrap_or(0), next().parse().unwrap_or(u64::MAX));
        Shown { protocols, method, status, call_id, cseq, comment, len, caplen, way: next() }
    };
    Some(text.lines().map(frame).collect())
}
