//! What the agent itself puts into the journal: start, end, gap, policies, blocks. Numbers are masked here.

use std::time::SystemTime;

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
        "version": env!("CARGO_PKG_VERSION"),
        "kernel": kernel_release(),
        "process": std::process::id(),
        "interfaces": config.interfaces,
        "policy": config.policy,
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

/// A policy is in force; `by` says how that came: `start`, `owner`, `file`, `trial` or `rolled_back`.
pub(super) fn in_force(ledger: &Ledger, in_force: &InForce, generation: u64, by: &str) {
    let content = json!({
        "sha256": in_force.sha256,
        "generation": generation,
        "prefixes": in_force.policy.as_deref().map(Compiled::named_rules),
        "by": by,
    });
    ledger.record(Entry::now(EntryKind::PolicyLoaded, content));
}

/// A policy was at fault. The report names its errors, and quotes the file around them: only their first line is kept.
pub(super) fn refused(ledger: &Ledger, errors: &str, by: &str) {
    let first = errors.lines().next().unwrap_or_default();
    ledger.record(Entry::now(EntryKind::PolicyRefused, json!({ "error": first, "by": by })));
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

fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}
