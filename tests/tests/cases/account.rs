//! What a case cost, and who lost a call.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use monitor::{calls::Timestamp, limits::Severity};
use rust_decimal::Decimal;
use tests::traffic::{BILL, PER_MINUTE, Plan, Purpose};

use crate::guarded::{Outcome, wall};

/// What thieves earned, at the price of the case: 2.06 € a minute, by the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Calls that got through.
    pub calls: usize,
    /// Until the first block.
    pub before: Decimal,
    /// After the first block, of calls that went on then: a block hangs nobody up.
    pub running: Decimal,
    /// Of calls that began after the first block: others than it covers, or after its end.
    pub later: Decimal,
}

impl Loss {
    /// Of a plan's fraud.
    pub fn of(plan: &Plan, outcome: &Outcome) -> Self {
        let block = outcome.blocks.first().map_or(Timestamp(u64::MAX), |(at, ..)| *at);
        let mut loss = Self::default();
        let (mut before, mut running, mut later) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        for (place, call) in plan.calls.iter().enumerate() {
            if call.purpose != Purpose::Fraud || outcome.dropped.contains_key(&place) {
                continue;
            }
            loss.calls += 1;
            if call.start >= block {
                later += call.talk();
                continue;
            }
            let until_block = block.since(call.start.after(call.ring)).min(call.talk());
            before += until_block;
            running += call.talk() - until_block;
        }
        Self { before: euros(before), running: euros(running), later: euros(later), ..loss }
    }

    /// All of it.
    pub fn total(&self) -> Decimal {
        self.before + self.running + self.later
    }

    /// Parts of a hundred of the case's bill.
    pub fn percent(&self) -> Decimal {
        self.total() * Decimal::ONE_HUNDRED / Decimal::new(BILL, 2)
    }

    /// One line for whoever reads the figures.
    pub fn line(&self) -> String {
        format!(
            "{:.2} € lost, {:.3} % of {} €: {:.2} € until the first block, {:.2} € of calls that ran on, {:.2} € later; {} calls",
            self.total(),
            self.percent(),
            Decimal::new(BILL, 2),
            self.before,
            self.running,
            self.later,
            self.calls,
        )
    }
}

/// Wanted calls that were dropped: how many of each work.
pub fn lost_calls(plan: &Plan, outcome: &Outcome) -> BTreeMap<&'static str, usize> {
    let mut lost = BTreeMap::new();
    for place in outcome.dropped.keys() {
        if let Purpose::Work(work) = plan.calls[*place].purpose {
            *lost.entry(work).or_default() += 1;
        }
    }
    lost
}

/// What the limits told, one line for each limit and severity, and the blocks.
pub fn story(outcome: &Outcome) -> String {
    let mut sums: BTreeMap<_, (usize, _, _)> = BTreeMap::new();
    for told in &outcome.told {
        let sum = sums.entry((told.limit.clone(), told.severity)).or_insert((0, told, told.value));
        sum.0 += 1;
        sum.2 = sum.2.max(told.value);
    }
    let mut text = String::new();
    for ((limit, severity), (count, first, most)) in sums {
        _ = writeln!(
            text,
            "  {:8} {limit}: {count} times, first at {} for {} with {}, at most {most}",
            severity.label(),
            wall(first.at).format("%a %H:%M:%S UTC"),
            first.key,
            first.value,
        );
    }
    for (at, target, limit) in outcome.blocks.iter().take(SHOWN) {
        _ = writeln!(text, "  block    {target} at {} by {limit}", wall(*at).format("%a %H:%M:%S UTC"));
    }
    if outcome.blocks.len() > SHOWN {
        _ = writeln!(text, "  … and {} blocks more", outcome.blocks.len() - SHOWN);
    }
    text
}

/// Whether a limit told of it between two moments.
pub fn told(outcome: &Outcome, severity: Severity, from: Timestamp, until: Timestamp) -> bool {
    outcome.told.iter().any(|told| told.severity == severity && from <= told.at && told.at < until)
}

fn euros(talk: Duration) -> Decimal {
    Decimal::from(talk.as_millis() as u64) * Decimal::new(PER_MINUTE, 2) / Decimal::from(60_000)
}

/// Blocks that are shown.
const SHOWN: usize = 12;
