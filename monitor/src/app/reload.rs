//! Reloads: by signal, by a change of the file, over the control socket; and going back when a trial ends.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{task::spawn_blocking, time};

use crate::{
    control::{Reply, Request, Status},
    guard::States,
    kernel::Mode,
    sync::{Asked, Enforcer, PolicyMetrics, Rejected, Reloaded},
    watch::FileWatch,
};

/// Reloads one after the other, away from the tasks that must not wait.
#[derive(Clone)]
pub struct Reloader {
    enforcer: Arc<Mutex<Enforcer>>,
    metrics: PolicyMetrics,
    dry_run: bool,
}

impl Reloader {
    /// Takes the enforcer over.
    pub fn new(enforcer: Enforcer, metrics: PolicyMetrics, dry_run: bool) -> Self {
        Self { enforcer: Arc::new(Mutex::new(enforcer)), metrics, dry_run }
    }

    /// Starts a reload and does not wait for it.
    pub fn spawn(&self, by: Asked) {
        let reloader = self.clone();
        drop(spawn_blocking(move || reloader.reload(by)));
    }

    /// Reloads whenever the file changes.
    pub async fn follow(self, mut watch: FileWatch) {
        while watch.changed().await {
            self.spawn(Asked::File);
        }
        tracing::error!(
            "changes of the policy file are not noticed any more; use SIGHUP or `ringfence reload`"
        );
    }

    /// Goes back to the policy from before a trial when nobody confirms.
    pub async fn go_back_in_time(self) {
        let mut tick = time::interval(Duration::from_millis(500));
        loop {
            tick.tick().await;
            let reloader = self.clone();
            drop(spawn_blocking(move || reloader.go_back()).await);
        }
    }

    /// What answers the requests of the control socket.
    pub fn answering(self, interfaces: States) -> Arc<dyn Fn(Request) -> Reply + Send + Sync> {
        Arc::new(move |request| match request {
            Request::Reload { confirm_seconds: None } => reply(self.reload(Asked::Owner)),
            Request::Reload { confirm_seconds: Some(seconds) } => self.reload_on_trial(seconds),
            Request::Confirm {} => self.confirm(),
            Request::Status {} => Reply { status: Some(self.status(&interfaces)), ..Reply::done("running") },
        })
    }

    fn reload(&self, by: Asked) -> Result<Reloaded, Rejected> {
        let result = self.lock().reload(by);
        match &result {
            Ok(Reloaded::Replaced(rules)) => tracing::info!(rules, "the policy is reloaded"),
            Ok(Reloaded::Unchanged) => tracing::debug!("the policy file holds nothing new"),
            Ok(Reloaded::TakenBack) => tracing::info!(
                "the policy file holds the policy that was not confirmed; `ringfence reload` would load it"
            ),
            Err(error) => tracing::error!("the policy is not reloaded, the old one stays in force:\n{error}"),
        }
        result
    }

    fn reload_on_trial(&self, seconds: u64) -> Reply {
        let trial = Duration::from_secs(seconds.clamp(1, LONGEST_TRIAL));
        let result = self.lock().reload_on_trial(trial, Instant::now());
        match &result {
            Ok(_) => {
                tracing::info!(seconds = trial.as_secs(), "the policy is on trial until `ringfence confirm`");
            }
            Err(error) => tracing::error!("no trial, the old policy stays in force:\n{error}"),
        }
        match result {
            Ok(_) => Reply::done(format!(
                "in force for {}; keep it with `ringfence confirm`, else the policy from before comes back",
                humantime::format_duration(trial)
            )),
            Err(error) => Reply::refused(error.to_string()),
        }
    }

    fn confirm(&self) -> Reply {
        if self.lock().confirm() {
            tracing::info!("the policy is confirmed");
            return Reply::done("confirmed: the policy stays in force");
        }
        Reply::refused(
            "no policy waits for a confirmation; perhaps its time was over and the old one is back",
        )
    }

    fn go_back(&self) {
        match self.lock().go_back_if_overdue(Instant::now()) {
            Ok(false) => (),
            Ok(true) => tracing::warn!("nobody confirmed the policy: the one from before is in force again"),
            Err(error) => {
                tracing::error!("the policy from before the trial cannot be put back, trying again: {error}");
            }
        }
    }

    fn status(&self, interfaces: &States) -> Status {
        let mode = |mode: Option<Mode>| mode.map_or("gone", Mode::label).to_owned();
        Status {
            interfaces: interfaces.all().into_iter().map(|state| (state.name, mode(state.mode))).collect(),
            policy_rules: self.metrics.rules(),
            policy_generation: self.metrics.generation(),
            confirm_within_seconds: self.lock().trial_left(Instant::now()).map(|left| left.as_secs()),
            dry_run: self.dry_run,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Enforcer> {
        self.enforcer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn reply(result: Result<Reloaded, Rejected>) -> Reply {
    match result {
        Ok(Reloaded::Replaced(rules)) => Reply::done(format!("reloaded: {rules} prefixes are named")),
        Ok(Reloaded::Unchanged) => Reply::done("the file holds the policy in force: nothing to do"),
        Ok(Reloaded::TakenBack) => Reply::refused("the file holds the policy that was not confirmed"),
        Err(error) => Reply::refused(error.to_string()),
    }
}

/// Seconds that a trial lasts at most: a day.
const LONGEST_TRIAL: u64 = 24 * 60 * 60;
