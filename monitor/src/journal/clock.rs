//! What the journal says of the host's clock: at the start, when it was set, when its synchronisation changes, and every hour,
//! so that a cut is seen.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Entry, EntryKind};
use crate::kernel::Discipline;

/// One look at the clocks of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock.
    pub wall: SystemTime,
    /// Since the host started, also while it slept (`CLOCK_BOOTTIME`): nobody sets it.
    pub uptime: Duration,
    /// Names the start of the host; empty where a sandbox hides it.
    pub boot: String,
    /// How the wall clock is kept; or why that is not known.
    pub discipline: Result<Discipline, String>,
}

/// Says what is to be said of the clock. Pure: looks come from outside.
#[derive(Debug, Default)]
pub struct ClockWatch {
    last: Option<Reading>,
    /// The uptime when something was said last.
    told: Duration,
}

impl ClockWatch {
    /// Looks again, about once a second.
    pub fn look(&mut self, reading: Reading) -> Option<Entry> {
        let (why, set_by) = match &self.last {
            None => (Some("start"), None),
            Some(last) => match set_by(last, &reading) {
                Some(seconds) => (Some("set"), Some(seconds)),
                None if is_synchronised(last) != is_synchronised(&reading) => (Some("changed"), None),
                None => (reading.uptime.saturating_sub(self.told).ge(&HOUR).then_some("hourly"), None),
            },
        };
        let entry = why.map(|why| Entry {
            kind: EntryKind::Clock,
            time: reading.wall,
            content: content(&reading, why, set_by),
        });
        if entry.is_some() {
            self.told = reading.uptime;
        }
        self.last = Some(reading);
        entry
    }
}

/// Seconds that the wall clock was set by since the look before, beyond what corrections in small steps make of it
/// (chrony slews by 8.3 % at most) and what passes between reading two clocks.
fn set_by(last: &Reading, now: &Reading) -> Option<f64> {
    let passed = now.uptime.checked_sub(last.uptime)?.as_secs_f64();
    let moved = match now.wall.duration_since(last.wall) {
        Ok(forward) => forward.as_secs_f64(),
        Err(back) => -back.duration().as_secs_f64(),
    };
    let off = moved - passed;
    (off.abs() > JITTER + LARGEST_SLEW * passed).then_some(off)
}

fn is_synchronised(reading: &Reading) -> Option<bool> {
    reading.discipline.as_ref().ok().map(|clock| clock.is_synchronised)
}

fn content(reading: &Reading, why: &str, set_by: Option<f64>) -> Value {
    let mut content = json!({
        "why": why,
        "synchronised": is_synchronised(reading),
        "uptime_seconds": rounded(reading.uptime.as_secs_f64()),
        "boot": Some(&reading.boot).filter(|boot| !boot.is_empty()),
    });
    match &reading.discipline {
        Ok(clock) => {
            content["estimated_error_seconds"] = json!(clock.estimated_error.as_secs_f64());
            content["maximum_error_seconds"] = json!(clock.maximum_error.as_secs_f64());
        }
        Err(why) => content["unknown"] = json!(why),
    }
    if let Some(seconds) = set_by {
        content["set_by_seconds"] = json!(rounded(seconds));
    }
    content
}

/// To milliseconds.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

const HOUR: Duration = Duration::from_secs(3600);
/// Seconds that two readings of two clocks may lie apart on a busy host.
const JITTER: f64 = 0.1;
/// Seconds a second.
const LARGEST_SLEW: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(is_synchronised: bool) -> Result<Discipline, String> {
        let (estimated_error, maximum_error) = (Duration::from_micros(120), Duration::from_millis(35));
        Ok(Discipline { is_synchronised, estimated_error, maximum_error })
    }

    fn at(wall: f64, uptime: u64, discipline: Result<Discipline, String>) -> Reading {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1_780_272_000.0 + wall);
        Reading { wall, uptime: Duration::from_secs(uptime), boot: "b".into(), discipline }
    }

    #[test]
    fn it_is_told_at_the_start_when_set_when_changed_and_every_hour() {
        let mut watch = ClockWatch::default();
        let mut look = |reading| watch.look(reading).map(|entry| entry.content);
        let start = json!({"why": "start", "synchronised": false, "estimated_error_seconds": 0.00012,
            "maximum_error_seconds": 0.035, "uptime_seconds": 10.0, "boot": "b"});
        assert_eq!(look(at(0.0, 10, clock(false))), Some(start));
        assert_eq!(look(at(1.0, 11, clock(false))), None);
        assert_eq!(look(at(2.0, 12, clock(true))).unwrap()["why"], "changed");
        assert_eq!(look(at(3603.2, 13, clock(true))).unwrap()["set_by_seconds"], 3600.2);
        assert_eq!(look(at(3604.2, 14, clock(true))), None, "once");
        assert_eq!(look(at(4.0, 14, clock(true))).unwrap()["set_by_seconds"], -3600.2);
        assert_eq!(look(at(3603.0, 14 + 3599, clock(true))), None);
        assert_eq!(look(at(3604.0, 14 + 3600, clock(true))).unwrap()["why"], "hourly");
        let unknown = look(at(3605.0, 14 + 3601, Err("EPERM".into()))).unwrap();
        assert_eq!((&unknown["synchronised"], &unknown["unknown"]), (&Value::Null, &json!("EPERM")));
        assert_eq!(look(at(3606.0, 14 + 3602, Err("EPERM".into()))), None);
    }

    #[test]
    fn slewing_and_sleeping_are_no_setting() {
        let mut watch = ClockWatch::default();
        watch.look(at(0.0, 0, clock(true)));
        assert_eq!(watch.look(at(1.083, 1, clock(true))), None, "chrony corrects");
        assert_eq!(watch.look(at(2000.0, 2000, clock(true))), None, "the host slept");
    }

    #[test]
    fn a_clock_that_runs_for_a_day_is_told_once_an_hour() {
        let mut watch = ClockWatch::default();
        let told = (0..86_401_u32)
            .filter_map(|second| watch.look(at(f64::from(second), second.into(), clock(true))));
        assert_eq!(told.count(), 25);
    }
}
