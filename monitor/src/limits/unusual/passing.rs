//! Hours that pass: one begins, one is over, and one that is a week old is learned.

use chrono::TimeDelta;

use super::{Unusual, hour, recent::Hour, watch::everything};
use crate::limits::Moment;

impl Unusual {
    /// Begins the hours that begin; a clock that goes back begins none.
    pub(super) fn advance(&mut self, now: Moment) {
        let zone = self.rules.calendar.zone;
        let number = hour::number(now.wall, zone);
        let last = self.recent.current().map(|hour| hour.number);
        if let Some(ahead) = last.map(|last| last.saturating_sub(number)).filter(|ahead| *ahead > FAR_AHEAD) {
            return self.set_back(ahead);
        }
        if last.is_some_and(|last| last >= number) {
            return;
        }
        let first = last.map_or(number, |last| last + 1).max(number - hour::SLOTS as i64);
        if last.is_some() {
            self.close_hour();
        }
        for next in first..=number {
            let at = now.wall - TimeDelta::hours(number - next);
            self.open_hour(next, hour::slot(at, zone, self.rules.unusual.open.as_ref()));
        }
    }

    /// The clock was far ahead and is set back: the hours that were counted come with it.
    fn set_back(&mut self, hours: i64) {
        self.recent.iter().for_each(|hour| self.kept.forget_hour(hour.number));
        self.recent.renumber(|number| number.saturating_sub(hours));
        self.kept.note_hours(self.recent.iter().map(|hour| hour.number));
    }

    fn open_hour(&mut self, number: i64, slot: usize) {
        // The baseline learns an hour only when it is a week old: then every sum that it is part of was judged.
        if let Some(hour) = self.recent.end_oldest() {
            self.learn(&hour);
        }
        let usual = std::array::from_fn(|class| self.baselines[class].usual(slot));
        self.recent.begin(Hour::new(number, slot, usual));
        self.kept.note_hour(number);
    }

    fn learn(&mut self, hour: &Hour) {
        self.kept.forget_hour(hour.number);
        if hour.seen < LEAST_SEEN {
            return;
        }
        for (baseline, cell) in self.baselines.iter_mut().zip(hour.cells) {
            baseline.learn(hour.slot, cell.learned.map(|amount| amount / hour.seen));
        }
        self.kept.note_baselines();
    }

    /// Says how much of the hour that is over, and of the day and the week that end with it, may be learned: no more
    /// than what is let through.
    fn close_hour(&mut self) {
        let Some(hour) = self.recent.current() else { return };
        for cell in &mut hour.cells {
            cell.learned = cell.amounts;
        }
        for (class, measure, horizon) in everything() {
            let Some((_, usual, bound)) = self.compare(class, measure, horizon) else { continue };
            let learned = self.recent.learned(class, measure, horizon);
            if learned > bound && learned > usual {
                self.recent.scale(class, measure, horizon, bound / learned);
                self.kept.note_hours(self.recent.iter().rev().take(horizon.hours()).map(|hour| hour.number));
            }
        }
    }
}

/// Hours that a clock may be put back by before what was counted is put back with it.
const FAR_AHEAD: i64 = 24;
/// How much of an hour must have been seen for it to be learned.
const LEAST_SEEN: f64 = 0.5;
