//! What the limits did, as JSON.

use rust_decimal::Decimal;
use serde::Serialize;

use super::timestamp;
use crate::{
    calls::{Call, Timestamp},
    limits::Severity,
    replay::limiting::{self, LimitSum, Reached, SetBlock},
};

/// The part of the document that is about limits.
#[derive(Serialize)]
pub(super) struct Limits<'a> {
    limits: Vec<Limit<'a>>,
    breaches: Vec<Breach<'a>>,
    not_listed: u64,
    blocks: u64,
    first_block: Option<FirstBlock>,
}

impl<'a> Limits<'a> {
    pub(super) fn new(limits: &'a limiting::Limits) -> Self {
        Self {
            limits: limits.each.iter().map(Limit::new).collect(),
            breaches: limits.breaches.iter().map(Breach::new).collect(),
            not_listed: limits.not_listed,
            blocks: limits.each.iter().map(|sum| sum.blocks).sum(),
            first_block: limits.first_block.map(|(frame, at)| FirstBlock { frame, time: time(at) }),
        }
    }
}

#[derive(Serialize)]
struct Limit<'a> {
    name: &'a str,
    counts: &'static str,
    scope: &'static str,
    warnings: u64,
    criticals: u64,
    blocks: u64,
}

impl<'a> Limit<'a> {
    fn new(sum: &'a LimitSum) -> Self {
        Self {
            name: &sum.limit.name,
            counts: sum.limit.counts.label(),
            scope: sum.limit.scope.label(),
            warnings: sum.warnings,
            criticals: sum.criticals,
            blocks: sum.blocks,
        }
    }
}

#[derive(Serialize)]
struct FirstBlock {
    frame: u64,
    time: Option<String>,
}

#[derive(Serialize)]
struct Breach<'a> {
    frame: u64,
    time: Option<String>,
    limit: &'a str,
    severity: &'static str,
    counts: &'static str,
    scope: &'static str,
    key: String,
    value: Decimal,
    threshold: Decimal,
    inferred: u64,
    spent: Option<Decimal>,
    call: Option<OfCall<'a>>,
    report_only: bool,
    blocks: Vec<Block>,
    refused: &'a [String],
    would_run: Vec<String>,
}

impl<'a> Breach<'a> {
    fn new(reached: &'a Reached) -> Self {
        let breach = &reached.breach;
        let limit = &breach.limit;
        let program = limit.then.program.as_ref().filter(|_| breach.severity == Severity::Critical);
        let would_run = program.map(|program| {
            let path = program.path.display().to_string();
            std::iter::once(path).chain(program.arguments.iter().cloned()).collect()
        });
        Self {
            frame: reached.frame,
            time: time(breach.at),
            limit: &limit.name,
            severity: breach.severity.label(),
            counts: limit.counts.label(),
            scope: limit.scope.label(),
            key: breach.key.masked(0),
            value: breach.value.normalize(),
            threshold: breach.threshold.normalize(),
            inferred: breach.inferred,
            spent: breach.spent.map(|spent| spent.normalize()),
            call: breach.call.as_deref().map(OfCall::new),
            report_only: limit.then.report_only,
            blocks: reached.blocks.iter().map(Block::new).collect(),
            refused: &reached.refused,
            would_run: would_run.unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
struct OfCall<'a> {
    caller: &'a str,
    number: Option<&'a str>,
    dialled: &'a str,
    destination: &'a str,
    source: String,
}

impl<'a> OfCall<'a> {
    fn new(call: &'a Call) -> Self {
        Self {
            caller: &call.caller,
            number: call.number.as_deref(),
            dialled: &call.dialled,
            destination: &call.destination,
            source: call.source.to_string(),
        }
    }
}

#[derive(Serialize)]
struct Block {
    kind: &'static str,
    target: String,
    until: Option<String>,
}

impl Block {
    fn new(block: &SetBlock) -> Self {
        Self { kind: block.kind.label(), target: block.target.to_string(), until: block.until.and_then(time) }
    }
}

/// RFC 3339, UTC.
pub fn time(at: Timestamp) -> Option<String> {
    timestamp(std::time::Duration::from_micros(at.0))
}
