//! What is usual in a class: the mean of each hour of the week, the last weeks, and the size of a call.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    finding::{MEASURES, Measure},
    hour::SLOTS,
};

/// An amount of each measure, in the order of [`Measure::ALL`].
pub(super) type Amounts = [f64; MEASURES];

/// What is usual in a class of destinations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Baseline {
    slots: Vec<Slot>,
    /// What was learned in each of the last weeks, the oldest first.
    weeks: VecDeque<Amounts>,
    running: Running,
    /// Sums of the sizes of calls, and of their squares, the older the less.
    sizes: Amounts,
    squares: Amounts,
    calls: f64,
}

/// An hour of the week.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Slot {
    mean: Amounts,
    /// How often it was learned, up to [`MEMORY`].
    times: u32,
}

/// The week that is being learned.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Running {
    sum: Amounts,
    hours: u32,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            slots: vec![Slot::default(); SLOTS],
            weeks: VecDeque::new(),
            running: Running::default(),
            sizes: Amounts::default(),
            squares: Amounts::default(),
            calls: 0.0,
        }
    }
}

impl Baseline {
    /// Whether it makes sense: what was saved may have been tampered with.
    pub(super) fn is_sound(&self) -> bool {
        let numbers = self.slots.iter().flat_map(|slot| slot.mean).chain(self.sizes).chain(self.squares);
        self.slots.len() == SLOTS
            && numbers.chain([self.calls]).all(|number| number.is_finite() && number >= 0.0)
    }

    /// What is usual in an hour of the week; `None` where it was never learned.
    pub(super) fn usual(&self, slot: usize) -> Option<Amounts> {
        self.slots.get(slot).filter(|slot| slot.times > 0).map(|slot| slot.mean)
    }

    /// Learns a whole hour: the mean at first, then a sixth of the way each week, so that half of what was is forgotten
    /// after four weeks and two thirds after six.
    pub(super) fn learn(&mut self, slot: usize, amounts: Amounts) {
        let Some(slot) = self.slots.get_mut(slot) else { return };
        slot.times = (slot.times + 1).min(MEMORY);
        for (mean, amount) in slot.mean.iter_mut().zip(amounts) {
            *mean += (amount - *mean) / f64::from(slot.times);
        }
        self.running.hours += 1;
        for (sum, amount) in self.running.sum.iter_mut().zip(amounts) {
            *sum += amount;
        }
        if self.running.hours as usize == SLOTS {
            self.weeks.push_back(std::mem::take(&mut self.running).sum);
            while self.weeks.len() > WEEKS {
                self.weeks.pop_front();
            }
        }
        for size in self.sizes.iter_mut().chain(&mut self.squares).chain([&mut self.calls]) {
            *size *= HOURLY;
        }
    }

    /// The middle one of the last weeks, where there are enough: it lags behind a ramp that the mean follows.
    pub(super) fn middle_week(&self, measure: Measure) -> Option<f64> {
        if self.weeks.len() < LEAST_WEEKS {
            return None;
        }
        let mut weeks: Vec<_> = self.weeks.iter().map(|week| week[measure as usize]).collect();
        weeks.sort_unstable_by(f64::total_cmp);
        Some(weeks[weeks.len() / 2])
    }

    /// A call is over that amounted to so much; what is far beyond others counts less.
    pub(super) fn size(&mut self, amounts: Amounts, most: Amounts) {
        self.calls += 1.0;
        for measure in 0..MEASURES {
            let size = amounts[measure].min(SIZES * most[measure]);
            self.sizes[measure] += size;
            self.squares[measure] += size * size;
        }
    }

    /// The unit in which an amount comes: the size of a call as a minute, or a coin, of it sees it.
    pub(super) fn unit(&self, measure: Measure) -> f64 {
        let measure = measure as usize;
        if self.sizes[measure] > 0.0 { self.squares[measure] / self.sizes[measure] } else { 0.0 }
    }

    /// Calls that ended, and what they amounted to.
    pub(super) fn ended(&self, measure: Measure) -> (f64, f64) {
        (self.calls, self.sizes[measure as usize])
    }
}

/// Weeks that a mean remembers.
const MEMORY: u32 = 6;
/// Weeks of which the middle one is taken.
const WEEKS: usize = 12;
const LEAST_WEEKS: usize = 4;
/// What is left of sizes after an hour: a third after six weeks.
const HOURLY: f64 = 0.999;
/// How many units a call is large at most.
const SIZES: f64 = 4.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_habits_are_forgotten_over_weeks() {
        let mut baseline = Baseline::default();
        assert_eq!(baseline.usual(3), None);
        for _ in 0..10 {
            baseline.learn(3, [10.0, 0.0, 0.0]);
        }
        assert!((baseline.usual(3).unwrap()[0] - 10.0).abs() < 1e-9);
        for _ in 0..6 {
            baseline.learn(3, [0.0; 3]);
        }
        let left = baseline.usual(3).unwrap()[0];
        assert!((3.0..3.7).contains(&left), "{left}");
        baseline.learn(9_999, [1.0; 3]);
    }

    #[test]
    fn a_long_call_weighs_more_than_many_short_ones() {
        let mut baseline = Baseline::default();
        for _ in 0..60 {
            baseline.size([1.0, 1.0, 0.0], [15.0; 3]);
        }
        baseline.size([1.0, 600.0, 0.0], [15.0; 3]);
        assert!(
            (30.0..31.0).contains(&baseline.unit(Measure::Minutes)),
            "{}",
            baseline.unit(Measure::Minutes)
        );
        assert_eq!(baseline.unit(Measure::Spend), 0.0);
    }
}
