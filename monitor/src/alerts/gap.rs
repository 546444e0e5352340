//! The alert that nothing guarded for a time, or that nobody followed calls. Its fields are stable;
//! docs/OPERATIONS.md lists them.

use std::time::SystemTime;

use serde::{Serialize, Serializer};

use crate::control::view::AlertRow;

/// The time between two agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// When it was noticed: when this agent had attached its hooks.
    #[serde(serialize_with = "moment")]
    pub time: SystemTime,
    /// How the agent before ended.
    pub cause: GapCause,
    /// Its process.
    pub process: u32,
    /// The interfaces that it guarded.
    pub interfaces: Vec<String>,
    /// Its last sign of life, or when the host was booted, if that was later.
    #[serde(serialize_with = "moment")]
    pub from: SystemTime,
    /// When this agent had attached its hooks.
    #[serde(serialize_with = "moment")]
    pub until: SystemTime,
    /// Whether the hooks were pinned, so that the policy held meanwhile; calls were not followed in either case.
    pub policy_held: bool,
}

/// How an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// By itself, because it was asked to.
    Stopped,
    /// It was killed, or the host went down.
    Killed,
}

impl GapCause {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Stopped, Self::Killed];

    /// The label in the metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Killed => "killed",
        }
    }
}

impl Gap {
    /// How long it was.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.until.duration_since(self.from).unwrap_or_default().as_secs_f64()
    }

    /// In a few words, for those who look now.
    #[must_use]
    pub fn row(&self) -> AlertRow {
        let what = if self.policy_held { "nobody followed calls" } else { "nothing guarded" };
        let time = humantime::format_rfc3339_millis(self.time).to_string();
        let text = format!("{what} on {} for {:.1} s", self.interfaces.join(", "), self.seconds());
        AlertRow { time, text }
    }

    /// The line, without its end.
    #[must_use]
    pub fn json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            alert: &'static str,
            #[serde(flatten)]
            gap: &'a Gap,
            seconds: f64,
        }
        let seconds = (self.seconds() * 1000.0).round() / 1000.0;
        serde_json::to_string(&Line { alert: KIND, gap: self, seconds }).unwrap_or_default()
    }
}

fn moment<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

/// The kind of alert.
const KIND: &str = "gap";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_line_is_as_documented() {
        let at = |milliseconds| SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
        let gap = Gap {
            time: at(9_250),
            cause: GapCause::Killed,
            process: 4711,
            interfaces: vec!["eth0".into()],
            from: at(5_000),
            until: at(9_250),
            policy_held: false,
        };
        assert_eq!(
            gap.json(),
            r#"{"alert":"gap","time":"1970-01-01T00:00:09.250Z","cause":"killed","process":4711,"interfaces":["eth0"],"from":"1970-01-01T00:00:05.000Z","until":"1970-01-01T00:00:09.250Z","policy_held":false,"seconds":4.25}"#
        );
        assert_eq!(gap.row().text, "nothing guarded on eth0 for 4.2 s");
        assert!(Gap { policy_held: true, ..gap }.row().text.starts_with("nobody followed calls"));
    }
}
