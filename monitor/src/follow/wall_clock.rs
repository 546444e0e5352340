//! The clock of the agent's calls: it never goes back, and it knows what the wall clock says now.

use std::time::{Duration, SystemTime};

use crate::{calls::Timestamp, kernel::monotonic};

/// Begins at the wall clock's time of the start and goes on with the monotonic clock: a wall clock that jumps makes
/// no call longer or shorter. A moment of the monotonic clock has one time here, whenever it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    monotonic_at_start: u64,
    /// Nanoseconds since 1970 at that moment.
    wall_at_start: u64,
}

impl WallClock {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        let wall_at_start = u64::try_from(since_epoch(SystemTime::now()).as_nanos()).unwrap_or(u64::MAX);
        Self { monotonic_at_start: monotonic(), wall_at_start }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.of(monotonic())
    }

    /// A time stamp of the kernel's `CLOCK_MONOTONIC`, nanoseconds, on this clock; never later than now.
    #[must_use]
    pub fn of_kernel(&self, stamp: u64) -> Timestamp {
        self.of(stamp).min(self.now())
    }

    /// What the wall clock, as it is set now, said at `at`.
    #[must_use]
    pub fn wall(&self, at: Timestamp) -> SystemTime {
        shift(at, self.now(), SystemTime::now())
    }

    /// The time of the wall clock, as it is set now, on this clock.
    #[must_use]
    pub fn at(&self, wall: SystemTime) -> Timestamp {
        let now = self.now();
        match wall.duration_since(SystemTime::now()) {
            Ok(ahead) => now.after(ahead),
            Err(past) => Timestamp(now.0.saturating_sub(micros(past.duration()))),
        }
    }

    fn of(&self, stamp: u64) -> Timestamp {
        let nanos = match stamp.checked_sub(self.monotonic_at_start) {
            Some(after) => self.wall_at_start.saturating_add(after),
            None => self.wall_at_start.saturating_sub(self.monotonic_at_start - stamp),
        };
        Timestamp(nanos / NANOS_A_MICRO)
    }
}

/// The wall clock's time of `at`, where `now` and `wall` are the same moment.
fn shift(at: Timestamp, now: Timestamp, wall: SystemTime) -> SystemTime {
    let moved = if at <= now { wall.checked_sub(now.since(at)) } else { wall.checked_add(at.since(now)) };
    moved.filter(|time| *time > SystemTime::UNIX_EPOCH).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

const NANOS_A_MICRO: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_jumps_moves_what_is_shown_and_no_interval() {
        let second = Duration::from_secs(1);
        let (began, now) = (Timestamp(10_000_000), Timestamp(15_000_000));
        let wall = SystemTime::UNIX_EPOCH + 1_000 * second;
        assert_eq!(shift(began, now, wall), SystemTime::UNIX_EPOCH + 995 * second);
        let year = 31_536_000 * second;
        assert_eq!(shift(began, now, wall + year), SystemTime::UNIX_EPOCH + 995 * second + year);
        assert_eq!(shift(now, began, wall), SystemTime::UNIX_EPOCH + 1_005 * second);
        assert_eq!(shift(Timestamp(0), Timestamp(u64::MAX), SystemTime::UNIX_EPOCH), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn a_stamp_of_the_kernel_is_as_old_as_it_is() {
        let clock = WallClock::start();
        let stamp = monotonic() - 2_000_000_000;
        let age = clock.now().since(clock.of_kernel(stamp));
        assert!((2_000..4_000).contains(&age.as_millis()), "{age:?}");
        assert!(clock.of_kernel(u64::MAX) <= clock.now());
    }

    #[test]
    fn what_lies_between_two_stamps_of_the_kernel_lies_between_them_here() {
        let start = monotonic();
        let clock = WallClock { monotonic_at_start: start, wall_at_start: 1_000_000_000_000 };
        let before = [1, 999, 1_000, 1_001, 5_000_000, start, u64::MAX];
        let times = before.map(|nanos| clock.of_kernel(start.saturating_sub(nanos)).0);
        let expected = [999_999_999, 999_999_999, 999_999_999, 999_999_998, 999_995_000];
        assert_eq!(times[..5], expected);
        assert_eq!(
            times[5],
            1_000_000_000_u64.saturating_sub(start.div_ceil(1_000)),
            "when the host started"
        );
        assert_eq!(times[6], times[5]);
        assert_eq!(times.map(|_| clock.of_kernel(start).0), [1_000_000_000; 7], "asked later it is the same");
    }

    #[test]
    fn it_goes_on_from_the_wall_clock_of_the_start() {
        let before = micros(since_epoch(SystemTime::now()));
        let clock = WallClock::start();
        let now = clock.now();
        assert!(now.0 >= before && now <= clock.now());
        let hour = Duration::from_secs(3600);
        for time in [clock.wall(now) - hour, clock.wall(now) + hour] {
            let back = clock.wall(clock.at(time));
            let off = back.duration_since(time).or_else(|_| time.duration_since(back)).unwrap();
            assert!(off < Duration::from_secs(5), "{off:?}");
        }
    }
}
