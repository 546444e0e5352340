//! The end of the demo: what happened, in tables that a newcomer understands, and what to do next.

use comfy_table::{Cell, CellAlignment, Table, presets};
use tests::{hosts::Datagram, peers::Scenario};

use super::scene::Seen;

/// The whole report.
pub fn text(seen: &Seen) -> String {
    let parts = [calls(seen), destinations(seen), received(seen), metrics(seen), NEXT.to_owned()];
    parts.join("\n")
}

/// One row for each kind of call, counted on the wire.
fn calls(seen: &Seen) -> String {
    let pbx_received = format!("INVITEs {} received", seen.pbx);
    let mut table = table(&[
        "who called",
        "dialled",
        "calls",
        "talked",
        "INVITEs sent",
        &pbx_received,
        "calls that left for the trunk",
    ]);
    for (group, outcome) in &seen.groups {
        let talked = if group.scenario == Scenario::Caller { outcome.successful } else { 0 };
        let figures = [
            group.count as usize,
            talked as usize,
            invites(&seen.sent, group.dialled).count(),
            invites(&seen.received, group.dialled).count(),
            distinct(invites(&seen.left, group.leaves_as)),
        ];
        row(&mut table, &[group.story, group.dialled], &figures.map(|figure| figure as u64));
    }
    format!("\nWhat was called, seen on the wires\n{table}\n")
}

/// One row for each destination and direction, as the kernel counted.
fn destinations(seen: &Seen) -> String {
    let mut table = table(&["destination", "where", "INVITEs tried", "passed", "dropped"]);
    for (destination, what) in DESTINATIONS {
        for (direction, place) in
            [("ingress", "arriving from the phones (XDP)"), ("egress", "leaving for the trunk (tc)")]
        {
            let [passed, dropped] =
                ["pass", "drop"].map(|verdict| seen.scrape.invites(direction, destination, verdict));
            if passed + dropped > 0 {
                row(
                    &mut table,
                    &[&format!("{destination} ({what})"), place],
                    &[passed + dropped, passed, dropped],
                );
            }
        }
    }
    format!("What the kernel counted (packets: a PBX whose INVITE is not answered sends it again)\n{table}\n")
}

/// The proof: what the PBX itself received, against what was sent and dropped.
fn received(seen: &Seen) -> String {
    let of = |datagrams: &[Datagram]| datagrams.iter().filter(|one| one.invited().is_some()).count();
    let (sent, received) = (of(&seen.sent), of(&seen.received));
    let dropped =
        seen.scrape.sum("ringfence_invites_total", &[("direction", "ingress"), ("verdict", "drop")]);
    let agreed = sent as u64 == received as u64 + dropped;
    let rtp = seen.received.iter().filter(|one| one.payload.first() == Some(&RTP_VERSION_2)).count();
    format!(
        "The PBX itself (a capture behind Ringfence): of {sent} INVITEs it received {received}; Ringfence counted {dropped} \
         dropped before it: {}.\nVoice went on undisturbed: {rtp} RTP packets arrived from the phones.\n",
        if agreed { "they agree packet by packet" } else { "THEY DISAGREE" }
    )
}

/// Three lines of the scrape.
fn metrics(seen: &Seen) -> String {
    let wanted = [
        "direction=\"ingress\",destination=\"cuba\",verdict=\"drop\"",
        "direction=\"egress\",destination=\"cuba\",verdict=\"drop\"",
        "interface=\"lan\",direction=\"ingress\",class=\"rtp\"",
    ];
    let line = |labels: &&str| {
        let bears =
            |line: &&str| labels.split(',').all(|label| line.contains(label)) && line.contains("s_total{");
        seen.scrape
            .text
            .lines()
            .find(|line| bears(line) && !line.contains("bytes_total"))
            .map(|line| format!("    {line}\n"))
    };
    let lines: String = wanted.iter().filter_map(line).collect();
    format!("Prometheus could scrape http://127.0.0.1:9464/metrics on the PBX; three lines of it:\n{lines}")
}

fn invites<'a>(datagrams: &'a [Datagram], number: &'a str) -> impl Iterator<Item = &'a Datagram> {
    let begin = format!("sip:{number}@");
    datagrams.iter().filter(move |datagram| datagram.invited().is_some_and(|uri| uri.starts_with(&begin)))
}

/// Calls, told apart by their Call-ID.
fn distinct<'a>(invites: impl Iterator<Item = &'a Datagram>) -> usize {
    invites.filter_map(|invite| invite.header("Call-ID")).collect::<std::collections::BTreeSet<_>>().len()
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(header.iter().copied());
    table
}

fn row(table: &mut Table, words: &[&str], figures: &[u64]) {
    let words = words.iter().map(Cell::new);
    let figures = figures.iter().map(|figure| Cell::new(figure).set_alignment(CellAlignment::Right));
    table.add_row(words.chain(figures).collect::<Vec<_>>());
}

/// First octet of an RTP packet without padding, extension or sources.
const RTP_VERSION_2: u8 = 0x80;
const DESTINATIONS: [(&str, &str); 6] = [
    ("FR", "France, no rule"),
    ("emergency", "always passes"),
    ("internal", "an extension of the house"),
    ("cuba-office", "allowed by an exception"),
    ("cuba", "blocked"),
    ("islands", "blocked"),
];
const NEXT: &str = "
Next, on a real PBX host:
    cargo xtask build --release              the agent is target/release/ringfence; it needs nothing else there
    ringfence check policy.toml              every mistake in your policy at once; begin with tests/src/bin/demo/policy.toml
    ringfence explain 0005355512345 --policy policy.toml
    sudo ringfence run --policy policy.toml --interface eth0 --dry-run
                                             counts what it would drop; without --dry-run it drops";
