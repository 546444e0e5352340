//! Numbers that look random and come again with the same seed (xorshift64*, Vigna 2016): whole numbers only, so that
//! every machine makes the same.

use std::time::Duration;

/// A source of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed; neighbouring seeds have nothing in common (SplitMix64, Steele 2014).
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // Zero would stay zero.
        Self((mixed ^ (mixed >> 31)) | 1)
    }

    /// Below `bound`, which is not 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound
    }

    /// From `least` to `most`, both of them possible.
    pub const fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// A time from `least` to `most` milliseconds.
    pub const fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.between(least, most))
    }

    /// True so often of a hundred times.
    pub const fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    /// One of some.
    pub fn pick<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.below(some.len() as u64) as usize]
    }

    /// One of some, each as often as its weight says.
    pub fn weighted<'a, T>(&mut self, some: &'a [(u64, T)]) -> &'a T {
        let mut at = self.below(some.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in some {
            if at < *weight {
                return one;
            }
            at -= weight;
        }
        unreachable!("the weights sum up to more than `at`")
    }

    /// A time of a distribution that is given by its quantiles: rows of per cent and seconds, from 0 to 100, straight lines
    /// between them.
    pub fn quantile(&mut self, rows: &[(u64, u64)]) -> Duration {
        let at = self.below(100_000);
        let after = rows
            .iter()
            .position(|(percent, _)| percent * 1_000 > at)
            .expect("the last row is of 100 per cent");
        let ((from, least), (to, most)) = (rows[after - 1], rows[after]);
        let part = (at - from * 1_000) * (most - least) * 1_000 / ((to - from) * 1_000);
        Duration::from_millis(least * 1_000 + part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_numbers() {
        let some = |seed| {
            let mut random = Random::new(seed);
            [(); 8].map(|()| random.below(1 << 40))
        };
        assert_eq!(some(4), some(4));
        assert_ne!(some(4), some(5));
    }

    #[test]
    fn bounds_and_weights_are_kept() {
        let mut random = Random::new(1);
        let (mut seen, mut heavy) = ([0; 3], 0);
        for _ in 0..3_000 {
            seen[(random.between(5, 7) - 5) as usize] += 1;
            heavy += u32::from(*random.weighted(&[(9, true), (1, false)]));
        }
        assert!(seen.iter().all(|count| (900..1_100).contains(count)), "{seen:?}");
        assert!((2_600..2_800).contains(&heavy), "{heavy}");
    }

    #[test]
    fn a_quantile_lies_where_its_row_says() {
        let mut random = Random::new(2);
        let rows = [(0, 10), (50, 20), (100, 120)];
        let mut times: Vec<_> = (0..10_001).map(|_| random.quantile(&rows)).collect();
        times.sort();
        assert!(times[0] >= Duration::from_secs(10) && times[10_000] <= Duration::from_secs(120));
        assert!(
            times[5_000].abs_diff(Duration::from_secs(20)) < Duration::from_secs(1),
            "{:?}",
            times[5_000]
        );
    }
}
