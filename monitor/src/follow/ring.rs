//! The follower's side of the ring of one CPU: what is read, until when that was all, and that nobody reads it any more.

use std::sync::Arc;

use super::Follower;
use crate::events::Event;

/// One ring, for the task that reads it. Dropping it says that nobody does any more.
pub struct Ring {
    follower: Arc<Follower>,
    number: usize,
}

impl Ring {
    /// As many as the follower was started with.
    pub fn all(follower: &Arc<Follower>) -> Vec<Self> {
        (0..follower.rings).map(|number| Self { follower: Arc::clone(follower), number }).collect()
    }

    /// Takes one event in.
    pub fn take(&self, event: &Event<'_>) {
        self.follower.take(event);
    }

    /// What the kernel had put into the ring by `stamp`, nanoseconds of `CLOCK_MONOTONIC`, was taken.
    pub fn read_until(&self, stamp: u64) {
        if self.follower.advance(|order| order.read_until(self.number, stamp)) {
            tracing::info!(ring = self.number, "the events of this CPU are read again");
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.follower.advance(|order| order.ended(self.number));
    }
}
