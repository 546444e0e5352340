//! The last week, hour by hour: what was counted, what was usual, and how much of it the baseline may learn.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    Class,
    baseline::Amounts,
    finding::{Horizon, MEASURES, Measure},
    hour::SLOTS,
};

/// An hour of the clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Hour {
    /// [`super::hour::number`].
    pub(super) number: i64,
    /// [`super::hour::slot`].
    pub(super) slot: usize,
    /// How much of it the agent saw, 0 to 1.
    pub(super) seen: f64,
    /// What was counted, in the order of [`Class::ALL`].
    pub(super) cells: [Cell; CLASSES],
}

/// An hour of a class.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Cell {
    pub(super) amounts: Amounts,
    /// What may be learned of them.
    pub(super) learned: Amounts,
    /// What was usual; none where nothing had been learned.
    pub(super) usual: Option<Amounts>,
}

/// Sums over a horizon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub(super) value: f64,
    pub(super) usual: f64,
}

/// The last week.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    /// The hour that goes on last, without a gap.
    hours: VecDeque<Hour>,
    /// Sums of the hours that are over, by class and horizon.
    over: [[Over; Horizon::ALL.len()]; CLASSES],
}

/// Hours of a class that are over.
#[derive(Clone, Copy, Debug, Default)]
struct Over {
    value: Amounts,
    usual: Amounts,
    /// Hours of which something was seen.
    seen: usize,
    /// Those of which it was known what is usual.
    known: usize,
}

impl Recent {
    /// The hour that goes on.
    pub(super) fn current(&mut self) -> Option<&mut Hour> {
        self.hours.back_mut()
    }

    /// All of them, the hour that goes on last.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Hour> {
        self.hours.iter()
    }

    /// Begins an hour.
    pub(super) fn begin(&mut self, hour: Hour) {
        self.hours.push_back(hour);
        for (class, sums) in self.over.iter_mut().enumerate() {
            for (over, horizon) in sums.iter_mut().zip(Horizon::ALL) {
                *over = Over::default();
                let hours = self.hours.iter().rev().skip(1).take(horizon.hours() - 1);
                hours.for_each(|hour| over.add(hour.cells[class], hour.seen));
            }
        }
    }

    /// Takes the oldest hour away, where there is a whole week.
    pub(super) fn end_oldest(&mut self) -> Option<Hour> {
        if self.hours.len() >= SLOTS { self.hours.pop_front() } else { None }
    }

    /// Gives every hour another number.
    pub(super) fn renumber(&mut self, number: impl Fn(i64) -> i64) {
        self.hours.iter_mut().for_each(|hour| hour.number = number(hour.number));
    }

    /// What was counted within a horizon that ends with the hour that goes on, and what was usual; none where too
    /// little of it was ever learned.
    pub(super) fn sums(&self, class: Class, measure: Measure, horizon: Horizon) -> Option<Sums> {
        let mut sums = self.over[class as usize][horizon as usize];
        sums.add(self.hours.back()?.cells[class as usize], 1.0);
        let is_known = sums.known > 0 && sums.known * KNOWN.1 >= sums.seen * KNOWN.0;
        is_known.then(|| Sums { value: sums.value[measure as usize], usual: sums.usual[measure as usize] })
    }

    /// What may be learned of the hours that are over, within a horizon that ends with them.
    pub(super) fn learned(&self, class: Class, measure: Measure, horizon: Horizon) -> f64 {
        let hours = self.hours.iter().rev().take(horizon.hours());
        hours.map(|hour| hour.cells[class as usize].learned[measure as usize]).sum()
    }

    /// Lets so much less be learned of them.
    pub(super) fn scale(&mut self, class: Class, measure: Measure, horizon: Horizon, share: f64) {
        for hour in self.hours.iter_mut().rev().take(horizon.hours()) {
            hour.cells[class as usize].learned[measure as usize] *= share;
        }
    }
}

impl Over {
    /// Adds an hour of which so much was seen.
    fn add(&mut self, cell: Cell, seen: f64) {
        if seen <= 0.0 {
            return;
        }
        self.seen += 1;
        self.known += usize::from(cell.usual.is_some());
        let usual = cell.usual.unwrap_or_default();
        self.value.iter_mut().zip(cell.amounts).for_each(|(sum, amount)| *sum += amount);
        self.usual.iter_mut().zip(usual).for_each(|(sum, amount)| *sum += amount * seen);
    }
}

impl Hour {
    /// Nothing counted yet.
    pub(super) fn new(number: i64, slot: usize, usual: [Option<Amounts>; CLASSES]) -> Self {
        let cells = usual.map(|usual| Cell { usual, ..Cell::default() });
        Self { number, slot, seen: 0.0, cells }
    }

    /// Whether it makes sense: what was saved may have been tampered with.
    pub(super) fn is_sound(&self) -> bool {
        let amounts = self.cells.iter().flat_map(|cell| {
            cell.amounts.into_iter().chain(cell.learned).chain(cell.usual.unwrap_or([0.0; MEASURES]))
        });
        self.slot < SLOTS
            && (0.0..=1.0).contains(&self.seen)
            && amounts.into_iter().all(|it| it.is_finite() && it >= 0.0)
    }
}

/// How many classes there are.
pub(super) const CLASSES: usize = Class::ALL.len();
/// Hours that must have been learned, of those that were seen.
const KNOWN: (usize, usize) = (7, 8);
