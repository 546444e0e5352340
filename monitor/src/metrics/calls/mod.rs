//! What the metrics say about calls: counted from facts, and from the calls that go on at the moment of a scrape.

mod collector;
mod sums;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use monitor_common::abi::Direction;
use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use crate::{
    blocks::Cause,
    calls::{Call, CallId, Counters, Fact, Happened, Route, Seconds, Timestamp},
    sip::Unreadable,
};
use collector::CallCollector;
use sums::{Going, Sums};

/// Counts calls. Clones count into the same metrics.
#[derive(Clone)]
pub struct CallMetrics {
    sources: Arc<OnceLock<Sources>>,
    /// What was before it is in no counter: they begin at 0 with the agent.
    began: Timestamp,
    sums: Arc<Mutex<Sums>>,
    /// Media of the calls that an earlier run of the agent began to follow, as it was then.
    adopted: Arc<Mutex<HashMap<CallId, Seconds>>>,
    setup: Times,
    ring: Times,
    signals: Family<[(&'static str, &'static str); 1], Counter>,
    unreadable: Family<[(&'static str, &'static str); 1], Counter>,
    late: Counter,
}

/// Where a scrape looks for what goes on. No lock of the metrics is held while one of these is called.
pub struct Sources {
    /// The clock that the tracker is given.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Shows every call of the tracker that goes on.
    pub active: Box<EachCall>,
    /// Shows who set each temporary block.
    pub blocks: Box<EachBlock>,
    /// What the tracker could not do since it began, and what healed.
    pub counters: Box<dyn Fn() -> Counters + Send + Sync>,
    /// Streams of media, as they were when the kernel's table was last looked at.
    pub media: Box<dyn Fn() -> MediaStreams + Send + Sync>,
}

/// Streams of media seen in the last 10 s: those that arrive, those that leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaStreams {
    /// All.
    pub all: [u64; 2],
    /// Those that no call asked for.
    pub without_call: [u64; 2],
}

/// Shows calls one after the other.
pub type EachCall = dyn Fn(&mut dyn FnMut(&Call)) + Send + Sync;
/// Shows the causes of blocks one after the other.
pub type EachBlock = dyn Fn(&mut dyn FnMut(Cause)) + Send + Sync;

/// A histogram for each direction.
type Times = Family<[(&'static str, &'static str); 1], Histogram, fn() -> Histogram>;

impl CallMetrics {
    /// Enters the metrics into a registry; they begin `now`, by the clock that the tracker is given.
    #[must_use]
    pub fn register(registry: &mut Registry, now: Timestamp) -> Self {
        let metrics = Self {
            began: now,
            sources: Arc::default(),
            sums: Arc::default(),
            adopted: Arc::default(),
            setup: Family::new_with_constructor(|| Histogram::new(SETUP_SECONDS)),
            ring: Family::new_with_constructor(|| Histogram::new(RING_SECONDS)),
            signals: Family::default(),
            unreadable: Family::default(),
            late: Counter::default(),
        };
        metrics.enter(registry);
        registry.register_collector(Box::new(CallCollector(metrics.clone())));
        metrics
    }

    /// Where scrapes look from now on; before, they show no call that goes on. The first one stays.
    pub fn watch(&self, sources: Sources) {
        let _ = self.sources.set(sources);
    }

    /// Takes one fact in, after the tracker has shown it.
    pub fn take(&self, fact: &Fact) {
        let call = &*fact.call;
        match fact.happened {
            Happened::Started => self.lock().started(call),
            Happened::Rang => observe(&self.ring, call, call.rang),
            Happened::Answered => observe(&self.setup, call, call.answered),
            Happened::Updated => (),
            Happened::Ended => self.ended(call, fact.at),
        }
    }

    /// Takes in a call that an earlier run of the agent began to follow: only what is added from now on counts here.
    pub fn adopt(&self, call: &Call) {
        self.lock_adopted().insert(call.id, call.media);
    }

    /// A SIP message reached the call tracker.
    pub fn signal(&self, direction: Direction) {
        self.signals.get_or_create(&[("direction", direction.label())]).inc();
    }

    /// A SIP message could not be used.
    pub fn unreadable(&self, why: Unreadable) {
        self.unreadable.get_or_create(&[("reason", why.label())]).inc();
    }

    /// A SIP message was read after later ones had been followed.
    pub fn late(&self) {
        self.late.inc();
    }

    /// SIP messages that could not be used so far.
    #[must_use]
    pub fn unreadable_so_far(&self) -> u64 {
        let count = |why: &Unreadable| self.unreadable.get_or_create(&[("reason", why.label())]).get();
        Unreadable::ALL.iter().map(count).sum()
    }

    /// Every series of a small set is there from the start: Prometheus sees no first value grow.
    fn enter(&self, registry: &mut Registry) {
        for route in Route::ALL {
            drop(self.setup.get_or_create(&[("direction", route.label())]));
            drop(self.ring.get_or_create(&[("direction", route.label())]));
        }
        for way in Direction::ALL {
            drop(self.signals.get_or_create(&[("direction", way.label())]));
        }
        for why in Unreadable::ALL {
            drop(self.unreadable.get_or_create(&[("reason", why.label())]));
        }
        registry.register("call_setup_seconds", SETUP, self.setup.clone());
        registry.register("call_ring_seconds", RING, self.ring.clone());
        registry.register("call_signals", SIGNALS, self.signals.clone());
        registry.register("signals_unreadable", UNREADABLE, self.unreadable.clone());
        registry.register("call_signals_late", LATE, self.late.clone());
    }

    fn ended(&self, call: &Call, now: Timestamp) {
        let (talk, media) = (self.talk(call, now), self.media(call));
        self.lock().ended(call, talk, media);
        if call.started <= self.began {
            self.lock_adopted().remove(&call.id);
        }
    }

    /// What every series is now.
    fn read(&self) -> Sums {
        // What has ended is read before what goes on: a call that ends in between is missed by this scrape, where the
        // other order would count it twice, and a counter cannot take that back.
        let mut sums = self.lock().clone();
        sums.add(&self.going());
        self.lock().remember(&mut sums);
        sums
    }

    fn going(&self) -> Going {
        let mut going = Going::default();
        if let Some(sources) = self.sources.get() {
            let now = (sources.now)();
            (sources.active)(&mut |call| {
                if call.is_active() {
                    going.count(call, self.talk(call, now), self.media(call));
                }
            });
        }
        going
    }

    /// From answer to end or to `now`, within the life of this agent.
    fn talk(&self, call: &Call, now: Timestamp) -> Duration {
        let Some(answered) = call.answered else { return Duration::ZERO };
        call.ended.unwrap_or(now).since(answered.max(self.began))
    }

    /// Media within the life of this agent.
    fn media(&self, call: &Call) -> Seconds {
        if call.started > self.began {
            return call.media;
        }
        let before = self.lock_adopted().get(&call.id).copied().unwrap_or_default();
        Seconds {
            ingress: call.media.ingress.saturating_sub(before.ingress),
            egress: call.media.egress.saturating_sub(before.egress),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_adopted(&self) -> MutexGuard<'_, HashMap<CallId, Seconds>> {
        self.adopted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CallMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallMetrics").field("began", &self.began).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

fn observe(times: &Times, call: &Call, happened: Option<Timestamp>) {
    if let Some(happened) = happened.filter(|_| call.is_whole) {
        let label = [("direction", call.route.label())];
        times.get_or_create(&label).observe(happened.since(call.started).as_secs_f64());
    }
}

const SETUP: &str =
    "Seconds from the first INVITE to the answer, of calls that were seen from their beginning";
const RING: &str = "Seconds from the first INVITE to the first 180 or 183, the post-dial delay, of calls that were seen from their beginning";
const SIGNALS: &str = "SIP messages that reached the call tracker";
const UNREADABLE: &str = "SIP messages that the call tracker could not use, by what is wrong with them";
const LATE: &str = "SIP messages that were read after later ones had been followed";
/// People answer after 3 to 20 s; a voice mail box after 15 to 30; RFC 3261's timer C gives up after 180 s.
const SETUP_SECONDS: [f64; 13] = [0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0];
/// ITU-T E.721 wants at most 3, 5 and 8 s on average for local, toll and international calls, and 6, 8 and 11 s of 95 %.
const RING_SECONDS: [f64; 13] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 6.0, 8.0, 11.0, 15.0, 20.0];

#[cfg(test)]
mod tests;
