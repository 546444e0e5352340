//! The clock of the agent's calls: it never goes back, and it knows what the wall clock says now.

use std::time::{Duration, Instant, SystemTime};

use rustix::time::{ClockId, clock_gettime};

use crate::calls::Timestamp;

/// Begins at the wall clock's time of the start and goes on with the monotonic clock: a wall clock that jumps makes
/// no call longer or shorter.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    start: Instant,
    wall_at_start: Duration,
}

impl WallClock {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now(), wall_at_start: since_epoch(SystemTime::now()) }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(micros(self.wall_at_start + self.start.elapsed()))
    }

    /// A time stamp of the kernel's `CLOCK_MONOTONIC`, nanoseconds, on this clock; never later than now.
    #[must_use]
    pub fn of_kernel(&self, stamp: u64) -> Timestamp {
        let monotonic = clock_gettime(ClockId::Monotonic);
        let now = Duration::try_from(monotonic).unwrap_or_default();
        let age = now.saturating_sub(Duration::from_nanos(stamp));
        Timestamp(self.now().0.saturating_sub(micros(age)))
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
        let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap();
        let stamp = u64::try_from((now - Duration::from_secs(2)).as_nanos()).unwrap();
        let age = clock.now().since(clock.of_kernel(stamp));
        assert!((1_999..10_000).contains(&age.as_millis()), "{age:?}");
        assert!(clock.of_kernel(u64::MAX) <= clock.now());
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
