//! Calls, minutes and money over time: slices of equal width, of which two become one when there are too many.

use std::time::{Duration, SystemTime};

use rust_decimal::Decimal;

use super::{
    Account, Slice,
    tally::{minutes, of_minutes},
};

/// What happened, by when. Slices in which nothing did are left out.
#[derive(Clone, Debug)]
pub(super) struct Slices {
    /// Seconds.
    width: u64,
    /// In the order of time.
    rows: Vec<Row>,
}

#[derive(Clone, Debug, Default)]
struct Row {
    /// Seconds since 1970.
    from: u64,
    calls: u64,
    blocked: u64,
    /// Microseconds.
    talk: u64,
    spend: Decimal,
}

impl Slices {
    /// Goes on from those of an account.
    pub(super) fn of(account: &Account) -> Self {
        let row = |slice: &Slice| Row {
            from: seconds(slice.from),
            calls: slice.calls,
            blocked: slice.blocked,
            talk: of_minutes(slice.minutes),
            spend: slice.spend,
        };
        Self { width: account.slice_seconds.max(WIDTH), rows: account.slices.iter().map(row).collect() }
    }

    /// As an account has them.
    pub(super) fn show(&self) -> (Vec<Slice>, u64) {
        let slice = |row: &Row| Slice {
            from: SystemTime::UNIX_EPOCH + Duration::from_secs(row.from),
            calls: row.calls,
            blocked: row.blocked,
            minutes: minutes(row.talk),
            spend: row.spend.normalize(),
        };
        (self.rows.iter().map(slice).collect(), self.width)
    }

    /// A call began.
    pub(super) fn call(&mut self, at: SystemTime, is_blocked: bool) {
        let row = self.row(seconds(at));
        if is_blocked { row.blocked += 1 } else { row.calls += 1 }
    }

    /// A call that began at a moment was blocked after all.
    pub(super) fn block(&mut self, began: SystemTime) {
        let row = self.row(seconds(began));
        row.calls = row.calls.saturating_sub(1);
        row.blocked += 1;
    }

    /// Somebody talked from one moment to another, and that cost so much: both go to the slices that they lie in.
    pub(super) fn talk(&mut self, from: SystemTime, until: SystemTime, spend: Decimal) {
        let (begins, ends) = (micros(from), micros(until).max(micros(from)));
        let whole = ends - begins;
        while whole / MICROS / self.width >= Account::MOST_SLICES as u64 {
            self.widen();
        }
        let (mut at, mut left) = (begins, spend);
        loop {
            let slice = at / MICROS / self.width * self.width;
            let next = ((slice + self.width) * MICROS).min(ends);
            let part = if next == ends { left } else { share(spend, next - at, whole) };
            left -= part;
            let row = self.row(slice);
            row.talk += next - at;
            row.spend += part;
            if next == ends {
                return;
            }
            at = next;
        }
    }

    /// The slice of a moment.
    fn row(&mut self, at: u64) -> &mut Row {
        let mut place = self.place(at);
        if place.is_err() && self.rows.len() >= Account::MOST_SLICES {
            while self.rows.len() >= Account::MOST_SLICES {
                self.widen();
            }
            place = self.place(at);
        }
        let place = place.unwrap_or_else(|place| {
            let from = at / self.width * self.width;
            self.rows.insert(place, Row { from, ..Row::default() });
            place
        });
        &mut self.rows[place]
    }

    fn place(&self, at: u64) -> Result<usize, usize> {
        let from = at / self.width * self.width;
        self.rows.binary_search_by_key(&from, |row| row.from)
    }

    fn widen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let mut wide: Vec<Row> = Vec::with_capacity(self.rows.len());
        for row in self.rows.drain(..) {
            let from = row.from / self.width * self.width;
            match wide.last_mut().filter(|last| last.from == from) {
                Some(last) => {
                    last.calls += row.calls;
                    last.blocked += row.blocked;
                    last.talk += row.talk;
                    last.spend += row.spend;
                }
                None => wide.push(Row { from, ..row }),
            }
        }
        self.rows = wide;
    }
}

impl Default for Slices {
    fn default() -> Self {
        Self { width: WIDTH, rows: Vec::new() }
    }
}

/// The part of an amount that falls on a part of the time.
fn share(amount: Decimal, part: u64, whole: u64) -> Decimal {
    (amount * Decimal::from(part) / Decimal::from(whole.max(1))).round_dp(DECIMALS)
}

fn seconds(time: SystemTime) -> u64 {
    micros(time) / MICROS
}

fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Seconds of a slice of a short incident.
const WIDTH: u64 = 10;
const MICROS: u64 = 1_000_000;
/// Of money: thousand-millionths.
const DECIMALS: u32 = 9;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn talk_and_money_lie_where_they_took_place() {
        let mut slices = Slices::default();
        slices.call(at(1_005), false);
        slices.talk(at(1_005), at(1_025), Decimal::from(4));
        slices.call(at(1_021), true);
        let (shown, width) = slices.show();
        let rows: Vec<_> = shown
            .iter()
            .map(|slice| {
                let seconds = (of_minutes(slice.minutes) + MICROS / 2) / MICROS;
                (super::seconds(slice.from), slice.calls, slice.blocked, seconds, slice.spend)
            })
            .collect();
        let money = Decimal::from;
        assert_eq!(
            rows,
            [(1_000, 1, 0, 5, money(1)), (1_010, 0, 0, 10, money(2)), (1_020, 0, 1, 5, money(1))]
        );
        assert_eq!(width, 10);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_long_it_takes(
            calls in prop::collection::vec((0_u64..3_000_000, 0_u64..200_000, any::<bool>()), 1..400)
        ) {
            let mut slices = Slices::default();
            let (mut talk, mut spend, mut blocked) = (0, Decimal::ZERO, 0);
            for (began, lasted, is_blocked) in &calls {
                slices.call(at(*began), *is_blocked);
                blocked += u64::from(*is_blocked);
                let cost = Decimal::new(*lasted as i64, 3);
                slices.talk(at(*began), at(began + lasted), cost);
                talk += lasted * MICROS;
                spend += cost;
            }
            prop_assert!(slices.rows.len() <= Account::MOST_SLICES);
            prop_assert!(slices.rows.windows(2).all(|pair| pair[0].from < pair[1].from));
            prop_assert!(slices.rows.iter().all(|row| row.from % slices.width == 0));
            let sum = |of: &dyn Fn(&Row) -> u64| slices.rows.iter().map(of).sum::<u64>();
            prop_assert_eq!(sum(&|row| row.calls + row.blocked), calls.len() as u64);
            prop_assert_eq!(sum(&|row| row.blocked), blocked);
            prop_assert_eq!(sum(&|row| row.talk), talk);
            prop_assert_eq!(slices.rows.iter().map(|row| row.spend).sum::<Decimal>(), spend);
        }
    }
}
