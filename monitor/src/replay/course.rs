//! The course of a capture: its clock, its calls in the order in which they went on, and what its limits did.

use std::{sync::Arc, time::Duration};

use monitor_common::abi::{SipRecord, Verdict};

use super::{
    limiting::{Limiting, Limits},
    media::Media,
    policy::Loaded,
    prevented::{Part, Prevented, PreventedSums},
    standing::Standing,
    sums::{Calls, Priced, Sums},
};
use crate::{
    calls::{Call, Counters, Fact, Happened, Route, Signal, Timestamp, Tracker},
    capture::Frame,
    events::Event,
    follow::{House, Order, streams},
    policy::Tariffs,
};

/// Calls as they go on.
pub(super) struct Course {
    house: House,
    tariffs: Arc<Tariffs>,
    standing: Standing,
    /// The last frame that was read.
    frame: u64,
    now: Timestamp,
    ticked: Timestamp,
    /// The last message of a call.
    heard: Timestamp,
    order: Order,
    tracker: Tracker,
    prevented: Prevented,
    limits: Option<Limiting>,
    calls: Calls,
    /// Those that began before the first block.
    lost: Sums,
    facts: Vec<Fact>,
    out_of_order: u64,
    unreadable: u64,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// The calls that took place.
    pub calls: Calls,
    /// What the limits did.
    pub limits: Limits,
    /// Those that did not.
    pub prevented: PreventedSums,
    /// Outgoing calls that began before the first block, where one was set.
    pub lost: Option<Sums>,
    /// What the tracker could not do, and what healed.
    pub counters: Counters,
    /// Frames whose time lies before that of a frame that came earlier, by more than is put in order.
    pub out_of_order: u64,
    /// SIP messages that say of no dialog.
    pub unreadable: u64,
}

impl Course {
    pub(super) fn new(policy: &Loaded, standing: &Standing) -> Self {
        let house = policy.house();
        let settings = house.settings();
        let tariffs = Arc::clone(&policy.compiled().tariffs);
        Self {
            house,
            tariffs: Arc::clone(&tariffs),
            standing: standing.clone(),
            frame: 0,
            now: Timestamp::default(),
            ticked: Timestamp::default(),
            heard: Timestamp::default(),
            order: Order::new(1, 0),
            tracker: Tracker::new(settings.clone()),
            prevented: Prevented::new(settings, tariffs),
            limits: Limiting::new(policy, standing),
            calls: Calls::default(),
            lost: Sums::default(),
            facts: Vec::new(),
            out_of_order: 0,
            unreadable: 0,
        }
    }

    /// Lets time pass until a frame, and says what the clock says then: it never goes back.
    pub(super) fn until(&mut self, frame: &Frame<'_>, media: &mut Media) -> Timestamp {
        if let Some(at) = frame.time.map(timestamp) {
            self.out_of_order += u64::from(self.now.since(at) >= HOLD);
            if at > self.now {
                self.go_on(at, media);
            }
        }
        self.frame = frame.number;
        self.now
    }

    fn go_on(&mut self, at: Timestamp, media: &mut Media) {
        if self.now == Timestamp::default() {
            self.ticked = at;
        }
        self.now = at;
        self.pass(media);
        self.catch_up(at);
        self.standing.time(at);
    }

    /// Ticks as often as something can come of it.
    fn pass(&mut self, media: &mut Media) {
        let mut goes_on = true;
        while self.now.since(self.ticked) >= TICK {
            let next = if goes_on { self.ticked.after(TICK) } else { self.now };
            self.tick(next, media);
            goes_on = self.goes_on();
        }
    }

    /// Takes in a message that makes, changes or ends a call.
    pub(super) fn take(&mut self, record: &SipRecord, octets: &[u8], time: Option<Duration>) {
        let Some(event) = Event::of(record, octets) else { return };
        let at = time.map_or(self.now, timestamp);
        for signal in self.house.signals(&event) {
            match signal {
                Ok(signal) => drop(self.order.take(nanos(at), signal)),
                Err(_) => self.unreadable += 1,
            }
        }
        self.heard = self.now;
    }

    /// The capture is over.
    pub(super) fn finish(mut self, media: &mut Media) -> Account {
        self.order.ended(0);
        self.hand_on();
        self.tick_at(self.now, media);
        // What is told after a moment of quiet is told.
        self.step(self.now.after(TICK), Tracker::tick);
        let active: Vec<_> = self.tracker.active().cloned().collect();
        for call in active {
            self.count(&call, self.now);
        }
        let limits = self.limits.map(Limiting::finish).unwrap_or_default();
        Account {
            calls: self.calls,
            prevented: self.prevented.finish(self.now),
            lost: limits.first_block.map(|_| self.lost),
            limits,
            counters: self.tracker.counters(),
            out_of_order: self.out_of_order,
            unreadable: self.unreadable,
        }
    }

    /// Whether anything can come of time that passes in small steps.
    fn goes_on(&self) -> bool {
        self.limits.is_some() && self.may_change()
    }

    fn may_change(&self) -> bool {
        self.ticked.since(self.heard) < STIR || self.tracker.active().next().is_some()
    }

    fn tick(&mut self, now: Timestamp, media: &mut Media) {
        self.ticked = now;
        self.catch_up(now);
        self.tick_at(Timestamp(now.0.saturating_sub(HOLD.as_micros() as u64)), media);
    }

    /// Lets time pass until a moment by which all messages were handed on.
    fn tick_at(&mut self, now: Timestamp, media: &mut Media) {
        if media.is_live() {
            let streams = streams(media.sample(now).into_iter(), Timestamp);
            let seen: Vec<_> = streams.into_iter().map(|stream| stream.seen).collect();
            self.step(now, |tracker, now, facts| tracker.media(&seen, now, facts));
        }
        self.step(now, Tracker::tick);
        self.prevented.tick(now);
        if let Some(limits) = &mut self.limits {
            limits.tick(self.tracker.active(), now, self.frame);
        }
    }

    /// Hands on the signals that nothing older can come before.
    fn catch_up(&mut self, now: Timestamp) {
        self.order.read_until(0, nanos(now).saturating_sub(HOLD.as_nanos() as u64));
        self.hand_on();
    }

    fn hand_on(&mut self) {
        while let Some((stamp, signal)) = self.order.next() {
            self.signal(signal, Timestamp(stamp / NANOS));
        }
    }

    fn signal(&mut self, signal: Signal, at: Timestamp) {
        match self.prevented.part(&signal, at, &self.tracker) {
            Part::TookPlace => {
                self.step(at, |tracker, now, facts| tracker.signal(&signal, now, facts));
            }
            Part::Prevented => self.prevented.take(signal, at),
            Part::Nobody => {}
        }
    }

    fn step(&mut self, now: Timestamp, step: impl FnOnce(&mut Tracker, Timestamp, &mut Vec<Fact>)) {
        let mut facts = std::mem::take(&mut self.facts);
        step(&mut self.tracker, now, &mut facts);
        for fact in facts.drain(..) {
            if let Some(limits) = &mut self.limits {
                limits.take(&fact, self.frame);
            }
            if fact.happened == Happened::Ended {
                self.count(&fact.call, fact.at);
            }
        }
        self.facts = facts;
    }

    /// Counts a call that is over, or that goes on at `end`.
    fn count(&mut self, call: &Call, end: Timestamp) {
        let priced = Priced::new(call, end, &self.tariffs);
        if call.verdict != Verdict::Drop {
            self.calls.take(&priced);
            let is_before = |limits: &Limiting| limits.is_before_blocks(call.started);
            if call.route == Route::Outgoing && self.limits.as_ref().is_some_and(is_before) {
                self.lost.take(&priced);
            }
        }
        if call.verdict != Verdict::Pass {
            self.prevented.add(&priced);
        }
    }
}

/// Microseconds since 1970; as far as nanoseconds of 64 bits go, the year 2554.
fn timestamp(time: Duration) -> Timestamp {
    Timestamp(u64::try_from(time.as_micros()).unwrap_or(u64::MAX).min(u64::MAX / NANOS))
}

const fn nanos(at: Timestamp) -> u64 {
    at.0.saturating_mul(NANOS)
}

/// Nanoseconds of a microsecond.
const NANOS: u64 = 1_000;
/// How far out of order frames may be: as long as the agent takes to read its rings.
const HOLD: Duration = Duration::from_millis(50);
/// Steps in which time passes while calls go on.
const TICK: Duration = Duration::from_secs(1);
/// For so long after a message something may come of it though no call goes on: longer than a transaction lives.
const STIR: Duration = Duration::from_secs(60);
