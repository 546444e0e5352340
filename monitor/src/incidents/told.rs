//! When an incident is told again: repeats are held back, what grows by the factor or becomes critical is told at once, and
//! what nobody takes up again and again, with pauses that double.

use std::time::Duration;

use rust_decimal::Decimal;

use super::{News, tally::Tally};
use crate::{calls::Timestamp, limits::Severity, policy::alerting::Alerting};

/// How an incident stood when it was told last, and when it is told again.
#[derive(Clone, Debug)]
pub(super) struct Told {
    at: Timestamp,
    severity: Severity,
    amounts: Amounts,
    alerts: u64,
    /// When it became critical.
    critical: Option<Timestamp>,
    /// How often it was told that nobody took it up.
    reminders: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Amounts {
    calls: u64,
    blocked: u64,
    dropped: u64,
    spend: Decimal,
}

/// How an incident stands.
pub(super) struct Standing<'a> {
    pub(super) severity: Severity,
    pub(super) tally: &'a Tally,
    pub(super) alerts: u64,
    pub(super) is_taken_up: bool,
}

impl Told {
    /// It is told now, and was critical since a moment.
    pub(super) fn new(standing: &Standing<'_>, now: Timestamp, critical: Option<Timestamp>) -> Self {
        Self {
            at: now,
            severity: standing.severity,
            amounts: Amounts::of(standing.tally),
            alerts: standing.alerts,
            critical,
            reminders: 0,
        }
    }

    /// As it was before a restart, of which only is known how often it was told again for whatever reason: as if all that was
    /// due by then had been told, so far as that is possible.
    pub(super) fn told_again(mut self, times: u32, now: Timestamp, rules: &Alerting) -> Self {
        while self.reminders < times && self.reminder_due(rules).is_some_and(|due| due <= now) {
            self.reminders += 1;
        }
        self
    }

    /// What there is to tell, where there is anything.
    pub(super) fn due(&self, standing: &Standing<'_>, now: Timestamp, rules: &Alerting) -> Option<News> {
        let amounts = Amounts::of(standing.tally);
        let has_grown = amounts.more_than(&self.amounts) || standing.alerts > self.alerts;
        if standing.severity > self.severity || amounts.escalates(&self.amounts, rules.escalate_factor) {
            return Some(News::Escalated);
        }
        if !standing.is_taken_up && self.reminder_due(rules).is_some_and(|due| due <= now) {
            return Some(News::Unacknowledged);
        }
        let is_time = now.since(self.at) >= rules.repeat_every;
        (has_grown && is_time && !standing.is_taken_up).then_some(News::Grew)
    }

    /// It is told.
    pub(super) fn tell(&mut self, news: News, standing: &Standing<'_>, now: Timestamp) {
        let critical = (standing.severity == Severity::Critical).then_some(now);
        let reminders = self.reminders + u32::from(news == News::Unacknowledged);
        *self = Self { reminders, ..Self::new(standing, now, self.critical.or(critical)) };
    }

    /// It is told again that nobody took it up.
    pub(super) const fn remind(&mut self) {
        self.reminders += 1;
    }

    /// Whether it is to be told again that nobody took it up.
    pub(super) fn reminder_is_due(&self, now: Timestamp, rules: &Alerting) -> bool {
        self.reminder_due(rules).is_some_and(|due| due <= now)
    }

    /// Whether it was told often enough that nobody took it up.
    pub(super) const fn is_given_up(&self, rules: &Alerting) -> bool {
        self.critical.is_none() || rules.acknowledge_within.is_none() || self.reminders >= MOST_REMINDERS
    }

    /// When nobody took it up in time, once more: after the time of the policy, and each time after twice as long.
    fn reminder_due(&self, rules: &Alerting) -> Option<Timestamp> {
        let (critical, within) = (self.critical?, rules.acknowledge_within?);
        let pause = |reminder: u32| within.saturating_mul(1 << reminder).min(LONGEST_PAUSE.max(within));
        let until_then = (0..=self.reminders).map(pause).fold(Duration::ZERO, Duration::saturating_add);
        (self.reminders < MOST_REMINDERS).then(|| critical.after(until_then))
    }
}

impl Amounts {
    fn of(tally: &Tally) -> Self {
        Self { calls: tally.calls, blocked: tally.blocked, dropped: tally.dropped, spend: tally.spend }
    }

    fn more_than(&self, told: &Self) -> bool {
        self.calls > told.calls
            || self.blocked > told.blocked
            || self.dropped > told.dropped
            || self.spend > told.spend
    }

    fn escalates(&self, told: &Self, factor: Decimal) -> bool {
        let by_factor = |now: Decimal, told: Decimal, least: u64| {
            now >= told.max(Decimal::from(least)).saturating_mul(factor)
        };
        by_factor(self.calls.into(), told.calls.into(), LEAST_CALLS)
            || by_factor(self.blocked.into(), told.blocked.into(), LEAST_CALLS)
            || by_factor(self.dropped.into(), told.dropped.into(), LEAST_INVITES)
            || by_factor(self.spend, told.spend, LEAST_SPEND)
    }
}

/// Calls below which growth is no news.
const LEAST_CALLS: u64 = 10;
/// INVITEs below which growth is no news: one call that is blocked may send a dozen.
const LEAST_INVITES: u64 = 100;
/// Units of the currency below which growth is no news.
const LEAST_SPEND: u64 = 5;
/// Times that it is told that nobody took it up.
const MOST_REMINDERS: u32 = 10;
/// Longest pause before it is told again, but for one that the policy makes longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    fn standing(tally: &Tally, severity: Severity, alerts: u64, is_taken_up: bool) -> Standing<'_> {
        Standing { severity, tally, alerts, is_taken_up }
    }

    #[test]
    fn growth_is_told_now_and_then_and_at_once_by_the_factor() {
        let rules = Alerting::default();
        let mut tally = Tally::new("EUR");
        let mut told = Told::new(&standing(&tally, Severity::Warning, 1, false), at(0), None);
        let mut news = Vec::new();
        for second in 1..=4 * 3600 {
            tally.calls += u64::from(second % 60 == 0);
            let stands = standing(&tally, Severity::Warning, 1, false);
            if let Some(due) = told.due(&stands, at(second), &rules) {
                told.tell(due, &stands, at(second));
                news.push((second / 60, due.label(), tally.calls));
            }
        }
        assert_eq!(news.len(), 16, "{news:?}");
        assert_eq!(news[..3], [(15, "grew", 15), (30, "grew", 30), (45, "grew", 45)]);
        tally.calls *= 4;
        let stands = standing(&tally, Severity::Warning, 1, true);
        assert_eq!(told.due(&stands, at(4 * 3600 + 1), &rules), Some(News::Escalated), "taken up or not");
        told.tell(News::Escalated, &stands, at(4 * 3600 + 1));
        tally.calls += 1;
        let stands = standing(&tally, Severity::Warning, 1, true);
        assert_eq!(told.due(&stands, at(24 * 3600), &rules), None, "somebody looks after it");
        let stands = standing(&tally, Severity::Critical, 1, true);
        assert_eq!(told.due(&stands, at(24 * 3600), &rules), Some(News::Escalated));
    }

    #[test]
    fn what_nobody_takes_up_is_told_with_pauses_that_double() {
        let rules = Alerting::default();
        let tally = Tally::new("");
        let stands = standing(&tally, Severity::Critical, 1, false);
        let mut told = Told::new(&stands, at(0), Some(at(0)));
        let mut minutes = Vec::new();
        for minute in 1..=60 * 24 * 30 {
            let now = at(minute * 60);
            if let Some(news) = told.due(&stands, now, &rules) {
                assert_eq!(news, News::Unacknowledged);
                told.tell(news, &stands, now);
                minutes.push(minute);
            }
        }
        assert_eq!(minutes[..5], [30, 90, 210, 450, 930]);
        assert_eq!(minutes.len(), MOST_REMINDERS as usize);
        assert!(told.is_given_up(&rules));
        let again = Told::new(&stands, at(0), Some(at(0))).told_again(7, at(100 * 60), &rules);
        assert!(!again.reminder_is_due(at(209 * 60), &rules) && again.reminder_is_due(at(210 * 60), &rules));
        let once = Told::new(&stands, at(0), Some(at(0))).told_again(1, at(100 * 60), &rules);
        assert!(once.reminder_is_due(at(100 * 60), &rules), "it fell due while no agent ran");
        let never = Alerting { acknowledge_within: None, ..rules };
        assert_eq!(Told::new(&stands, at(0), Some(at(0))).due(&stands, at(1 << 40), &never), None);
    }
}
