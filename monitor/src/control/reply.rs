//! What the agent answers: one line of JSON, whatever was asked.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Limits, Status,
    view::{BlockRow, CallRow, Top},
};
use crate::{incidents::Incident, sinks::Trial};

/// What the agent answers. At most one of the answers below `message` is there: the one that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether it was done.
    pub ok: bool,
    /// What was done or why not.
    pub message: String,
    /// The answer to [`super::Request::Status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Box<Status>>,
    /// The answer to [`super::Request::Calls`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// The answer to [`super::Request::Limits`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Box<Limits>>,
    /// The answer to [`super::Request::Top`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Box<Top>>,
    /// The answer to [`super::Request::Reveal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revealed: Option<Revealed>,
    /// The answer to [`super::Request::Block`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocking: Option<Box<Blocking>>,
    /// The answer to [`super::Request::Unblock`]: what is blocked no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unblocked: Option<Box<BlockRow>>,
    /// The answer to [`super::Request::TestAlerts`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Vec<Trial>>,
}

/// Whole numbers of an incident, by the token that stands for each in all records.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revealed(pub BTreeMap<String, String>);

impl Revealed {
    /// Puts whole numbers in the place of masked ones; what is not known stays masked.
    pub fn show(&self, incident: &mut Incident) {
        for row in &mut incident.account.numbers {
            if let Some(number) = self.0.get(&row.token) {
                row.number.clone_from(number);
            }
        }
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} whole numbers", self.0.len())
    }
}

/// Calls, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// One row a call.
    pub calls: Vec<CallRow>,
    /// Whether there are more than the limit lets through.
    pub truncated: bool,
}

/// A block that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocking {
    /// The block.
    pub block: BlockRow,
    /// The block of the same target that it took the place of.
    pub replaced: Option<BlockRow>,
    /// What the owner may want to know of it, one sentence each.
    pub notes: Vec<String>,
}

impl Blocking {
    /// What was done, without the notes: one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut text = format!("{} is blocked {}", named(&self.block), end(&self.block));
        if let Some(before) = &self.replaced {
            text.push_str(&format!("; until now it was blocked {}", end(before)));
            if !before.reason.is_empty() {
                text.push_str(&format!(" (\"{}\")", before.reason));
            }
        }
        text
    }
}

/// What a block covers, in a sentence.
pub(super) fn named(block: &BlockRow) -> String {
    let target = &block.target;
    match block.kind.as_str() {
        "prefix" => format!("every number that begins with {target}"),
        "source" => format!("every call from {target}"),
        "country" => format!("every number of {}", target.trim_start_matches("country:")),
        "international" => "every number abroad".into(),
        "everything" => "every outside number".into(),
        _ => format!("destination {target}"),
    }
}

fn end(block: &BlockRow) -> String {
    match (&block.until, block.seconds_left) {
        (Some(until), Some(left)) => {
            format!("until {until} ({} left)", humantime::format_duration(Duration::from_secs(left)))
        }
        (Some(until), None) => format!("until {until}"),
        (None, _) => "until `ringfence unblock`".into(),
    }
}

impl Reply {
    /// It was done.
    pub fn done(message: impl Into<String>) -> Self {
        Self { ok: true, message: message.into(), ..Self::default() }
    }

    /// It was not done.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{StoreState, Unread, view};

    fn row(kind: &str, target: &str, left: Option<u64>) -> BlockRow {
        BlockRow {
            target: target.into(),
            kind: kind.into(),
            reason: "night".into(),
            by: "root (uid 0, pid 4711)".into(),
            since: "2026-11-22T01:00:00.000Z".into(),
            until: left.map(|_| "2026-11-22T02:00:00.000Z".into()),
            seconds_left: left,
        }
    }

    #[test]
    fn a_block_is_told_in_one_sentence() {
        let told = |block, replaced| Blocking { block, replaced, notes: Vec::new() }.sentence();
        assert_eq!(
            told(row("destination", "cuba", Some(3600)), None),
            "destination cuba is blocked until 2026-11-22T02:00:00.000Z (1h left)"
        );
        assert_eq!(
            told(row("prefix", "+53", None), Some(row("prefix", "+53", Some(90)))),
            "every number that begins with +53 is blocked until `ringfence unblock`; until now it was blocked \
             until 2026-11-22T02:00:00.000Z (1m 30s left) (\"night\")"
        );
        assert!(told(row("source", "192.0.2.66", None), None).starts_with("every call from 192.0.2.66 is"));
    }

    /// Scripts read these: a change of one is a change of docs/CALLS.md.
    #[test]
    fn answers_are_as_documented() {
        let blocking = Blocking {
            block: row("destination", "cuba", Some(3600)),
            replaced: None,
            notes: vec!["the policy blocks `cuba` already".into()],
        };
        assert_eq!(
            serde_json::to_string(&blocking).unwrap(),
            r#"{"block":{"target":"cuba","kind":"destination","reason":"night","by":"root (uid 0, pid 4711)","since":"2026-11-22T01:00:00.000Z","until":"2026-11-22T02:00:00.000Z","seconds_left":3600},"replaced":null,"notes":["the policy blocks `cuba` already"]}"#
        );
        let calls = Calls { calls: Vec::new(), truncated: false };
        assert_eq!(serde_json::to_string(&calls).unwrap(), r#"{"calls":[],"truncated":false}"#);
        assert_eq!(serde_json::to_string(&Reply::done("x")).unwrap(), r#"{"ok":true,"message":"x"}"#);
        assert_eq!(serde_json::to_string(&Reply::refused("y")).unwrap(), r#"{"ok":false,"message":"y"}"#);
    }

    /// Every field of an answer has its row in the documentation.
    #[test]
    fn every_field_is_documented() {
        let documentation = include_str!("../../../docs/CALLS.md");
        let blocking = Blocking { block: row("prefix", "+53", None), replaced: None, notes: Vec::new() };
        let status = Status { store: Some(StoreState::default()), ..Status::default() };
        let unread = Unread { direction: String::new(), reason: String::new(), packets: 0 };
        for document in [
            serde_json::to_value(view::tests::row()),
            serde_json::to_value(Calls::default()),
            serde_json::to_value(&blocking.block),
            serde_json::to_value(&blocking),
            serde_json::to_value(&status),
            serde_json::to_value(status.losses),
            serde_json::to_value(&status.store),
            serde_json::to_value(unread),
        ] {
            let document = document.unwrap();
            for field in document.as_object().unwrap().keys() {
                assert!(
                    documentation.contains(&format!("`{field}`")),
                    "docs/CALLS.md does not explain {field}"
                );
            }
        }
    }
}
