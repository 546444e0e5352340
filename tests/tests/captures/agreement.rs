//! Both engines say the same of every capture, of cut frames, and of frames of any octets.

use std::path::{Path, PathBuf};

use monitor::{capture::Capture, replay::EngineKind};
use monitor_common::abi::Link;
use serde_json::Value;

use crate::{
    replays::{all, document, other, own, without_engine},
    written::{MICROSECONDS, Order, enhanced_packet, interface, pcap, section_header},
};

/// Replays on both engines; the document of the kernel, where it may be asked.
fn agree(capture: &Path, policy: &Path) -> Option<Value> {
    let host = document(capture, policy, EngineKind::Host).expect("the host engine needs no privilege");
    check_sums(&host);
    let kernel = document(capture, policy, EngineKind::Kernel)?;
    assert_eq!(without_engine(kernel.clone()), without_engine(host), "{}", capture.display());
    Some(kernel)
}

fn check_sums(document: &Value) {
    let sum = |object: &Value| {
        object
            .as_object()
            .expect("an object")
            .values()
            .map(|count| count.as_u64().expect("a count"))
            .sum::<u64>()
    };
    let packets = document["packets"].as_u64().expect("a count");
    assert_eq!(sum(&document["classes"]), packets);
    assert_eq!(sum(&document["directions"]), packets);
    for (part, whole) in [("methods", "sip_request"), ("statuses", "sip_response"), ("other", "other")] {
        assert_eq!(Value::from(sum(&document[part])), document["classes"][whole], "{part}");
    }
    let invites = document["methods"].get("INVITE").and_then(Value::as_u64).unwrap_or(0);
    assert_eq!(document["verdicts"].as_array().expect("verdicts").len() as u64, invites);
    for (name, tally) in document["destinations"].as_object().expect("an object") {
        let count = |key: &str| tally[key].as_u64().expect("a count");
        assert_eq!(count("invites"), count("passed") + count("dropped") + count("would_drop"), "{name}");
    }
}

/// All captures in one file, for the verifier takes longer than the frames of any of them.
#[test]
fn on_every_capture() {
    let folder = tempfile::tempdir().expect("a folder");
    let captures = all();
    for capture in &captures {
        check_sums(&document(capture, &own("night.toml"), EngineKind::Host).expect("a document"));
    }
    let frames: Vec<_> = captures.iter().flat_map(|capture| frames(capture)).collect();
    agree(&write_both(folder.path(), &frames), &own("night.toml"));
}

/// The frames of a capture as (link type, octets).
fn frames(capture: &Path) -> Vec<(u32, Vec<u8>)> {
    let mut capture = Capture::open(capture).expect("a capture");
    let mut frames = Vec::new();
    while let Some(frame) = capture.next_frame().expect("a whole capture") {
        let content = frame.content.expect("a link type that is read");
        frames.push((if content.link == Link::Ip { 101 } else { 1 }, content.octets.to_vec()));
    }
    frames
}

fn write(folder: &Path, link_type: u32, frames: &[Vec<u8>]) -> PathBuf {
    let frames: Vec<_> = frames.iter().map(|octets| (0, 0, octets.as_slice(), octets.len() as u32)).collect();
    let path = folder.join(format!("{link_type}.pcap"));
    std::fs::write(&path, pcap(Order::Little, MICROSECONDS, link_type, &frames)).expect("a written capture");
    path
}

/// A pcapng of frames of link types 1 and 101.
fn write_both(folder: &Path, frames: &[(u32, Vec<u8>)]) -> PathBuf {
    let order = Order::Little;
    let mut file =
        [section_header(order), interface(order, 1, 0, &[]), interface(order, 101, 0, &[])].concat();
    for (link_type, octets) in frames {
        let index = u32::from(*link_type == 101);
        file.extend(enhanced_packet(order, index, 0, octets, octets.len() as u32));
    }
    let path = folder.join("both.pcapng");
    std::fs::write(&path, file).expect("a written capture");
    path
}

#[test]
fn on_the_same_packets_without_their_ethernet_header() {
    let folder = tempfile::tempdir().expect("a folder");
    let frames = frames(&own("night.pcapng"));
    let is_ip = |octets: &&Vec<u8>| [[0x08, 0x00], [0x86, 0xdd]].contains(&[octets[12], octets[13]]);
    let whole: Vec<_> = frames.iter().map(|(_, octets)| octets).filter(is_ip).cloned().collect();
    let bare: Vec<_> = whole.iter().map(|octets| octets[14..].to_vec()).collect();
    let ethernet = write(folder.path(), 1, &whole);
    let raw = write(folder.path(), 101, &bare);
    let with_header = document(&ethernet, &own("night.toml"), EngineKind::Host).expect("a document");
    let without = document(&raw, &own("night.toml"), EngineKind::Host).expect("a document");
    assert_eq!(with_header, without);
    agree(&raw, &own("night.toml"));
}

#[test]
fn on_frames_cut_at_every_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let night = frames(&own("night.pcapng"));
    let invite = |octets: &Vec<u8>| octets.windows(11).any(|window| window == b"INVITE sip:");
    let (_, invite) = night.iter().find(|(_, octets)| invite(octets)).expect("an INVITE");
    let whole = (0..=invite.len()).map(|len| (1, invite[..len].to_vec()));
    let bare = (0..=invite.len() - 14).map(|len| (101, invite[14..14 + len].to_vec()));
    agree(&write_both(folder.path(), &whole.chain(bare).collect::<Vec<_>>()), &own("night.toml"));
}

#[test]
fn on_frames_longer_than_a_test_run_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let night = frames(&own("night.pcapng"));
    let is_blocked = |octets: &Vec<u8>| octets.windows(17).any(|window| window == b"sip:900535551234@");
    let (_, invite) = night.iter().find(|(_, octets)| is_blocked(octets)).expect("an INVITE to Cuba");
    // The lengths in the IP and UDP headers still end the message where it ended: what follows is padding.
    let long: Vec<_> = [invite.len(), 3520, 3521, 9000, 60_000]
        .into_iter()
        .map(|len| {
            let mut octets = invite.clone();
            octets.resize(len, 0);
            octets
        })
        .collect();
    let Some(kernel) = agree(&write(folder.path(), 1, &long), &own("night.toml")) else { return };
    assert_eq!(kernel["judged_by_host"], 3);
    let engines: Vec<_> =
        kernel["verdicts"].as_array().expect("verdicts").iter().map(|entry| entry.get("engine")).collect();
    assert_eq!(engines, [None, None, Some(&"host".into()), Some(&"host".into()), Some(&"host".into())]);
    assert_eq!(kernel["destinations"]["cuba"]["dropped"], 5);
}

#[test]
fn on_the_longest_messages_at_hand() {
    let Some(capture) = other("zeek/sip-long-request-response-paths.pcap") else { return };
    let Some(kernel) = agree(&capture, &own("night.toml")) else { return };
    assert_eq!((&kernel["packets"], &kernel["judged_by_host"]), (&2.into(), &2.into()));
}
