//! The distinct numbers that were called within a window.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::window::Frame;

/// Numbers, each by half of its token and by the last step in which it was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub(super) struct Numbers {
    last: HashMap<u64, u64>,
    /// Steps and numbers, the oldest first.
    order: BTreeSet<(u64, u64)>,
}

impl Numbers {
    /// One was called. Of more than `most` the oldest is forgotten, so that their count is exact up to `most`.
    pub(super) fn add(&mut self, frame: Frame, number: u64, most: usize) {
        self.advance(frame);
        if let Some(step) = self.last.insert(number, frame.current) {
            self.order.remove(&(step, number));
        }
        self.order.insert((frame.current, number));
        if self.order.len() > most.max(1) {
            self.forget_oldest();
        }
    }

    /// Forgets what counts no longer.
    pub(super) fn advance(&mut self, frame: Frame) {
        while self.order.first().is_some_and(|(step, _)| *step < frame.oldest) {
            self.forget_oldest();
        }
        // A wall clock that was years ahead left days that are still to come: they count from now.
        while let Some((step, number)) = self.order.last().copied().filter(|(step, _)| *step > frame.current)
        {
            self.order.remove(&(step, number));
            self.order.insert((frame.current, number));
            self.last.insert(number, frame.current);
        }
    }

    /// How many count now.
    pub(super) fn count(&self, frame: Frame) -> u64 {
        let over = self.order.iter().take_while(|(step, _)| *step < frame.oldest).count();
        (self.order.len() - over) as u64
    }

    /// How many are held.
    pub(super) fn held(&self) -> usize {
        self.order.len()
    }

    fn forget_oldest(&mut self) {
        if let Some((_, number)) = self.order.pop_first() {
            self.last.remove(&number);
        }
    }
}

impl From<Vec<(u64, u64)>> for Numbers {
    fn from(steps: Vec<(u64, u64)>) -> Self {
        let last: HashMap<u64, u64> = steps.into_iter().map(|(step, number)| (number, step)).collect();
        Self { order: last.iter().map(|(number, step)| (*step, *number)).collect(), last }
    }
}

impl From<Numbers> for Vec<(u64, u64)> {
    fn from(numbers: Numbers) -> Self {
        numbers.order.into_iter().collect()
    }
}
