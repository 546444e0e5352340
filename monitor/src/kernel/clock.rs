//! The kernel's coarse clock, jiffies, which media streams are stamped with.

use std::time::Instant;

use aya::programs::{TestRun, TestRunOptions};
use monitor_common::abi;

use super::{Object, Refusal};

/// A reading of the kernel's clock beside one of the agent's.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    jiffies_at_start: u32,
}

/// What the clock says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The low 32 bits of `jiffies64`.
    jiffies: u32,
    /// Jiffies in a second (CONFIG_HZ), measured.
    per_second: u32,
}

impl Clock {
    /// Takes the first reading.
    pub fn start(object: &mut Object) -> Result<Self, Refusal> {
        Ok(Self { start: Instant::now(), jiffies_at_start: jiffies(object)? })
    }

    /// Takes another reading.
    pub fn now(&self, object: &mut Object) -> Result<Now, Refusal> {
        let jiffies = jiffies(object)?;
        let milliseconds = self.start.elapsed().as_millis().max(1);
        let ticks = u128::from(jiffies.wrapping_sub(self.jiffies_at_start));
        Ok(Now { jiffies, per_second: nearest_rate(ticks * 1000 / milliseconds) })
    }
}

impl Now {
    /// Whether a time stamp is younger than `seconds`.
    #[must_use]
    pub fn is_within(&self, stamp: u64, seconds: u32) -> bool {
        // The difference of the low halves is right for half of their range, days at any rate.
        let age = self.jiffies.wrapping_sub(stamp as u32) as i32;
        age < (self.per_second * seconds) as i32
    }
}

fn jiffies(object: &mut Object) -> Result<u32, Refusal> {
    let program = object.xdp(abi::program::CLOCK)?;
    let options = TestRunOptions { data_in: Some(&[0; SMALLEST_FRAME]), ..TestRunOptions::new() };
    let result = program.test_run(options);
    result
        .map(|result| result.return_value)
        .map_err(|error| Refusal::from_program(abi::program::CLOCK, &error))
}

/// The rates that kernels are configured with.
fn nearest_rate(measured: u128) -> u32 {
    const RATES: [u32; 4] = [100, 250, 300, 1000];
    let distance = |rate: &u32| u128::from(*rate).abs_diff(measured);
    RATES.into_iter().min_by_key(distance).unwrap_or(RATES[1])
}

/// Octets that a test run takes at least.
const SMALLEST_FRAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_one_that_kernels_have() {
        assert_eq!(nearest_rate(249), 250);
        assert_eq!(nearest_rate(998), 1000);
        assert_eq!(nearest_rate(101), 100);
        assert_eq!(nearest_rate(0), 100);
    }

    #[test]
    fn age_is_right_where_the_low_half_wraps() {
        let now = Now { jiffies: 5, per_second: 250 };
        assert!(now.is_within(0x1_ffff_fff0, 10));
        assert!(!now.is_within(0x1_ffff_0000, 10));
        assert!(now.is_within(6, 10));
    }
}
