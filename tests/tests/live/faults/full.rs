//! Policies that the tables have no room for, and more media than there are slots for.

use anyhow::{Result, ensure};
use tests::{
    engine::stay_on_one_cpu,
    peers::{Family, Guard, Mode, ringfence},
};

use super::{
    super::office::{Office, POLICY},
    guards, is_well, says, shows,
};

#[test]
fn a_policy_without_room_is_refused_and_the_old_one_stays() -> Result<()> {
    let office = Office::open()?;
    let options = ["--mode", Mode::Native.word(), "--interface", "lan", "--max-prefixes", "1000"];
    let guard = Guard::start_with(&office.hosts.pbx, POLICY, office.folder.path(), &options)?;
    for (policy, words) in
        [(prefixes(30_000), "larger --max-prefixes"), (destinations(4_097), "can be counted")]
    {
        let refused = guard.metrics()?.sum(RELOADS, &[("result", "error")]);
        guard.reload(&policy)?;
        shows(&guard, RELOADS, &[("result", "error")], |errors| errors > refused)?;
        says(&guard, words)?;
        guards(&office)?;
        is_well(&guard)?;
    }
    // What was refused leaves nothing behind that a smaller one would miss.
    guard.reload(&prefixes(900))?;
    shows(&guard, RELOADS, &[("result", "success")], |done| done >= 1)?;
    guards(&office)?;
    drop(guard);

    let policy = office.folder.path().join("large.toml");
    std::fs::write(&policy, prefixes(30_000))?;
    let mut command = office.hosts.pbx.command(&ringfence()?);
    command.arg("run").arg("--policy").arg(&policy).args(options);
    let output = command.arg("--state").arg(office.folder.path().join("state")).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code().is_some_and(|code| code != 0), "a start with it succeeds:\n{said}");
    ensure!(said.contains("larger --max-prefixes"), "it says:\n{said}");
    Ok(())
}

#[test]
fn media_beyond_the_table_gives_way_and_is_counted() -> Result<()> {
    let office = Office::open()?;
    let options = [
        "--mode",
        Mode::Native.word(),
        "--interface",
        "lan",
        "--max-prefixes",
        "1000",
        "--media-slots",
        "64",
    ];
    let guard = Guard::start_with(&office.hosts.pbx, POLICY, office.folder.path(), &options)?;
    let sink = office.pbx_sink(Family::V4)?;
    // A stream is confirmed on each CPU that sees it, and a veth delivers where it is sent.
    stay_on_one_cpu()?;
    for stream in 0..STREAMS {
        let socket = office.phone(Family::V4)?;
        for sequence in 0..3u16 {
            socket.send_to(&rtp(stream, sequence), (sink.address().ip(), 20_000 + 2 * stream))?;
        }
    }
    drop(sink.finish());
    let rtp = u64::from(STREAMS) * 2;
    shows(&guard, "ringfence_packets_total", &[("direction", "ingress"), ("class", "rtp")], |packets| {
        packets == rtp
    })?;
    let evicted = guard.metrics()?.sum("ringfence_media_evicted_total", &[]);
    // The table of one CPU has 64 slots.
    let room = 64;
    ensure!(evicted + room >= u64::from(STREAMS), "{STREAMS} streams, {evicted} gave way");
    guards(&office)?;
    is_well(&guard)
}

/// The policy, and so many prefixes more.
fn prefixes(count: u32) -> String {
    // Far apart: a line of the tables holds few of them.
    let list: Vec<_> = (0..count).map(|n| format!("\"+49{:09}\"", n * 32_771 % 999_999_937)).collect();
    format!(
        "{POLICY}\n[[destination]]\nname = \"many\"\nprefixes = [{}]\naction = \"block\"\n",
        list.join(", ")
    )
}

/// The policy, and so many destinations more.
fn destinations(count: u32) -> String {
    (0..count).fold(POLICY.to_owned(), |policy, n| {
        policy
            + &format!("[[destination]]\nname = \"d{n}\"\nprefixes = [\"+49{n:05}\"]\naction = \"watch\"\n")
    })
}

/// An RTP packet (RFC 3550, 5.1) of a stream.
fn rtp(stream: u16, sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 0];
    packet.extend((1000 + sequence).to_be_bytes());
    packet.extend((160 * u32::from(sequence)).to_be_bytes());
    packet.extend((0x1000_0000 + u32::from(stream)).to_be_bytes());
    packet.resize(172, 0x55);
    packet
}

const RELOADS: &str = "ringfence_policy_reloads_total";
const STREAMS: u16 = 1000;
