//! Everything of the agent that has to do with calls, bound together.

use std::{sync::Arc, time::SystemTime};

use prometheus_client::registry::Registry;

use super::{ground::Secrets, incidents, keeping, packets, revealing};
use crate::{
    calls::CallId,
    config::Config,
    control::TemporaryBlocks,
    evidence::{Change, Ledger},
    follow::{Follower, Following, Incidents, Limiting, Outside, WallClock},
    incidents::IncidentId,
    kernel::Overlay,
    metrics::{CallMetrics, IncidentMetrics, LimitMetrics, LimitNumbers, Sources},
    packets::Packets,
    privacy::Seals,
    store::{self, Store},
    sync::PolicyMetrics,
};

/// Everything that has to do with calls.
#[derive(Clone)]
pub(super) struct Calls {
    pub(super) clock: WallClock,
    pub(super) store: Arc<Store>,
    /// What happened, and what is told of it.
    pub(super) ledger: Arc<Ledger>,
    /// Tokens and seals of numbers.
    pub(super) seals: Arc<Seals>,
    pub(super) following: Following,
    pub(super) follower: Arc<Follower>,
    pub(super) metrics: CallMetrics,
    pub(super) limiting: Limiting,
    pub(super) limits: LimitMetrics,
    pub(super) incidents: Incidents,
    pub(super) packets: Packets,
    pub(super) blocks: Arc<TemporaryBlocks>,
}

impl Calls {
    pub(super) fn bind(
        config: &Config,
        secrets: &Secrets,
        registry: &mut Registry,
        policy: &PolicyMetrics,
        ledger: Arc<Ledger>,
        (overlay, rings): (Overlay, usize),
    ) -> Self {
        let clock = WallClock::start();
        let store =
            Arc::new(Store::open(&config.state, policy.in_force().privacy, store_clock(clock), registry));
        let metrics = CallMetrics::register(registry, clock.now());
        let blocks = {
            let kept = keeping::Kept {
                store: Arc::clone(&store),
                ledger: Arc::clone(&ledger),
                clock,
                policy: policy.clone(),
            };
            keeping::blocks(overlay, kept, config.dry_run)
        };
        let blocks = Arc::new(blocks);
        let following = Following::new();
        metrics.watch(sources(&following, &blocks, clock));
        let limiting = Limiting::start(clock, policy.clone(), secrets.tokens, store.kept());
        let standing = blocks.by_limits();
        limiting.ask(|engine, _| {
            engine.fall_due(&|limit, token| standing.contains(&(limit.to_owned(), token)));
        });
        let limits = LimitMetrics::register(registry);
        let packets = packets::start(config, policy, &ledger, registry);
        limits.watch(numbers(limiting.clone(), policy.clone()));
        let outside = Outside {
            following: following.clone(),
            limiting: limiting.clone(),
            clock,
            policy: policy.clone(),
            metrics: IncidentMetrics::register(registry),
            tell: sealing(packets::tell(&ledger, &packets), &ledger, &secrets.seals, policy.clone()),
            joined: joined(&packets),
        };
        let incidents = incidents::start(outside, &ledger, &config.state, &secrets.seals);
        let follower = Follower::start(
            following.clone(),
            clock,
            policy.clone(),
            metrics.clone(),
            Arc::clone(&store),
            (limiting.clone(), incidents.clone(), packets.clone()),
            rings,
        );
        Self {
            clock,
            store,
            ledger,
            seals: Arc::clone(&secrets.seals),
            following,
            follower: Arc::new(follower),
            metrics,
            limiting,
            limits,
            incidents,
            packets,
            blocks,
        }
    }
}

/// Which call joined which incident.
fn joined(packets: &Packets) -> Box<dyn Fn(IncidentId, CallId) + Send + Sync> {
    let packets = packets.clone();
    Box::new(move |incident, call| packets.add_call(incident, call))
}

/// Where what changed of an incident goes.
type Tell = Box<dyn Fn(Change) + Send + Sync>;

/// Tells it after the numbers that it shows are sealed.
fn sealing(tell: Tell, ledger: &Arc<Ledger>, seals: &Arc<Seals>, policy: PolicyMetrics) -> Tell {
    let (ledger, seals) = (Arc::clone(ledger), Arc::clone(seals));
    Box::new(move |change| {
        revealing::seal(&ledger, &seals, &change.incident, policy.in_force().privacy);
        tell(change);
    })
}

fn store_clock(clock: WallClock) -> store::Clock {
    store::Clock { wall: Arc::new(move |at| clock.wall(at)), now: Arc::new(SystemTime::now) }
}

/// Where a scrape looks for what goes on.
fn sources(following: &Following, blocks: &Arc<TemporaryBlocks>, clock: WallClock) -> Sources {
    let (active, tracker, media) = (following.clone(), following.clone(), following.clone());
    let blocks = Arc::clone(blocks);
    Sources {
        now: Box::new(move || clock.now()),
        active: Box::new(move |show| active.each(show)),
        blocks: Box::new(move |show| blocks.causes(show)),
        counters: Box::new(move || tracker.counters()),
        media: Box::new(move || media.media_streams()),
    }
}

/// Where a scrape looks for limits and money.
fn numbers(limiting: Limiting, policy: PolicyMetrics) -> Box<dyn Fn() -> LimitNumbers + Send + Sync> {
    Box::new(move || {
        let in_force = policy.in_force();
        let tariffs = in_force.policy.as_ref().map(|policy| &policy.tariffs);
        limiting.ask(|engine, now| {
            let rows = engine.rows(now, 0);
            let amount = |amount| f64::try_from(amount).unwrap_or(f64::MAX);
            LimitNumbers {
                forgotten: rows.iter().map(|row| row.evicted).sum(),
                used: rows.iter().map(|row| (Arc::clone(&row.limit.name), amount(row.ratio))).collect(),
                spend: engine.spend().map(|(name, spent)| (Arc::clone(name), amount(spent))).collect(),
                currency: tariffs.map(|tariffs| tariffs.currency().to_owned()).unwrap_or_default(),
            }
        })
    })
}
