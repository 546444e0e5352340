//! A kernel that is too old: what `ringfence` says of it, and what still works.

use std::process::{Command, Output};

use anyhow::{Result, ensure};
use tests::{packet::Packet, peers::ringfence};

use super::office::{Office, POLICY};

#[test]
#[ignore = "needs a kernel that is too old: cargo xtask vm"]
fn run_refuses_and_names_the_kernel_that_is_needed() -> Result<()> {
    let office = Office::open()?;
    let output = ask(&office, &["run", "--interface", "lan", "--state", "state", "--policy", "policy.toml"])?;
    said(&output, 3, &["Linux 5.10", &monitor::kernel::kernel_release()])
}

#[test]
#[ignore = "needs a kernel that is too old: cargo xtask vm"]
fn all_that_needs_no_kernel_works() -> Result<()> {
    let office = Office::open()?;
    said(&ask(&office, &["check", "policy.toml"])?, 0, &[])?;
    said(&ask(&office, &["explain", "+5355512345", "--policy", "policy.toml"])?, 0, &["cuba"])?;
    std::fs::write(office.folder.path().join("calls.pcap"), capture())?;
    let replay = ["replay", "calls.pcap", "--policy", "policy.toml", "--json"];
    said(&ask(&office, &replay)?, 0, &["\"engine\":\"host\"", "\"cuba\"", "\"drop\""])?;
    let in_kernel = [&replay[..], &["--engine", "kernel"]].concat();
    said(&ask(&office, &in_kernel)?, 3, &["Linux 5.10", "--engine host"])
}

fn ask(office: &Office, arguments: &[&str]) -> Result<Output> {
    let folder = office.folder.path();
    std::fs::write(folder.join("policy.toml"), POLICY)?;
    let mut command: Command = office.hosts.pbx.command(&ringfence()?);
    Ok(command.args(arguments).current_dir(folder).output()?)
}

/// This exit code, and each of `words` on stdout or stderr.
fn said(output: &Output, code: i32, words: &[&str]) -> Result<()> {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    ensure!(output.status.code() == Some(code), "ends with {} and not with {code}:\n{text}", output.status);
    for word in words {
        ensure!(text.contains(word), "does not say `{word}`:\n{text}");
    }
    Ok(())
}

/// One INVITE to Cuba, as tcpdump would write it (pcap, microseconds, Ethernet).
fn capture() -> Vec<u8> {
    let frame = Packet::udp(tests::rows::invite("sip:+5355512345@192.0.2.10")).octets();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let length = frame.len() as u32;
    let header = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1]);
    [header, words(&[1_700_000_000, 0, length, length]), frame].concat()
}
