//! Whether the tasks that the guard cannot do without go on: each beats, and one that does not is found.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The vital tasks. Clones share them.
#[derive(Clone, Debug)]
pub struct Heart {
    began: Instant,
    tasks: Arc<Mutex<Vec<Task>>>,
}

#[derive(Debug)]
struct Task {
    name: &'static str,
    /// Milliseconds after the beginning.
    last: Arc<AtomicU64>,
}

/// For the task that beats. One whose task has ended is not forgotten: it stands still.
#[derive(Debug)]
pub struct Beat {
    began: Instant,
    last: Arc<AtomicU64>,
}

impl Heart {
    /// Nobody beats yet.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now(), tasks: Arc::default() }
    }

    /// One more task, alive now; from here on it is to beat every second or more often.
    #[must_use]
    pub fn task(&self, name: &'static str) -> Beat {
        let beat = Beat { began: self.began, last: Arc::default() };
        beat.beat();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.push(Task { name, last: Arc::clone(&beat.last) });
        beat
    }

    /// The first task that has not beaten for longer than `patience`.
    #[must_use]
    pub fn stands_still(&self, now: Instant, patience: Duration) -> Option<&'static str> {
        let limit = now.saturating_duration_since(self.began).saturating_sub(patience);
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let still = |task: &&Task| u128::from(task.last.load(Ordering::Relaxed)) < limit.as_millis();
        tasks.iter().find(still).map(|task| task.name)
    }
}

impl Default for Heart {
    fn default() -> Self {
        Self::new()
    }
}

impl Beat {
    /// The task goes on.
    pub fn beat(&self) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(millis, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[test]
    fn a_task_that_does_not_beat_is_named() {
        let heart = Heart::new();
        let (ring, calls) = (heart.task("ring"), heart.task("calls"));
        let now = Instant::now();
        assert_eq!(heart.stands_still(now, PATIENCE), None);
        assert_eq!(heart.stands_still(now + Duration::from_secs(6), PATIENCE), Some("ring"));
        let later = Heart { began: heart.began.checked_sub(Duration::from_secs(60)).unwrap(), ..heart };
        Beat { began: later.began, last: Arc::clone(&ring.last) }.beat();
        assert_eq!(later.stands_still(Instant::now(), PATIENCE), Some("calls"));
        Beat { began: later.began, last: Arc::clone(&calls.last) }.beat();
        assert_eq!(later.stands_still(Instant::now(), PATIENCE), None);
    }

    #[test]
    fn a_task_that_has_ended_stands_still() {
        let heart = Heart::new();
        drop(heart.task("ring"));
        assert_eq!(heart.stands_still(Instant::now() + Duration::from_secs(6), PATIENCE), Some("ring"));
    }
}
