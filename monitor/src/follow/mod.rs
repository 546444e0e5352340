//! From events to calls: what the kernel saw, what SIP says and what the policy knows become signals; the tracker
//! makes facts of them, and each fact goes to the sums, the metrics and the store.

mod following;
mod hearing;
mod house;
mod incidents;
mod limiting;
mod networks;
mod order;
mod ring;
mod seen;
mod streams;
mod sums;
mod wall_clock;

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use monitor_common::abi::{Direction, MediaSlot};

pub use following::{Following, Overview};
pub use incidents::{Dropped, Incidents, Outside};
pub use limiting::{Limiting, Reached, baseline, rules};
pub use ring::Ring;
pub use wall_clock::WallClock;

use crate::{
    calls::{Call, CallResult, Fact, Resume, Signal, Timestamp, Tracker},
    events::Event,
    kernel::monotonic,
    metrics::CallMetrics,
    packets::Packets,
    store::{Store, Stored, Unfinished},
    sync::PolicyMetrics,
};
use following::State;
pub(crate) use house::House;
pub(crate) use order::Order;
use seen::SeenInvites;
pub(crate) use streams::streams;

/// Feeds the tracker, and hands its facts on.
pub struct Follower {
    following: Following,
    clock: WallClock,
    policy: PolicyMetrics,
    metrics: CallMetrics,
    store: Arc<Store>,
    limiting: Limiting,
    incidents: Incidents,
    packets: Packets,
    seen: SeenInvites,
    house: Mutex<House>,
    rings: usize,
    order: Mutex<Order>,
    /// Woken when the order's horizon may have moved.
    moved: Condvar,
}

impl Follower {
    /// Goes on with the calls that the store knows of as going on. Events will come from so many `rings`, and none was
    /// put into them yet.
    #[must_use]
    pub fn start(
        following: Following,
        clock: WallClock,
        policy: PolicyMetrics,
        metrics: CallMetrics,
        store: Arc<Store>,
        (limiting, incidents, packets): (Limiting, Incidents, Packets),
        rings: usize,
    ) -> Self {
        let house = Mutex::new(House::of(&policy));
        let order = Mutex::new(Order::new(rings, monotonic()));
        let moved = Condvar::new();
        let seen = SeenInvites::default();
        let follower = Self {
            following,
            clock,
            policy,
            metrics,
            store,
            limiting,
            incidents,
            packets,
            seen,
            house,
            rings,
            order,
            moved,
        };
        follower.resume();
        follower
    }

    /// Hands on what waits: nothing comes any more.
    pub fn finish(&self) {
        self.advance(|order| (0..self.rings).for_each(|ring| order.ended(ring)));
    }

    /// Waits until everything that the kernel saw before this moment is followed; for [`PATIENCE`] at most. Says whether it
    /// is.
    pub fn settle(&self) -> bool {
        let now = monotonic();
        let waited = self.moved.wait_timeout_while(self.order(), PATIENCE, |order| order.horizon() < now);
        waited.is_ok_and(|(_, waited)| !waited.timed_out())
    }

    /// Lets time pass.
    pub fn tick(&self) {
        let given_up = self.advance(|order| order.time(monotonic()));
        if !given_up.is_empty() {
            tracing::error!(rings = ?given_up, "the events of these CPUs are not read: calls may be shown wrong");
        }
        let now = self.horizon();
        let settings = self.house().settings();
        self.step(|tracker, facts| {
            tracker.set(settings);
            tracker.tick(now, facts);
        });
        let state = self.following.lock();
        self.limiting.tick(now, || state.tracker.active());
        self.incidents.grow(&state.tracker, now);
        drop(state);
        self.store.keep(self.limiting.changes());
    }

    /// INVITEs that passed one way to the destination of a slot and could be read.
    #[must_use]
    pub fn seen(&self, direction: Direction, slot: u16) -> u64 {
        self.seen.of(direction, slot)
    }

    /// Takes in the kernel's media slots; `age` says how long ago a slot's stamp was.
    pub fn sample(&self, slots: impl Iterator<Item = MediaSlot>, age: impl Fn(u64) -> Duration) {
        let taken = self.clock.now();
        let time = |stamp| {
            Timestamp(taken.0.saturating_sub(u64::try_from(age(stamp).as_micros()).unwrap_or(u64::MAX)))
        };
        let streams = streams(slots, time);
        let seen: Vec<_> = streams.iter().map(|stream| stream.seen).collect();
        let now = self.horizon();
        self.step(|tracker, facts| tracker.media(&seen, now, facts));
        self.following.lock().look(streams, taken);
    }

    /// Takes one event in.
    fn take(&self, event: &Event<'_>) {
        for signal in self.house().signals(event) {
            match signal {
                Ok(signal) => {
                    self.metrics.signal(event.direction);
                    if let Some(judged) = event.judged.as_ref().filter(|_| signal.judged.is_some()) {
                        self.seen.count(event.direction, judged);
                    }
                    self.wait(event.at, signal);
                }
                Err(why) => self.metrics.unreadable(why),
            }
        }
    }

    /// Has a signal wait for those that were seen before it.
    fn wait(&self, stamp: u64, signal: Signal) {
        let mut order = self.order();
        if !order.take(stamp, signal) {
            self.metrics.late();
        }
        if order.is_too_long() {
            self.hand_on(&mut order);
        }
    }

    /// Moves the horizon, and hands on the signals that nothing older can come before.
    fn advance<R>(&self, step: impl FnOnce(&mut Order) -> R) -> R {
        let mut order = self.order();
        let result = step(&mut order);
        self.hand_on(&mut order);
        self.moved.notify_all();
        result
    }

    fn hand_on(&self, order: &mut Order) {
        while let Some((stamp, signal)) = order.next() {
            let at = self.clock.of_kernel(stamp);
            self.step(|tracker, facts| tracker.signal(&signal, at, facts));
        }
    }

    /// Until when everything is followed.
    fn horizon(&self) -> Timestamp {
        self.clock.of_kernel(self.order().horizon())
    }

    /// Facts go on in the order in which they came, and so under the lock; none of those who take them waits.
    fn step(&self, step: impl FnOnce(&mut Tracker, &mut Vec<Fact>)) {
        let mut state = self.following.lock();
        let State { tracker, sums, facts, .. } = &mut *state;
        step(tracker, facts);
        let is_news = !facts.is_empty();
        for fact in facts.drain(..) {
            sums.take(&fact);
            self.limiting.take(&fact);
            self.packets.know(fact.call.id, || tracker.sip_call_ids(fact.call.id));
            self.incidents.take(&fact);
            self.metrics.take(&fact);
            let resume = tracker.resume(fact.call.id);
            self.store.call(&fact.call, resume.and_then(|resume| serde_json::to_string(&resume).ok()));
        }
        // With the calls that they count, lest a restart in between counts one twice or not at all.
        if is_news {
            self.store.keep(self.limiting.changes());
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
        self.packets.know(id, || state.tracker.sip_call_ids(id));
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

/// How long a question waits for the rings: much longer than they are read, and less than people notice.
const PATIENCE: Duration = Duration::from_secs(1);
