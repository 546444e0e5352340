//! What the policy knows of an event: trunks, customers, names of destinations.

use std::{net::IpAddr, sync::Arc};

use monitor_common::abi::{Direction, Transport};

use super::networks::Networks;
use crate::{
    calls::{Judged, Settings, Signal},
    events::{self, Event},
    policy::{Compiled, SlotTable},
    sip::{self, Message, Unreadable},
    sync::PolicyMetrics,
};

/// The policy as the follower asks it. Clones are cheap.
#[derive(Clone)]
pub(crate) struct House {
    generation: u64,
    slots: Arc<SlotTable>,
    policy: Option<Arc<Compiled>>,
    trunks: Arc<Networks>,
}

impl House {
    pub(super) fn of(metrics: &PolicyMetrics) -> Self {
        // Read first: a policy that comes in between is taken up at the next event.
        let generation = metrics.generation();
        let in_force = metrics.in_force();
        Self { generation, ..Self::new(in_force.slots, in_force.policy) }
    }

    /// Of a policy that never changes.
    pub(crate) fn new(slots: Arc<SlotTable>, policy: Option<Arc<Compiled>>) -> Self {
        let trunks = policy.as_ref().map(|policy| Networks::new(&policy.trunks)).unwrap_or_default();
        Self { generation: 0, slots, policy, trunks: Arc::new(trunks) }
    }

    pub(super) fn is_of(&self, metrics: &PolicyMetrics) -> bool {
        self.generation == metrics.generation()
    }

    pub(crate) fn settings(&self) -> Settings {
        let default = Settings::default();
        let Some(policy) = &self.policy else { return default };
        Settings {
            media_silence: policy.calls.media_silence,
            longest_unheard: policy.calls.longest_unheard,
            hidden_digits: policy.privacy.hidden_digits,
            ..default
        }
    }

    /// The signals of an event, one a message.
    pub(crate) fn signals(&self, event: &Event<'_>) -> impl Iterator<Item = Result<Signal, Unreadable>> {
        // What stands behind the message of a datagram is not SIP (RFC 3261, 18.3).
        let most = if event.transport == Transport::Tcp { usize::MAX } else { 1 };
        sip::messages(event.message).take(most).enumerate().map(move |(place, message)| {
            // The kernel judges the first message of a segment.
            let judged = event.judged.as_ref().filter(|_| place == 0);
            message.map(|message| self.signal(event, judged, message))
        })
    }

    fn signal(&self, event: &Event<'_>, judged: Option<&events::Judged>, message: Message) -> Signal {
        let (remote, local) = match event.direction {
            Direction::Ingress => (event.source, event.target),
            Direction::Egress => (event.target, event.source),
        };
        let trunk = self.trunks.trunk(remote.0);
        let customer = judged.and_then(|_| self.customer(event.source.0, &message.from.user));
        Signal {
            direction: event.direction,
            remote,
            local,
            trunk,
            customer,
            judged: judged.map(|judged| self.judged(judged)),
            message,
        }
    }

    fn customer(&self, source: IpAddr, caller: &str) -> Option<Arc<str>> {
        self.policy.as_ref()?.customers.of(source, caller).cloned()
    }

    fn judged(&self, judged: &events::Judged) -> Judged {
        let name = self.slots.name(judged.slot).map(crate::policy::DestinationName::shared);
        Judged {
            dialled: judged.dialled.as_str().into(),
            number: judged.number.as_deref().map(Into::into),
            destination: name.unwrap_or_else(|| judged.slot.to_string().into()),
            verdict: judged.verdict,
            reason: judged.reason,
        }
    }
}
