//! Whose contents are gone, as ranges, and what retention entries account for.

/// Entries without a content that nothing accounts for yet, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Gone {
    ranges: Vec<(u64, u64)>,
}

impl Gone {
    /// An entry later than all before has no content.
    pub(super) fn add(&mut self, seq: u64) {
        match self.ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(seq) => *last = seq,
            _ => self.ranges.push((seq, seq)),
        }
    }

    /// A retention entry accounts for these.
    pub(super) fn account(&mut self, from: u64, to: u64) {
        let left = self.ranges.iter().flat_map(|(first, last)| {
            let before = (*first < from).then(|| (*first, (*last).min(from.saturating_sub(1))));
            let after = (*last > to).then(|| ((*first).max(to.saturating_add(1)), *last));
            if *last < from || *first > to { [Some((*first, *last)), None] } else { [before, after] }
        });
        self.ranges = left.flatten().collect();
    }

    /// What nothing accounts for.
    pub(super) fn unaccounted(self) -> Vec<(u64, u64)> {
        self.ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_no_range_covers() {
        let left = |ranges: &[(u64, u64)]| {
            let mut gone = Gone::default();
            (3..=5).chain(7..=9).for_each(|seq| gone.add(seq));
            ranges.iter().for_each(|(from, to)| gone.account(*from, *to));
            gone.unaccounted()
        };
        assert_eq!(left(&[]), [(3, 5), (7, 9)]);
        assert_eq!(left(&[(1, 9)]), []);
        assert_eq!(left(&[(4, 4)]), [(3, 3), (5, 5), (7, 9)]);
        assert_eq!(left(&[(5, 7)]), [(3, 4), (8, 9)]);
        assert_eq!(left(&[(1, 5), (8, 20)]), [(7, 7)]);
        assert_eq!(left(&[(0, u64::MAX)]), []);
        assert_eq!(left(&[(6, 6), (1, 2), (10, 12)]), [(3, 5), (7, 9)]);
    }
}
