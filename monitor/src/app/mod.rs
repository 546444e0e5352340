//! The agent: `Config` → [`App`] (all bound and attached, nothing running) → [`App::run`] → drained.

mod acting;
mod alive;
mod answering;
mod bind;
mod calls;
mod clock;
mod evidence;
mod ground;
mod incidents;
mod journaling;
mod keeping;
mod limits;
mod missing;
mod packets;
mod reload;
mod revealing;
mod state;
mod supervised;
mod tasks;
mod tell;
mod telling;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time};

use crate::{
    alerts::Alerter,
    control::Control,
    evidence::Ledger,
    follow,
    guard::Guard,
    kernel::{Clock, EventRing, KernelLog, LinkChanges, MediaTable, Refusal},
    notify::Supervisor,
    server::{Answers, Server},
    signal::{Asks, Signals},
    sync::{Asked, PolicyMetrics},
    watch::FileWatch,
    watchdog::Heart,
};
use acting::Acting;
use alive::Alive;
use answering::Answering;
use calls::Calls;
use incidents::Looking;
use missing::Missing;
use reload::Reloader;
use state::StateDirectory;
use supervised::Standing;

/// Everything that the agent needs, bound; the interfaces are guarded from here on.
pub struct App {
    signals: Signals,
    guard: Guard,
    links: Option<LinkChanges>,
    reloader: Reloader,
    watch: Option<FileWatch>,
    rings: Vec<EventRing>,
    media: (Arc<MediaTable>, Clock),
    calls: Calls,
    ledger: Arc<Ledger>,
    acting: Arc<Acting>,
    missing: Option<Missing>,
    looking: Option<Looking>,
    policy: PolicyMetrics,
    alerter: Arc<Alerter>,
    log: Option<KernelLog>,
    faces: Option<(Server, Control)>,
    answers: (Arc<Answers>, Arc<Answering>),
    supervisor: Supervisor,
    standing: Standing,
    alive: Arc<Alive>,
    // Last, so that the lock is the last thing to go.
    state: StateDirectory,
}

/// Why the agent does not start.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The policy is at fault.
    #[error("{0}")]
    Input(String),
    /// The host refuses.
    #[error(transparent)]
    Host(#[from] Refusal),
}

impl App {
    /// Runs until SIGTERM or SIGINT; then the hooks go first, at once.
    pub async fn run(mut self) {
        let (mut tasks, heart) = (JoinSet::new(), Heart::new());
        self.spawn(&mut tasks, &heart);
        let beat = heart.task("main loop");
        self.supervisor.ready(self.standing.line());
        let mut tick = time::interval(LOOK);
        tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                asks = self.signals.next() => match asks {
                    Asks::Reload => self.reloader.spawn(Asked::Owner),
                    Asks::End => break,
                },
                () = link_change(self.links.as_ref()) => self.guard.look(),
                _ = tick.tick() => self.guard.look(),
            }
            beat.beat();
        }
        self.supervisor.stopping();
        let (began, pinned) = (Instant::now(), self.guard.pinned());
        journaling::stopped(&self.calls.ledger, pinned.is_some());
        drop(self.guard);
        tasks.shutdown().await;
        self.alerter.finish();
        self.calls.follower.finish();
        self.acting.finish();
        self.acting.programs.finish(GRACE).await;
        self.calls.store.finish();
        self.calls.incidents.finish();
        self.calls.packets.finish();
        self.ledger.finish();
        self.alive.end();
        drop(self.state);
        let milliseconds = began.elapsed().as_millis();
        match pinned {
            None => tracing::info!(milliseconds, "detached from every interface"),
            Some(pins) => tracing::info!(
                milliseconds,
                pins = %pins.display(),
                "the guard stays on: what the policy blocks stays blocked; `ringfence detach` takes it off"
            ),
        }
    }

    fn spawn(&mut self, tasks: &mut JoinSet<()>, heart: &Heart) {
        for (ring, followed) in self.rings.drain(..).zip(follow::Ring::all(&self.calls.follower)) {
            let beat = heart.task("reader of events");
            tasks.spawn(tasks::drain(
                ring,
                self.calls.packets.clone(),
                Arc::clone(&self.alerter),
                followed,
                beat,
            ));
        }
        let (media, clock) = &self.media;
        tasks.spawn(tasks::follow(Arc::clone(&self.calls.follower), heart.task("follower of calls")));
        tasks.spawn(tasks::sample_media(Arc::clone(&self.calls.follower), Arc::clone(media), *clock));
        tasks.spawn(tasks::look_after_blocks(Arc::clone(&self.calls.blocks), heart.task("temporary blocks")));
        // At once, before anybody is answered.
        let told = tasks::take_up(&self.policy, &self.calls.store, &self.calls.limits);
        tasks.spawn(tasks::follow_policy(
            self.policy.clone(),
            (Arc::clone(&self.calls.store), Arc::clone(&self.ledger)),
            self.calls.limits.clone(),
            told,
        ));
        tasks.spawn(Arc::clone(&self.acting).run(heart.task("limits")));
        if let Some(missing) = self.missing.take() {
            tasks.spawn(tasks::look_for_missing(missing));
        }
        if let Some(looking) = self.looking.take() {
            tasks.spawn(tasks::look_after_incidents(looking));
        }
        tasks.spawn(tasks::beat(Arc::clone(&self.alive)));
        tasks.spawn(clock::watch(Arc::clone(&self.ledger)));
        let (incidents, state) = (self.calls.incidents.clone(), self.answers.1.state.clone());
        tasks.spawn(telling::look_after(Arc::clone(&self.ledger), incidents, state));
        tasks.spawn(tasks::tick_alerts(Arc::clone(&self.alerter)));
        tasks.spawn(self.reloader.clone().go_back_in_time());
        tasks.spawn(supervised::tell(self.supervisor.clone(), self.standing.clone()));
        tasks.spawn(supervised::feed(self.supervisor.clone(), heart.clone()));
        if let Some(watch) = self.watch.take() {
            tasks.spawn(self.reloader.clone().follow(watch));
        }
        if let Some(log) = self.log.take() {
            tasks.spawn(log);
        }
        if let Some((server, control)) = self.faces.take() {
            let (metrics, answering) = &self.answers;
            tasks.spawn(server.serve(Arc::clone(metrics)));
            tasks.spawn(control.serve(Arc::clone(answering) as _));
        }
    }
}

/// Waits for a change of some interface; for ever where the kernel does not tell.
async fn link_change(links: Option<&LinkChanges>) {
    match links {
        Some(links) if links.changed().await.is_ok() => (),
        _ => std::future::pending().await,
    }
}

/// How long programs that run at the end may still take.
const GRACE: Duration = Duration::from_secs(2);
/// How often the interfaces are looked at, whatever the kernel tells.
const LOOK: Duration = Duration::from_millis(200);
