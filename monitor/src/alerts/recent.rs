//! The latest alerts, for those who look now.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use crate::control::view::AlertRow;

/// The latest alerts. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<Mutex<VecDeque<AlertRow>>>);

impl Recent {
    /// Adds one; the oldest gives way.
    pub fn push(&self, row: AlertRow) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.truncate(ROOM - 1);
        rows.push_front(row);
    }

    /// The newest first.
    #[must_use]
    pub fn rows(&self) -> Vec<AlertRow> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Alerts that are kept.
const ROOM: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let recent = Recent::default();
        for number in 0..120 {
            recent.push(AlertRow { time: number.to_string(), text: String::new() });
        }
        let rows = recent.rows();
        assert_eq!((rows.len(), rows[0].time.as_str(), rows[49].time.as_str()), (50, "119", "70"));
    }
}
