//! What is kept over restarts: the last week hour by hour, what is usual in each class, and what was told.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Class, Unusual,
    baseline::Baseline,
    hour::SLOTS,
    judged::{Compared, Telling},
    recent::{CLASSES, Hour},
};
use crate::limits::Kept;

/// What changed since it was last asked for.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    hours: BTreeSet<i64>,
    gone: BTreeSet<i64>,
    is_baseline: bool,
    is_state: bool,
}

/// What belongs to no hour and no class.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    /// Seconds since 1970.
    began: Option<i64>,
    told: Vec<(Compared, Telling)>,
}

impl Unusual {
    /// What changed since the last time.
    pub fn changes(&mut self) -> Vec<Kept> {
        let kept = std::mem::take(&mut self.kept);
        let mut changes: Vec<_> = kept
            .gone
            .difference(&kept.hours)
            .map(|number| row::<Hour>(HOUR, number.to_string(), None))
            .collect();
        for hour in self.recent.iter().filter(|hour| kept.hours.contains(&hour.number)) {
            changes.push(row(HOUR, hour.number.to_string(), Some(hour)));
        }
        if kept.is_baseline {
            let baselines = Class::ALL.iter().zip(&self.baselines);
            changes.extend(
                baselines.map(|(class, baseline)| row(CLASS, class.label().to_owned(), Some(baseline))),
            );
        }
        if kept.is_state {
            let told = self.told.told.iter().map(|(compared, telling)| (*compared, *telling)).collect();
            changes.push(row(
                STATE,
                String::new(),
                Some(&State { began: self.began.map(|began| began.timestamp()), told }),
            ));
        }
        changes
    }

    /// Puts back what was kept, before anything else is taken in; what is not its own, or makes no sense, is passed over.
    pub fn restore(&mut self, kept: &[Kept]) {
        let mut hours: Vec<Hour> = rows(kept, HOUR).filter_map(|(_, hour)| hour).collect();
        hours.retain(Hour::is_sound);
        hours.sort_by_key(|hour| hour.number);
        hours.dedup_by_key(|hour| hour.number);
        let last = hours.last().map_or(0, |hour| hour.number);
        let old = hours.partition_point(|hour| hour.number <= last.saturating_sub(SLOTS as i64));
        for hour in hours.split_off(old) {
            let next = self.recent.current().map_or(hour.number, |before| before.number.saturating_add(1));
            for number in next..hour.number {
                self.recent.begin(Hour::new(number, hour.slot, [None; CLASSES]));
            }
            self.recent.begin(hour);
        }
        self.kept.gone.extend(hours.iter().map(|hour| hour.number));
        for (key, baseline) in rows::<Baseline>(kept, CLASS) {
            let class = Class::from_label(key);
            if let (Some(class), Some(baseline)) = (class, baseline.filter(Baseline::is_sound)) {
                self.baselines[class as usize] = baseline;
            }
        }
        if let Some((_, Some(State { began, told }))) = rows::<State>(kept, STATE).next() {
            self.began = began.and_then(|began| DateTime::from_timestamp(began, 0));
            self.told.told = told.into_iter().collect();
        }
    }
}

impl Keeping {
    pub(super) fn note_hour(&mut self, number: i64) {
        self.hours.insert(number);
    }

    pub(super) fn note_hours(&mut self, numbers: impl Iterator<Item = i64>) {
        self.hours.extend(numbers);
    }

    /// How much of an hour was seen; that is written once a minute.
    pub(super) fn note_seen(&mut self, number: i64, before: f64, now: f64) {
        if (before * 60.0).floor() < (now * 60.0).floor() {
            self.hours.insert(number);
        }
    }

    pub(super) fn forget_hour(&mut self, number: i64) {
        self.hours.remove(&number);
        self.gone.insert(number);
    }

    pub(super) const fn note_baselines(&mut self) {
        self.is_baseline = true;
    }

    pub(super) const fn note_state(&mut self) {
        self.is_state = true;
    }
}

fn row<T: Serialize>(name: &str, key: String, state: Option<&T>) -> Kept {
    let state = state.and_then(|state| serde_json::to_string(state).ok());
    Kept { kind: KIND.into(), name: name.to_owned(), key, state }
}

fn rows<'k, T: DeserializeOwned>(
    kept: &'k [Kept],
    name: &'static str,
) -> impl Iterator<Item = (&'k str, Option<T>)> {
    let own = kept.iter().filter(move |kept| kept.kind == KIND && kept.name == name);
    own.map(|kept| {
        (kept.key.as_str(), kept.state.as_deref().and_then(|state| serde_json::from_str(state).ok()))
    })
}

const KIND: &str = "baseline";
const HOUR: &str = "hour";
const CLASS: &str = "class";
const STATE: &str = "state";
