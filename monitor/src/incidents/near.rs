//! What an incident is about, and so which calls and alerts belong to it beside those that its limit counts.

use monitor_common::abi::{Reason, Verdict};

use super::{Kind, Measure, Subject, open::Open, raised::Raised};
use crate::calls::Call;

impl Open {
    /// Whether a call that no limit counts belongs to it by where it goes and where it comes from.
    pub(super) fn takes(&self, call: &Call) -> bool {
        let is_near = self.sources.contains(&call.source);
        match self.incident.kind {
            Kind::BlockedInvites => is_near || (self.is_wide && is_alarming(call)),
            Kind::Limit | Kind::Unusual => {
                is_stopped_for_a_time(call) && (is_near || self.is_wide || self.is_of(call))
            }
            Kind::Gap => false,
        }
    }

    fn is_of(&self, call: &Call) -> bool {
        let customer = self.incident.subject.customer.as_deref();
        customer.is_some() && customer == call.customer.as_deref()
    }

    /// Whether a block of its own is why an INVITE was dropped.
    pub(super) fn stopped(&self, raised: &Raised) -> bool {
        let by = |place: &str| raised.destination.as_deref() == Some(place);
        let is_place = self.destinations.iter().any(|place| by(place));
        let is_source = raised.source.is_some_and(|source| self.sources.contains(&source));
        let blocked = |what: &Measure| what.what == "blocked";
        let is_all = |what: &Measure| what.target.starts_with("all:");
        let mut blocks = self.incident.measures.iter().filter(|what| blocked(what)).peekable();
        let has_blocked = blocks.peek().is_some();
        has_blocked && (is_place || is_source || blocks.any(is_all))
    }
}

impl Subject {
    /// What is not the same in all alerts is not what they have in common.
    pub(super) fn narrow(&mut self, raised: &Raised) {
        if self.destination != raised.destination {
            self.destination = None;
        }
        if self.country != raised.country {
            self.country = None;
        }
        if self.source != raised.source {
            self.source = None;
        }
        if self.customer != raised.customer {
            self.customer = None;
        }
        let more = raised.interfaces.iter().filter(|name| !self.interfaces.contains(name));
        let more: Vec<_> = more.cloned().collect();
        self.interfaces.extend(more);
    }
}

/// Whether a call raises alerts of blocked INVITEs.
fn is_alarming(call: &Call) -> bool {
    matches!(call.verdict, Verdict::Drop | Verdict::WouldDrop)
        || matches!(call.reason, Reason::TcpNotEnforced | Reason::GsoNotEnforced)
}

fn is_stopped_for_a_time(call: &Call) -> bool {
    call.reason == Reason::TemporaryBlock && matches!(call.verdict, Verdict::Drop | Verdict::WouldDrop)
}
