//! `[alerts]`: when an incident ends, and when it is told again.

use std::ops::RangeInclusive;
use std::time::Duration;

use rust_decimal::Decimal;

use super::decimal;
use super::section::{Key, Section};
use crate::policy::report::{Finding, Findings};

/// `[alerts]` as written.
#[derive(Debug, Default)]
pub struct AlertsSection {
    /// Quiet that ends an incident.
    pub quiet: Option<Duration>,
    /// How often one that grows is told again at most.
    pub repeat_every: Option<Duration>,
    /// By what factor it grows to be told at once.
    pub escalate_factor: Option<Decimal>,
    /// How long a critical one may wait for somebody; inside `None`: for ever.
    pub acknowledge_within: Option<Option<Duration>>,
}

impl AlertsSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        Self {
            quiet: section.duration(QUIET, QUIETS, errors).map(|at| at.value),
            repeat_every: section.duration(REPEAT_EVERY, REPEATS, errors).map(|at| at.value),
            escalate_factor: factor(section, errors),
            acknowledge_within: within(section, errors),
        }
    }
}

fn factor(section: &Section<'_>, errors: &mut Findings) -> Option<Decimal> {
    let factor = decimal::read(section, ESCALATE_FACTOR, errors)?;
    let [least, most] = FACTORS.map(Decimal::from);
    if factor.value <= least || factor.value > most {
        let title = format!("{} is not more than {least} and at most {most}", factor.value);
        errors.push(Finding::new(title, factor.span(), "").help(format!("write {}", ESCALATE_FACTOR.1)));
        return None;
    }
    Some(factor.value)
}

fn within(section: &Section<'_>, errors: &mut Findings) -> Option<Option<Duration>> {
    let is_never = section.value(ACKNOWLEDGE_WITHIN).and_then(|value| value.get_ref().as_str());
    if is_never.is_some_and(|text| text.trim() == NEVER) {
        return Some(None);
    }
    section.duration(ACKNOWLEDGE_WITHIN, WITHIN, errors).map(|at| Some(at.value))
}

const QUIET: Key = ("quiet", "quiet = \"10m\"");
const REPEAT_EVERY: Key = ("repeat_every", "repeat_every = \"15m\"");
const ESCALATE_FACTOR: Key = ("escalate_factor", "escalate_factor = 4");
const ACKNOWLEDGE_WITHIN: Key = ("acknowledge_within", "acknowledge_within = \"30m\", or \"never\"");

/// Keys of `[alerts]`.
pub(super) const KEYS: [Key; 4] = [QUIET, REPEAT_EVERY, ESCALATE_FACTOR, ACKNOWLEDGE_WITHIN];
/// Nobody need take anything up.
const NEVER: &str = "never";
/// Ten seconds to a day. Alerts of one burst may be a minute apart.
const QUIETS: RangeInclusive<Duration> = seconds(10, DAY);
/// Ten seconds to a week.
const REPEATS: RangeInclusive<Duration> = seconds(10, 7 * DAY);
/// Ten seconds to a week.
const WITHIN: RangeInclusive<Duration> = seconds(10, 7 * DAY);
/// Above the first, up to the second.
const FACTORS: [i64; 2] = [1, 1000];
const DAY: u64 = 24 * 3600;

const fn seconds(least: u64, most: u64) -> RangeInclusive<Duration> {
    Duration::from_secs(least)..=Duration::from_secs(most)
}
