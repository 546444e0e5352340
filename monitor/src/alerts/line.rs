//! One alert as a line of JSON. Its fields are stable; docs/OPERATIONS.md lists them.

use std::{net::IpAddr, time::SystemTime};

use monitor_common::abi::{Direction, Reason};
use serde::Serialize;

use crate::{
    control::view::AlertRow,
    events::{Event, Judged},
    policy::{Privacy, mask::mask, numbering::countries},
};

/// A burst of blocked INVITEs began.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Alert {
    time: String,
    alert: &'static str,
    direction: &'static str,
    interface: String,
    pub(crate) source: IpAddr,
    source_port: u16,
    target: IpAddr,
    target_port: u16,
    transport: &'static str,
    pub(crate) destination: String,
    dialled: String,
    number: Option<String>,
    verdict: &'static str,
    pub(crate) reason: &'static str,
}

impl Alert {
    /// The alert for the first INVITE of a burst; numbers are masked as the policy wants it.
    #[must_use]
    pub fn new(
        event: &Event<'_>,
        judged: &Judged,
        interface: &str,
        destination: &str,
        privacy: Privacy,
        now: SystemTime,
    ) -> Self {
        let hide = |number: &str| mask(number, privacy.hidden_digits);
        Self {
            time: humantime::format_rfc3339_millis(now).to_string(),
            alert: KIND,
            direction: event.direction.label(),
            interface: interface.to_owned(),
            source: event.source.0,
            source_port: event.source.1,
            target: event.target.0,
            target_port: event.target.1,
            transport: event.transport.label(),
            destination: destination.to_owned(),
            dialled: hide(&judged.dialled),
            number: judged.number.as_deref().map(hide),
            verdict: judged.verdict.label(),
            reason: judged.reason.label(),
        }
    }

    /// ISO 3166 code of the country of its number, as far as what is shown of it tells.
    #[must_use]
    pub fn country(&self) -> Option<&'static str> {
        countries::of_masked(self.number.as_deref()?).map(|country| country.iso.as_str())
    }

    /// Whether the INVITE left the host.
    #[must_use]
    pub fn leaves(&self) -> bool {
        self.direction == Direction::Egress.label()
    }

    /// Whether a block for a time dropped it.
    #[must_use]
    pub fn is_for_a_time(&self) -> bool {
        self.reason == Reason::TemporaryBlock.label()
    }

    /// The alert in a few words, for those who look now.
    #[must_use]
    pub fn row(&self) -> AlertRow {
        let Self { verdict, direction, source, destination, dialled, reason, .. } = self;
        let text =
            format!("{verdict}: {direction} INVITEs from {source} to {destination} ({dialled}), {reason}");
        AlertRow { time: self.time.clone(), text }
    }

    /// The line, without its end.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The kind of alert that a burst of blocked INVITEs is.
const KIND: &str = "blocked_invites";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monitor_common::abi::{Class, Transport, Verdict};

    use super::*;

    #[test]
    fn the_line_is_json_and_hides_the_end_of_the_number() {
        let event = Event {
            at: 0,
            class: Class::Invite,
            direction: Direction::Ingress,
            transport: Transport::Udp,
            source: ("192.0.2.66".parse().unwrap(), 5062),
            target: ("192.0.2.10".parse().unwrap(), 5060),
            interface: 0,
            judged: None,
            message: b"",
            message_len: 0,
        };
        let judged = Judged {
            verdict: Verdict::Drop,
            reason: Reason::Policy,
            dialled: "900535551234".into(),
            number: Some("+535551234".into()),
            slot: 3,
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        let line = Alert::new(&event, &judged, "eth0", "cuba", Privacy::default(), now).json();
        assert_eq!(
            line,
            r#"{"time":"1970-01-01T00:00:01.500Z","alert":"blocked_invites","direction":"ingress","interface":"eth0","source":"192.0.2.66","source_port":5062,"target":"192.0.2.10","target_port":5060,"transport":"udp","destination":"cuba","dialled":"90053555xxxx","number":"+53555xxxx","verdict":"drop","reason":"policy"}"#
        );
    }
}
