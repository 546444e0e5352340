//! The incidents beside the tracker: alerts and facts of calls go in; what changed is handed on to be kept and told.

use std::{
    fmt,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{Following, Limiting, WallClock, limiting::Place};
use crate::{
    calls::{Call, CallId, Fact, Happened, Timestamp, Tracker},
    evidence::Change,
    incidents::{Acknowledgement, Book, Counted, Incident, IncidentId, News, NotTaken, Raised, Rules},
    limits::{Moment, Severity},
    metrics::IncidentMetrics,
    sync::{InForce, PolicyMetrics},
};

/// The incidents of the policy in force. Clones share them.
#[derive(Clone)]
pub struct Incidents(Arc<Inner>);

/// What the incidents need of their surroundings.
pub struct Outside {
    /// The calls that go on.
    pub following: Following,
    /// The limits that count them.
    pub limiting: Limiting,
    /// Their clock.
    pub clock: WallClock,
    /// The policy in force.
    pub policy: PolicyMetrics,
    /// Counts incidents.
    pub metrics: IncidentMetrics,
    /// Takes what changed, in its order; never waits.
    pub tell: Box<dyn Fn(Change) + Send + Sync>,
    /// Hears which call joined which incident; never waits, and asks nothing of the incidents or the calls.
    pub joined: Box<dyn Fn(IncidentId, CallId) + Send + Sync>,
}

/// INVITEs that the kernel dropped to one destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// By now.
    pub total: u64,
    /// Some seconds ago: before an alert was raised for the first of them.
    pub before: u64,
}

struct Inner {
    book: Mutex<Book>,
    /// Whether any goes on: without one, calls are not looked at.
    is_open: AtomicBool,
    /// Whether calls that went on before a restart are still to be looked at.
    is_restored: AtomicBool,
    /// When calls that go on were counted last.
    grown: AtomicU64,
    /// Of the policy that the book goes by.
    generation: AtomicU64,
    outside: Outside,
}

impl Incidents {
    /// Goes on with what an earlier agent left; the next incident comes after `last`. `pseudonym` makes a token of a whole
    /// number.
    #[must_use]
    pub fn start(
        outside: Outside,
        pseudonym: impl Fn(&str) -> String + Send + 'static,
        last: Option<IncidentId>,
        kept: Vec<Incident>,
    ) -> Self {
        let generation = outside.policy.generation();
        let book = Book::new(rules(&outside.policy.in_force()), last, pseudonym);
        let inner = Inner {
            book: Mutex::new(book),
            is_open: AtomicBool::new(false),
            is_restored: AtomicBool::new(!kept.is_empty()),
            grown: AtomicU64::new(0),
            generation: AtomicU64::new(generation),
            outside,
        };
        let incidents = Self(Arc::new(inner));
        let now = incidents.now();
        incidents.with(|book| {
            book.restore(kept, now);
            None::<Change>
        });
        incidents
    }

    /// Takes one fact in.
    pub(super) fn take(&self, fact: &Fact) {
        if self.0.is_open.load(Ordering::Relaxed) {
            let place = self.0.outside.limiting.place(&fact.call);
            let now = self.moment(fact.at);
            self.with(|book| {
                book.call(&counted(&fact.call, &place), fact.happened, now);
                None::<Change>
            });
        }
    }

    /// Counts what was talked in calls that go on, once a second.
    pub(super) fn grow(&self, tracker: &Tracker, at: Timestamp) {
        let is_due = at.since(Timestamp(self.0.grown.load(Ordering::Relaxed))) >= TICK;
        if !is_due || !self.0.is_open.load(Ordering::Relaxed) {
            return;
        }
        self.0.grown.store(at.0, Ordering::Relaxed);
        let (limiting, now) = (&self.0.outside.limiting, self.moment(at));
        if self.0.is_restored.swap(false, Ordering::Relaxed) {
            for call in tracker.active() {
                let place = limiting.place(call);
                self.lock().call(&counted(call, &place), Happened::Updated, now);
            }
        }
        let followed = self.lock().followed();
        for id in followed {
            match tracker.call(id) {
                Some(call) => {
                    let place = Place { cost: limiting.cost(id), ..Place::default() };
                    self.lock().grow(&counted(call, &place), now);
                }
                None => self.lock().leave(id),
            }
        }
    }

    /// Tells what is due, and ends what is over; to be called once a second.
    pub fn tick(&self) {
        self.follow_policy();
        let now = self.now();
        self.with(|book| book.tick(now));
        let book = self.lock();
        for severity in Severity::ALL {
            self.0.outside.metrics.open(*severity, book.count(*severity));
        }
    }

    /// Hands on how all of them stand: the agent ends.
    pub fn finish(&self) {
        let now = self.now();
        self.with(|book| book.keep(now));
    }

    /// Destinations whose dropped INVITEs are to be counted.
    #[must_use]
    pub fn watched(&self) -> Vec<Arc<str>> {
        if self.0.is_open.load(Ordering::Relaxed) { self.lock().watched() } else { Vec::new() }
    }

    /// What the kernel has dropped to a destination.
    pub fn dropped(&self, destination: &Arc<str>, dropped: Dropped) {
        let now = self.now();
        self.lock().dropped(destination, dropped.total, dropped.before, now);
    }

    /// Destinations of which it is not known how long calls to them usually are.
    #[must_use]
    pub fn unknown_lengths(&self) -> Vec<Arc<str>> {
        if self.0.is_open.load(Ordering::Relaxed) { self.lock().unknown_lengths() } else { Vec::new() }
    }

    /// How long answered calls to a destination usually are.
    pub fn learn(&self, destination: Arc<str>, typical: Option<Duration>) {
        self.lock().learn(destination, typical);
    }

    /// Something is blocked no more.
    pub fn unblocked(&self, target: &str) {
        let now = self.now();
        self.with(|book| book.unblocked(target, now));
    }

    /// Somebody takes an incident up: as it is then.
    pub fn acknowledge(&self, id: IncidentId, by: Acknowledgement) -> Result<Arc<Incident>, NotTaken> {
        let now = self.now();
        let mut taken = Err(NotTaken::Unknown);
        self.with(|book| {
            let change = book.acknowledge(id, by, now);
            taken = change.as_ref().map(|change| Arc::clone(&change.incident)).map_err(Clone::clone);
            change.ok()
        });
        taken
    }

    /// Hands a change on that the book knows nothing of: of an incident that is long over.
    pub fn hand_on(&self, change: Change) {
        self.with(|_| [change]);
    }

    /// Those that go on, the oldest first.
    #[must_use]
    pub fn going_on(&self) -> Vec<Incident> {
        self.lock().incidents().cloned().collect()
    }

    /// Takes an alert in. Those of limits bring the calls that were counted so far: no fact comes in between.
    pub(super) fn alert(&self, raised: Raised) {
        let now = self.now();
        if !self.lock().wants_calls(&raised) {
            self.with(|book| book.take(raised, &[], now));
            return;
        }
        let Outside { following, limiting, .. } = &self.0.outside;
        let state = following.lock();
        let calls = limiting.counted_by(&raised, &state.tracker, now.at);
        let counted: Vec<_> = calls.iter().map(|(call, place)| counted(call, place)).collect();
        self.with(|book| book.take(raised, &counted, now));
        drop(state);
    }

    /// So many more INVITEs of a burst were seen.
    pub(super) fn grew(&self, source: IpAddr, destination: &str, invites: u64) {
        let now = self.now();
        self.lock().burst(source, destination, invites, now);
    }

    /// Does something with the book, and hands on what changed.
    fn with<C: IntoIterator<Item = Change>>(&self, step: impl FnOnce(&mut Book) -> C) {
        let mut book = self.lock();
        let changes = step(&mut book);
        self.0.is_open.store(!book.is_idle(), Ordering::Relaxed);
        // Under the lock, so that they are kept in their order.
        for change in changes {
            self.count(&change);
            (self.0.outside.tell)(change);
        }
        for (incident, call) in book.take_joined() {
            (self.0.outside.joined)(incident, call);
        }
    }

    fn count(&self, change: &Change) {
        let Change { incident, alert, news } = change;
        match news {
            Some(News::Opened) => self.0.outside.metrics.began(incident.kind, incident.severity),
            None if alert.is_some() => self.0.outside.metrics.joined(),
            _ => (),
        }
    }

    fn follow_policy(&self) {
        let policy = &self.0.outside.policy;
        // Before the policy: one that comes in between is taken up twice, and none is missed.
        let generation = policy.generation();
        if self.0.generation.swap(generation, Ordering::Relaxed) != generation {
            self.lock().set(rules(&policy.in_force()));
        }
    }

    fn now(&self) -> Moment {
        self.moment(self.0.outside.clock.now())
    }

    fn moment(&self, at: Timestamp) -> Moment {
        Moment { at, wall: DateTime::<Utc>::from(self.0.outside.clock.wall(at)) }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Incidents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incidents")
    }
}

fn counted<'a>(call: &'a Arc<Call>, place: &'a Place) -> Counted<'a> {
    Counted { call, cost: place.cost, limits: &place.limits, class: place.class }
}

/// The part of a policy that concerns incidents.
fn rules(in_force: &InForce) -> Rules {
    let policy = in_force.policy.as_deref();
    Rules {
        alerting: policy.map(|policy| policy.alerting).unwrap_or_default(),
        tariffs: policy.map(|policy| Arc::clone(&policy.tariffs)).unwrap_or_default(),
        hidden_digits: in_force.privacy.hidden_digits,
        policy: in_force.sha256.as_deref().map(Into::into),
    }
}

/// How often calls that go on are counted.
const TICK: Duration = Duration::from_secs(1);
