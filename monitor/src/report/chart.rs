//! Calls and money over time as shapes: where each bar and each mark stands. The page draws them, and a table says the same.
//!
//! Shapes of our own and no library: plotters' SVG has fixed fonts, no patterns that stay apart in black and white, and no
//! text alternatives; charming needs a browser's scripts.

use std::time::{Duration, SystemTime};

use chrono_tz::Tz;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Serialize;

use super::language::{NoText, Words};
use crate::incidents::{Account, Slice};

/// Both charts, and the table of their values.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    /// Seconds that a bar stands for.
    pub width: u64,
    /// Calls.
    pub calls: Calls,
    /// Money; none without tariffs.
    pub money: Option<Money>,
    /// Marks along the time.
    pub along: Vec<Mark>,
    /// The values.
    pub rows: Vec<Row>,
}

/// Stacked bars.
#[derive(Debug, Serialize)]
pub(super) struct Calls {
    bars: Vec<Bar>,
    up: Vec<Mark>,
    /// The most calls of one bar, blocked ones included.
    most: u64,
    /// When that bar begins, RFC 3339.
    when: String,
}

/// A line that rises, and what lies under it.
#[derive(Debug, Serialize)]
pub(super) struct Money {
    up: Vec<Mark>,
    line: String,
    area: String,
    total: Decimal,
}

/// A bar: calls below, blocked ones on top. Places as SVG has them, downwards.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    x: String,
    width: String,
    calls_y: String,
    calls_height: String,
    blocked_y: String,
    blocked_height: String,
}

/// A mark of an axis with its label.
#[derive(Debug, Serialize)]
pub(super) struct Mark {
    at: String,
    text_at: String,
    anchor: &'static str,
    label: String,
}

/// A row of the table.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    from: String,
    calls: u64,
    blocked: u64,
    minutes: Decimal,
    spend: Option<Decimal>,
    cumulative: Option<Decimal>,
}

impl Chart {
    /// The charts of an account; none where it has no slices.
    pub(super) fn of(account: &Account, words: &Words, zone: Tz) -> Result<Option<Self>, NoText> {
        if account.slices.is_empty() {
            return Ok(None);
        }
        let (slices, width) = joined(&account.slices, account.slice_seconds.max(1));
        let currency = account.currency.as_deref().filter(|_| account.spend.is_some());
        Ok(Some(Self {
            width,
            calls: calls(&slices, words),
            money: currency.map(|currency| money(&slices, words, currency)),
            along: along(&slices, words, zone)?,
            rows: rows(&slices, currency.is_some()),
        }))
    }
}

/// As few slices as people look at, without a hole between them, and how many seconds one is wide. Those of an account leave
/// out the times in which nothing happened.
fn joined(slices: &[Slice], seconds: u64) -> (Vec<Slice>, u64) {
    let from = slices.iter().map(|slice| slice.from).min().unwrap_or(SystemTime::UNIX_EPOCH);
    let after = |slice: &Slice| slice.from.duration_since(from).unwrap_or_default().as_secs() / seconds;
    let wide = slices.iter().map(after).max().unwrap_or(0).saturating_add(1);
    let together = wide.div_ceil(MOST_BARS);
    let empty = |bar| Slice {
        from: from + Duration::from_secs(together.saturating_mul(seconds).saturating_mul(bar)),
        calls: 0,
        blocked: 0,
        minutes: Decimal::ZERO,
        spend: Decimal::ZERO,
    };
    let mut bars: Vec<_> = (0..wide.div_ceil(together)).map(empty).collect();
    for slice in slices {
        let Some(bar) = usize::try_from(after(slice) / together).ok().and_then(|at| bars.get_mut(at)) else {
            continue;
        };
        bar.calls = bar.calls.saturating_add(slice.calls);
        bar.blocked = bar.blocked.saturating_add(slice.blocked);
        bar.minutes += slice.minutes;
        bar.spend += slice.spend;
    }
    (bars, seconds.saturating_mul(together))
}

fn calls(slices: &[Slice], words: &Words) -> Calls {
    let sum = |slice: &Slice| slice.calls.saturating_add(slice.blocked);
    let highest = slices.iter().max_by_key(|slice| sum(slice));
    let most = highest.map_or(0, sum);
    let (step, top) = scale(Decimal::from(most), Decimal::ONE);
    let height = |count: u64| ratio(Decimal::from(count), top) * HEIGHT;
    let bar = |(index, slice): (usize, &Slice)| {
        let (left, width) = place(index, slices.len());
        let (passed, blocked) = (height(slice.calls), height(slice.blocked));
        Bar {
            x: shown(left + width * GAP / 2.0),
            width: shown(width * (1.0 - GAP)),
            calls_y: shown(BOTTOM - passed),
            calls_height: shown(passed),
            blocked_y: shown(BOTTOM - passed - blocked),
            blocked_height: shown(blocked),
        }
    };
    Calls {
        bars: slices.iter().enumerate().map(bar).collect(),
        up: up(step, top, |value| words.numbers().exact(value, 0)),
        most,
        when: stamp(highest.map_or(SystemTime::UNIX_EPOCH, |slice| slice.from)),
    }
}

fn money(slices: &[Slice], words: &Words, currency: &str) -> Money {
    let total: Decimal = slices.iter().map(|slice| slice.spend).sum();
    let (step, top) = scale(total, Decimal::new(1, 2));
    let mut line = format!("M{} {}", shown(LEFT), shown(BOTTOM));
    let mut sum = Decimal::ZERO;
    for (index, slice) in slices.iter().enumerate() {
        let (left, width) = place(index, slices.len());
        sum += slice.spend;
        line += &format!("L{} {}", shown(left + width), shown(BOTTOM - ratio(sum, top) * HEIGHT));
    }
    Money {
        up: up(step, top, |value| words.numbers().money_in_units(value, currency)),
        area: format!("{line}V{}H{}Z", shown(BOTTOM), shown(LEFT)),
        line,
        total,
    }
}

fn rows(slices: &[Slice], is_priced: bool) -> Vec<Row> {
    let mut sum = Decimal::ZERO;
    let row = |slice: &Slice| {
        sum += slice.spend;
        Row {
            from: stamp(slice.from),
            calls: slice.calls,
            blocked: slice.blocked,
            minutes: slice.minutes,
            spend: is_priced.then_some(slice.spend),
            cumulative: is_priced.then_some(sum),
        }
    };
    slices.iter().map(row).collect()
}

/// Marks of the time: the beginning of every so many bars.
fn along(slices: &[Slice], words: &Words, zone: Tz) -> Result<Vec<Mark>, NoText> {
    let every = slices.len().div_ceil(MOST_MARKS).max(1);
    let marks = slices.iter().enumerate().step_by(every).map(|(index, slice)| {
        let x = place(index, slices.len()).0;
        let anchor = if index == 0 {
            "first"
        } else if x > RIGHT - ROOM {
            "last"
        } else {
            "middle"
        };
        Ok(Mark { at: shown(x), text_at: shown(x), anchor, label: words.tick(slice.from, zone)? })
    });
    marks.collect()
}

/// Marks of the values, from nothing to the top.
fn up(step: Decimal, top: Decimal, label: impl Fn(Decimal) -> String) -> Vec<Mark> {
    let values = std::iter::successors(Some(Decimal::ZERO), |value| Some(*value + step));
    let mark = |value| {
        let at = BOTTOM - ratio(value, top) * HEIGHT;
        Mark { at: shown(at), text_at: shown(at + 3.5), anchor: "end", label: label(value) }
    };
    values.take_while(|value| *value <= top).map(mark).collect()
}

/// A step of 1, 2 or 5 times a power of ten, and as many of them as reach `most`.
fn scale(most: Decimal, least: Decimal) -> (Decimal, Decimal) {
    let mut step = least;
    for factor in [2, 5, 10].into_iter().cycle() {
        if step * STEPS >= most {
            break;
        }
        step = match factor {
            5 => step / Decimal::TWO * Decimal::from(5),
            _ => step * Decimal::TWO,
        };
    }
    let steps = (most / step).ceil().max(Decimal::ONE);
    (step.normalize(), (step * steps).normalize())
}

fn ratio(value: Decimal, top: Decimal) -> f64 {
    if top.is_zero() { 0.0 } else { (value / top).to_f64().unwrap_or(0.0) }
}

/// Where a bar begins, and how wide it is.
fn place(index: usize, bars: usize) -> (f64, f64) {
    let width = (RIGHT - LEFT) / bars.max(1) as f64;
    (LEFT + width * index as f64, width)
}

fn shown(at: f64) -> String {
    format!("{at:.1}")
}

fn stamp(time: SystemTime) -> String {
    // `format_rfc3339` refuses to write times before 1970.
    humantime::format_rfc3339_millis(time.max(SystemTime::UNIX_EPOCH)).to_string()
}

/// Bars at most: a table of them fills a page.
const MOST_BARS: u64 = 40;
/// Marks of the time at most.
const MOST_MARKS: usize = 5;
/// Steps of the values at most.
const STEPS: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
/// The place of the charts, units of the SVG.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 676.0;
const BOTTOM: f64 = 134.0;
const HEIGHT: f64 = 124.0;
/// Part of a bar that stays free beside it.
const GAP: f64 = 0.25;
/// Room that the label of a mark takes.
const ROOM: f64 = 40.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::language::Language;

    fn account(slices: usize) -> Account {
        let slice = |index: usize| Slice {
            from: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + 3600 * index as u64),
            calls: index as u64,
            blocked: 2,
            minutes: Decimal::from(index),
            spend: Decimal::new(150, 2),
        };
        Account {
            slices: (0..slices).map(slice).collect(),
            slice_seconds: 3600,
            currency: Some("EUR".into()),
            spend: Some(Decimal::ONE),
            ..Account::default()
        }
    }

    fn chart(account: &Account) -> Option<Chart> {
        Chart::of(account, &Words::of(Language::French), chrono_tz::UTC).unwrap()
    }

    #[test]
    fn an_account_without_slices_has_no_chart() {
        assert!(chart(&account(0)).is_none());
    }

    #[test]
    fn many_slices_become_few_bars_and_nothing_is_lost() {
        for slices in [1, 2, 39, 40, 41, 72, 240] {
            let account = account(slices);
            let chart = chart(&account).unwrap();
            assert!(chart.rows.len() as u64 <= MOST_BARS && chart.along.len() <= MOST_MARKS + 1, "{slices}");
            let calls: u64 = chart.rows.iter().map(|row| row.calls).sum();
            assert_eq!(calls, account.slices.iter().map(|slice| slice.calls).sum::<u64>());
            let spend = Decimal::new(150, 2) * Decimal::from(slices);
            assert_eq!(chart.rows.last().unwrap().cumulative, Some(spend));
            assert_eq!(chart.money.unwrap().total, spend);
            assert!(chart.width * chart.rows.len() as u64 >= 3600 * slices as u64);
        }
    }

    #[test]
    fn a_quiet_time_takes_its_place() {
        let mut account = account(10);
        account.slices.drain(1..9);
        let chart = chart(&account).unwrap();
        assert_eq!(
            chart.rows.iter().map(|row| row.calls).collect::<Vec<_>>(),
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 9]
        );
    }

    #[test]
    fn steps_are_round_and_few() {
        for (most, step, top) in [
            ("0", "1", "1"),
            ("1", "1", "1"),
            ("7", "2", "8"),
            ("29733.11", "10000", "30000"),
            ("240", "50", "250"),
        ] {
            let (most, step, top): (Decimal, Decimal, Decimal) =
                (most.parse().unwrap(), step.parse().unwrap(), top.parse().unwrap());
            assert_eq!(scale(most, Decimal::ONE), (step, top), "{most}");
        }
    }

    #[test]
    fn every_bar_lies_within_the_chart() {
        let chart = chart(&account(72)).unwrap();
        for bar in &chart.calls.bars {
            let number = |text: &str| text.parse::<f64>().unwrap();
            assert!(number(&bar.x) >= LEFT && number(&bar.x) + number(&bar.width) <= RIGHT + 0.1);
            assert!(number(&bar.blocked_y) >= BOTTOM - HEIGHT - 0.1, "{bar:?}");
        }
    }
}
