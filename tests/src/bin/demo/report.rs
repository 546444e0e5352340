//! The end of the demo: what happened, in tables that a newcomer understands, and what to do next.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use comfy_table::{Cell, CellAlignment, Table, presets};
use monitor::{calls::CallResult, control::view::CallRow};
use tests::{hosts::Datagram, peers::Scenario};

use super::{
    control,
    scene::{Group, Seen},
};

/// The whole report.
pub fn text(seen: &Seen) -> String {
    [calls(seen), destinations(seen), received(seen), recorded(seen), metrics(seen), NEXT.to_owned()].concat()
}

/// An error if anything went otherwise than the demo says.
pub fn check(seen: &Seen) -> Result<()> {
    for (group, outcome) in &seen.groups {
        ensure!(
            outcome.successful == group.count,
            "{}: only {} of {} calls went as they should; SIPp says:\n{}",
            group.story,
            outcome.successful,
            group.count,
            outcome.errors
        );
    }
    let placed: u32 = seen.groups.iter().map(|(group, _)| group.count).sum();
    ensure!(
        seen.calls.len() == placed as usize,
        "{placed} calls were placed, {} are recorded: {:#?}",
        seen.calls.len(),
        seen.calls
    );
    let proof = Proof::of(seen);
    ensure!(
        proof.agrees(),
        "{} INVITEs sent, {} received, {} counted as dropped",
        proof.sent,
        proof.received,
        proof.dropped
    );
    Ok(())
}

/// One row for each kind of call, counted on the wires.
fn calls(seen: &Seen) -> String {
    let header = ["call", "dialled", "tried", "at the PBX", "at the trunk", "talked", "dropped"];
    let mut table = table(&header);
    for (group, outcome) in &seen.groups {
        let pbx = calls_to(&seen.received, group.dialled);
        let trunk = calls_to(&seen.left, group.leaves_as);
        let talked = if group.scenario == Scenario::Caller { outcome.successful } else { 0 };
        let words = [group.story, group.dialled].map(str::to_owned);
        let figures = [group.count, pbx, trunk, talked].map(|figure| figure.to_string());
        row(
            &mut table,
            words.into_iter(),
            figures.into_iter().chain([dropped(group, pbx, trunk, seen.forwards)]),
        );
    }
    format!("\nEach call, as seen on the wires\n{table}\n")
}

/// How many calls of a group were dropped, and where.
fn dropped(group: &Group, pbx: u32, trunk: u32, forwards: bool) -> String {
    match (group.count.saturating_sub(pbx), pbx.saturating_sub(trunk)) {
        (0, leaving) if forwards && leaving > 0 => format!("{leaving} leaving"),
        (0, _) => "0".to_owned(),
        (arriving, _) => format!("{arriving} arriving"),
    }
}

/// One row for each destination and direction, as the kernel counted.
fn destinations(seen: &Seen) -> String {
    let mut table = table(&["destination", "rule", "INVITEs", "tried", "passed", "dropped"]);
    for (destination, rule) in DESTINATIONS {
        for (direction, place) in [("ingress", "arriving (XDP)"), ("egress", "leaving (tc)")] {
            let counted = |verdict| seen.scrape.invites(direction, destination, verdict);
            let (passed, dropped) = (counted("pass"), counted("drop"));
            if passed + dropped > 0 {
                let figures = [passed + dropped, passed, dropped].map(|figure| figure.to_string());
                row(
                    &mut table,
                    [destination, rule, place].map(str::to_owned).into_iter(),
                    figures.into_iter(),
                );
            }
        }
    }
    let repeats = if seen.forwards { "; Kamailio repeats one that nobody answers" } else { "" };
    format!("\nEach destination, as the kernel counted (packets{repeats})\n{table}\n")
}

/// What was sent, and what the PBX itself received.
struct Proof {
    sent: u64,
    received: u64,
    dropped: u64,
}

impl Proof {
    fn of(seen: &Seen) -> Self {
        let invites =
            |datagrams: &[Datagram]| datagrams.iter().filter(|one| one.invited().is_some()).count() as u64;
        let labels = [("direction", "ingress"), ("verdict", "drop")];
        let dropped = seen.scrape.sum("ringfence_invites_total", &labels);
        Self { sent: invites(&seen.sent), received: invites(&seen.received), dropped }
    }

    fn agrees(&self) -> bool {
        self.sent == self.received + self.dropped
    }
}

fn received(seen: &Seen) -> String {
    let Proof { sent, received, dropped } = Proof::of(seen);
    let agree = if Proof::of(seen).agrees() { "agree, packet by packet" } else { "DISAGREE" };
    let rtp = seen.received.iter().filter(|one| one.payload.first() == Some(&RTP_VERSION_2)).count();
    format!(
        "\nThe phones sent {sent} INVITEs and {} received {received} (a capture behind Ringfence); Ringfence counts \
         {dropped} dropped.\nWires and counters {agree}. {rtp} packets of voice arrived undisturbed.\n",
        seen.pbx
    )
}

/// The agent's own list of calls, and the block.
fn recorded(seen: &Seen) -> String {
    let mut kinds: BTreeMap<_, (u32, f64, &CallRow)> = BTreeMap::new();
    for call in &seen.calls {
        let kind = (&call.destination, call.number.as_ref().unwrap_or(&call.dialled), call.result);
        let (count, talked, _) = kinds.entry(kind).or_insert((0, 0.0, call));
        (*count, *talked) = (*count + 1, *talked + call.talk_seconds);
    }
    let mut table = table(&["destination", "number", "caller", "began", "result", "calls", "talked, s"]);
    for ((destination, number, result), (count, talked, call)) in kinds {
        let result = result.map_or("goes on", CallResult::label);
        let words =
            [destination, number, call.caller.as_str(), call.origin.label(), result].map(str::to_owned);
        row(&mut table, words.into_iter(), [count.to_string(), format!("{talked:.1}")].into_iter());
    }
    format!(
        "\nThe same as calls, from `ringfence calls --json` (the last digits of numbers are hidden)\n{table}\n\n\
         A phone dialled London every 0.4 ms while the admin typed `ringfence block {} --for 1h`: {:.1} ms after the\n\
         command began no INVITE passed any more; the command itself took {:.1} ms.\n",
        control::BLOCKED,
        seen.block.held_after.as_secs_f64() * 1000.0,
        seen.block.command_took.as_secs_f64() * 1000.0,
    )
}

/// Three lines of the scrape.
fn metrics(seen: &Seen) -> String {
    let line = |(name, labels): &(&str, [&str; 3])| {
        let bears = |line: &&str| line.starts_with(name) && labels.iter().all(|label| line.contains(label));
        seen.scrape.text.lines().find(bears).map(|line| format!("    {line}\n"))
    };
    let lines: String = SHOWN.iter().filter_map(line).collect();
    format!("\nPrometheus reads http://127.0.0.1:9464/metrics on the PBX; three lines of it:\n{lines}")
}

/// Calls to a number, told apart by their Call-ID.
fn calls_to(datagrams: &[Datagram], number: &str) -> u32 {
    let begin = format!("sip:{number}@");
    let invites = datagrams.iter().filter(|one| one.invited().is_some_and(|uri| uri.starts_with(&begin)));
    invites.filter_map(|invite| invite.header("Call-ID")).collect::<BTreeSet<_>>().len() as u32
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(header.iter().copied());
    table
}

fn row(table: &mut Table, words: impl Iterator<Item = String>, figures: impl Iterator<Item = String>) {
    let figures = figures.map(|figure| Cell::new(figure).set_alignment(CellAlignment::Right));
    table.add_row(words.map(Cell::new).chain(figures));
}

/// First octet of an RTP packet without padding, extension or contributing sources.
const RTP_VERSION_2: u8 = 0x80;
const DESTINATIONS: [(&str, &str); 6] = [
    ("FR", "none: a country is counted"),
    ("emergency", "passes whatever else holds"),
    ("internal", "none: within the house"),
    ("cuba-office", "allow +5378301234"),
    ("cuba", "block +53"),
    ("islands", "block country KY"),
];
const SHOWN: [(&str, [&str; 3]); 3] = [
    ("ringfence_invites_total", ["direction=\"ingress\"", "destination=\"cuba\"", "verdict=\"drop\""]),
    ("ringfence_invites_total", ["direction=\"egress\"", "destination=\"cuba\"", "verdict=\"drop\""]),
    ("ringfence_packets_total", ["interface=\"lan\"", "direction=\"ingress\"", "class=\"rtp\""]),
];
const NEXT: &str = "
Next, on a real PBX host:
    cargo xtask build --release       target/release/ringfence needs no toolchain on the host it runs on
    ringfence check policy.toml       every mistake of your policy at once; begin with
                                      tests/src/bin/demo/policy.toml
    ringfence explain 0005355512345 --policy policy.toml
    sudo ringfence run --policy policy.toml --interface eth0 --dry-run
                                      counts what it would drop; without --dry-run it drops";
