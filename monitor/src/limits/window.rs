//! Windows: which steps of time count now, and what was counted in them.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::clock::Now;
use crate::policy::limits::Window;

/// The steps that count at a moment. A sliding window has sixty and holds each that it touches; a day or a month is
/// one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) oldest: u64,
    pub(super) current: u64,
}

impl Frame {
    /// That of a window.
    pub(super) fn of(window: Window, now: &Now) -> Self {
        match window {
            Window::Day => Self { oldest: now.day, current: now.day },
            Window::Month => Self { oldest: now.month, current: now.month },
            Window::Sliding(length) => {
                let length = micros(length).max(1);
                let step = length.div_ceil(STEPS);
                Self { oldest: now.at.0.saturating_sub(length) / step, current: now.at.0 / step }
            }
        }
    }
}

/// Amounts by the step in which they were counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "VecDeque<(u64, u64)>", into = "VecDeque<(u64, u64)>")]
pub(super) struct Steps {
    /// The oldest first; none is empty.
    held: VecDeque<(u64, u64)>,
    sum: u128,
}

impl Steps {
    /// Forgets what counts no longer.
    pub(super) fn advance(&mut self, frame: Frame) {
        while let Some((_, amount)) = self.held.front().filter(|(step, _)| *step < frame.oldest) {
            self.sum -= u128::from(*amount);
            self.held.pop_front();
        }
        // A wall clock that was years ahead left days that are still to come: what they hold counts from now.
        while self.held.back().is_some_and(|(step, _)| *step > frame.current) {
            let (_, amount) = self.held.pop_back().unwrap_or_default();
            self.sum -= u128::from(amount);
            self.put(frame.current, amount);
        }
    }

    /// Counts in the current step.
    pub(super) fn add(&mut self, frame: Frame, amount: u64) {
        self.advance(frame);
        if amount > 0 {
            self.put(frame.current, amount);
        }
    }

    /// What counts now.
    pub(super) fn sum(&self, frame: Frame) -> u64 {
        let over = self.held.iter().take_while(|(step, _)| *step < frame.oldest);
        let over: u128 = over.map(|(_, amount)| u128::from(*amount)).sum();
        u64::try_from(self.sum - over).unwrap_or(u64::MAX)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Behind the last step, or into it where that is not earlier.
    fn put(&mut self, step: u64, amount: u64) {
        match self.held.back_mut() {
            Some((last, held)) if *last >= step => {
                let grown = held.saturating_add(amount);
                self.sum += u128::from(grown - *held);
                *held = grown;
            }
            _ => {
                self.sum += u128::from(amount);
                self.held.push_back((step, amount));
            }
        }
    }
}

impl From<VecDeque<(u64, u64)>> for Steps {
    fn from(mut held: VecDeque<(u64, u64)>) -> Self {
        held.retain(|(_, amount)| *amount > 0);
        held.make_contiguous().sort_unstable_by_key(|(step, _)| *step);
        let sum = held.iter().map(|(_, amount)| u128::from(*amount)).sum();
        Self { held, sum }
    }
}

impl From<Steps> for VecDeque<(u64, u64)> {
    fn from(steps: Steps) -> Self {
        steps.held
    }
}

/// Microseconds of a length of time.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Steps of a sliding window.
const STEPS: u64 = 60;
