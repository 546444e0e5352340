//! The kernel's clocks: jiffies, which media streams are stamped with and temporary blocks end by, and the one that
//! events are stamped with.

use std::{
    thread,
    time::{Duration, Instant},
};

use aya::programs::{TestRun, TestRunOptions};
use monitor_common::abi;
use rustix::time::{ClockId, clock_gettime};

use super::{Object, Refusal};

/// A reading of the kernel's clock beside one of the agent's. Both are driven by one time keeper, so that the one tells
/// the other for as long as the agent runs.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// When the tick `jiffies_at_start` had just begun.
    start: Instant,
    jiffies_at_start: u64,
    /// Jiffies in a second (CONFIG_HZ), measured.
    per_second: u32,
}

impl Clock {
    /// Takes the first readings, and measures how long a tick is: for about a tenth of a second.
    pub fn start(object: &mut Object) -> Result<Self, Refusal> {
        let (start, jiffies_at_start) = next_tick(object)?;
        thread::sleep(MEASURED);
        let (end, jiffies_at_end) = next_tick(object)?;
        let ticks = u128::from(jiffies_at_end.wrapping_sub(jiffies_at_start));
        let microseconds = end.duration_since(start).as_micros().max(1);
        Ok(Self { start, jiffies_at_start, per_second: nearest_rate(ticks * 1_000_000 / microseconds) })
    }

    /// How long before `now` a stamp of `jiffies64` was.
    #[must_use]
    pub fn age(&self, now: Instant, stamp: u64) -> Duration {
        let ticks = self.after(now, Duration::ZERO).saturating_sub(stamp);
        let seconds = ticks as f64 / f64::from(self.per_second.max(1));
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// The `jiffies64` that stands so long after `now`, rounded up to a tick; at least 1.
    pub(super) fn after(&self, now: Instant, time: Duration) -> u64 {
        let since_start = now.saturating_duration_since(self.start).saturating_add(time);
        let ticks = (since_start.as_nanos() * u128::from(self.per_second)).div_ceil(NANOSECONDS);
        self.jiffies_at_start.saturating_add(u64::try_from(ticks).unwrap_or(u64::MAX)).max(1)
    }
}

/// `CLOCK_MONOTONIC` now, nanoseconds: what `bpf_ktime_get_ns` stamps events with.
#[must_use]
pub fn monotonic() -> u64 {
    let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// Waits for the next tick; when it came, and its number.
fn next_tick(object: &mut Object) -> Result<(Instant, u64), Refusal> {
    let first = jiffies(object)?;
    loop {
        let next = jiffies(object)?;
        if next != first {
            return Ok((Instant::now(), next));
        }
        thread::sleep(PAUSE);
    }
}

fn jiffies(object: &mut Object) -> Result<u64, Refusal> {
    let program = object.xdp(abi::program::CLOCK)?;
    let mut written = [0; SMALLEST_FRAME];
    let options = TestRunOptions {
        data_in: Some(&[0; SMALLEST_FRAME]),
        data_out: Some(&mut written),
        ..TestRunOptions::new()
    };
    program.test_run(options).map_err(|error| Refusal::from_program(abi::program::CLOCK, &error))?;
    let [octets @ .., _, _, _, _, _, _, _, _] = written.first_chunk::<16>().copied().unwrap_or_default();
    Ok(u64::from_ne_bytes(octets))
}

/// The rates that kernels are configured with.
fn nearest_rate(measured: u128) -> u32 {
    const RATES: [u32; 4] = [100, 250, 300, 1000];
    let distance = |rate: &u32| u128::from(*rate).abs_diff(measured);
    RATES.into_iter().min_by_key(distance).unwrap_or(RATES[1])
}

/// Octets that a test run takes at least.
const SMALLEST_FRAME: usize = 64;
/// How long the ticks are counted: ten of the longest.
const MEASURED: Duration = Duration::from_millis(100);
/// Between two readings; a tick takes 1 ms at least.
const PAUSE: Duration = Duration::from_micros(200);
const NANOSECONDS: u128 = 1_000_000_000;

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
    fn a_deadline_is_rounded_up_to_a_tick_and_never_wraps() {
        let start = Instant::now();
        let clock = Clock { start, jiffies_at_start: 1000, per_second: 250 };
        let after = |milliseconds| clock.after(start, Duration::from_millis(milliseconds));
        assert_eq!([after(0), after(1), after(4), after(5), after(1000)], [1000, 1001, 1001, 1002, 1250]);
        assert_eq!(
            clock.after(start + Duration::from_secs(10), Duration::from_secs(3600)),
            1000 + 250 * 3610
        );
        assert!(clock.after(start, Duration::MAX) > 1 << 60);
        let fresh = Clock { jiffies_at_start: 0, ..clock };
        assert_eq!(fresh.after(start, Duration::ZERO), 1, "0 would be for ever");
    }
}
