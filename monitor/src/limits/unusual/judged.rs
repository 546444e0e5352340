//! What was told already, so that nothing is told each second.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Class, Horizon, Measure, Unusual};
use crate::limits::Severity;

/// What is compared.
pub(super) type Compared = (Class, Measure, Horizon);

/// What was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) told: BTreeMap<Compared, Telling>,
}

/// The last time that something was told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Telling {
    severity: Severity,
    /// What it was then, or the least that it was since.
    value: f64,
    /// Before this it is not told again, seconds since 1970.
    until: i64,
}

impl Told {
    /// Whether a value is to be told now. It is where it is worse than what was told; or where the pause `again` is over
    /// and it has grown by half of the way from the usual to the bound, for what was over an hour ago still stands in the sum of
    /// a week.
    pub(super) fn judge(
        &mut self,
        compared: Compared,
        [value, usual, bound]: [f64; 3],
        now: DateTime<Utc>,
        again: Duration,
    ) -> Option<Severity> {
        let severity = severity(value, usual, bound);
        let now = now.timestamp();
        let until = now.saturating_add_unsigned(again.as_secs());
        let Some(telling) = self.told.get_mut(&compared) else {
            let severity = severity?;
            self.told.insert(compared, Telling { severity, value, until });
            return Some(severity);
        };
        telling.value = telling.value.min(value);
        let Some(severity) = severity else {
            if now >= telling.until {
                self.told.remove(&compared);
            }
            return None;
        };
        let has_grown = now >= telling.until && value >= telling.value + (bound - usual) / 2.0;
        if severity > telling.severity || has_grown {
            *telling = Telling { severity, value, until };
            return Some(severity);
        }
        None
    }
}

impl Unusual {
    /// For how long something is not told again; where it is blocked, no longer than the block lasts.
    pub(super) fn again(&self, horizon: Horizon, learns: bool, wall: DateTime<Utc>) -> Duration {
        let then = &self.rules.unusual.then;
        let pause = match horizon {
            Horizon::Hour => Duration::from_secs(6 * 3600),
            Horizon::Day => Duration::from_secs(24 * 3600),
            Horizon::Week => Duration::from_secs(7 * 24 * 3600),
        };
        if then.blocks.is_empty() || then.report_only || learns {
            return pause;
        }
        then.lasts.apart_from_window(wall).map_or(pause, |time| pause.min(time))
    }
}

fn severity(value: f64, usual: f64, bound: f64) -> Option<Severity> {
    if value >= bound + (bound - usual) {
        Some(Severity::Critical)
    } else if value >= bound {
        Some(Severity::Warning)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn nothing_is_told_each_second_and_what_goes_on_again() {
        let mut told = Told::default();
        let what = (Class::Risk, Measure::Calls, Horizon::Day);
        let at = |hours: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let mut judge =
            |value, hours| told.judge(what, [value, 0.0, 4.0], at(hours), Duration::from_secs(6 * 3600));
        assert_eq!(judge(3.0, 0), None);
        assert_eq!(judge(4.0, 0), Some(Severity::Warning));
        assert_eq!(judge(5.0, 0), None);
        assert_eq!(judge(8.0, 1), Some(Severity::Critical));
        assert_eq!(judge(20.0, 2), None, "within the pause");
        assert_eq!(judge(9.0, 7), None, "the sum fell");
        assert_eq!(judge(10.0, 7), Some(Severity::Critical), "and grew again");
        assert_eq!(judge(3.0, 8), None);
        assert_eq!(judge(4.0, 9), None, "still within the pause");
        assert_eq!(judge(3.0, 14), None);
        assert_eq!(judge(4.0, 14), Some(Severity::Warning));
    }
}
