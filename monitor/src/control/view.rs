//! What the agent shows over its socket: rows of JSON for `calls`, `status` and `top`. Stable; documented in
//! docs/CALLS.md. Numbers are masked before they get here.

use std::{net::IpAddr, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::calls::{CallId, CallResult, Origin, Route};
use monitor_common::abi::{Reason, Verdict};

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRow {
    /// Its name in the store.
    pub id: CallId,
    /// Which way it goes.
    pub direction: Route,
    /// Who began it.
    pub origin: Origin,
    /// Name of the destination.
    pub destination: String,
    /// What was dialled, masked.
    pub dialled: String,
    /// Its E.164 number, masked.
    pub number: Option<String>,
    /// Who calls: an extension, or a number, masked.
    pub caller: String,
    /// The host that began it.
    pub source: IpAddr,
    /// The trunk.
    pub trunk: Option<IpAddr>,
    /// The customer.
    pub customer: Option<String>,
    /// What the kernel made of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// RFC 3339, UTC, milliseconds.
    pub started: String,
    /// RFC 3339.
    pub rang: Option<String>,
    /// RFC 3339.
    pub answered: Option<String>,
    /// RFC 3339; `null` while it goes on.
    pub ended: Option<String>,
    /// How it ended; `null` while it goes on.
    pub result: Option<CallResult>,
    /// Final SIP status code.
    pub status: Option<u16>,
    /// INVITEs without retransmissions.
    pub attempts: u32,
    /// From answer to end, or to now.
    pub talk_seconds: f64,
    /// Seconds with media that arrived.
    pub media_ingress_seconds: f64,
    /// Seconds with media that left.
    pub media_egress_seconds: f64,
    /// Whether its beginning was seen.
    pub whole: bool,
}

/// A temporary block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRow {
    /// As it was given: a destination's name, `+53…`, or an address.
    pub target: String,
    /// `destination`, `prefix` or `source`.
    pub kind: String,
    /// Why, in the words of who asked; a limit's name later.
    pub reason: String,
    /// Who asked: `root (uid 0, pid 4711)`.
    pub by: String,
    /// RFC 3339.
    pub since: String,
    /// RFC 3339; `null` until it is taken away.
    pub until: Option<String>,
    /// Seconds left.
    pub seconds_left: Option<u64>,
}

/// Sums over calls that have one destination (or one source) since the agent started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SumRow {
    /// Name of the destination, or the address.
    pub name: String,
    /// Calls that go on.
    pub active: u64,
    /// Calls that began.
    pub started: u64,
    /// Calls that somebody answered.
    pub answered: u64,
    /// Calls whose INVITE was dropped, or would have been.
    pub blocked: u64,
    /// Seconds from answer to end, of the calls that go on too.
    pub talk_seconds: f64,
}

/// One stream of media.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaRow {
    /// The call that asked for it; `null`: nobody did.
    pub call: Option<CallId>,
    /// Address of the other side.
    pub remote: IpAddr,
    /// Port of this host.
    pub local_port: u16,
    /// `ingress` or `egress`.
    pub direction: String,
    /// Packets since it began.
    pub packets: u64,
    /// Octets of payload since it began.
    pub bytes: u64,
    /// RTP payload type.
    pub payload_type: u8,
}

/// One alert, or the end of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRow {
    /// RFC 3339.
    pub time: String,
    /// One line.
    pub text: String,
}

/// What the agent did not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Events that found the kernel's ring full.
    pub events_lost: u64,
    /// Events that the kernel held back under a flood.
    pub events_held_back: u64,
    /// Signals whose SIP could not be read.
    pub unreadable: u64,
    /// Calls that were not followed because too many went on.
    pub calls_not_followed: u64,
    /// Records that the store could not write.
    pub records_lost: u64,
}

/// Everything that `ringfence top` shows at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// RFC 3339.
    pub time: String,
    /// Interfaces and modes.
    pub interfaces: Vec<(String, String)>,
    /// Whether nothing is dropped.
    pub dry_run: bool,
    /// By destination, the busiest first, at most 200.
    pub destinations: Vec<SumRow>,
    /// By source, the busiest first, at most 200.
    pub sources: Vec<SumRow>,
    /// Calls that go on, the newest first, at most 200.
    pub calls: Vec<CallRow>,
    /// Streams of media, at most 200.
    pub media: Vec<MediaRow>,
    /// The latest alerts, the newest first, at most 50.
    pub alerts: Vec<AlertRow>,
    /// Temporary blocks.
    pub blocks: Vec<BlockRow>,
    /// What was not seen.
    pub losses: Losses,
}

/// A time as it is shown.
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A call that rings the trunk and is answered.
    pub(crate) fn row() -> CallRow {
        CallRow {
            id: CallId(17),
            direction: Route::Outgoing,
            origin: Origin::Extension,
            destination: "cuba".into(),
            dialled: "90053555xxxx".into(),
            number: Some("+53555xxxx".into()),
            caller: "101".into(),
            source: "192.0.2.66".parse().expect("an address"),
            trunk: Some("203.0.113.5".parse().expect("an address")),
            customer: Some("Dupont SARL".into()),
            verdict: Verdict::Pass,
            reason: Reason::Policy,
            started: "2026-11-21T22:32:17.372Z".into(),
            rang: Some("2026-11-21T22:32:18.001Z".into()),
            answered: Some("2026-11-21T22:32:21.500Z".into()),
            ended: None,
            result: None,
            status: Some(200),
            attempts: 1,
            talk_seconds: 12.5,
            media_ingress_seconds: 12.0,
            media_egress_seconds: 11.75,
            whole: true,
        }
    }

    /// Commands and scripts read this line: a change of it is a change of docs/CALLS.md.
    #[test]
    fn the_row_of_a_call_is_as_documented() {
        let line = r#"{"id":17,"direction":"outgoing","origin":"extension","destination":"cuba","dialled":"90053555xxxx","number":"+53555xxxx","caller":"101","source":"192.0.2.66","trunk":"203.0.113.5","customer":"Dupont SARL","verdict":"pass","reason":"policy","started":"2026-11-21T22:32:17.372Z","rang":"2026-11-21T22:32:18.001Z","answered":"2026-11-21T22:32:21.500Z","ended":null,"result":null,"status":200,"attempts":1,"talk_seconds":12.5,"media_ingress_seconds":12.0,"media_egress_seconds":11.75,"whole":true}"#;
        assert_eq!(serde_json::to_string(&row()).expect("JSON"), line);
        assert_eq!(serde_json::from_str::<CallRow>(line).expect("a row"), row());
    }
}
