//! The agent: `Config` → [`App`] (all bound and attached, nothing running) → [`App::run`] → drained.

mod answering;
mod bind;
mod reload;
mod state;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use tokio::{task::JoinSet, time};

use crate::{
    alerts::Alerter,
    control::Control,
    events::Event,
    guard::Guard,
    kernel::{EventRing, KernelLog, LinkChanges, Refusal},
    server::{Answers, Server},
    signal::{Asks, Signals},
    sync::Asked,
    watch::FileWatch,
};
use answering::Answering;
use reload::Reloader;
use state::StateDirectory;

/// Everything that the agent needs, bound; the interfaces are guarded from here on.
pub struct App {
    signals: Signals,
    guard: Guard,
    links: Option<LinkChanges>,
    reloader: Reloader,
    policy: PathBuf,
    started: SystemTime,
    watch: Option<FileWatch>,
    rings: Vec<EventRing>,
    alerter: Arc<Alerter>,
    log: Option<KernelLog>,
    faces: Option<(Server, Control)>,
    answers: Arc<Answers>,
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
        let mut tasks = JoinSet::new();
        self.spawn(&mut tasks);
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
        }
        let began = Instant::now();
        drop(self.guard);
        tasks.shutdown().await;
        self.alerter.finish();
        drop(self.state);
        tracing::info!(milliseconds = began.elapsed().as_millis(), "detached from every interface");
    }

    fn spawn(&mut self, tasks: &mut JoinSet<()>) {
        for ring in self.rings.drain(..) {
            tasks.spawn(drain(ring, Arc::clone(&self.alerter)));
        }
        tasks.spawn(tick_alerts(Arc::clone(&self.alerter)));
        tasks.spawn(self.reloader.clone().go_back_in_time());
        if let Some(watch) = self.watch.take() {
            tasks.spawn(self.reloader.clone().follow(watch));
        }
        if let Some(log) = self.log.take() {
            tasks.spawn(log);
        }
        if let Some((server, control)) = self.faces.take() {
            tasks.spawn(serve(server, Arc::clone(&self.answers)));
            tasks.spawn(control.serve(Arc::new(Answering {
                reloader: self.reloader.clone(),
                interfaces: self.answers.interfaces.clone(),
                policy: self.policy.clone(),
                started: self.started,
            })));
        }
    }
}

/// Looks at nothing but the ring of one CPU.
async fn drain(mut ring: EventRing, alerter: Arc<Alerter>) {
    loop {
        let result = ring.drain(|record| match Event::read(record) {
            Some(event) => alerter.take(&event, Instant::now()),
            None => tracing::debug!(octets = record.len(), "an event that this agent cannot read"),
        });
        if let Err(error) = result.await {
            tracing::error!(%error, "the events of one CPU cannot be read any more");
            return;
        }
    }
}

async fn serve(server: Server, answers: Arc<Answers>) {
    if let Err(error) = server.serve(answers).await {
        tracing::error!(%error, "the metrics are not served any more");
    }
}

async fn tick_alerts(alerter: Arc<Alerter>) {
    let mut tick = time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        alerter.tick(Instant::now());
    }
}

/// Waits for a change of some interface; for ever where the kernel does not tell.
async fn link_change(links: Option<&LinkChanges>) {
    match links {
        Some(links) if links.changed().await.is_ok() => (),
        _ => std::future::pending().await,
    }
}

/// How often the interfaces are looked at, whatever the kernel tells.
const LOOK: Duration = Duration::from_millis(200);
