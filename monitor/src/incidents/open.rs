//! One incident while it goes on: what its alerts have in common, its sums, and how it was told.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    Account, Acknowledgement, Incident, IncidentId, Kind, News, Subject,
    identity::Identity,
    raised::Raised,
    tally::{Basis, Tally},
    told::{Standing, Told},
};
use crate::{
    calls::Timestamp,
    limits::{Moment, Severity},
    policy::{OTHER, Tariffs, alerting::Alerting},
};

/// An incident that goes on.
pub(super) struct Open {
    pub(super) incident: Incident,
    pub(super) tally: Tally,
    told: Told,
    /// Of its alerts.
    pub(super) destinations: HashSet<Arc<str>>,
    pub(super) sources: HashSet<IpAddr>,
    /// Whether it is about whole destinations, whoever calls.
    pub(super) is_wide: bool,
    /// Whether it stands for many.
    pub(super) is_collective: bool,
    /// Calls of it that go on.
    pub(super) active: u64,
    /// INVITEs of its bursts.
    invites: u64,
    /// The incidents that it stands for.
    joined: HashSet<u64>,
    joined_before: u64,
    hasher: RandomState,
    /// When anything came last.
    pub(super) latest: Timestamp,
    /// What the kernel had dropped when it was looked at last, by destination.
    dropped: HashMap<Arc<str>, u64>,
    /// Until when what was kept of it counts.
    pub(super) restored: Option<SystemTime>,
    /// As it was handed on last, and when.
    shown: Option<(Arc<Incident>, Timestamp)>,
    is_stale: bool,
}

impl Open {
    /// Begins with an alert; `stands_for` others where there are too many.
    pub(super) fn begin(id: IncidentId, raised: &Raised, currency: &str, now: Moment) -> Self {
        let subject = Subject {
            limit: raised.limit.clone(),
            key: raised.key.clone(),
            token: raised.token.map(|token| token.to_string()),
            destination: raised.destination.clone(),
            country: raised.country.clone(),
            source: raised.source,
            customer: raised.customer.clone(),
            interfaces: raised.interfaces.clone(),
            joined: 0,
        };
        let wall: SystemTime = now.wall.into();
        let incident = Incident {
            id,
            kind: raised.kind,
            severity: raised.severity,
            subject,
            rule: None,
            began: wall,
            latest: wall,
            ended: None,
            alerts: 0,
            account: Account::default(),
            measures: Vec::new(),
            acknowledged: None,
            escalations: 0,
            policy: None,
            packets: None,
        };
        let mut open = Self::of(incident, Tally::new(currency), now.at);
        open.is_wide = raised.is_wide || raised.leaves;
        open
    }

    /// Begins one that stands for many.
    pub(super) fn begin_collective(mut self, keeps_destination: bool) -> Self {
        let subject = &mut self.incident.subject;
        (subject.key, subject.token, subject.source, subject.customer) = (None, None, None, None);
        if !keeps_destination {
            (subject.destination, subject.country) = (None, None);
        }
        (self.is_wide, self.is_collective) = (true, true);
        self
    }

    /// Goes on with one that was kept.
    pub(super) fn restore(incident: Incident, tariffs: &Tariffs, rules: &Alerting, now: Moment) -> Self {
        let tally = Tally::of(&incident.account, tariffs);
        let ago = |time: SystemTime| SystemTime::from(now.wall).duration_since(time).unwrap_or_default();
        let at = |time| Timestamp(now.at.0.saturating_sub(micros(ago(time))));
        let (began, latest) = (at(incident.began), at(incident.latest));
        let mut open = Self::of(incident, tally, latest);
        let times = open.incident.escalations;
        open.told = open.told_anew(now.at, began).told_again(times, now.at, rules);
        open.restored = Some(open.incident.latest);
        open.joined_before = open.incident.subject.joined;
        open.is_collective = open.joined_before > 0;
        open.is_wide = open.is_collective;
        open.sources.extend(open.incident.subject.source);
        let of_account = open.incident.account.destinations.keys().filter(|name| *name != OTHER);
        let names = of_account.chain(&open.incident.subject.destination);
        open.destinations = names.map(|name| Arc::from(name.as_str())).collect();
        open
    }

    fn of(incident: Incident, tally: Tally, latest: Timestamp) -> Self {
        let standing = Standing {
            severity: incident.severity,
            tally: &tally,
            alerts: incident.alerts,
            is_taken_up: false,
        };
        let told = Told::new(&standing, latest, None);
        Self {
            told,
            incident,
            tally,
            destinations: HashSet::new(),
            sources: HashSet::new(),
            is_wide: false,
            is_collective: false,
            active: 0,
            invites: 0,
            joined: HashSet::new(),
            joined_before: 0,
            hasher: RandomState::new(),
            latest,
            dropped: HashMap::new(),
            restored: None,
            shown: None,
            is_stale: true,
        }
    }

    /// Takes an alert in.
    pub(super) fn alert(&mut self, raised: &Raised, identity: &Identity, now: Moment) {
        self.incident.alerts += 1;
        self.incident.severity = self.incident.severity.max(raised.severity);
        let is_own = self.incident.kind == raised.kind;
        if is_own {
            self.incident.subject.narrow(raised);
            self.incident.rule = raised.rule.clone();
        }
        if is_own && self.is_collective && self.joined.len() < MOST_TOLD_APART {
            self.joined.insert(self.hasher.hash_one(identity));
            self.incident.subject.joined = self.joined_before + self.joined.len() as u64;
        }
        for done in &raised.done {
            let measure = done.clone().at(now.wall.into());
            let is_like = |known: &&super::Measure| {
                (&known.what, &known.target, &known.until, &known.why)
                    == (&measure.what, &measure.target, &measure.until, &measure.why)
            };
            if self.incident.measures.len() < MOST_MEASURES
                && !self.incident.measures.iter().any(|it| is_like(&it))
            {
                self.incident.measures.push(measure);
            }
        }
        if self.sources.len() < MOST_SOURCES {
            self.sources.extend(raised.source);
        }
        if self.destinations.len() < MOST_PLACES {
            self.destinations.extend(raised.destination.as_deref().map(Arc::from));
        }
        self.saw(now);
    }

    /// Something more came.
    pub(super) fn saw(&mut self, now: Moment) {
        self.latest = self.latest.max(now.at);
        self.incident.latest = self.incident.latest.max(now.wall.into());
        self.is_stale = true;
    }

    /// INVITEs of a burst that it is about.
    pub(super) fn burst(&mut self, invites: u64, now: Moment) {
        self.invites += invites;
        if let Some(rule) = self.incident.rule.as_mut().filter(|_| self.incident.kind == Kind::BlockedInvites)
        {
            rule.value = (self.invites + self.incident.alerts).to_string();
        }
        self.saw(now);
    }

    /// What the kernel has dropped to a destination by now, and had before the incident began. Says whether that is more.
    pub(super) fn dropped(&mut self, destination: &Arc<str>, total: u64, before: u64) -> bool {
        let first = if self.restored.is_some() { total } else { before };
        let last = self.dropped.entry(Arc::clone(destination)).or_insert(first);
        // A guard that was set up anew counts from the beginning.
        let more = total.checked_sub(*last).unwrap_or(total);
        *last = total;
        self.tally.dropped += more;
        self.is_stale |= more > 0;
        more > 0
    }

    /// What there is to tell of it, where there is anything.
    pub(super) fn due(&self, now: Timestamp, rules: &Alerting) -> Option<News> {
        self.told.due(&self.standing(), now, rules)
    }

    /// Whether nothing more came for long enough.
    pub(super) fn is_over(&self, now: Timestamp, rules: &Alerting) -> bool {
        self.active == 0 && now.since(self.latest) >= rules.quiet
    }

    /// Forgets how it was handed on; says whether it changed since.
    pub(super) fn renew(&mut self) -> bool {
        self.shown = None;
        self.is_stale
    }

    /// Whether it is long since it was handed on as it was then.
    pub(super) fn is_to_be_kept(&self, now: Timestamp) -> bool {
        let is_old = |at: Timestamp| now.since(at) >= KEPT_EVERY;
        self.is_stale && self.shown.as_ref().is_none_or(|(_, at)| is_old(*at))
    }

    /// As it is now, with what is told of it; where nothing is, as it was a moment ago at most.
    pub(super) fn show(&mut self, news: Option<News>, basis: &Basis<'_>, now: Timestamp) -> Arc<Incident> {
        if let Some(news) = news {
            let is_again = matches!(news, News::Escalated | News::Unacknowledged);
            self.incident.escalations += u32::from(is_again);
            let mut told = self.told.clone();
            told.tell(news, &self.standing(), now);
            self.told = told;
        }
        let is_new = |at: Timestamp| now.since(at) < SHOWN_FOR;
        if let Some((shown, at)) = self.shown.as_ref().filter(|_| news.is_none())
            && is_new(*at)
        {
            return Arc::clone(shown);
        }
        self.incident.account = self.tally.account(self.active, basis);
        self.is_stale = false;
        let shown = Arc::new(self.incident.clone());
        self.shown = Some((Arc::clone(&shown), now));
        shown
    }

    /// Somebody takes it up.
    pub(super) fn acknowledge(&mut self, by: Acknowledgement) {
        self.incident.acknowledged = Some(by);
    }

    /// How it was told, for one that is over and that nobody took up.
    pub(super) fn told(self) -> Told {
        self.told
    }

    fn told_anew(&self, now: Timestamp, critical: Timestamp) -> Told {
        let is_critical = self.incident.severity == Severity::Critical;
        Told::new(&self.standing(), now, is_critical.then_some(critical))
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            severity: self.incident.severity,
            tally: &self.tally,
            alerts: self.incident.alerts,
            is_taken_up: self.incident.acknowledged.is_some(),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// How often an incident that changed is handed on to be kept, told or not.
const KEPT_EVERY: Duration = Duration::from_secs(5);
/// How long an account is shown as it is, so that a flood of alerts costs no flood of sums.
const SHOWN_FOR: Duration = Duration::from_secs(1);
/// Sources whose calls are told from others.
const MOST_SOURCES: usize = 4096;
/// Destinations whose calls are told from others.
const MOST_PLACES: usize = 256;
/// What one incident stands for, so far as that is told apart.
const MOST_TOLD_APART: usize = 65_536;
/// Measures that are on record.
const MOST_MEASURES: usize = 128;
