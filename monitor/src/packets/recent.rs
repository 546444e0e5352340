//! The SIP of the last seconds or minutes, so that what led to an incident is there when it begins.

use std::{collections::VecDeque, sync::Arc};

use super::seen::Seen;

/// The latest packets, bounded by count and by octets.
#[derive(Debug, Default)]
pub struct Recent {
    /// Each with its number: 1, 2, 3 … in the order in which they were read.
    kept: VecDeque<(u64, Arc<Seen>)>,
    octets: usize,
    taken: u64,
}

impl Recent {
    /// Takes one in, and lets go of the oldest where there is no room. Gives its number.
    pub fn push(&mut self, seen: Arc<Seen>) -> u64 {
        self.octets += seen.octets();
        self.taken += 1;
        self.kept.push_back((self.taken, seen));
        while self.octets > MOST_OCTETS || self.kept.len() > MOST {
            let Some((_, oldest)) = self.kept.pop_front() else { break };
            self.octets -= oldest.octets();
        }
        self.taken
    }

    /// Those that fit, the oldest first.
    pub fn matching<'a>(
        &'a self,
        fits: impl Fn(&Seen) -> bool + 'a,
    ) -> impl Iterator<Item = (u64, &'a Arc<Seen>)> {
        self.kept.iter().filter(move |(_, seen)| fits(seen)).map(|(number, seen)| (*number, seen))
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self { taken: self.taken, ..Self::default() };
    }
}

/// Octets of frames and of what is known of them: some 5,000 INVITEs.
const MOST_OCTETS: usize = 4 << 20;
/// Packets, however short: a look at all of them takes less than a millisecond.
const MOST: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packets::tests::seen;

    #[test]
    fn the_oldest_give_way() {
        let mut recent = Recent::default();
        let numbers =
            |recent: &Recent| recent.matching(|_| true).map(|(number, _)| number).collect::<Vec<_>>();
        for _ in 0..MOST + 10 {
            recent.push(seen("short").into());
        }
        assert_eq!((recent.kept.len(), numbers(&recent)[0]), (MOST, 11));
        for _ in 0..4000 {
            recent.push(seen(&"long ".repeat(400)).into());
            assert!(recent.octets <= MOST_OCTETS);
        }
        assert!(recent.kept.len() < 2200 && recent.kept.len() > 1500, "{}", recent.kept.len());
        assert_eq!(numbers(&recent).last(), Some(&(MOST as u64 + 4010)));
        recent.clear();
        assert_eq!(recent.push(seen("next").into()), MOST as u64 + 4011);
        assert_eq!(recent.octets, seen("next").octets());
    }
}
