//! What a scrape takes: over HTTP, from a server with every family that the agent has, beside full tables in the kernel.

use std::{
    fs::write,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime},
};

use anyhow::{Context as _, Result, ensure};
use aya::{maps::ProgramArray, programs::TestRun as _, programs::TestRunOptions, util::nr_cpus};
use monitor::{
    follow::{Follower, Following, Incidents, Limiting, Outside, WallClock},
    guard::{State, States},
    kernel::{
        Clock, Counters, Interfaces, MediaTable, Mode, Object, Options, PolicyMaps, kernel_release,
        test_run::INTERFACE_SLOT,
    },
    limits::Tokens,
    metrics::{CallMetrics, IncidentMetrics, KernelCollector, LimitMetrics, LimitNumbers, Metrics, Sources},
    packets::{Agent, Packets},
    server::{Answers, Server},
    store::{self, Store},
    sync::{Before, Enforcer, Policy, PolicyMetrics},
};
use monitor_common::{
    abi::{Link, program},
    rotation::{Rotated, Rotation},
};
use prometheus_client::registry::Registry;
use rustix::thread::{sched_getaffinity, sched_setaffinity};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::{
    bed,
    cases::COLD,
    clock::{process_time, thread_time},
    control::milliseconds,
    figures::{Scrape, Spread},
    frames::{self, Way},
    policies::{DESTINATIONS, Setup},
    rounds::stay_on,
};

/// Scrapes an agent's server with no stream in the table, and with [`STREAMS`].
pub fn run(rounds: u32) -> Result<Vec<Scrape>> {
    let site = Site::set_up()?;
    [0, STREAMS].into_iter().map(|streams| site.scrape(streams, rounds)).collect()
}

/// An agent, but for the hooks: packets come from the kernel's test run.
struct Site {
    address: SocketAddr,
    object: Arc<Mutex<Object>>,
    media: Arc<MediaTable>,
    clock: Clock,
    follower: Follower,
    _next: ProgramArray<aya::maps::MapData>,
    _enforcer: Enforcer,
    _interfaces: Interfaces,
    _runtime: Runtime,
    _folder: TempDir,
}

impl Site {
    fn set_up() -> Result<Self> {
        let folder = TempDir::new()?;
        let (path, text) = (folder.path().join("policy.toml"), Setup::Many.text());
        write(&path, &text)?;
        let policy = Policy::compile(text, &path).map_err(anyhow::Error::msg)?;
        let mut object = Object::load(Options {
            rule_lines: RULE_LINES,
            media_slots: MEDIA_SLOTS,
            dry_run: false,
            send_events: false,
            keep_judgements: false,
        })?;
        let next = bed::next_programs(&mut object)?;
        let clock = Clock::start(&mut object)?;
        let mut interfaces = Interfaces::take(&mut object)?;
        interfaces.register(INTERFACE_SLOT, LOOPBACK, Link::Ethernet)?;
        let media = Arc::new(MediaTable::take(&mut object)?);
        let counters = Arc::new(Counters::take(&mut object)?);
        let mut registry = Metrics::registry();
        let metrics = PolicyMetrics::register(&mut registry);
        let enforcer = Enforcer::start(
            PolicyMaps::take(&mut object)?,
            &path,
            policy,
            metrics.clone(),
            &Before::default(),
        )?;
        let follower = follower(&mut registry, &metrics, &folder);
        let object = Arc::new(Mutex::new(object));
        let states: States =
            NAMES.map(|name| State { name: name.into(), mode: Some(Mode::Native) }).into_iter().collect();
        let collector = KernelCollector { counters, interfaces: states.clone(), policy: metrics.clone() };
        let metrics_of = Metrics::new(registry, collector, &kernel_release());
        let answers = Answers { metrics: metrics_of, interfaces: states, policy: metrics };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let server = runtime.block_on(Server::bind(([127, 0, 0, 1], 0).into()))?;
        let address = server.address()?;
        runtime.spawn(server.serve(Arc::new(answers)));
        let site = Self {
            address,
            object,
            media,
            clock,
            follower,
            _next: next,
            _enforcer: enforcer,
            _interfaces: interfaces,
            _runtime: runtime,
            _folder: folder,
        };
        site.send(frames::invite(Way::In), Rotated::Number, COLD, 0, 1 << COLD)?;
        Ok(site)
    }

    /// Each CPU sees its share of the streams, twice, so that they are confirmed, or are not forgotten in the next seconds.
    fn fill(&self, streams: u64) -> Result<()> {
        let all = sched_getaffinity(None)?;
        let cpus: Vec<_> =
            (0..nr_cpus().map_err(|(_, error)| error)?).filter(|cpu| all.is_set(*cpu)).collect();
        let share = streams / cpus.len() as u64;
        for (index, cpu) in (0..).zip(&cpus) {
            stay_on(*cpu)?;
            for time in 0..2 {
                let first = (time << STREAM_BITS) + index * share;
                self.send(frames::rtp(Way::In, 0), Rotated::Stream, STREAM_BITS, first, share)?;
            }
        }
        sched_setaffinity(None, &all)?;
        let confirmed = self.media.confirmed().count() as u64;
        ensure!(confirmed >= streams - streams / 100, "only {confirmed} streams are in the table");
        Ok(())
    }

    fn send(&self, mut frame: Vec<u8>, of: Rotated, bits: u8, turn: u64, count: u64) -> Result<()> {
        let addresses = Rotation { turn, bits, of, next: 0 }.addresses();
        frame.splice(..addresses.len(), addresses);
        let repeat = u32::try_from(count)?;
        let options = TestRunOptions { data_in: Some(&frame), repeat, ..TestRunOptions::new() };
        let mut object = self.object.lock().unwrap_or_else(PoisonError::into_inner);
        object.xdp(program::ROTATE)?.test_run(options)?;
        Ok(())
    }

    fn scrape(&self, streams: u64, rounds: u32) -> Result<Scrape> {
        let (mut cpu, mut wall, mut look, mut octets) = (Vec::new(), Vec::new(), Vec::new(), 0);
        // The first does not count.
        for round in 0..=rounds {
            if streams > 0 {
                self.fill(streams)?;
            }
            let before = thread_time();
            let now = Instant::now();
            self.follower.sample(self.media.confirmed(), |stamp| self.clock.age(now, stamp));
            let looked = thread_time().saturating_sub(before);
            let (before, own, began) = (process_time(), thread_time(), Instant::now());
            let answer = get(self.address)?;
            let (took, client) = (began.elapsed(), thread_time().saturating_sub(own));
            let spent = process_time().saturating_sub(before).saturating_sub(client);
            self.check(&answer)?;
            if round > 0 {
                cpu.push(milliseconds(spent));
                wall.push(milliseconds(took));
                look.push(milliseconds(looked));
            }
            octets = answer.len();
        }
        Ok(Scrape {
            streams: self.media.confirmed().count() as u64,
            slots: u64::from(self.object.lock().unwrap_or_else(PoisonError::into_inner).media_entries()?),
            destinations: DESTINATIONS as u64,
            octets,
            cpu_ms: Spread::of(&cpu),
            wall_ms: Spread::of(&wall),
            look_ms: Spread::of(&look),
        })
    }

    /// The answer shows every destination, and the streams that are in the table.
    fn check(&self, answer: &str) -> Result<()> {
        ensure!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("# EOF\n"), "{answer:.200}");
        let shown = |start: &str| answer.lines().filter(|line| line.starts_with(start)).count();
        let destinations = shown("ringfence_invites_total{direction=\"ingress\",destination=\"blocked-");
        ensure!(destinations == DESTINATIONS, "{destinations} destinations are shown");
        let streams = self.media.confirmed().count();
        let line = format!("ringfence_media_streams{{direction=\"ingress\"}} {streams}");
        ensure!(answer.contains(&line), "the answer has no line `{line}`");
        Ok(())
    }
}

/// What follows calls, with nothing to follow but media.
fn follower(registry: &mut Registry, policy: &PolicyMetrics, folder: &TempDir) -> Follower {
    let clock = WallClock::start();
    let store_clock =
        store::Clock { wall: Arc::new(move |at| clock.wall(at)), now: Arc::new(SystemTime::now) };
    let store = Arc::new(Store::open(folder.path(), policy.in_force().privacy, store_clock, registry));
    let metrics = CallMetrics::register(registry, clock.now());
    let following = Following::new();
    let (active, tracker, media) = (following.clone(), following.clone(), following.clone());
    metrics.watch(Sources {
        now: Box::new(move || clock.now()),
        active: Box::new(move |show| active.each(show)),
        blocks: Box::new(|_| ()),
        counters: Box::new(move || tracker.counters()),
        media: Box::new(move || media.media_streams()),
    });
    LimitMetrics::register(registry).watch(Box::new(LimitNumbers::default));
    let limiting = Limiting::start(clock, policy.clone(), Tokens::new([7; 16]), Vec::new());
    let world = Agent { policy: policy.clone(), interfaces: Vec::new(), state: folder.path().to_owned() };
    let packets = Packets::start(folder.path(), Arc::new(world), &[], |_| (), registry);
    let outside = Outside {
        following: following.clone(),
        limiting: limiting.clone(),
        clock,
        policy: policy.clone(),
        metrics: IncidentMetrics::register(registry),
        tell: Box::new(|_| ()),
        joined: Box::new(|_, _| ()),
    };
    let incidents = Incidents::start(outside, |_| String::new(), None, Vec::new());
    Follower::start(following, clock, policy.clone(), metrics, store, (limiting, incidents, packets), 0)
}

/// As Prometheus asks.
fn get(address: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(address).context("the server does not answer")?;
    stream.write_all(
        b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\
          Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\r\n",
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

const NAMES: [&str; 2] = ["lan", "wan"];
/// RTP streams, each to an address of its own.
const STREAMS: u64 = 100_000;
/// Keys that they are of, as a power of two.
const STREAM_BITS: u8 = 17;
/// Slots of all CPUs: with half as many, every sixteenth of the streams would share a bucket with too many others.
const MEDIA_SLOTS: u32 = 524_288;
/// Lines for 100,000 prefixes.
const RULE_LINES: u32 = 120_000;
/// Index of the loopback interface, which a test run's packets seem to come from.
const LOOPBACK: u32 = 1;
