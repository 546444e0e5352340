//! How long nothing guarded: the agent leaves a sign of life every second, and the next one tells the time between.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::alerts::{Gap, GapCause};

/// The sign of life, in the state directory.
#[derive(Debug)]
pub(super) struct Alive {
    path: PathBuf,
    sign: Sign,
    file: Option<File>,
    has_complained: AtomicBool,
}

/// What the file says; when it was touched last says until when the agent lived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sign {
    process: u32,
    interfaces: Vec<String>,
    /// Whether the agent ended by itself.
    ended: bool,
}

/// The agent before this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    sign: Sign,
    last: SystemTime,
}

impl Earlier {
    /// The last sign of life in a state directory, where there is one.
    pub(super) fn read(state: &Path) -> Option<Self> {
        let path = state.join(FILE);
        let read = || {
            let last = fs::metadata(&path)?.modified()?;
            let sign = serde_json::from_slice(&fs::read(&path)?).map_err(io::Error::other)?;
            Ok(Self { sign, last })
        };
        read().map_err(|error: io::Error| {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(file = %path.display(), %error, "until when an agent guarded here is not known");
            }
        })
        .ok()
    }

    /// The time from its end to `now`. `is_held` says that its hooks stood in between, without anybody to follow calls.
    pub(super) fn gap(&self, now: SystemTime, is_held: bool) -> Gap {
        // While the host was off, no call passed it.
        let from = self.last.max(booted(now));
        Gap {
            time: now,
            cause: if self.sign.ended { GapCause::Stopped } else { GapCause::Killed },
            process: self.sign.process,
            interfaces: self.sign.interfaces.clone(),
            from,
            until: now.max(from),
            policy_held: is_held,
        }
    }
}

impl Alive {
    /// Begins to leave signs of life. Where they cannot be written the log says so, and nothing else changes.
    pub(super) fn begin(state: &Path, interfaces: &[String]) -> Self {
        let (process, interfaces) = (std::process::id(), interfaces.to_vec());
        let sign = Sign { process, interfaces, ended: false };
        let mut alive =
            Self { path: state.join(FILE), sign, file: None, has_complained: AtomicBool::new(false) };
        match alive.write(&alive.sign) {
            Ok(file) => alive.file = Some(file),
            Err(error) => alive.complain(&error),
        }
        alive
    }

    /// Leaves one.
    pub(super) fn beat(&self) {
        if let Some(Err(error)) = self.file.as_ref().map(|file| file.set_modified(SystemTime::now())) {
            self.complain(&error);
        }
    }

    /// Leaves the last one: the agent ends by itself.
    pub(super) fn end(&self) {
        if let Err(error) = self.write(&Sign { ended: true, ..self.sign.clone() }) {
            self.complain(&error);
        }
    }

    fn write(&self, sign: &Sign) -> io::Result<File> {
        let new = self.path.with_extension("new");
        let mut file = File::options().write(true).create(true).truncate(true).mode(MODE).open(&new)?;
        file.write_all(&serde_json::to_vec(sign)?)?;
        fs::rename(&new, &self.path)?;
        File::options().write(true).open(&self.path)
    }

    fn complain(&self, error: &io::Error) {
        if !self.has_complained.swap(true, Ordering::Relaxed) {
            let file = self.path.display();
            tracing::warn!(%file, %error, "no sign of life is left: the next agent cannot tell how long nothing guarded");
        }
    }
}

/// When the host was booted.
fn booted(now: SystemTime) -> SystemTime {
    let up = clock_gettime(ClockId::Boottime);
    now.checked_sub(Duration::from_secs(up.tv_sec.unsigned_abs())).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Name of the file in the state directory.
const FILE: &str = "alive.json";
/// As everything in the state directory: its owner's alone.
const MODE: u32 = 0o600;

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["lan".into()]
    }

    #[test]
    fn a_killed_agent_is_told_from_one_that_ended() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(Earlier::read(state.path()), None);
        let alive = Alive::begin(state.path(), &names());
        alive.beat();
        let now = SystemTime::now() + Duration::from_secs(60);
        let gap = Earlier::read(state.path()).unwrap().gap(now, false);
        assert_eq!((gap.cause, gap.policy_held), (GapCause::Killed, false));
        assert!((55.0..=60.5).contains(&gap.seconds()), "{gap:?}");
        alive.end();
        assert_eq!(Earlier::read(state.path()).unwrap().gap(now, true).cause, GapCause::Stopped);
    }

    #[test]
    fn a_clock_that_went_back_makes_no_gap() {
        let state = tempfile::tempdir().unwrap();
        let alive = Alive::begin(state.path(), &names());
        drop(alive);
        let gap = Earlier::read(state.path()).unwrap().gap(SystemTime::UNIX_EPOCH, false);
        assert_eq!(gap.seconds(), 0.0);
    }

    #[test]
    fn while_the_host_was_off_nothing_needed_a_guard() {
        let earlier = Earlier {
            sign: Sign { process: 1, interfaces: names(), ended: false },
            last: SystemTime::UNIX_EPOCH,
        };
        let now = SystemTime::now();
        let up = clock_gettime(ClockId::Boottime).tv_sec as f64;
        assert!(earlier.gap(now, false).seconds() <= up + 2.0);
    }

    #[test]
    fn rubbish_and_a_missing_folder_stop_nobody() {
        let state = tempfile::tempdir().unwrap();
        fs::write(state.path().join(FILE), "rubbish").unwrap();
        assert_eq!(Earlier::read(state.path()), None);
        let alive = Alive::begin(&state.path().join("none"), &names());
        alive.beat();
        alive.end();
    }
}
