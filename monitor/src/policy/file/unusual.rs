//! `[unusual]`: how long to learn what is usual, how far from it is too much, and what follows.

use std::ops::RangeInclusive;
use std::time::Duration;

use rust_decimal::Decimal;

use super::At;
use super::decimal;
use super::limit::{BLOCK, BLOCK_FOR, FollowsSection, LastsWritten, REPORT_ONLY, RUN};
use super::section::{Key, Section};
use crate::policy::report::{Finding, Findings};

/// `[unusual]` as written.
#[derive(Debug)]
pub struct UnusualSection {
    /// For how long nothing follows, from the first call on.
    pub learn: Option<Duration>,
    /// How many times the usual is too much.
    pub factor: Option<Decimal>,
    /// The name of a schedule: when people work.
    pub open: Option<At<String>>,
    /// What follows.
    pub follows: FollowsSection,
}

impl UnusualSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let read = Self {
            learn: section.duration(LEARN, LEARNING, errors).map(|at| at.value),
            factor: factor(section, errors),
            open: section.text(OPEN, errors).map(|text| text.with(text.value.to_owned())),
            follows: FollowsSection::read(section, errors),
        };
        let follows = &read.follows;
        let is_window = follows.lasts.as_ref().is_some_and(|lasts| lasts.value == LastsWritten::Window);
        if let Some(at) = &follows.blocks_at
            && (is_window || !section.has(BLOCK_FOR))
        {
            let title = "[unusual] must say for how long it blocks: it has no window";
            let at = follows.lasts.as_ref().map_or_else(|| at.span(), At::span);
            errors.push(Finding::new(title, at, "").help(format!("write {FOR_SO_LONG}")));
        }
        read
    }
}

fn factor(section: &Section<'_>, errors: &mut Findings) -> Option<Decimal> {
    let factor = decimal::read(section, FACTOR, errors)?;
    let [least, most] = FACTORS.map(Decimal::from);
    if factor.value <= least || factor.value > most {
        let title = format!("{} is not more than {least} and at most {most}", factor.value);
        errors.push(Finding::new(title, factor.span(), "").help(format!("write {}", FACTOR.1)));
        return None;
    }
    Some(factor.value)
}

const LEARN: Key = ("learn", "learn = \"14d\"");
const FACTOR: Key = ("factor", "factor = 4");
const OPEN: Key = ("open", "open = \"open\", the name of a schedule");
const FOR_SO_LONG: &str = "block_for = \"1h\", or \"until open\" (a schedule) or \"until unblocked\"";

/// Keys of `[unusual]`.
pub(super) const KEYS: [Key; 7] = [LEARN, FACTOR, OPEN, BLOCK, BLOCK_FOR, RUN, REPORT_ONLY];
/// One day to a year, of 365.25 days as humantime counts them. Two weeks see each hour of the week twice.
const LEARNING: RangeInclusive<Duration> = Duration::from_secs(24 * 3600)..=Duration::from_secs(31_557_600);
/// Above the first, up to the second.
const FACTORS: [i64; 2] = [1, 1000];
