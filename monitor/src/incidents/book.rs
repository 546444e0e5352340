//! The book of incidents: alerts, calls and time go in, changes come out. Pure: it has no clock, no file and no socket.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, SystemTime},
};

use lru::LruCache;
use serde_json::Value;

use super::{
    Acknowledgement, Incident, IncidentId, Measure, News,
    calls::{Counted, Shares},
    identity::{Group, Identity},
    index::{Belongs, Index},
    open::Open,
    raised::Raised,
    rules::Rules,
    tally::Basis,
    waiting::{NotTaken, Waiting, taken_up},
};
use crate::{
    calls::Timestamp,
    evidence::Change,
    limits::{Moment, Severity, Token},
};

/// The incidents that go on, and those that are over and that somebody is still to take up.
pub struct Book {
    pub(super) rules: Rules,
    /// Makes a token of a whole number.
    pub(super) pseudonym: Box<dyn Fn(&str) -> String + Send>,
    last: u64,
    pub(super) open: BTreeMap<IncidentId, Open>,
    waiting: Waiting,
    pub(super) index: Index,
    pub(super) calls: Shares,
    /// When the latest of each ended: what came last in it.
    over: LruCache<Identity, Timestamp>,
    /// How long answered calls to a destination usually are, as far as that was asked.
    typical: HashMap<Arc<str>, Option<Duration>>,
}

impl Book {
    /// An empty one; the next incident comes after `last`.
    #[must_use]
    pub fn new(
        rules: Rules,
        last: Option<IncidentId>,
        pseudonym: impl Fn(&str) -> String + Send + 'static,
    ) -> Self {
        Self {
            rules,
            pseudonym: Box::new(pseudonym),
            last: last.map_or(0, |last| last.0),
            open: BTreeMap::new(),
            waiting: Waiting::default(),
            index: Index::default(),
            calls: Shares::default(),
            over: LruCache::new(MOST_OVER),
            typical: HashMap::new(),
        }
    }

    /// Goes on with incidents that were kept.
    pub fn restore(&mut self, kept: Vec<Incident>, now: Moment) {
        for incident in kept {
            self.last = self.last.max(incident.id.0);
            let token = incident.subject.token.as_ref().and_then(|token| token.parse::<Token>().ok());
            let (id, is_over) = (incident.id, incident.ended.is_some());
            let open = Open::restore(incident, &self.rules.tariffs, &self.rules.alerting, now);
            if is_over {
                self.waiting.add(Arc::new(open.incident.clone()), open.told(), &self.rules.alerting);
            } else {
                self.index.enter(&open, token);
                self.open.insert(id, open);
            }
        }
    }

    /// Goes by other rules from now on.
    pub fn set(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Whether calls are of no interest.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether calls belong to an alert that were of no interest before it.
    #[must_use]
    pub fn wants_calls(&self, raised: &Raised) -> bool {
        let is_known = raised.limit().is_some_and(|(limit, token)| self.index.of_key(limit, token).is_some());
        let is_new = || !matches!(self.index.belongs(raised, &Identity::of(raised)), Belongs::To(_));
        raised.is_of_calls() && !is_known && (raised.limit().is_some() || is_new())
    }

    /// Takes an alert in, with the calls that its limit has counted so far.
    pub fn take(&mut self, raised: Raised, calls: &[Counted<'_>], now: Moment) -> Option<Change> {
        let identity = Identity::of(&raised);
        let (id, is_new) = self.place(&raised, &identity, now);
        if let Some(open) = self.open.get_mut(&id) {
            open.alert(&raised, &identity, now);
            self.index.widen(open, raised.token.filter(|_| open.incident.kind == raised.kind));
        }
        // Calls that an incident before this one counted are over, and counted.
        let before = self.over.peek(&identity).copied().unwrap_or_default();
        let is_fresh = |call: &&Counted<'_>| call.call.ended.is_none_or(|ended| ended > before);
        calls.iter().filter(is_fresh).for_each(|call| self.count_in(id, call, now));
        let due = || self.open.get(&id).and_then(|open| open.due(now.at, &self.rules.alerting));
        let news = if is_new { Some(News::Opened) } else { due() };
        self.change(id, Some(raised.document), news, now)
    }

    /// A burst of blocked INVITEs goes on.
    pub fn burst(&mut self, source: IpAddr, destination: &str, invites: u64, now: Moment) {
        let raised = &Raised::burst(source, destination);
        let known = match self.index.belongs(raised, &Identity::of(raised)) {
            Belongs::To(known) => Some(known),
            Belongs::Own | Belongs::Collective(_) => None,
        };
        let known = known.or_else(|| self.stopped(raised));
        if let Some(open) = known.and_then(|id| self.open.get_mut(&id)) {
            open.burst(invites, now);
        }
    }

    /// Destinations whose dropped INVITEs are to be looked at.
    #[must_use]
    pub fn watched(&self) -> Vec<Arc<str>> {
        self.index.destinations().cloned().collect()
    }

    /// What the kernel has dropped to a destination by now, and had some seconds ago: before an incident was known of.
    pub fn dropped(&mut self, destination: &Arc<str>, total: u64, before: u64, now: Moment) {
        let places = self.index.of_destination(destination);
        for id in places {
            let Some(open) = self.open.get_mut(id) else { continue };
            if open.dropped(destination, total, before) && places.len() == 1 {
                open.saw(now);
            }
        }
    }

    /// Destinations of which it is not known how long calls to them usually are.
    #[must_use]
    pub fn unknown_lengths(&self) -> Vec<Arc<str>> {
        self.index.destinations().filter(|name| !self.typical.contains_key(*name)).cloned().collect()
    }

    /// How long answered calls to a destination usually are.
    pub fn learn(&mut self, destination: Arc<str>, typical: Option<Duration>) {
        self.typical.insert(destination, typical);
    }

    /// Something is blocked no more.
    pub fn unblocked(&mut self, target: &str, now: Moment) -> Vec<Change> {
        let is_its = |measure: &Measure| measure.what == "blocked" && measure.target == target;
        let time: SystemTime = now.wall.into();
        let mut changed = Vec::new();
        for (id, open) in self.open.iter_mut().filter(|(_, open)| open.incident.measures.iter().any(is_its)) {
            let (what, target) = ("unblocked".to_owned(), target.to_owned());
            open.incident.measures.push(Measure { time, what, target, until: None, why: None });
            open.saw(now);
            changed.push(*id);
        }
        changed.into_iter().filter_map(|id| self.change(id, None, None, now)).collect()
    }

    /// Somebody takes an incident up.
    pub fn acknowledge(
        &mut self,
        id: IncidentId,
        by: Acknowledgement,
        now: Moment,
    ) -> Result<Change, NotTaken> {
        if let Some(incident) = self.waiting.take(id) {
            return taken_up(&incident, by);
        }
        let open = self.open.get_mut(&id).ok_or(NotTaken::Unknown)?;
        if let Some(already) = &open.incident.acknowledged {
            return Err(NotTaken::Already(already.clone()));
        }
        open.acknowledge(by);
        self.change(id, None, Some(News::Acknowledged), now).ok_or(NotTaken::Unknown)
    }

    /// Lets time pass: what is due is told, and what is over ends.
    pub fn tick(&mut self, now: Moment) -> Vec<Change> {
        let rules = self.rules.alerting;
        let mut due = Vec::new();
        for (id, open) in &self.open {
            let news =
                if open.is_over(now.at, &rules) { Some(News::Ended) } else { open.due(now.at, &rules) };
            if news.is_some() || open.is_to_be_kept(now.at) {
                due.push((*id, news));
            }
        }
        let changes = due.into_iter().filter_map(|(id, news)| self.change(id, None, news, now));
        let mut changes: Vec<_> = changes.collect();
        changes.extend(self.waiting.remind(now.at, &rules));
        if self.open.is_empty() {
            self.typical.clear();
        }
        changes
    }

    /// Those that changed since they were handed on.
    pub fn keep(&mut self, now: Moment) -> Vec<Change> {
        let changed = self.open.iter_mut().filter_map(|(id, open)| open.renew().then_some(*id));
        let changed: Vec<_> = changed.collect();
        changed.into_iter().filter_map(|id| self.change(id, None, None, now)).collect()
    }

    /// How many go on, by severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.open.values().filter(|open| open.incident.severity == severity).count()
    }

    /// Those that go on, the oldest first, as they were handed on last.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.open.values().map(|open| &open.incident)
    }

    /// The incident that an alert belongs to, and whether it is new.
    fn place(&mut self, raised: &Raised, identity: &Identity, now: Moment) -> (IncidentId, bool) {
        let belongs = self.index.belongs(raised, identity);
        if let Belongs::To(known) = belongs {
            return (known, false);
        }
        if let Some(known) = self.stopped(raised) {
            return (known, false);
        }
        self.last += 1;
        let id = IncidentId(self.last);
        let mut open = Open::begin(id, raised, self.rules.tariffs.currency(), now);
        if let Belongs::Collective(group) = &belongs {
            open = open.begin_collective(*group == Group::of(raised));
        }
        open.incident.policy.clone_from(&self.rules.policy);
        self.index.enter(&open, raised.token);
        self.open.insert(id, open);
        (id, true)
    }

    /// The incident whose own block is why INVITEs are dropped.
    fn stopped(&self, raised: &Raised) -> Option<IncidentId> {
        let mut open = self.open.iter().filter(|_| raised.is_for_a_time);
        open.find(|(_, open)| open.stopped(raised)).map(|(id, _)| *id)
    }

    /// The incident as it is now, with what is told of it. One that is over is open no more.
    fn change(
        &mut self,
        id: IncidentId,
        alert: Option<Value>,
        news: Option<News>,
        now: Moment,
    ) -> Option<Change> {
        let Self { rules, open, typical, .. } = self;
        let usual = |name: &str| typical.get(name).copied().flatten();
        let basis = Basis { tariffs: &rules.tariffs, typical: &usual, now: now.wall };
        let open = open.get_mut(&id)?;
        if news == Some(News::Ended) {
            open.incident.ended = Some(open.incident.latest);
        }
        let incident = open.show(news, &basis, now.at);
        if news == Some(News::Ended) {
            self.end(&incident);
        }
        Some(Change { incident, alert, news })
    }

    fn end(&mut self, incident: &Arc<Incident>) {
        self.index.leave(incident.id);
        self.calls.forget(incident.id);
        if let Some(open) = self.open.remove(&incident.id) {
            if let Some(identity) = Identity::of_incident(incident) {
                self.over.put(identity, open.latest);
            }
            self.waiting.add(Arc::clone(incident), open.told(), &self.rules.alerting);
        }
    }
}

/// Incidents that are over and whose end is remembered.
const MOST_OVER: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
