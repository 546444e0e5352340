//! What the agent itself puts into the journal: start, end, gap, policies, blocks. Numbers are masked here.

use std::time::SystemTime;

use rustix::system::uname;
use serde_json::json;

use crate::{
    alerts::Gap,
    blocks::Block,
    config::Config,
    control::Peer,
    evidence::Ledger,
    follow::WallClock,
    journal::{Entry, EntryKind},
    kernel::kernel_release,
    policy::{Compiled, mask::mask_prefix},
    sync::{InForce, PolicyMetrics},
};

/// The agent guards, by its first policy.
pub(super) fn begun(ledger: &Ledger, config: &Config, pinned: bool, policy: &PolicyMetrics) {
    let content = json!({
        "host": uname().nodename().to_string_lossy(),
        "version": env!("CARGO_PKG_VERSION"),
        "kernel": kernel_release(),
        "process": std::process::id(),
        "interfaces": config.interfaces,
        "policy": std::path::absolute(&config.policy).unwrap_or_else(|_| config.policy.clone()),
        "dry_run": config.dry_run,
        "pinned": pinned,
    });
    ledger.record(Entry::now(EntryKind::Start, content));
    in_force(ledger, &policy.in_force(), policy.generation(), "start");
}

/// The agent was asked to end.
pub(super) fn stopped(ledger: &Ledger, pinned: bool) {
    let content = json!({ "process": std::process::id(), "guard_stays": pinned });
    ledger.record(Entry::now(EntryKind::Stop, content));
}

/// Nobody followed calls between two agents; its seconds are in its line.
pub(super) fn gap(ledger: &Ledger, gap: &Gap) {
    let content = json!({ "gap": gap, "seconds": gap.seconds() });
    ledger.record(Entry { kind: EntryKind::Gap, time: gap.time, content });
}

/// A policy is in force; `by` says who asked: `start`, `file`, `SIGHUP`, a user of the host, or that a trial is over.
pub(super) fn in_force(ledger: &Ledger, in_force: &InForce, generation: u64, by: &str) {
    let content = json!({
        "sha256": in_force.sha256,
        "generation": generation,
        "prefixes": in_force.policy.as_deref().map(Compiled::named_rules),
        "by": by,
    });
    ledger.record(Entry::now(EntryKind::PolicyLoaded, content));
}

/// A policy was at fault. The report names its errors, and quotes the file around them: only the first line of each is kept.
pub(super) fn refused(ledger: &Ledger, errors: &str, by: &str, hidden: u8) {
    let of_error = |line: &&str| line.starts_with("error");
    let mut lines: Vec<_> = errors.lines().filter(of_error).map(|line| masked(line, hidden)).collect();
    if lines.is_empty() {
        lines.extend(errors.lines().next().map(|line| masked(line, hidden)));
    }
    let count = lines.len();
    lines.truncate(MOST_ERRORS);
    ledger.record(Entry::now(EntryKind::PolicyRefused, json!({ "errors": lines, "count": count, "by": by })));
}

/// Something is blocked for a time.
pub(super) fn blocked(ledger: &Ledger, block: &Block, clock: WallClock, hidden: u8) {
    let until = block.until.map(|until| shown(clock.wall(until)));
    let content = json!({
        "target": mask_prefix(&block.target.to_string(), hidden),
        "kind": block.target.kind(),
        "cause": block.cause.label(),
        "limit": block.limit.as_ref().map(|limit| &limit.name),
        "token": block.limit.as_ref().and_then(|limit| limit.token).map(|token| token.to_string()),
        "reason": block.reason,
        "by": block.by,
        "until": until,
    });
    ledger.record(Entry { kind: EntryKind::Block, time: clock.wall(block.since), content });
}

/// A block was taken away.
pub(super) fn unblocked(ledger: &Ledger, block: &Block, by: &Peer, hidden: u8) {
    let content = json!({
        "target": mask_prefix(&block.target.to_string(), hidden),
        "kind": block.target.kind(),
        "cause": block.cause.label(),
        "by": by.to_string(),
    });
    ledger.record(Entry::now(EntryKind::Unblock, content));
}

/// A sentence whose telephone numbers are masked.
fn masked(line: &str, hidden: u8) -> String {
    let is_of_number = |symbol: char| symbol.is_ascii_digit() || symbol == '+';
    let mut text = String::new();
    for part in line.split_inclusive(|symbol| !is_of_number(symbol)) {
        let end = part.find(|symbol| !is_of_number(symbol)).unwrap_or(part.len());
        text.push_str(&mask_prefix(&part[..end], hidden));
        text.push_str(&part[end..]);
    }
    text
}

fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

/// Errors of a policy that the journal has.
const MOST_ERRORS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_no_whole_number() {
        let line = r#"error: the prefix "+33142345678" is named twice: line 12, and "0142345678", too"#;
        let shown = r#"error: the prefix "+3314234xxxx" is named twice: line 12, and "014234xxxx", too"#;
        assert_eq!(masked(line, 4), shown);
        assert_eq!(masked("", 4), "");
        assert_eq!(masked("é 12345678é+33142345678", 4), "é 1234xxxxé+3314234xxxx");
    }
}
