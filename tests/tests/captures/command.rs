//! The command itself: exit codes, and what stands on which output.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    replays::own,
    written::{MICROSECONDS, Order, enhanced_packet, interface, pcap, section_header},
};

/// The agent's binary, which stands beside the folder of the test binaries; `None` where it was not built.
fn ringfence() -> Option<PathBuf> {
    let test = std::env::current_exe().expect("the path of this test");
    let binary = test.parent().and_then(Path::parent).map(|folder| folder.join("ringfence"));
    let found = binary.filter(|path| path.exists());
    if found.is_none() {
        eprintln!("NOT TESTED: the binary ringfence is not built; `cargo build` makes it");
    }
    found
}

fn replay(capture: &Path, more: &[&str]) -> Option<Output> {
    let mut command = Command::new(ringfence()?);
    command.arg("replay").arg(capture).args(["--engine", "host"]).args(more);
    Some(command.output().expect("the binary runs"))
}

fn policy() -> [String; 2] {
    ["--policy".to_owned(), own("night.toml").display().to_string()]
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON document")
}

#[test]
fn a_whole_capture_ends_with_0() {
    let [flag, policy] = policy();
    let Some(output) = replay(&own("night.pcapng"), &[&flag, &policy, "--json"]) else { return };
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(document(&output)["packets"], 860);
    let Some(output) = replay(&own("night.pcapng"), &[&flag, &policy]) else { return };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in ["860 packets", "INVITE 13", "islands", "900535551234", "+13459495555"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn a_capture_that_breaks_off_ends_with_1_and_a_report() {
    let [flag, policy] = policy();
    let folder = tempfile::tempdir().expect("a folder");
    let night = std::fs::read(own("night.pcapng")).expect("the capture");
    let path = folder.path().join("cut.pcapng");
    std::fs::write(&path, &night[..100_000]).expect("a written capture");
    let Some(output) = replay(&path, &[&flag, &policy, "--json"]) else { return };
    assert_eq!(output.status.code(), Some(1));
    let document = document(&output);
    let read = document["packets"].as_u64().expect("a count");
    assert!(read > 100 && read < 860, "{read}");
    assert_eq!(document["error"]["frame"], read + 1);
    let offset = document["error"]["offset"].as_u64().expect("an offset");
    assert!(offset > 98_000 && offset < 100_000, "{offset}");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains(&format!("octet {offset}")), "{error}");
    let Some(output) = replay(&path, &[&flag, &policy]) else { return };
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(&format!("breaks off at frame {}, at octet {offset}", read + 1)), "{text}");
}

#[test]
fn what_is_no_capture_ends_with_1() {
    let [flag, policy] = policy();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, octets, reason) in [
        ("empty", &b""[..], "the file is empty"),
        ("text", b"not a capture at all", "as no pcap or pcapng capture does"),
        ("archive", b"\x1f\x8b\x08\x00 ...", "decompress it first"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, octets).expect("a written file");
        let Some(output) = replay(&path, &[&flag, &policy, "--json"]) else { return };
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(reason), "{name}: {output:?}");
    }
    let Some(output) = replay(&folder.path().join("nowhere"), &[&flag, &policy]) else { return };
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_faulty_policy_ends_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, "[dialplan]\ncountry = \"33\"\n").expect("a written policy");
    let policy = path.display().to_string();
    let Some(output) = replay(&own("night.pcapng"), &["--policy", &policy, "--json"]) else { return };
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("country"), "{output:?}");
}

#[test]
fn frames_that_cannot_be_read_are_named_and_counted() {
    let [flag, policy] = policy();
    let order = Order::Big;
    let file = [
        section_header(order),
        interface(order, 105, 0, &[]),
        enhanced_packet(order, 0, 0, &[0; 40], 40),
        enhanced_packet(order, 0, 0, &[0; 40], 400),
        enhanced_packet(order, 3, 0, &[0; 40], 40),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wireless.pcapng");
    std::fs::write(&path, file.concat()).expect("a written capture");
    let Some(output) = replay(&path, &[&flag, &policy, "--json"]) else { return };
    assert_eq!(output.status.code(), Some(0));
    let document = document(&output);
    assert_eq!(
        (&document["packets"], &document["classes"]["other"], &document["cut"]),
        (&3.into(), &3.into(), &1.into())
    );
    assert_eq!(
        document["unreadable"],
        serde_json::json!([
            {"reason": "link_type", "what": "link type 105 (IEEE 802.11)", "frames": 2},
            {"reason": "unknown_interface", "what": "interface 3, which the capture does not describe", "frames": 1},
        ])
    );
}

#[test]
fn a_capture_without_frames_has_a_report() {
    let [flag, policy] = policy();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nothing.pcap");
    std::fs::write(&path, pcap(Order::Little, MICROSECONDS, 1, &[])).expect("a written capture");
    for more in [&[&flag[..], &policy, "--json"][..], &[&flag, &policy]] {
        let Some(output) = replay(&path, more) else { return };
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn a_policy_is_checked_on_a_capture() {
    let Some(binary) = ringfence() else { return };
    let check = |policy: &Path, capture: &Path| {
        let mut command = Command::new(&binary);
        command.arg("check").arg(policy).arg("--capture").arg(capture).output().expect("the binary runs")
    };
    let output = check(&own("night.toml"), &own("night.pcapng"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for part in
        ["good", "What it would have done in", "prevented: 9 by the policy, 0 by limits", "+13459495555"]
    {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken.pcapng");
    let night = std::fs::read(own("night.pcapng")).expect("the capture");
    std::fs::write(&broken, &night[..100_000]).expect("a written capture");
    assert_eq!(check(&own("night.toml"), &broken).status.code(), Some(1));
    let faulty = folder.path().join("faulty.toml");
    std::fs::write(&faulty, "[dialplan]\ncountry = \"33\"\n").expect("a written policy");
    let output = check(&faulty, &own("night.pcapng"));
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "no account of a faulty policy");
}
