//! The time that deleting goes by: not simply the wall clock's, because one that is set forward by years for a moment would
//! delete everything that is kept.
//!
//! A clock is believed once it has stood for a day of running time. From then on the host's own uptime is counted along, and
//! the wall clock is believed at once for as long as the two agree within [`TOLERANCE`], or over a restart of the host
//! within [`LONGEST_OFF`]. A clock that says something else is doubted until it has stood for [`PROBATION`], over restarts
//! too; until then time goes on by the uptime. What is deleted is older by both clocks: one that is set back deletes less.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, params};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// One look at the clocks of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The wall clock.
    pub wall: SystemTime,
    /// Since the host started, also while it slept (`CLOCK_BOOTTIME`).
    pub uptime: Duration,
    /// Names the start of the host; empty where a sandbox hides it (systemd's `ProcSubset=pid`).
    pub boot: String,
}

impl Look {
    /// How the clocks of this host stand; `wall` is what the agent takes for the time.
    #[must_use]
    pub fn now(wall: SystemTime) -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let uptime = Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default();
        Self { wall, uptime, boot: boot.trim().to_owned() }
    }
}

/// The clock that deleting goes by. All times are milliseconds, since 1970 where they are moments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionClock {
    /// What is believed to be the time; none before the first clock has stood for long enough.
    believed: Option<u64>,
    /// What the wall clock says instead, and for how long it has stood.
    doubted: Option<(u64, u64)>,
    /// The look before.
    uptime: u64,
    boot: String,
}

impl DeletionClock {
    /// Looks again. The time that deleting may go by; none while nothing may be deleted.
    pub fn look(&mut self, look: &Look) -> Option<SystemTime> {
        let (wall, uptime) = (since_epoch(look.wall), millis(look.uptime));
        let is_same_boot = self.boot == look.boot && uptime >= self.uptime;
        let elapsed = if is_same_boot { uptime.saturating_sub(self.uptime) } else { 0 };
        let slack = millis(if is_same_boot { TOLERANCE } else { LONGEST_OFF });
        (self.uptime, self.boot) = (uptime, look.boot.clone());
        let due = self.believed.map(|time| time.saturating_add(elapsed));
        let is_near = |time: u64| is_between(wall, time, slack);
        if due.is_some_and(is_near) {
            (self.believed, self.doubted) = (Some(wall), None);
        } else {
            (self.believed, self.doubted) = (due, Some(self.doubt(wall, elapsed, is_same_boot)));
        }
        if self.doubted.is_some_and(|(_, stood)| stood >= millis(PROBATION)) {
            (self.believed, self.doubted) = (Some(wall), None);
        }
        self.believed.map(|time| SystemTime::UNIX_EPOCH + Duration::from_millis(time.min(wall)))
    }

    /// Reads what was kept; a clock that cannot be read begins anew, and deletes nothing for a day.
    pub fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let kept: Option<String> = connection.query_row(SELECT, [], |row| row.get(0)).optional()?;
        Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default())
    }

    /// Keeps it over a restart.
    pub fn keep(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute(KEEP, params![serde_json::to_string(self).unwrap_or_default()]).map(drop)
    }

    /// For how long a clock that says something else has stood now.
    fn doubt(&self, wall: u64, elapsed: u64, is_same_boot: bool) -> (u64, u64) {
        let goes_on = self.doubted.filter(|(doubted, _)| {
            let due = doubted.saturating_add(elapsed);
            let off = if is_same_boot { TOLERANCE } else { LONGEST_OFF_IN_DOUBT };
            is_between(wall, due, millis(off))
        });
        (wall, goes_on.map_or(0, |(_, stood)| stood.saturating_add(elapsed)))
    }
}

/// Looks at the clock of a file, and keeps what it saw: the time that deleting may go by.
pub fn time_to_delete_by(connection: &Connection, look: &Look) -> rusqlite::Result<Option<SystemTime>> {
    let mut clock = DeletionClock::read(connection)?;
    let time = clock.look(look);
    clock.keep(connection).map(|()| time)
}

/// From a little earlier, as clocks are corrected, to so much later.
fn is_between(wall: u64, due: u64, later: u64) -> bool {
    wall >= due.saturating_sub(millis(TOLERANCE)) && wall <= due.saturating_add(later)
}

fn since_epoch(time: SystemTime) -> u64 {
    millis(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What the wall clock and the uptime may differ by from one look to the next.
const TOLERANCE: Duration = Duration::from_secs(3600);
/// How long a host may be off without its clock being doubted: a long weekend.
const LONGEST_OFF: Duration = Duration::from_secs(4 * 24 * 3600);
/// How long it may be off while its clock is doubted, and what the clock stood for before counts.
const LONGEST_OFF_IN_DOUBT: Duration = Duration::from_secs(45 * 24 * 3600);
/// For how long a clock has to stand until it is believed.
const PROBATION: Duration = Duration::from_secs(24 * 3600);
/// The table: one row.
pub const DELETION_SCHEMA: &str =
    "CREATE TABLE deletion_clock (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL) STRICT;";
const SELECT: &str = "SELECT state FROM deletion_clock";
const KEEP: &str = "INSERT INTO deletion_clock (one, state) VALUES (1, ?1) \
     ON CONFLICT (one) DO UPDATE SET state = excluded.state";

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const YEAR: Duration = Duration::from_secs(365 * 86_400);

    /// A host whose clocks are set by hand.
    struct Host {
        clock: DeletionClock,
        wall: SystemTime,
        uptime: Duration,
        boots: u32,
        is_named: bool,
    }

    impl Host {
        fn new() -> Self {
            let wall = SystemTime::UNIX_EPOCH + 56 * YEAR;
            Self { clock: DeletionClock::default(), wall, uptime: HOUR, boots: 1, is_named: true }
        }

        fn look(&mut self) -> Option<SystemTime> {
            let boot = if self.is_named { self.boots.to_string() } else { String::new() };
            self.clock.look(&Look { wall: self.wall, uptime: self.uptime, boot })
        }

        /// Time goes by, with a look every ten minutes.
        fn runs(&mut self, hours: u32) -> Option<SystemTime> {
            for _ in 0..hours * 6 {
                (self.wall, self.uptime) = (self.wall + HOUR / 6, self.uptime + HOUR / 6);
                self.look();
            }
            self.look()
        }

        fn starts_after(&mut self, off: Duration) -> Option<SystemTime> {
            (self.wall, self.uptime, self.boots) = (self.wall + off, HOUR / 60, self.boots + 1);
            self.look()
        }

        fn trusted() -> Self {
            let mut host = Self::new();
            assert!(host.runs(25).is_some());
            host
        }
    }

    #[test]
    fn a_new_clock_is_believed_after_a_day() {
        let mut host = Host::new();
        assert_eq!(host.look(), None);
        assert_eq!(host.runs(23), None);
        assert_eq!(host.runs(1), Some(host.wall));
        assert_eq!(host.runs(1000), Some(host.wall), "and from then on it is the wall clock");
    }

    #[test]
    fn a_clock_that_is_set_forward_for_a_moment_deletes_nothing() {
        for ahead in [2 * HOUR, YEAR, 30 * YEAR] {
            let mut host = Host::trusted();
            let before = host.wall;
            host.wall += ahead;
            assert_eq!(host.look(), Some(before));
            assert_eq!(host.runs(5), Some(before + 5 * HOUR), "time goes on all the same");
            host.wall -= ahead;
            assert_eq!(host.look(), Some(before + 5 * HOUR));
            assert_eq!(host.runs(30), Some(host.wall));
        }
    }

    #[test]
    fn a_clock_that_is_set_forward_again_and_again_is_not_believed() {
        let mut host = Host::trusted();
        let began = host.wall;
        for _ in 0..10 {
            host.wall += YEAR;
            host.runs(20);
            host.wall -= YEAR;
            host.runs(1);
        }
        assert_eq!(host.look(), Some(began + 210 * HOUR));
    }

    #[test]
    fn a_clock_that_stays_is_believed_after_a_day_and_one_that_was_put_right_too() {
        for (hours, is_forward) in [(24 * 400, true), (24 * 400, false), (2, true), (2, false)] {
            let mut host = Host::trusted();
            let by = hours * HOUR;
            host.wall = if is_forward { host.wall + by } else { host.wall - by };
            let told = host.look().unwrap();
            assert!(told <= host.wall, "a clock that is set back deletes less, and at once");
            assert_eq!(host.runs(25), Some(host.wall));
        }
    }

    #[test]
    fn a_host_that_is_off_every_night_still_deletes_on_time() {
        let mut host = Host::new();
        for day in 0..30 {
            let told = host.starts_after(14 * HOUR);
            assert!(day < 4 || told == Some(host.wall), "day {day}: {told:?}");
            host.runs(10);
        }
    }

    #[test]
    fn it_does_without_a_name_for_the_start_of_the_host() {
        let mut host = Host { is_named: false, ..Host::new() };
        for day in 0..30 {
            let told = host.starts_after(14 * HOUR);
            assert!(day < 4 || told == Some(host.wall), "day {day}: {told:?}");
            host.runs(10);
        }
    }

    #[test]
    fn after_a_long_time_off_a_clock_is_believed_after_a_day_of_work() {
        let mut host = Host::trusted();
        let before = host.wall;
        assert_eq!(host.starts_after(90 * 24 * HOUR), Some(before));
        assert_eq!(host.runs(10), Some(before + 10 * HOUR));
        assert_eq!(host.starts_after(14 * HOUR), Some(before + 10 * HOUR));
        assert_eq!(host.runs(15), Some(host.wall));
    }

    #[test]
    fn a_start_with_a_wrong_clock_deletes_nothing() {
        let mut host = Host::trusted();
        let before = host.wall;
        assert_eq!(host.starts_after(20 * YEAR), Some(before));
        host.runs(23);
        host.wall -= 20 * YEAR;
        assert_eq!(host.look(), Some(before + 23 * HOUR));
        host.wall = SystemTime::UNIX_EPOCH;
        assert_eq!(host.starts_after(Duration::ZERO), Some(SystemTime::UNIX_EPOCH), "without a battery");
        host.wall = before + 24 * HOUR;
        host.runs(26);
        assert_eq!(host.look(), Some(host.wall));
    }

    #[test]
    fn it_goes_on_from_the_file() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(DELETION_SCHEMA).unwrap();
        let mut host = Host::new();
        let mut told = None;
        for _ in 0..150 {
            (host.wall, host.uptime) = (host.wall + HOUR / 6, host.uptime + HOUR / 6);
            let look = Look { wall: host.wall, uptime: host.uptime, boot: "1".into() };
            told = time_to_delete_by(&connection, &look).unwrap();
        }
        assert_eq!(told, Some(host.wall));
        connection.execute("UPDATE deletion_clock SET state = 'junk'", []).unwrap();
        let look = Look { wall: host.wall, uptime: host.uptime, boot: "1".into() };
        assert_eq!(time_to_delete_by(&connection, &look).unwrap(), None);
    }

    #[test]
    fn the_clocks_of_this_host_can_be_read() {
        let look = Look::now(SystemTime::now());
        assert!(look.uptime > Duration::ZERO && look.boot.len() == 36, "{look:?}");
    }
}
