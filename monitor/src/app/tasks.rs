//! What runs beside the main loop: each reads one thing and hands it on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::spawn_blocking, time};

use super::{alive::Alive, evidence, incidents::Looking, missing::Missing};
use crate::{
    alerts::Alerter,
    control::TemporaryBlocks,
    events::Event,
    evidence::Ledger,
    follow::{self, Follower},
    kernel::{Clock, EventRing, MediaTable},
    metrics::LimitMetrics,
    packets::Packets,
    store::Store,
    sync::PolicyMetrics,
    watchdog::Beat,
};

/// Looks at nothing but the ring of one CPU.
pub async fn drain(
    mut ring: EventRing,
    packets: Packets,
    alerter: Arc<Alerter>,
    followed: follow::Ring,
    beat: Beat,
) {
    let mut seen = 0;
    loop {
        let result = ring.drain(|record| match Event::read(record) {
            Some(event) => {
                // One CPU stamps in the order in which it fills its ring.
                seen = event.at;
                // First: an alert begins an incident, which looks for what led to it.
                packets.take(record, &event);
                alerter.take(&event, Instant::now());
                followed.take(&event);
            }
            None => tracing::debug!(octets = record.len(), "an event that this agent cannot read"),
        });
        let result = result.await;
        beat.beat();
        match result {
            Ok(until) => followed.read_until(until.unwrap_or(seen)),
            Err(error) => {
                tracing::error!(%error, "the events of one CPU cannot be read any more");
                return;
            }
        }
    }
}

/// Ends calls in time.
pub async fn follow(follower: Arc<Follower>, beat: Beat) {
    let mut tick = every(TICK);
    loop {
        tick.tick().await;
        follower.tick();
        beat.beat();
    }
}

/// Looks at the kernel's media table, away from the tasks that must not wait: it may have millions of slots.
pub async fn sample_media(follower: Arc<Follower>, media: Arc<MediaTable>, clock: Clock) {
    let mut tick = every(SAMPLE);
    loop {
        tick.tick().await;
        let (follower, media) = (Arc::clone(&follower), Arc::clone(&media));
        let sampled = spawn_blocking(move || {
            let now = Instant::now();
            follower.sample(media.confirmed(), |stamp| clock.age(now, stamp));
        });
        if sampled.await.is_err() {
            tracing::error!("media is not tied to calls any more");
            return;
        }
    }
}

/// Looks after the temporary blocks.
pub async fn look_after_blocks(blocks: Arc<TemporaryBlocks>, beat: Beat) {
    let mut tick = every(LOOK);
    loop {
        tick.tick().await;
        blocks.tick();
        beat.beat();
    }
}

/// Looks for calls whose events were lost, away from the tasks that must not wait.
pub async fn look_for_missing(mut missing: Missing) {
    let mut tick = every(Duration::from_secs(1));
    loop {
        tick.tick().await;
        let looked = spawn_blocking(move || {
            missing.look();
            missing
        });
        match looked.await {
            Ok(back) => missing = back,
            Err(_) => {
                tracing::error!("calls whose events are lost count in no limit any more");
                return;
            }
        }
    }
}

/// Looks after incidents, away from the tasks that must not wait.
pub async fn look_after_incidents(mut looking: Looking) {
    let mut tick = every(Duration::from_secs(1));
    loop {
        tick.tick().await;
        let looked = spawn_blocking(move || {
            looking.look();
            looking
        });
        match looked.await {
            Ok(back) => looking = back,
            Err(_) => {
                tracing::error!("incidents are not looked after any more: none ends, and none is told again");
                return;
            }
        }
    }
}

/// Tells those who do not ask that another policy is in force than that of generation `told`.
pub async fn follow_policy(
    policy: PolicyMetrics,
    (store, ledger): (Arc<Store>, Arc<Ledger>),
    limits: LimitMetrics,
    mut told: u64,
) {
    let mut tick = every(LOOK);
    loop {
        tick.tick().await;
        if policy.generation() != told {
            told = take_up(&policy, &store, &limits);
            evidence::by_policy(&ledger, &policy);
        }
    }
}

/// Hands on what the policy in force says to those who do not ask for it, and gives its generation.
pub fn take_up(policy: &PolicyMetrics, store: &Store, limits: &LimitMetrics) -> u64 {
    // Before the policy: one that comes in between is taken up twice, and none is missed.
    let generation = policy.generation();
    let in_force = policy.in_force();
    store.privacy(in_force.privacy);
    let policy = in_force.policy.iter();
    limits.enter(policy.flat_map(|policy| &policy.limits).map(|limit| &**limit));
    generation
}

/// Leaves a sign of life every second, away from the tasks that must not wait for a disk.
pub(super) async fn beat(alive: Arc<Alive>) {
    let mut tick = every(Duration::from_secs(1));
    loop {
        tick.tick().await;
        let alive = Arc::clone(&alive);
        // One that fails has said so.
        let _ = spawn_blocking(move || alive.beat()).await;
    }
}

/// Ends bursts in time.
pub async fn tick_alerts(alerter: Arc<Alerter>) {
    let mut tick = every(Duration::from_secs(1));
    loop {
        tick.tick().await;
        alerter.tick(Instant::now());
    }
}

fn every(period: Duration) -> time::Interval {
    let mut tick = time::interval(period);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    tick
}

/// How often the tracker's clocks are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often the media table is read.
const SAMPLE: Duration = Duration::from_secs(1);
/// How often it is looked whether blocks are over, and whether there is another policy.
const LOOK: Duration = Duration::from_millis(500);
