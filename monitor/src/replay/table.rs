//! The report for people: what was in the capture, what became of the calls, and what could not be read.

mod account;
mod limits;

use std::{cmp::Reverse, fmt::Write as _, path::Path};

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table};
use monitor_common::abi::{Class, Direction, Uninspected};

use super::{
    document::{Entry, timestamp},
    engine::EngineKind,
    report::{Report, SHOWN, Tally},
};

/// The whole report.
pub(super) fn render(report: &Report, capture: &Path, colour: bool) -> String {
    let mut text = headline(report, capture);
    let sections = [
        section("What is in the capture", contents(report)),
        section("What became of the INVITEs (packets, by destination)", destinations(report, colour)),
        section(&dropped_title(report), dropped(report)),
        section("What could not be read, and so passed", unread(report)),
    ];
    sections.into_iter().chain(of_calls(report)).flatten().for_each(|section| text.push_str(&section));
    text.push_str(&footer(report));
    text
}

/// What a policy would have done, without what else the capture holds.
pub(super) fn account(report: &Report, capture: &Path) -> String {
    let mut text = format!("What it would have done in {}\n", headline(report, capture));
    let dropped = section(&dropped_title(report), dropped(report));
    std::iter::once(dropped).chain(of_calls(report)).flatten().for_each(|section| text.push_str(&section));
    if report.account.prevented.sums.all.calls == 0 {
        text.push_str("\nNo call would have been prevented.\n");
    }
    text.push_str(&footer(report));
    text
}

/// The sections about limits and calls.
fn of_calls(report: &Report) -> impl Iterator<Item = Option<String>> {
    let limits = limits::sections(&report.account.limits);
    let calls = account::sections(&report.account, &report.currency);
    limits.into_iter().chain(calls).map(|(title, table)| section(&title, table))
}

fn headline(report: &Report, capture: &Path) -> String {
    let mut text = format!("{}: {} packets", capture.display(), report.frames);
    if let Some((first, last)) = report.times {
        let seconds = last.saturating_sub(first).as_secs_f64();
        let _ = write!(text, " in {seconds:.1} s");
        if let Some(begin) = timestamp(first) {
            let _ = write!(text, " from {begin}");
        }
    }
    let engine = match report.engine {
        EngineKind::Kernel => "the programs loaded into the kernel",
        EngineKind::Host => "the classifier on the host",
    };
    let _ = writeln!(text, "\nJudged by {engine}.");
    let policy = &report.policy;
    let _ = writeln!(
        text,
        "The policy: {} destinations with {} prefixes, {} trunks, {} own addresses.",
        policy.destinations, policy.prefixes, policy.trunks, policy.local
    );
    text
}

fn section(title: &str, table: Option<Table>) -> Option<String> {
    table.map(|table| format!("\n{title}\n{table}\n"))
}

fn contents(report: &Report) -> Option<Table> {
    let mut table = table(&["class", "packets", "of these"], &[1]);
    for group in Class::GROUPS {
        let classes: Vec<_> = Class::ALL
            .iter()
            .filter(|class| class.group() == *group)
            .map(|class| (class.label(), report.totals.of(*class)))
            .filter(|(_, count)| *count != 0)
            .collect();
        let sum: u64 = classes.iter().map(|(_, count)| count).sum();
        let split: Vec<_> = classes
            .iter()
            .filter(|(label, _)| label != group)
            .map(|(label, count)| format!("{label} {count}"))
            .collect();
        if sum != 0 {
            table.add_row([group.replace('_', " "), sum.to_string(), split.join(", ")]);
        }
    }
    (report.frames != 0).then_some(table)
}

fn destinations(report: &Report, colour: bool) -> Option<Table> {
    let mut table = table(&["destination", "tried", "passed", "dropped", "would drop"], &[1, 2, 3, 4]);
    let mut rows: Vec<_> =
        report.destinations.iter().map(|(slot, tally)| (report.destination(*slot), *tally)).collect();
    rows.sort_by_key(|(name, tally)| {
        (Reverse(tally.dropped + tally.would_drop), Reverse(tally.invites), *name)
    });
    for (name, tally) in rows {
        table.add_row(tally_row(name, tally, colour));
    }
    (!report.destinations.is_empty()).then_some(table)
}

fn tally_row(name: &str, tally: Tally, colour: bool) -> Vec<Cell> {
    let bad = |count: u64| {
        let cell = Cell::new(count);
        if colour && count != 0 { cell.fg(Color::Red).add_attribute(Attribute::Bold) } else { cell }
    };
    vec![
        Cell::new(name),
        Cell::new(tally.invites),
        Cell::new(tally.passed),
        bad(tally.dropped),
        bad(tally.would_drop),
    ]
}

fn dropped_title(report: &Report) -> String {
    let all: u64 = report.destinations.values().map(|tally| tally.dropped + tally.would_drop).sum();
    let shown = report.invites.len().min(SHOWN);
    if all > shown as u64 {
        format!("The first {shown} of {all} INVITEs that the policy or a limit blocks (all of them: --json)")
    } else {
        "INVITEs that the policy or a limit blocks".to_owned()
    }
}

fn dropped(report: &Report) -> Option<Table> {
    let mut table = table(
        &["frame", "way", "from", "dialled", "number", "country", "destination", "rule", "reason"],
        &[0],
    );
    for invite in report.invites.iter().filter(|invite| invite.is_blocked()).take(SHOWN) {
        let entry = Entry::new(invite, report);
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        table.add_row([
            invite.frame.to_string(),
            entry.direction.to_owned(),
            entry.source,
            or_dash(entry.dialled),
            or_dash(entry.number),
            entry.country.unwrap_or("-").to_owned(),
            entry.destination.to_owned(),
            or_dash(entry.prefix),
            entry.reason.to_owned(),
        ]);
    }
    (!table.is_empty()).then_some(table)
}

fn unread(report: &Report) -> Option<Table> {
    let mut table = table(&["way", "reason", "packets", "what it means"], &[2]);
    for direction in Direction::ALL {
        for reason in Uninspected::ALL {
            let count = report.totals.uninspected(*direction, *reason);
            if count != 0 {
                table.add_row([direction.label(), reason.label(), &count.to_string(), reason.help()]);
            }
        }
    }
    for (what, count) in &report.unreadable {
        table.add_row(["-", what.label(), &count.to_string(), &what.to_string()]);
    }
    (!table.is_empty()).then_some(table)
}

fn footer(report: &Report) -> String {
    let mut text = String::new();
    if report.cut != 0 {
        let _ = writeln!(
            text,
            "\n{} packets were cut by the capture: capture whole packets (tcpdump -s 0) to see all of them.",
            report.cut
        );
    }
    if report.on_host != 0 {
        let _ = writeln!(
            text,
            "\n{} packets were judged on the host: the kernel's test run takes no frame of their length.",
            report.on_host
        );
    }
    if report.policy.local == 0 && !report.destinations.is_empty() {
        text.push_str(
            "\nEvery packet counts as arriving, since `[network] local` names no address of the guarded host.\n",
        );
    }
    if let Some(broken) = &report.broken {
        let _ = writeln!(text, "\nThe capture breaks off at {broken}.");
    }
    text
}

fn table(header: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_preset(HEADER_RULED);
    table.set_header(header.iter().copied());
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A rule above and below, and one under the header: comfy-table's order of the places of a frame.
const HEADER_RULED: &str = "  ── ══      ──    ";
