//! From events to alerts: one line a burst, a log entry when it ends.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::{Instant, SystemTime},
};

use monitor_common::abi::{Reason, Verdict};
use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::{Registry, Unit},
};

use super::{Alert, Burst, Bursts, Ended, Gap, GapCause, Hears, Lines, Reached, Recent, Seen};
use crate::{
    events::{Event, Judged},
    guard::States,
    sync::PolicyMetrics,
};

/// Raises the alerts.
#[derive(Debug)]
pub struct Alerter {
    bursts: Mutex<Bursts>,
    lines: Lines,
    recent: Recent,
    hears: Arc<dyn Hears>,
    interfaces: States,
    policy: PolicyMetrics,
    raised: Family<[(&'static str, String); 1], Counter>,
    no_room: Counter,
    unguarded: Gaps,
    unfollowed: Gaps,
}

/// Seconds by how the agent before ended.
type Gaps = Family<[(&'static str, &'static str); 1], Counter<f64, AtomicU64>>;

impl Alerter {
    /// Enters its metrics into the registry.
    #[must_use]
    pub fn new(
        registry: &mut Registry,
        lines: Lines,
        hears: Arc<dyn Hears>,
        interfaces: States,
        policy: PolicyMetrics,
    ) -> Self {
        let alerter = Self {
            bursts: Mutex::default(),
            lines,
            recent: Recent::default(),
            hears,
            interfaces,
            policy,
            raised: Family::default(),
            no_room: Counter::default(),
            unguarded: Family::default(),
            unfollowed: Family::default(),
        };
        registry.register("alerts", "Alerts raised, one a burst of blocked INVITEs", alerter.raised.clone());
        let help = "Blocked INVITEs that raised no alert because too many bursts went on at once";
        registry.register("alerts_without_room", help, alerter.no_room.clone());
        let help = "Time before this agent's start in which nothing guarded, by how the agent before ended";
        registry.register_with_unit("unguarded", help, Unit::Seconds, alerter.unguarded.clone());
        let help = "Time before this agent's start in which nobody followed calls, guarded or not";
        registry.register_with_unit("unfollowed", help, Unit::Seconds, alerter.unfollowed.clone());
        for cause in GapCause::ALL.map(GapCause::label) {
            alerter.unguarded.get_or_create_owned(&[("cause", cause)]);
            alerter.unfollowed.get_or_create_owned(&[("cause", cause)]);
        }
        alerter
    }

    /// Takes one event in; only INVITEs raise alerts.
    pub fn take(&self, event: &Event<'_>, now: Instant) {
        let Some(judged) = event.judged.as_ref().filter(|judged| is_alarming(judged)) else { return };
        let burst = Burst { source: event.source.0, slot: judged.slot };
        let seen = self.lock().seen(burst, now);
        match seen {
            Seen::First => self.raise(event, judged),
            Seen::More => (),
            Seen::NoRoom => drop(self.no_room.inc()),
        }
    }

    /// Raises the alert of a limit, or of something unusual; its numbers are masked here. Returns it as it was written.
    pub fn reached(&self, reached: Reached) -> Reached {
        let reached = reached.masked(self.policy.in_force().privacy.hidden_digits);
        self.recent.push(reached.row());
        self.lines.send(reached.json());
        self.hears.reached(&reached);
        reached
    }

    /// Counts the time between two agents, and tells it: as an alert where nobody had asked for it.
    pub fn gap(&self, gap: &Gap) {
        let cause = [("cause", gap.cause.label())];
        self.unfollowed.get_or_create_owned(&cause).inc_by(gap.seconds());
        if !gap.policy_held {
            self.unguarded.get_or_create_owned(&cause).inc_by(gap.seconds());
        }
        let said = gap.row().text;
        match gap.cause {
            GapCause::Stopped => {
                tracing::info!(process = gap.process, "the agent before was stopped: {said}");
            }
            GapCause::Killed => {
                tracing::warn!(process = gap.process, "the agent before did not end by itself: {said}");
                self.recent.push(gap.row());
                self.lines.send(gap.json());
                self.hears.gap(gap);
            }
        }
    }

    /// The latest alerts.
    #[must_use]
    pub fn recent(&self) -> Recent {
        self.recent.clone()
    }

    /// Says which bursts go on, and logs those that are over.
    pub fn tick(&self, now: Instant) {
        let grown = self.lock().grown();
        for (burst, invites) in grown {
            self.hears.burst_goes_on(burst.source, &self.destination(burst.slot), invites);
        }
        let ended = self.lock().ended(now);
        ended.iter().for_each(|ended| self.log(ended));
    }

    /// Logs every burst: the agent ends.
    pub fn finish(&self) {
        let ended = self.lock().end_all();
        ended.iter().for_each(|ended| self.log(ended));
    }

    fn raise(&self, event: &Event<'_>, judged: &Judged) {
        let in_force = self.policy.in_force();
        let destination = self.destination(judged.slot);
        let interface = self.interfaces.name(event.interface);
        let alert = Alert::new(event, judged, &interface, &destination, in_force.privacy, SystemTime::now());
        self.raised.get_or_create_owned(&[("destination", destination)]).inc();
        self.recent.push(alert.row());
        self.lines.send(alert.json());
        self.hears.burst(&alert);
    }

    fn log(&self, Ended { burst, invites, lasted }: &Ended) {
        tracing::info!(
            source = %burst.source,
            destination = self.destination(burst.slot),
            events = invites,
            seconds = lasted.as_secs(),
            "burst_end"
        );
    }

    fn destination(&self, slot: u16) -> String {
        let in_force = self.policy.in_force();
        in_force.slots.name(slot).map_or_else(|| slot.to_string(), ToString::to_string)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Bursts> {
        self.bursts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Blocked, or blocked but for a reason that has to do with its packet alone.
fn is_alarming(judged: &Judged) -> bool {
    matches!(judged.verdict, Verdict::Drop | Verdict::WouldDrop)
        || matches!(judged.reason, Reason::TcpNotEnforced | Reason::GsoNotEnforced)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monitor_common::abi::{Class, Direction, Transport};

    use super::{super::lines::tests::Kept, *};

    /// What was heard, in order.
    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Heard {
        fn note(&self, what: String) {
            self.0.lock().unwrap().push(what);
        }
    }

    impl Hears for Heard {
        fn burst(&self, alert: &Alert) {
            self.note(format!("burst from {}", alert.source));
        }

        fn burst_goes_on(&self, source: std::net::IpAddr, destination: &str, invites: u64) {
            self.note(format!("{invites} more from {source} to {destination}"));
        }

        fn reached(&self, reached: &Reached) {
            self.note(format!("{} of {}", reached.limit, reached.key));
        }

        fn gap(&self, gap: &Gap) {
            self.note(format!("gap of {} s", gap.seconds()));
        }
    }

    fn event(verdict: Verdict, reason: Reason, last: u8) -> Event<'static> {
        Event {
            at: 0,
            class: Class::Invite,
            direction: Direction::Ingress,
            transport: Transport::Udp,
            source: ([192, 0, 2, last].into(), 5060),
            target: ([192, 0, 2, 10].into(), 5060),
            interface: 0,
            judged: Some(Judged {
                verdict,
                reason,
                dialled: "900535551234".into(),
                number: Some("+535551234".into()),
                slot: 0,
            }),
            message: b"",
            message_len: 0,
        }
    }

    /// A message that is no INVITE.
    fn ringing(last: u8) -> Event<'static> {
        Event { class: Class::Status1xx, judged: None, ..event(Verdict::Pass, Reason::Policy, last) }
    }

    #[test]
    fn what_is_blocked_raises_one_alert_a_burst() {
        let (kept, mut registry) = (Kept::default(), Registry::default());
        let policy = PolicyMetrics::register(&mut registry);
        let lines = Lines::start(kept.clone()).unwrap();
        let heard = Arc::new(Heard::default());
        let hears = Arc::clone(&heard) as Arc<dyn Hears>;
        let alerter = Alerter::new(&mut registry, lines, hears, States::default(), policy);
        let now = Instant::now();
        for _ in 0..10 {
            alerter.take(&event(Verdict::Drop, Reason::Policy, 1), now);
            alerter.take(&event(Verdict::Pass, Reason::TcpNotEnforced, 2), now);
            alerter.take(&event(Verdict::WouldDrop, Reason::Policy, 3), now);
            alerter.take(&event(Verdict::Pass, Reason::Policy, 4), now);
            alerter.take(&event(Verdict::Pass, Reason::Emergency, 5), now);
            alerter.take(&ringing(6), now);
        }
        alerter.tick(now + Bursts::QUIET);
        alerter.take(&event(Verdict::Drop, Reason::Policy, 1), now + Bursts::QUIET + Duration::from_secs(1));
        let raised = alerter.raised.get_or_create_owned(&[("destination", "unknown".to_owned())]).get();
        drop(alerter);
        let text = kept.text();
        let sources: Vec<_> = text.lines().map(|line| line.split("\"source\":\"").nth(1).unwrap()).collect();
        let sources: Vec<_> = sources.iter().map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(sources, ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"]);
        assert_eq!(raised, 4);
        let mut heard = heard.0.lock().unwrap().clone();
        heard[3..6].sort();
        let of = |last| format!("9 more from 192.0.2.{last} to unknown");
        assert_eq!(heard[..3], ["burst from 192.0.2.1", "burst from 192.0.2.2", "burst from 192.0.2.3"]);
        assert_eq!(heard[3..], [of(1), of(2), of(3), "burst from 192.0.2.1".to_owned()]);
        assert!(!text.contains("535551234"), "a number is shown: {text}");
    }
}
