//! `[[limit]]`: what is counted, for whom, how long, how much is too much, when, and what follows.

mod filter;
mod follows;

use std::ops::RangeInclusive;
use std::time::Duration;

use rust_decimal::Decimal;

pub use self::filter::FilterSection;
pub(super) use self::follows::program as program_of;
pub(super) use self::follows::{BLOCK, BLOCK_FOR, REPORT_ONLY, RUN};
pub use self::follows::{FollowsSection, LastsWritten};
use super::At;
use super::section::{Key, Section};
use super::words;
use super::{decimal, name};
use crate::policy::limits::{Counted, Scope, Window};
use crate::policy::report::{Finding, Findings};

/// A limit as written; where a key is missing, or what it says makes no sense, its value is `None`.
#[derive(Debug)]
pub struct LimitSection {
    /// Where it begins.
    pub place: At<()>,
    /// Its name, fit for a label.
    pub name: Option<At<String>>,
    /// What is counted.
    pub counts: Option<At<Counted>>,
    /// For whom.
    pub scope: Option<At<Scope>>,
    /// For how long.
    pub window: Option<At<Window>>,
    /// When somebody should look.
    pub warning: Option<At<Decimal>>,
    /// When it is too much.
    pub critical: Option<At<Decimal>>,
    /// The name of a schedule within whose times calls count.
    pub during: Option<At<String>>,
    /// The name of a schedule outside whose times calls count.
    pub outside: Option<At<String>>,
    /// Talk shorter than this makes a short call.
    pub short: Option<At<Duration>>,
    /// Which calls count.
    pub filter: FilterSection,
    /// What follows.
    pub follows: FollowsSection,
}

impl LimitSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings, warnings: &mut Findings) -> Self {
        let schedule = |key, errors: &mut Findings| {
            section.text(key, errors).map(|text| text.with(text.value.to_owned()))
        };
        let counts = counted(section, errors);
        let read = Self {
            place: At::new((), section.span()),
            name: name::read(section, NAME, "limit", taken, errors),
            scope: words::one(section, SCOPE, "scope", scope, &SCOPES, errors),
            window: window(section, counts.as_ref(), errors),
            warning: threshold(section, WARNING, counts.as_ref(), errors),
            critical: threshold(section, CRITICAL, counts.as_ref(), errors),
            during: schedule(DURING, errors),
            outside: schedule(OUTSIDE, errors),
            short: short(section, counts.as_ref(), errors),
            filter: FilterSection::read(section, errors, warnings),
            follows: FollowsSection::read(section, errors),
            counts,
        };
        read.thresholds_make_sense(section, errors);
        read.only_one_schedule(errors);
        read.can_block(section, errors);
        read
    }

    fn thresholds_make_sense(&self, section: &Section<'_>, errors: &mut Findings) {
        if !section.has(WARNING) && !section.has(CRITICAL) {
            let title = "a limit without a threshold: nothing would ever be too much";
            let help = format!("write {}, {}, or both", WARNING.1, CRITICAL.1);
            errors.push(Finding::new(title, section.span(), "").help(help));
        }
        let (Some(warning), Some(critical)) = (&self.warning, &self.critical) else { return };
        if warning.value >= critical.value {
            let title = format!(
                "the warning at {} comes no sooner than critical at {}",
                warning.value, critical.value
            );
            let finding = Finding::new(title, warning.span(), "").also(critical.span(), "critical");
            errors.push(finding.help("write a warning below critical, or leave it out"));
        }
    }

    fn only_one_schedule(&self, errors: &mut Findings) {
        if let (Some(during), Some(outside)) = (&self.during, &self.outside) {
            let title = "a limit counts during a schedule or outside one, not both";
            let finding = Finding::new(title, outside.span(), "").also(during.span(), "and during this one");
            errors.push(finding.help("keep one of the two; a schedule of its own can say both"));
        }
    }

    /// Errors for what would follow and never can.
    fn can_block(&self, section: &Section<'_>, errors: &mut Findings) {
        let follows = &self.follows;
        let key = [(&follows.blocks_at, "block"), (&follows.program_at, "run")]
            .into_iter()
            .find_map(|(at, key)| at.as_ref().map(|at| (at, key)));
        if let Some((at, key)) = key
            && !section.has(CRITICAL)
        {
            let title = format!("{key} without critical: a warning only raises an alert");
            errors.push(Finding::new(title, at.span(), "").help(format!("write {}", CRITICAL.1)));
        }
        if let (Some(counts), Some(at), false) = (&self.counts, &follows.blocks_at, section.has(BLOCK_FOR))
            && counts.value == Counted::ConcurrentCalls
        {
            let title = "a block by concurrent calls must say for how long: there is no window";
            errors.push(Finding::new(title, at.span(), "").help(format!("write {}", BLOCK_FOR.1)));
        }
        follows.can_reach(&self.filter, errors);
    }
}

/// Why a name is taken, and what to write.
fn taken(name: &str) -> Option<name::Problem> {
    let help = "findings of [unusual] have it; choose another name";
    (name == UNUSUAL).then(|| ("is reserved", help.to_owned()))
}

fn counted(section: &Section<'_>, errors: &mut Findings) -> Option<At<Counted>> {
    if !section.has(COUNTS) {
        errors.push(section.missing(COUNTS));
    }
    let known: Vec<_> = Counted::ALL.iter().map(|counted| counted.label()).collect();
    words::one(section, COUNTS, "counter", Counted::from_label, &known, errors)
}

fn scope(word: &str) -> Option<Scope> {
    match word {
        "extension" => Some(Scope::Caller),
        "called number" | "called_number" => Some(Scope::Number),
        word => Scope::from_label(word),
    }
}

/// The window, which only concurrent calls do not have.
fn window(section: &Section<'_>, counts: Option<&At<Counted>>, errors: &mut Findings) -> Option<At<Window>> {
    let is_concurrent = counts.is_some_and(|counts| counts.value == Counted::ConcurrentCalls);
    if !section.has(WINDOW) {
        if counts.is_some() && !is_concurrent {
            errors.push(section.missing(WINDOW));
        }
        return None;
    }
    let text = section.text(WINDOW, errors)?;
    if is_concurrent {
        let title = "concurrent calls have no window: those that go on now are counted";
        errors.push(Finding::new(title, text.span(), "").help("take the window out"));
        return None;
    }
    match text.value {
        "day" => Some(text.with(Window::Day)),
        "month" => Some(text.with(Window::Month)),
        "hour" | "week" | "minute" | "year" => {
            let title = format!("there is no calendar window \"{}\"", text.value);
            let help = "write \"day\" or \"month\", or a length of time that slides: \"1m\", \"1h\", \"7d\"";
            errors.push(Finding::new(title, text.span(), "").help(help));
            None
        }
        _ => section.duration(WINDOW, WINDOWS, errors).map(|at| at.with(Window::Sliding(at.value))),
    }
}

/// A threshold above zero, and whole where whole things are counted.
fn threshold(
    section: &Section<'_>,
    key: Key,
    counts: Option<&At<Counted>>,
    errors: &mut Findings,
) -> Option<At<Decimal>> {
    let number = decimal::read(section, key, errors)?;
    let is_amount = counts.is_none_or(|counts| matches!(counts.value, Counted::Minutes | Counted::Spend));
    let (title, help) = if number.value <= Decimal::ZERO {
        (format!("{} must be more than 0", key.0), format!("write {}", key.1))
    } else if !is_amount && !number.value.is_integer() {
        let label = counts.map_or("", |counts| counts.value.label());
        let help = format!("write {} = {}", key.0, number.value.ceil().normalize());
        (format!("{label} are counted whole: {} is never reached exactly", number.value), help)
    } else if number.value > Decimal::from(LARGEST) {
        (format!("{} is more than {LARGEST}", number.value), format!("write {}", key.1))
    } else {
        return Some(number);
    };
    errors.push(Finding::new(title, number.span(), "").help(help));
    None
}

fn short(section: &Section<'_>, counts: Option<&At<Counted>>, errors: &mut Findings) -> Option<At<Duration>> {
    let is_short = counts.is_none_or(|counts| counts.value == Counted::ShortCalls);
    let short = section.duration(SHORT, SHORTS, errors)?;
    if !is_short {
        let title = "short says which calls are short, and short_calls are not what is counted";
        let help = "take it out, or write counts = \"short_calls\"";
        errors.push(Finding::new(title, short.span(), "").help(help));
        return None;
    }
    Some(short)
}

const NAME: Key = ("name", "name = \"abroad-at-night\"");
const COUNTS: Key = ("counts", "counts = \"calls\", or another word of docs/LIMITS.md");
const SCOPE: Key = ("scope", "scope = \"country\"");
const WINDOW: Key = ("window", "window = \"1h\", or \"day\" or \"month\"");
const WARNING: Key = ("warning", "warning = 5");
const CRITICAL: Key = ("critical", "critical = 10");
const DURING: Key = ("during", "during = \"open\", the name of a schedule");
const OUTSIDE: Key = ("outside", "outside = \"open\", the name of a schedule");
const SHORT: Key = ("short", "short = \"10s\"");

/// Keys of a limit.
pub(super) const KEYS: [Key; 24] = [
    NAME,
    COUNTS,
    SCOPE,
    WINDOW,
    WARNING,
    CRITICAL,
    DURING,
    OUTSIDE,
    SHORT,
    filter::KEYS[0],
    filter::KEYS[1],
    filter::KEYS[2],
    filter::KEYS[3],
    filter::KEYS[4],
    filter::KEYS[5],
    filter::KEYS[6],
    filter::KEYS[7],
    filter::KEYS[8],
    filter::KEYS[9],
    filter::KEYS[10],
    BLOCK,
    BLOCK_FOR,
    RUN,
    REPORT_ONLY,
];
/// What alerts of the learned baseline are called.
const UNUSUAL: &str = "unusual";
/// Words for a scope, those that mean another one last.
const SCOPES: [&str; 9] =
    ["all", "destination", "country", "number", "caller", "source", "trunk", "customer", "extension"];
/// One second to 35 days.
const WINDOWS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(35 * 24 * 3600);
/// One second to an hour.
const SHORTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);
/// Calls, minutes or units of currency at most.
const LARGEST: u64 = 1_000_000_000_000;
