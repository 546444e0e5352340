//! Reloads: by signal, by a change of the file, over the control socket; and going back when a trial ends.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{task::spawn_blocking, time};

use super::journaling;
use crate::{
    control::{Peer, Status},
    evidence::Ledger,
    notify::Supervisor,
    policy::Privacy,
    sync::{Asked, Enforcer, PolicyMetrics, Rejected, Reloaded},
    watch::FileWatch,
};

/// Reloads one after the other, away from the tasks that must not wait.
#[derive(Clone)]
pub struct Reloader {
    enforcer: Arc<Mutex<Enforcer>>,
    metrics: PolicyMetrics,
    dry_run: bool,
    supervisor: Supervisor,
    ledger: Arc<Ledger>,
}

impl Reloader {
    /// Takes the enforcer over.
    pub fn new(
        enforcer: Enforcer,
        metrics: PolicyMetrics,
        dry_run: bool,
        supervisor: Supervisor,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self { enforcer: Arc::new(Mutex::new(enforcer)), metrics, dry_run, supervisor, ledger }
    }

    /// Starts a reload and does not wait for it.
    pub fn spawn(&self, by: Asked) {
        let reloader = self.clone();
        let name = if by == Asked::File { "file" } else { "SIGHUP" };
        drop(spawn_blocking(move || reloader.reload(by, name)));
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

    /// `reload` and `reload --confirm`, as the control socket asks for them.
    pub fn reload_for(&self, trial: Option<Duration>, by: &Peer) -> Result<String, String> {
        match trial {
            None => said(self.reload(Asked::Owner, &by.to_string())),
            Some(trial) => self.reload_on_trial(trial, &format!("{by}, on trial")),
        }
    }

    fn reload(&self, asked: Asked, by: &str) -> Result<Reloaded, Rejected> {
        let _told = self.supervisor.reloading();
        let result = self.lock().reload(asked);
        match &result {
            Ok(Reloaded::Replaced(_)) => self.in_force(by),
            Ok(Reloaded::Unchanged | Reloaded::TakenBack) => (),
            Err(error) => {
                journaling::refused(&self.ledger, &error.to_string(), by, self.privacy().hidden_digits);
            }
        }
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

    fn reload_on_trial(&self, trial: Duration, by: &str) -> Result<String, String> {
        let trial = trial.clamp(SHORTEST_TRIAL, LONGEST_TRIAL);
        let _told = self.supervisor.reloading();
        let result = self.lock().reload_on_trial(trial, Instant::now());
        match &result {
            Ok(_) => {
                self.in_force(by);
                tracing::info!(seconds = trial.as_secs(), "the policy is on trial until `ringfence confirm`");
            }
            Err(error) => {
                journaling::refused(&self.ledger, &error.to_string(), by, self.privacy().hidden_digits);
                tracing::error!("no trial, the old policy stays in force:\n{error}");
            }
        }
        let lasts = humantime::format_duration(trial);
        result.map_err(|error| error.to_string()).map(|_| {
            format!("in force for {lasts}; keep it with `ringfence confirm`, else the policy from before comes back")
        })
    }

    /// Keeps the policy that is on trial.
    pub fn confirm(&self, by: &Peer) -> Result<String, String> {
        if self.lock().confirm() {
            self.in_force(&format!("{by}, confirmed"));
            tracing::info!("the policy is confirmed");
            return Ok("confirmed: the policy stays in force".into());
        }
        Err("no policy waits for a confirmation; perhaps its time was over and the old one is back".into())
    }

    fn go_back(&self) {
        match self.lock().go_back_if_overdue(Instant::now()) {
            Ok(false) => (),
            Ok(true) => {
                self.in_force("the time of the trial is over");
                tracing::warn!("nobody confirmed the policy: the one from before is in force again");
            }
            Err(error) => {
                tracing::error!("the policy from before the trial cannot be put back, trying again: {error}");
            }
        }
    }

    fn in_force(&self, by: &str) {
        journaling::in_force(&self.ledger, &self.metrics.in_force(), self.metrics.generation(), by);
    }

    /// Fills in what `status` says of the policy.
    pub fn describe(&self, status: Status) -> Status {
        Status {
            policy_rules: self.metrics.rules(),
            policy_generation: self.metrics.generation(),
            confirm_within_seconds: self.lock().trial_left(Instant::now()).map(|left| left.as_secs()),
            dry_run: self.dry_run,
            ..status
        }
    }

    /// Whether the agent only counts.
    pub const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// What may be written about people.
    pub fn privacy(&self) -> Privacy {
        self.metrics.in_force().privacy
    }

    fn lock(&self) -> MutexGuard<'_, Enforcer> {
        self.enforcer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn said(result: Result<Reloaded, Rejected>) -> Result<String, String> {
    match result {
        Ok(Reloaded::Replaced(rules)) => Ok(format!("reloaded: {rules} prefixes are named")),
        Ok(Reloaded::Unchanged) => Ok("the file holds the policy in force: nothing to do".into()),
        Ok(Reloaded::TakenBack) => Err("the file holds the policy that was not confirmed".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// A trial lasts at least this long.
const SHORTEST_TRIAL: Duration = Duration::from_secs(1);
/// And at most a day.
const LONGEST_TRIAL: Duration = Duration::from_secs(24 * 60 * 60);
