//! From a configuration to an [`App`]: everything is bound here, in the order in which refusals are cheapest.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Instant, SystemTime},
};

use monitor_common::rules::ROOT_REFERENCES;
use prometheus_client::registry::Registry;

use super::{
    App, Failure, acting::Acting, answering::Answering, calls::Calls, missing::Missing, reload::Reloader,
    state::StateDirectory, supervised::Standing,
};
use crate::{
    alerts::{Alerter, Lines},
    config::Config,
    control::Control,
    guard::{Guard, States},
    kernel::{
        Clock, Counters, EventRing, LinkChanges, MediaTable, Object, Options, Overlay, PolicyMaps, Refusal,
        interface, kernel_release,
    },
    limits::Tokens,
    metrics::{KernelCollector, Metrics},
    notify::Supervisor,
    policy,
    programs::Runner,
    server::{Answers, Server},
    signal::Signals,
    store::SecretKey,
    sync::{Enforcer, Policy, PolicyMetrics, Rejected},
    watch::FileWatch,
};

impl App {
    /// Binds everything and attaches the hooks.
    pub async fn bind(config: &Config) -> Result<Self, Failure> {
        let policy = read_policy(&config.policy)?;
        let supervisor =
            Supervisor::from_environment().map_err(refused("starting the thread for the service manager"))?;
        let signals = Signals::take().map_err(refused("taking the signals"))?;
        refuse_missing(&config.interfaces)?;
        let state = StateDirectory::lock(&config.state)?;
        let tokens = Tokens::new(SecretKey::of(&config.state)?.octets);
        let control = Control::bind(&config.state).map_err(refused("binding the control socket"))?;
        let server = Server::bind(config.listen).await.map_err(|error| in_use(config, &error))?;
        let mut kernel = Kernel::load(config)?;
        let mut registry = Metrics::registry();
        let metrics = PolicyMetrics::register(&mut registry);
        // The watch comes before the policy is in force, so that no change falls between.
        let watch = watch(&config.policy);
        let enforcer =
            Enforcer::start(kernel.policy, &config.policy, policy, metrics.clone()).map_err(not_started)?;
        let calls =
            Calls::bind(config, tokens, &mut registry, &metrics, (kernel.overlay, kernel.rings.len()));
        let log = kernel.object.take_log();
        let object = Arc::new(Mutex::new(kernel.object));
        let guard = Guard::attach(Arc::clone(&object), &config.interfaces, config.mode)?;
        let interfaces = guard.states();
        let lines = Lines::to_stdout().map_err(refused("starting the writer of alerts"))?;
        let alerter = Arc::new(Alerter::new(&mut registry, lines, interfaces.clone(), metrics.clone()));
        let (counters, media) = (Arc::new(kernel.counters), Arc::new(kernel.media));
        let collector = KernelCollector {
            counters: Arc::clone(&counters),
            media: Arc::clone(&media),
            clock: kernel.clock,
            object,
            interfaces: interfaces.clone(),
            policy: metrics.clone(),
        };
        say(&server, &metrics, config)?;
        let reloader = Reloader::new(enforcer, metrics.clone(), config.dry_run, supervisor.clone());
        let reports = Reports { calls: &calls, policy: &metrics, alerter: &alerter, counters: &counters };
        let answering = reports.answering(config, reloader.clone(), interfaces.clone());
        let standing = reports.standing(config, interfaces.clone());
        let (acting, missing) = (reports.acting(config, Runner::start(&mut registry)), reports.missing());
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
            acting: Arc::new(acting),
            missing: Some(missing),
            alerter,
            log,
            faces: Some((server, control)),
            answers: (Arc::new(answers(registry, collector, interfaces, metrics)), Arc::new(answering)),
            supervisor,
            standing,
            state,
        })
    }
}

/// What those who answer, act and look for losses need alike.
struct Reports<'a> {
    calls: &'a Calls,
    policy: &'a PolicyMetrics,
    alerter: &'a Arc<Alerter>,
    counters: &'a Arc<Counters>,
}

impl Reports<'_> {
    fn answering(&self, config: &Config, reloader: Reloader, interfaces: States) -> Answering {
        Answering {
            reloader,
            interfaces,
            policy: config.policy.clone(),
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
}

impl Kernel {
    fn load(config: &Config) -> Result<Self, Refusal> {
        let mut object = Object::load(Options {
            rule_lines: rule_lines(config.max_prefixes),
            media_slots: config.media_slots,
            dry_run: config.dry_run,
            send_events: true,
            keep_judgements: false,
        })?;
        let clock = Clock::start(&mut object)?;
        Ok(Self {
            counters: Counters::take(&mut object)?,
            media: MediaTable::take(&mut object)?,
            policy: PolicyMaps::take(&mut object)?,
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

/// Before anything is loaded: a typing error in a name should not cost a second.
fn refuse_missing(names: &[String]) -> Result<(), Refusal> {
    for name in names {
        let facts = interface(name).map_err(refused("asking for the interfaces"))?;
        Object::link_of(&facts.ok_or_else(|| Refusal::NoSuchInterface(name.clone()))?)?;
    }
    Ok(())
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
    collector: KernelCollector,
    interfaces: States,
    policy: PolicyMetrics,
) -> Answers {
    Answers { metrics: Metrics::new(registry, collector, &kernel_release()), interfaces, policy }
}

fn in_use(config: &Config, error: &std::io::Error) -> Refusal {
    let doing = format!("listening on {} (choose another address with `--listen`)", config.listen);
    Refusal::from_io(&doing, error)
}

fn refused(doing: &'static str) -> impl Fn(std::io::Error) -> Refusal {
    move |error| Refusal::from_io(doing, &error)
}

/// References of the root in one line.
const REFERENCES_A_LINE: u32 = 16;
/// Prefixes that one line holds in a large policy: 16 octets each.
const PREFIXES_A_LINE: u32 = 4;
/// Lines for the few prefixes that lie alone in theirs.
const SPARE_LINES: u32 = 4096;
