//! From events to calls: what the kernel saw, what SIP says and what the policy knows become signals; the tracker
//! makes facts of them, and each fact goes to the sums, the metrics and the store.

mod house;
mod networks;
mod order;
mod streams;
mod sums;
mod wall_clock;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use monitor_common::abi::{MediaSlot, Transport};

pub use wall_clock::WallClock;

use crate::{
    calls::{Call, CallResult, Counters, Fact, Resume, Settings, Timestamp, Tracker},
    control::view::{MediaRow, SumRow},
    events::Event,
    metrics::CallMetrics,
    sip,
    store::{Store, Stored, Unfinished},
    sync::PolicyMetrics,
};
use house::House;
use order::{Order, beyond, horizon};
use streams::Stream;
use sums::Sums;

/// The calls that are followed. Clones share them.
#[derive(Clone)]
pub struct Following(Arc<Mutex<State>>);

struct State {
    tracker: Tracker,
    sums: Sums,
    streams: Vec<Stream>,
    facts: Vec<Fact>,
}

/// Feeds the tracker, and hands its facts on.
pub struct Follower {
    following: Following,
    clock: WallClock,
    policy: PolicyMetrics,
    metrics: CallMetrics,
    store: Arc<Store>,
    house: Mutex<House>,
    order: Mutex<Order>,
}

/// What `ringfence top` shows of calls and media.
pub struct Overview {
    /// Calls that go on, the newest first.
    pub calls: Vec<Arc<Call>>,
    /// By destination, the busiest first.
    pub destinations: Vec<SumRow>,
    /// By source, the busiest first.
    pub sources: Vec<SumRow>,
    /// Streams of media.
    pub media: Vec<MediaRow>,
}

impl Following {
    /// Follows no call yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            tracker: Tracker::new(Settings::default()),
            sums: Sums::default(),
            streams: Vec::new(),
            facts: Vec::new(),
        })))
    }

    /// Shows every call that goes on.
    pub fn each(&self, show: &mut dyn FnMut(&Call)) {
        self.lock().tracker.active().for_each(|call| show(call));
    }

    /// The calls that go on, the newest first.
    #[must_use]
    pub fn active(&self) -> Vec<Arc<Call>> {
        let mut calls: Vec<_> = self.lock().tracker.active().cloned().collect();
        calls.reverse();
        calls
    }

    /// What the tracker could not do, and what healed.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.lock().tracker.counters()
    }

    /// Streams seen lately that no call asked for: those that arrive, those that leave.
    #[must_use]
    pub fn media_without_call(&self, now: Timestamp) -> [u64; 2] {
        let state = self.lock();
        let mut counts = [0; 2];
        for Stream { seen, .. } in &state.streams {
            if now.since(seen.last_seen) < STREAM_LATELY && state.tracker.untied(seen) {
                counts[seen.direction as usize] += 1;
            }
        }
        counts
    }

    /// What goes on, and what went on since the start.
    #[must_use]
    pub fn overview(&self, now: Timestamp) -> Overview {
        let state = self.lock();
        let active = || state.tracker.active().map(|call| &**call);
        Overview {
            calls: state.tracker.active().rev().take(SHOWN).cloned().collect(),
            destinations: state.sums.destinations(active(), now),
            sources: state.sums.sources(active(), now),
            media: state.media(now),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Following {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// Streams that carry media now; those that no call asked for come first.
    fn media(&self, now: Timestamp) -> Vec<MediaRow> {
        let live = self.streams.iter().filter(|stream| now.since(stream.seen.last_seen) < STREAM_SILENCE);
        let mut rows: Vec<_> = live
            .map(|Stream { seen, bytes }| MediaRow {
                call: self.tracker.call_of(seen),
                remote: seen.remote,
                local_port: seen.local_port,
                direction: seen.direction.label().into(),
                packets: seen.packets,
                bytes: *bytes,
                payload_type: seen.payload_type,
            })
            .collect();
        rows.sort_by(|a, b| (a.call.is_some(), b.packets).cmp(&(b.call.is_some(), a.packets)));
        rows.truncate(SHOWN);
        rows
    }
}

impl Follower {
    /// Goes on with the calls that the store knows of as going on.
    #[must_use]
    pub fn start(
        following: Following,
        clock: WallClock,
        policy: PolicyMetrics,
        metrics: CallMetrics,
        store: Arc<Store>,
    ) -> Self {
        let house = Mutex::new(House::of(&policy));
        let order = Mutex::new(Order::new());
        let follower = Self { following, clock, policy, metrics, store, house, order };
        follower.resume();
        follower
    }

    /// Takes one event in.
    pub fn take(&self, event: &Event<'_>) {
        let (at, house) = (self.clock.of_kernel(event.at), self.house());
        // What stands behind the message of a datagram is not SIP (RFC 3261, 18.3).
        let most = if event.transport == Transport::Tcp { usize::MAX } else { 1 };
        for (place, message) in sip::messages(event.message).take(most).enumerate() {
            // The kernel judges the first message of a segment.
            let judged = event.judged.as_ref().filter(|_| place == 0);
            match message {
                Ok(message) => {
                    self.metrics.signal(event.direction);
                    let signal = house.signal(event, judged, message);
                    self.order().take(at, signal);
                }
                Err(why) => self.metrics.unreadable(why),
            }
        }
        self.catch_up(self.clock.now());
    }

    /// Hands on what waits: nothing comes any more.
    pub fn finish(&self) {
        self.catch_up(beyond(self.clock.now()));
    }

    /// Hands on the signals that nothing older can come before.
    fn catch_up(&self, now: Timestamp) {
        let mut order = self.order();
        while let Some((at, signal)) = order.next(now) {
            self.step(|tracker, facts| tracker.signal(&signal, at, facts));
        }
    }

    /// Lets time pass.
    pub fn tick(&self) {
        self.catch_up(self.clock.now());
        let now = horizon(self.clock.now());
        let settings = self.house().settings();
        self.step(|tracker, facts| {
            tracker.set(settings);
            tracker.tick(now, facts);
        });
    }

    /// Takes in the kernel's media slots; `age` says how long ago a slot's stamp was.
    pub fn sample(&self, slots: impl Iterator<Item = MediaSlot>, age: impl Fn(u64) -> Duration) {
        let now = self.clock.now();
        let time = |stamp| {
            Timestamp(now.0.saturating_sub(u64::try_from(age(stamp).as_micros()).unwrap_or(u64::MAX)))
        };
        let streams = streams::streams(slots, time);
        let seen: Vec<_> = streams.iter().map(|stream| stream.seen).collect();
        self.step(|tracker, facts| tracker.media(&seen, horizon(now), facts));
        self.following.lock().streams = streams;
    }

    /// Facts go on in the order in which they came, and so under the lock; none of those who take them waits.
    fn step(&self, step: impl FnOnce(&mut Tracker, &mut Vec<Fact>)) {
        let mut state = self.following.lock();
        let State { tracker, sums, facts, .. } = &mut *state;
        step(tracker, facts);
        for fact in facts.drain(..) {
            sums.take(&fact);
            self.metrics.take(&fact);
            let resume = tracker.resume(fact.call.id);
            self.store.call(&fact.call, resume.and_then(|resume| serde_json::to_string(&resume).ok()));
        }
    }

    fn resume(&self) {
        let mut count = 0;
        let settings = self.house().settings();
        let mut state = self.following.lock();
        // What is taken up is looked at by the clocks of the policy.
        state.tracker.set(settings);
        if let Some(id) = self.store.last_id() {
            state.tracker.begin_after(id);
        }
        drop(state);
        for Unfinished { call: Stored(call), resume } in self.store.unfinished() {
            let resume = resume.and_then(|text| serde_json::from_str::<Resume>(&text).ok());
            if !resume.is_some_and(|resume| self.restore(resume)) {
                self.give_up(call);
            }
            count += 1;
        }
        if count > 0 {
            tracing::info!(calls = count, "calls that went on when the agent ended are taken up again");
        }
    }

    /// Whether the tracker takes it up.
    fn restore(&self, resume: Resume) -> bool {
        let (id, now) = (resume.call().id, self.clock.now());
        self.metrics.adopt(resume.call());
        let mut state = self.following.lock();
        state.tracker.restore(resume, now);
        state.tracker.call(id).is_some()
    }

    /// Nothing is known that could end it.
    fn give_up(&self, call: Call) {
        let ended = Some(call.answered.unwrap_or(call.started));
        self.store.call(&Call { ended, result: Some(CallResult::Lost), ..call }, None);
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What changes with the policy only.
    fn house(&self) -> House {
        let mut house = self.house.lock().unwrap_or_else(PoisonError::into_inner);
        if !house.is_of(&self.policy) {
            *house = House::of(&self.policy);
        }
        house.clone()
    }
}

/// Rows that are shown at once.
const SHOWN: usize = 200;
/// How long ago a stream that nobody asked for counts.
const STREAM_LATELY: Duration = Duration::from_secs(10);
/// Silence after which a stream is not shown any more.
const STREAM_SILENCE: Duration = Duration::from_secs(5);
