//! From a configuration to an [`App`]: everything is bound here, in the order in which refusals are cheapest.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Instant, SystemTime},
};

use monitor_common::rules::ROOT_REFERENCES;
use prometheus_client::registry::Registry;

use super::{
    App, Failure,
    acting::Acting,
    alive::{Alive, Earlier},
    answering::Answering,
    calls::Calls,
    evidence,
    ground::{Ground, refused},
    incidents::Looking,
    journaling,
    missing::Missing,
    reload::Reloader,
    supervised::Standing,
};
use crate::{
    alerts::{Alerter, Lines},
    config::Config,
    evidence::Ledger,
    follow::Incidents,
    guard::{Guard, States},
    kernel::{
        About, Clock, Counters, EventRing, Grace, LinkChanges, MediaTable, Object, Options, Overlay, Pins,
        PolicyMaps, Refusal, Slots, kernel_release,
    },
    metrics::{KernelCollector, Metrics},
    policy,
    programs::Runner,
    server::{Answers, Server},
    sync::{Before, Enforcer, Policy, PolicyMetrics, Rejected},
    watch::FileWatch,
};

impl App {
    /// Binds everything and attaches the hooks.
    pub async fn bind(config: &Config) -> Result<Self, Failure> {
        let policy = read_policy(&config.policy)?;
        let Ground { supervisor, signals, state, earlier, mut pins, secrets, control, server } =
            Ground::take(config).await?;
        let mut kernel = Kernel::load(config, pins.as_mut())?;
        let mut registry = Metrics::registry();
        let metrics = PolicyMetrics::register(&mut registry);
        // The watch comes before the policy is in force, so that no change falls between.
        let watch = watch(&config.policy);
        let before = before(pins.as_ref(), config);
        let enforcer = Enforcer::start(kernel.policy, &config.policy, policy, metrics.clone(), &before)
            .map_err(not_started)?;
        let ledger = evidence::open(config, &mut registry, &metrics);
        let outside = (kernel.overlay, kernel.rings.len());
        let calls = Calls::bind(config, &secrets, &mut registry, &metrics, Arc::clone(&ledger), outside);
        let (log, object) = (kernel.object.take_log(), Arc::new(Mutex::new(kernel.object)));
        let lines = Lines::to_stdout().map_err(refused("starting the writer of alerts"))?;
        say(&server, &metrics, config)?;
        let is_held = pins.as_ref().is_some_and(Pins::stand);
        let mut guard = Guard::attach(object, &config.interfaces, config.mode, pins)?;
        let slots = Slots { destinations: names(&metrics), interfaces: config.interfaces.clone() };
        kernel.counters.carry(guard.settle(&slots, &mut kernel.grace)?);
        let interfaces = guard.states();
        let alerter = Arc::new(alerter(&mut registry, lines, &calls.incidents, (&interfaces, &metrics)));
        earlier.iter().for_each(|earlier| tell_gap(earlier, is_held, &ledger, &alerter));
        journaling::begun(&ledger, config, guard.pinned().is_some(), &metrics);
        let (counters, media) = (Arc::new(kernel.counters), Arc::new(kernel.media));
        let reloader =
            Reloader::new(enforcer, metrics.clone(), config.dry_run, supervisor.clone(), Arc::clone(&ledger));
        let reports = Reports { calls: &calls, policy: &metrics, alerter: &alerter, counters: &counters };
        let answering = reports.answering(config, reloader.clone(), interfaces.clone(), guard.pinned());
        let standing = reports.standing(config, interfaces.clone());
        let acting = reports.acting(config, Runner::start(&mut registry));
        let (missing, looking) = (Some(reports.missing()), Some(reports.looking()));
        Ok(Self {
            signals,
            guard,
            links: news_of_links(),
            reloader,
            policy: metrics.clone(),
            watch,
            rings: kernel.rings,
            media: (media, kernel.clock),
            calls,
            ledger,
            acting: Arc::new(acting),
            missing,
            looking,
            alerter,
            log,
            faces: Some((server, control)),
            answers: (Arc::new(answers(registry, counters, interfaces, metrics)), Arc::new(answering)),
            supervisor,
            standing,
            alive: Arc::new(Alive::begin(&config.state, &config.interfaces)),
            state,
        })
    }
}

/// Nobody followed calls since the agent before.
fn tell_gap(earlier: &Earlier, is_held: bool, ledger: &Ledger, alerter: &Alerter) {
    let gap = earlier.gap(SystemTime::now(), is_held);
    journaling::gap(ledger, &gap);
    alerter.gap(&gap);
}

/// What those who answer, act and look for losses need alike.
struct Reports<'a> {
    calls: &'a Calls,
    policy: &'a PolicyMetrics,
    alerter: &'a Arc<Alerter>,
    counters: &'a Arc<Counters>,
}

impl Reports<'_> {
    fn answering(
        &self,
        config: &Config,
        reloader: Reloader,
        interfaces: States,
        pinned: Option<PathBuf>,
    ) -> Answering {
        Answering {
            reloader,
            interfaces,
            pinned,
            policy: config.policy.clone(),
            state: config.state.clone(),
            started: SystemTime::now(),
            began: Instant::now(),
            calls: self.calls.clone(),
            counters: Arc::clone(self.counters),
            alerts: self.alerter.recent(),
            in_force: self.policy.clone(),
        }
    }

    fn acting(&self, config: &Config, programs: Runner) -> Acting {
        Acting {
            calls: self.calls.clone(),
            policy: self.policy.clone(),
            alerter: Arc::clone(self.alerter),
            programs,
            dry_run: config.dry_run,
        }
    }

    fn standing(&self, config: &Config, interfaces: States) -> Standing {
        Standing {
            interfaces,
            policy: self.policy.clone(),
            blocks: Arc::clone(&self.calls.blocks),
            dry_run: config.dry_run,
        }
    }

    fn looking(&self) -> Looking {
        Looking::new(self.calls, Arc::clone(self.counters), self.policy.clone())
    }

    fn missing(&self) -> Missing {
        Missing::new(self.calls.clone(), Arc::clone(self.counters), self.policy.clone())
    }
}

fn say(server: &Server, policy: &PolicyMetrics, config: &Config) -> Result<(), Refusal> {
    tracing::info!(
        address = %server.address().map_err(refused("reading the address of the server"))?,
        rules = policy.rules(),
        dry_run = config.dry_run,
        "serving /metrics, /healthz and /readyz"
    );
    Ok(())
}

fn alerter(
    registry: &mut Registry,
    lines: Lines,
    incidents: &Incidents,
    (interfaces, policy): (&States, &PolicyMetrics),
) -> Alerter {
    Alerter::new(registry, lines, Arc::new(incidents.clone()), interfaces.clone(), policy.clone())
}

fn news_of_links() -> Option<LinkChanges> {
    LinkChanges::subscribe().inspect_err(|error| tracing::warn!(%error, "no news of links")).ok()
}

/// The loaded object and what was taken out of it.
struct Kernel {
    object: Object,
    counters: Counters,
    media: MediaTable,
    policy: PolicyMaps,
    rings: Vec<EventRing>,
    overlay: Overlay,
    clock: Clock,
    grace: Grace,
}

impl Kernel {
    fn load(config: &Config, pins: Option<&mut Pins>) -> Result<Self, Refusal> {
        let mut object = Object::load(Options {
            rule_lines: rule_lines(config.max_prefixes),
            media_slots: config.media_slots,
            dry_run: config.dry_run,
            send_events: true,
            keep_judgements: false,
        })?;
        let pins = pins.filter(|_| config.persist);
        let book = pins.map(|pins| pins.begin(&mut object, &config.interfaces)).transpose()?;
        let (clock, grace) = (Clock::start(&mut object)?, Grace::of(&mut object)?);
        let mut policy = PolicyMaps::take(&mut object)?;
        policy.keep(book);
        Ok(Self {
            grace,
            counters: Counters::take(&mut object)?,
            media: MediaTable::take(&mut object)?,
            policy,
            rings: EventRing::open_all(&mut object)?,
            overlay: Overlay::take(&mut object, clock)?,
            clock,
            object,
        })
    }
}

/// Lines that hold so many prefixes: the root, and 16 octets a prefix.
fn rule_lines(prefixes: u32) -> u32 {
    let root = (ROOT_REFERENCES as u32).div_ceil(REFERENCES_A_LINE);
    root.saturating_add(prefixes / PREFIXES_A_LINE).saturating_add(SPARE_LINES)
}

/// What an earlier agent left pinned, and what becomes of it now.
fn before(pins: Option<&Pins>, config: &Config) -> Before {
    let Some(last) = pins.and_then(|pins| pins.earlier().next()) else { return Before::default() };
    let About { version, process, .. } = last;
    let then = if config.persist {
        "it stays pinned"
    } else {
        "without --persist it goes with this agent: the pins are taken away"
    };
    tracing::info!(version, process, then, "taking over the guard that an earlier agent left");
    let generation = pins.into_iter().flat_map(Pins::earlier).map(|about| about.generation).max();
    let names = pins.into_iter().flat_map(Pins::earlier).flat_map(|about| &about.slots.destinations);
    Before { destinations: names.cloned().collect(), generation: generation.unwrap_or(0) }
}

/// Names of the counter slots.
fn names(metrics: &PolicyMetrics) -> Vec<String> {
    metrics.in_force().slots.iter().map(|(_, name)| name.to_string()).collect()
}

fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let text = policy::read(path).map_err(|error| Failure::Input(error.to_string()))?;
    Policy::compile(text, path).map_err(Failure::Input)
}

fn not_started(rejected: Rejected) -> Failure {
    match rejected {
        Rejected::Kernel(refusal) => Failure::Host(refusal),
        other => Failure::Input(other.to_string()),
    }
}

fn watch(policy: &Path) -> Option<FileWatch> {
    FileWatch::new(policy)
        .inspect_err(|error| {
            tracing::warn!(%error, "changes of the policy file are not noticed; use SIGHUP or `ringfence reload`");
        })
        .ok()
}

fn answers(
    registry: Registry,
    counters: Arc<Counters>,
    interfaces: States,
    policy: PolicyMetrics,
) -> Answers {
    let collector = KernelCollector { counters, interfaces: interfaces.clone(), policy: policy.clone() };
    Answers { metrics: Metrics::new(registry, collector, &kernel_release()), interfaces, policy }
}

/// References of the root in one line.
const REFERENCES_A_LINE: u32 = 16;
/// Prefixes that one line holds in a large policy: 16 octets each.
const PREFIXES_A_LINE: u32 = 4;
/// Lines for the few prefixes that lie alone in theirs.
const SPARE_LINES: u32 = 4096;
