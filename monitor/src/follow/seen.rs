//! INVITEs that passed and whose events were read, by way and destination: what the kernel counted beyond them, the
//! limits never saw.

use std::sync::atomic::{AtomicU64, Ordering};

use monitor_common::abi::{Direction, MAX_DESTINATIONS, Verdict};

use crate::events::Judged;

/// Counts INVITEs that passed and could be read.
pub(super) struct SeenInvites(Box<[[AtomicU64; MAX_DESTINATIONS]; 2]>);

impl SeenInvites {
    /// Counts one.
    pub(super) fn count(&self, direction: Direction, judged: &Judged) {
        if judged.verdict == Verdict::Pass
            && let Some(count) = self.0[direction as usize].get(usize::from(judged.slot))
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// So many went one way to the destination of a slot.
    pub(super) fn of(&self, direction: Direction, slot: u16) -> u64 {
        self.0[direction as usize].get(usize::from(slot)).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl Default for SeenInvites {
    fn default() -> Self {
        Self(Box::new(std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0)))))
    }
}

#[cfg(test)]
mod tests {
    use monitor_common::abi::Reason;

    use super::*;

    #[test]
    fn what_passed_is_counted_by_way_and_destination() {
        let seen = SeenInvites::default();
        let judged = |verdict, slot| Judged {
            verdict,
            reason: Reason::Policy,
            dialled: String::new(),
            number: None,
            slot,
        };
        seen.count(Direction::Egress, &judged(Verdict::Pass, 7));
        seen.count(Direction::Egress, &judged(Verdict::Pass, 7));
        seen.count(Direction::Egress, &judged(Verdict::Drop, 7));
        seen.count(Direction::Ingress, &judged(Verdict::Pass, u16::MAX));
        assert_eq!((seen.of(Direction::Egress, 7), seen.of(Direction::Ingress, 7)), (2, 0));
        assert_eq!(seen.of(Direction::Ingress, u16::MAX), 0);
    }
}
