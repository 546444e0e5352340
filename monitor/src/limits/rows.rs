//! What the limits have counted, for those who look.

use rust_decimal::Decimal;

use super::{
    amount::value,
    breach::{KeyRow, LimitRow},
    clock::{Moment, Now},
    counter::Counter,
    engine::Engine,
    entry::Entry,
    token::Token,
    told::{shown, unit},
    window::Frame,
};
use crate::policy::limits::Limit;

impl Engine {
    /// Each limit with at most `most` of its keys, those nearest to its thresholds.
    #[must_use]
    pub fn rows(&self, now: Moment, most: usize) -> Vec<LimitRow> {
        let now = self.clock.look(now, &self.rules.calendar);
        self.counters.iter().map(|counter| row(counter, &now, most)).collect()
    }
}

fn row(counter: &Counter, now: &Now, most: usize) -> LimitRow {
    let limit = &counter.limit;
    let frame = Frame::of(limit.window, now);
    let holds = limit.when.holds(now.moment.wall);
    let mut keys: Vec<(u64, Token, &Entry)> = counter
        .keys
        .iter()
        .map(|(token, entry)| (value(entry, limit, frame, holds), token, entry))
        .filter(|(value, _, _)| *value > 0)
        .collect();
    let count = keys.len();
    let by_value = |one: &(u64, Token, &Entry), other: &(u64, Token, &Entry)| {
        other.0.cmp(&one.0).then_with(|| one.2.label.cmp(&other.2.label))
    };
    // Whatever is shown, the highest says how much is used.
    let held = most.max(1);
    if count > held {
        keys.select_nth_unstable_by(held - 1, by_value);
    }
    keys.truncate(held);
    keys.sort_unstable_by(by_value);
    let used = keys.first().map_or(Decimal::ZERO, |(value, _, _)| ratio(limit, *value));
    keys.truncate(most);
    let keys = keys.into_iter().map(|(value, token, entry)| KeyRow {
        label: entry.label.to_string(),
        token,
        value: shown(limit.counts, value),
        ratio: ratio(limit, value),
        standing: entry.told.standing(),
        inferred: entry.inferred(frame),
    });
    LimitRow { limit: limit.clone(), keys: keys.collect(), count, evicted: counter.keys.evicted, ratio: used }
}

/// How much of a limit is used; of one that begins at nothing, all of it.
fn ratio(limit: &Limit, value: u64) -> Decimal {
    let value = Decimal::from(value) / Decimal::from(unit(limit.counts));
    let threshold = limit.critical.or(limit.warning).unwrap_or_default();
    value.checked_div(threshold).unwrap_or(Decimal::ONE).trunc_with_scale(RATIO_PLACES).normalize()
}

const RATIO_PLACES: u32 = 4;
