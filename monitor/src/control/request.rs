//! What is asked of the agent: one line of JSON a request.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};

use super::LimitsWanted;
use crate::{incidents::IncidentId, policy::mask::mask_prefix};

/// What is asked of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Read the policy again; go back to the old one after so many seconds unless confirmed.
    Reload {
        /// Seconds to confirm within; without it, the policy simply stays.
        confirm_seconds: Option<u64>,
    },
    /// Keep the policy that is on trial.
    Confirm {},
    /// Say how things stand.
    Status {},
    /// List calls.
    Calls(CallsWanted),
    /// Say how the limits stand, or take their counts back.
    Limits(LimitsWanted),
    /// Take an incident up.
    Acknowledge(Acknowledging),
    /// Send a test through the sinks of these names, or all of them.
    TestAlerts {
        /// Names of sinks; none for all.
        #[serde(default)]
        sinks: Vec<String>,
    },
    /// Everything that `ringfence top` shows.
    Top {},
    /// Show the whole numbers of an incident: root only, and journaled before it is answered.
    Reveal {
        /// Its number.
        incident: IncidentId,
    },
    /// Block a destination, a prefix or a source for some time.
    Block(BlockWanted),
    /// Take a block away.
    Unblock {
        /// As it was given to `block`.
        target: String,
    },
}

/// Which calls to list, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallsWanted {
    /// Only calls that go on.
    pub active: bool,
    /// Only calls that began at most so many seconds ago, or that go on.
    pub since_seconds: Option<u64>,
    /// Only calls to this destination.
    pub destination: Option<String>,
    /// Only calls of this customer.
    pub customer: Option<String>,
    /// At most so many; never more than [`MOST_CALLS`].
    pub limit: Option<usize>,
}

impl CallsWanted {
    /// Rows that the answer may have.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.limit.map_or(MOST_CALLS, |limit| limit.clamp(1, MOST_CALLS))
    }
}

/// Which incident somebody takes up, and what they say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledging {
    /// Its number.
    pub incident: IncidentId,
    /// For those who read the record later.
    #[serde(default)]
    pub comment: Option<String>,
}

/// What to block, for how long, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockWanted {
    /// A destination's name, `+` and E.164 digits, or an address or network.
    pub target: String,
    /// How long; without it, until it is taken away.
    #[serde(default)]
    pub seconds: Option<u64>,
    /// Until the times of this schedule of the policy begin next; not together with `seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why, in the words of who asks.
    #[serde(default)]
    pub reason: Option<String>,
}

impl BlockWanted {
    /// How long; `None` until it is taken away.
    #[must_use]
    pub fn lasts(&self) -> Option<Duration> {
        self.seconds.map(Duration::from_secs)
    }
}

impl Request {
    /// What the log says of a request that changes something, with numbers masked; `None` for one that only asks.
    pub(super) fn change(&self, hidden_digits: u8) -> Option<(&'static str, Cow<'_, str>)> {
        match self {
            Self::Reload { .. } => Some(("reload", "".into())),
            Self::Confirm {} => Some(("confirm", "".into())),
            Self::Reveal { incident } => Some(("reveal", incident.0.to_string().into())),
            Self::Block(wanted) => Some(("block", loggable(&wanted.target, hidden_digits))),
            Self::Unblock { target } => Some(("unblock", loggable(target, hidden_digits))),
            Self::TestAlerts { sinks } => Some(("test alerts", sinks.join(", ").into())),
            Self::Acknowledge(wanted) => Some(("acknowledge", wanted.incident.0.to_string().into())),
            Self::Limits(wanted) if wanted.reset => {
                Some(("reset", wanted.limit.as_deref().unwrap_or_default().into()))
            }
            Self::Status {} | Self::Calls(_) | Self::Limits(_) | Self::Top {} => None,
        }
    }
}

/// A target as the log may have it: prefixes of whole ranges and addresses as they are, longer numbers masked.
pub(super) fn loggable(target: &str, hidden_digits: u8) -> Cow<'_, str> {
    let is_number = target.chars().all(|symbol| symbol.is_ascii_digit() || "+-. ()/".contains(symbol));
    let is_address = target.split('/').next().is_some_and(|host| host.parse::<std::net::IpAddr>().is_ok());
    if is_number && !is_address { mask_prefix(target, hidden_digits).into() } else { target.into() }
}

/// Rows that an answer to [`Request::Calls`] has at most.
pub const MOST_CALLS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_lines_of_json() {
        let calls = CallsWanted { active: true, limit: Some(5), ..CallsWanted::default() };
        let block = BlockWanted {
            target: "cuba".into(),
            seconds: Some(3600),
            reason: Some("night".into()),
            ..BlockWanted::default()
        };
        for (request, line) in [
            (Request::Reload { confirm_seconds: Some(300) }, r#"{"command":"reload","confirm_seconds":300}"#),
            (Request::Confirm {}, r#"{"command":"confirm"}"#),
            (Request::Status {}, r#"{"command":"status"}"#),
            (Request::Top {}, r#"{"command":"top"}"#),
            (Request::Reveal { incident: IncidentId(7) }, r#"{"command":"reveal","incident":7}"#),
            (
                Request::Limits(LimitsWanted { limit: Some("night".into()), ..LimitsWanted::default() }),
                r#"{"command":"limits","limit":"night","reset":false,"key":null}"#,
            ),
            (
                Request::Calls(calls),
                r#"{"command":"calls","active":true,"since_seconds":null,"destination":null,"customer":null,"limit":5}"#,
            ),
            (Request::Block(block), r#"{"command":"block","target":"cuba","seconds":3600,"reason":"night"}"#),
            (
                Request::TestAlerts { sinks: vec!["noc".into()] },
                r#"{"command":"test_alerts","sinks":["noc"]}"#,
            ),
            (Request::Unblock { target: "+53".into() }, r#"{"command":"unblock","target":"+53"}"#),
            (
                Request::Acknowledge(Acknowledging { incident: IncidentId(17), comment: None }),
                r#"{"command":"acknowledge","incident":17,"comment":null}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&request).unwrap(), line);
            assert_eq!(serde_json::from_str::<Request>(line).unwrap(), request);
        }
    }

    #[test]
    fn what_may_be_left_out_may_be_left_out() {
        let read = |line| serde_json::from_str::<Request>(line);
        assert_eq!(read(r#"{"command":"calls"}"#).unwrap(), Request::Calls(CallsWanted::default()));
        let block = BlockWanted { target: "NE".into(), ..BlockWanted::default() };
        assert_eq!(read(r#"{"command":"block","target":"NE"}"#).unwrap(), Request::Block(block));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [
            "",
            "null",
            "[]",
            r#"{"command":"stop"}"#,
            r#"{"command":"calls","colour":"red"}"#,
            r#"{"command":"block"}"#,
            r#"{"command":"block","target":"NE","for":"1h"}"#,
            r#"{"command":"block","target":"NE","seconds":-1}"#,
            r#"{"command":"unblock","target":7}"#,
            r#"{"command":"calls","limit":1e99}"#,
        ] {
            assert!(serde_json::from_str::<Request>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_answer_has_a_bounded_number_of_rows() {
        let rows = |limit| CallsWanted { limit, ..CallsWanted::default() }.rows();
        assert_eq!((rows(None), rows(Some(0)), rows(Some(7))), (MOST_CALLS, 1, 7));
        assert_eq!(rows(Some(usize::MAX)), MOST_CALLS);
    }

    #[test]
    fn the_log_shows_no_whole_number() {
        for (target, shown) in [
            ("cuba", "cuba"),
            ("+53", "+53"),
            ("+3314234", "+3314234"),
            ("+33142345678", "+3314234xxxx"),
            ("0033 1 42 34 56 78", "0033 1 42 34 xx xx"),
            ("192.0.2.66", "192.0.2.66"),
            ("198.51.100.0/24", "198.51.100.0/24"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            let request = Request::Unblock { target: target.into() };
            assert_eq!(request.change(4), Some(("unblock", shown.into())));
        }
        assert_eq!(Request::Top {}.change(4), None);
    }
}
