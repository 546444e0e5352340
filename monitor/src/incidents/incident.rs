//! An incident as it is kept, sent and reported: one JSON document. Its fields are stable; docs/ALERTS.md lists them.

use std::{net::IpAddr, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::Account;
use crate::{limits::Severity, vocabulary::words};

/// Names an incident: 1, 2, 3 … over all restarts, until the file of the evidence is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub u64);

words! {
    /// What began it: the field `alert` of its alerts.
    Kind {
        Limit = "limit", "A limit of the policy was reached";
        Unusual = "unusual", "Much more than usual at this hour of the week";
        BlockedInvites = "blocked_invites", "INVITEs to what is blocked";
        Gap = "gap", "Nothing guarded for a time, or nobody followed calls";
    }
}

/// Alerts that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its name.
    pub id: IncidentId,
    /// What began it.
    pub kind: Kind,
    /// The hardest severity of its alerts; what is blocked by the policy is a warning, a gap is critical.
    pub severity: Severity,
    /// What its alerts have in common.
    pub subject: Subject,
    /// The rule that its latest alert names, with its value and its threshold.
    pub rule: Option<Rule>,
    /// The first alert's time.
    #[serde(with = "crate::incidents::incident::moment")]
    pub began: SystemTime,
    /// The latest alert's, or the latest call's that counts in it.
    #[serde(with = "crate::incidents::incident::moment")]
    pub latest: SystemTime,
    /// Its end; none while it goes on.
    #[serde(with = "crate::incidents::incident::moment_if_any")]
    pub ended: Option<SystemTime>,
    /// All its alerts, told or held back.
    pub alerts: u64,
    /// Calls, minutes and money.
    pub account: Account,
    /// What was blocked or not, and which programs were started, each once.
    pub measures: Vec<Measure>,
    /// Who took it up.
    pub acknowledged: Option<Acknowledgement>,
    /// How often it was told again because it grew, or because nobody took it up.
    pub escalations: u32,
    /// SHA-256 of the policy in force when it began, hexadecimal: the journal has the same in `policy_loaded`.
    pub policy: Option<String>,
    /// The file of its packets, from its end on; none while it goes on, and where there is none.
    #[serde(default)]
    pub packets: Option<PacketsKept>,
}

/// The packets of an incident that is over: a pcapng file, `packets/<incident>.pcapng` in the state directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketsKept {
    /// Path from the state directory on.
    pub file: String,
    /// Packets in it.
    pub packets: u64,
    /// Its length.
    pub octets: u64,
    /// SHA-256 of the whole file, hexadecimal.
    pub sha256: String,
    /// Packets that belong to it and are not in it: for want of room, or because they could not be masked.
    pub left_out: u64,
}

/// What the alerts of an incident have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Name of the limit.
    pub limit: Option<String>,
    /// For whom a limit counted, masked.
    pub key: Option<String>,
    /// The token of that key.
    pub token: Option<String>,
    /// Name of the destination.
    pub destination: Option<String>,
    /// ISO 3166 code.
    pub country: Option<String>,
    /// The host that the calls came from; none where they came from many.
    pub source: Option<IpAddr>,
    /// Whose they are.
    pub customer: Option<String>,
    /// Interfaces that nothing guarded, of a gap.
    #[serde(default)]
    pub interfaces: Vec<String>,
    /// How many incidents of their own this one stands for, because there were too many: 0 for an ordinary one.
    #[serde(default)]
    pub joined: u64,
}

/// A rule, what was counted, and what that was compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `limit`, `unusual`, or why an INVITE was dropped (`policy`, `temporary_block` …).
    pub name: String,
    /// What is counted.
    pub counts: String,
    /// For whom each apart.
    pub scope: String,
    /// For how long something counts.
    pub window: Option<String>,
    /// Decimal.
    pub value: String,
    /// Decimal.
    pub threshold: String,
    /// `calls`, `minutes`, `numbers`, `countries`, or the code of a currency.
    pub unit: String,
    /// What it usually is, decimal.
    pub usual: Option<String>,
}

/// Something that was done, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// When.
    #[serde(with = "crate::incidents::incident::moment")]
    pub time: SystemTime,
    /// `blocked`, `would_block`, `not_blocked`, `unblocked` or `program`.
    pub what: String,
    /// What was blocked, masked, or the program.
    pub target: String,
    /// RFC 3339; none where it has no end, or is none.
    pub until: Option<String>,
    /// Why not.
    pub why: Option<String>,
}

/// Somebody took an incident up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// When.
    #[serde(with = "crate::incidents::incident::moment")]
    pub time: SystemTime,
    /// Who: a user of the host, or who made a silence.
    pub by: String,
    /// `command` or `alertmanager`.
    pub through: String,
    /// What they said.
    pub comment: Option<String>,
}

/// RFC 3339 with milliseconds, UTC.
pub(crate) mod moment {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339_millis(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        humantime::parse_rfc3339(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The same where there may be none.
pub(crate) mod moment_if_any {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::moment::serialize(time, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| humantime::parse_rfc3339(&text).map_err(D::Error::custom)).transpose()
    }
}
