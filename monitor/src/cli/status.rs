//! How the agent stands, in lines for people.

use std::{fmt::Write as _, time::Duration};

use super::table::{self, Column, Kind, printable};
use crate::control::{EvidenceState, OutboxState, Status, StoreState, view::BlockRow};

/// The lines; `width` is that of the terminal.
pub(super) fn render(status: &Status, width: Option<u16>) -> String {
    let mut text = String::new();
    for (name, line) in lines(status) {
        let _ = writeln!(text, "{name:<16} {}", printable(&line));
    }
    if !status.blocks.is_empty() {
        let _ = writeln!(text, "\nTemporary blocks\n{}", table::render(&BLOCKS, 3, &status.blocks, width));
    }
    if !status.uninspected.is_empty() {
        let table = table::render(&UNREAD, UNREAD.len(), &status.uninspected, width);
        let _ = writeln!(text, "\nWhat could not be read, and so passed\n{table}");
    }
    for note in &status.notes {
        let _ = writeln!(text, "\nnote: {}", printable(note));
    }
    text
}

fn lines(status: &Status) -> Vec<(&str, String)> {
    let up = Duration::from_secs(status.uptime_seconds);
    let mut lines = vec![(
        "ringfence",
        format!("{}, process {}, up {}", status.version, status.pid, humantime::format_duration(up)),
    )];
    lines.extend(status.interfaces.iter().map(|(name, mode)| (name.as_str(), mode.clone())));
    if let Some(folder) = &status.pinned {
        lines.push(("persisted", format!("pinned in {folder}")));
    }
    lines.push((
        "policy",
        format!(
            "{}: {} prefixes named, generation {}",
            status.policy, status.policy_rules, status.policy_generation
        ),
    ));
    if let Some(seconds) = status.confirm_within_seconds {
        lines.push(("on trial", format!("`ringfence confirm` within {seconds} s keeps it")));
    }
    if status.dry_run {
        lines.push(("dry run", "nothing is dropped".into()));
    }
    lines.push(("calls", format!("{} go on", status.calls_active)));
    lines.push(("blocks", status.blocks.len().to_string()));
    if let Some(store) = &status.store {
        lines.push(("store", of_store(store)));
    }
    if let Some(evidence) = &status.evidence {
        lines.push(("evidence", of_evidence(evidence)));
        lines.extend(
            evidence.outbox.iter().filter(|outbox| outbox.waiting > 0).map(|it| ("not told", of_outbox(it))),
        );
    }
    lines.push(("not seen", losses(status)));
    lines
}

fn of_store(store: &StoreState) -> String {
    match &store.problem {
        Some(problem) => format!("{}: {problem}", store.file),
        None => format!("{}: {} calls, {} kB", store.file, store.calls, store.bytes.div_ceil(1000)),
    }
}

fn of_evidence(evidence: &EvidenceState) -> String {
    let EvidenceState { file, bytes, entries, incidents_going_on, waiting, lost, problem, .. } = evidence;
    if let Some(problem) = problem {
        return format!("{file}: {problem}; {waiting} changes wait in memory, {lost} are lost");
    }
    let kilobytes = bytes.div_ceil(1000);
    format!("{file}: {incidents_going_on} incidents go on, {entries} entries of the journal, {kilobytes} kB")
}

fn of_outbox(outbox: &OutboxState) -> String {
    let OutboxState { sink, waiting, oldest } = outbox;
    let since = oldest.as_ref().map(|oldest| format!(" since {oldest}")).unwrap_or_default();
    format!("{sink}: {waiting} messages wait{since}")
}

fn losses(status: &Status) -> String {
    let losses = &status.losses;
    let parts: Vec<_> = [
        (losses.events_lost, "events lost"),
        (losses.events_held_back, "events held back in a flood"),
        (losses.unreadable, "SIP messages not readable"),
        (losses.calls_not_followed, "calls not followed"),
        (losses.records_lost, "records not written"),
    ]
    .into_iter()
    .filter(|(count, _)| *count != 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if parts.is_empty() { "nothing was lost".into() } else { parts.join(", ") }
}

fn left(block: &BlockRow) -> String {
    block.seconds_left.map_or_else(
        || "until unblocked".into(),
        |left| humantime::format_duration(Duration::from_secs(left)).to_string(),
    )
}

/// The columns of a temporary block, the most telling first.
const BLOCKS: [Column<BlockRow>; 6] = [
    Column { name: "target", cell: |block| block.target.clone(), kind: Kind::Elastic },
    Column { name: "left", cell: left, kind: Kind::Whole },
    Column { name: "reason", cell: |block| block.reason.clone(), kind: Kind::Elastic },
    Column { name: "by", cell: |block| block.by.clone(), kind: Kind::Whole },
    Column { name: "since", cell: |block| block.since.clone(), kind: Kind::Whole },
    Column { name: "kind", cell: |block| block.kind.clone(), kind: Kind::Whole },
];

/// The columns of what could not be read.
const UNREAD: [Column<crate::control::Unread>; 3] = [
    Column { name: "way", cell: |unread| unread.direction.clone(), kind: Kind::Whole },
    Column { name: "reason", cell: |unread| unread.reason.clone(), kind: Kind::Whole },
    Column { name: "packets", cell: |unread| unread.packets.to_string(), kind: Kind::Amount },
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::control::{Unread, view::Losses};

    fn status() -> Status {
        let block = BlockRow {
            target: "cuba".into(),
            kind: "destination".into(),
            reason: "voicemail of 214 was cracked".into(),
            by: "root (uid 0, pid 4711)".into(),
            since: "2026-11-22T01:00:00.000Z".into(),
            until: Some("2026-11-22T02:00:00.000Z".into()),
            seconds_left: Some(3599),
        };
        let open = BlockRow { target: "192.0.2.66".into(), until: None, seconds_left: None, ..block.clone() };
        Status {
            version: "0.1.0".into(),
            pid: 4711,
            started: "2026-11-21T22:00:00.000Z".into(),
            uptime_seconds: 10_800,
            interfaces: vec![("eth0".into(), "native".into()), ("wg0".into(), "gone".into())],
            pinned: Some("/sys/fs/bpf/ringfence/var-lib-ringfence/abi-2-7".into()),
            policy: "/etc/ringfence/policy.toml".into(),
            policy_rules: 212,
            policy_generation: 3,
            confirm_within_seconds: Some(299),
            dry_run: true,
            calls_active: 17,
            blocks: vec![block, open],
            uninspected: vec![Unread { direction: "ingress".into(), reason: "tls".into(), packets: 12 }],
            losses: Losses { events_lost: 3, records_lost: 1, ..Losses::default() },
            evidence: None,
            store: Some(StoreState {
                file: "/var/lib/ringfence/calls.sqlite".into(),
                calls: 1234,
                bytes: 409_600,
                problem: None,
            }),
            notes: vec!["the block of `niger` matches nothing".into()],
        }
    }

    #[test]
    fn everything_is_told_in_80_columns() {
        let text = render(&status(), Some(80));
        let expected = "\
ringfence        0.1.0, process 4711, up 3h
eth0             native
wg0              gone
persisted        pinned in /sys/fs/bpf/ringfence/var-lib-ringfence/abi-2-7
policy           /etc/ringfence/policy.toml: 212 prefixes named, generation 3
on trial         `ringfence confirm` within 299 s keeps it
dry run          nothing is dropped
calls            17 go on
blocks           2
store            /var/lib/ringfence/calls.sqlite: 1234 calls, 410 kB
not seen         3 events lost, 1 records not written
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for telling in ["59m 59s", "until unblocked", "voicemail of 214", "ingress", "tls", "12", "niger"] {
            assert!(text.contains(telling), "{telling}:\n{text}");
        }
    }

    #[test]
    fn evidence_says_what_is_not_told_and_what_is_wrong() {
        let outbox =
            OutboxState { sink: "hook".into(), waiting: 7, oldest: Some("2026-11-22T01:30:00.000Z".into()) };
        let idle = OutboxState { sink: "mail".into(), ..OutboxState::default() };
        let works = EvidenceState { outbox: vec![outbox, idle], entries: 12, ..EvidenceState::default() };
        let fails = EvidenceState { problem: Some("the disk is full".into()), waiting: 3, ..works.clone() };
        let render = |evidence| render(&Status { evidence: Some(evidence), ..Status::default() }, None);
        let text = render(works);
        assert!(text.contains("hook: 7 messages wait since 2026-11-22T01:30:00.000Z"), "{text}");
        assert!(text.contains("12 entries of the journal") && !text.contains("mail"), "{text}");
        assert!(render(fails).contains("the disk is full; 3 changes wait in memory"));
    }

    #[test]
    fn a_store_that_does_not_write_says_why() {
        let store = StoreState { problem: Some("the disk is full".into()), ..StoreState::default() };
        assert!(
            render(&Status { store: Some(store), ..Status::default() }, None).contains("the disk is full")
        );
    }

    /// Scripts read this: a change of it is a change of docs/CALLS.md.
    #[test]
    fn the_json_is_as_documented() {
        let line = r#"{"version":"0.1.0","pid":4711,"started":"2026-11-21T22:00:00.000Z","uptime_seconds":10800,"interfaces":[["eth0","native"],["wg0","gone"]],"pinned":"/sys/fs/bpf/ringfence/var-lib-ringfence/abi-2-7","policy":"/etc/ringfence/policy.toml","policy_rules":212,"policy_generation":3,"confirm_within_seconds":299,"dry_run":true,"calls_active":17,"blocks":[{"target":"cuba","kind":"destination","reason":"voicemail of 214 was cracked","by":"root (uid 0, pid 4711)","since":"2026-11-22T01:00:00.000Z","until":"2026-11-22T02:00:00.000Z","seconds_left":3599}],"uninspected":[{"direction":"ingress","reason":"tls","packets":12}],"losses":{"events_lost":3,"events_held_back":0,"unreadable":0,"calls_not_followed":0,"records_lost":1},"store":{"file":"/var/lib/ringfence/calls.sqlite","calls":1234,"bytes":409600,"problem":null},"notes":["the block of `niger` matches nothing"]}"#;
        let one_block = Status { blocks: vec![status().blocks.swap_remove(0)], ..status() };
        assert_eq!(serde_json::to_string(&one_block).unwrap(), line);
    }
}
