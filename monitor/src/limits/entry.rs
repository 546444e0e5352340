//! What a limit counted for one key.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    numbers::Numbers,
    told::Told,
    window::{Frame, Steps},
};
use crate::{calls::Timestamp, policy::limits::Counted};

/// What was counted for a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The key, masked.
    pub(super) label: Box<str>,
    /// Amounts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) steps: Steps,
    /// What the calls have cost.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) spent: Steps,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) told: Told,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rare: Option<Box<Rare>>,
    /// Calls that go on.
    #[serde(skip)]
    pub(super) running: u64,
    /// When it was last touched.
    #[serde(default)]
    pub(super) touched: Timestamp,
    /// When its place among the others was found.
    #[serde(skip)]
    pub(super) placed: Timestamp,
    /// Whether it is to be saved.
    #[serde(skip)]
    pub(super) is_dirty: bool,
}

/// What few keys have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rare {
    /// Calls that were only inferred.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) inferred: Steps,
    /// Numbers that were called.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) numbers: Numbers,
    /// Countries that were called ever.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) countries: BTreeSet<Box<str>>,
}

impl Entry {
    pub(super) fn new(label: String) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// What counts now, in units of what is counted.
    pub(super) fn value(&self, counts: Counted, frame: Frame) -> u64 {
        match counts {
            Counted::ConcurrentCalls => self.running,
            Counted::Numbers => self.rare.as_ref().map_or(0, |rare| rare.numbers.count(frame)),
            _ => self.steps.sum(frame),
        }
    }

    /// Forgets what counts no longer.
    pub(super) fn advance(&mut self, frame: Frame) {
        self.steps.advance(frame);
        self.spent.advance(frame);
        if let Some(rare) = &mut self.rare {
            rare.inferred.advance(frame);
            rare.numbers.advance(frame);
        }
    }

    /// Nothing was counted; what is known of countries stays.
    pub(super) fn reset(&mut self, counts: Counted) {
        self.steps.clear();
        self.spent.clear();
        if let Some(rare) = &mut self.rare {
            rare.inferred.clear();
            rare.numbers = Numbers::default();
        }
        self.told.reset(counts);
    }

    pub(super) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Calls that were only inferred.
    pub(super) fn inferred(&self, frame: Frame) -> u64 {
        self.rare.as_ref().map_or(0, |rare| rare.inferred.sum(frame))
    }

    /// Numbers that it holds.
    pub(super) fn numbers(&self) -> usize {
        self.rare.as_ref().map_or(0, |rare| rare.numbers.held())
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_idle(&self, counts: Counted, frame: Frame) -> bool {
        let has_countries = self.rare.as_ref().is_some_and(|rare| !rare.countries.is_empty());
        self.value(counts, frame) == 0 && self.told.is_nothing() && !has_countries
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
