//! Keeps the policy in the kernel in step with the file: reload, trial, confirmation, and going back.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Asked, InForce, Offer, Policy, PolicyMetrics, ReloadResult, Versions, lay_out};
use crate::{
    kernel::{Generation, PolicyMaps, Refusal},
    policy::{self, DestinationName, SlotTable, read::ReadError},
};

/// The policy in force and what it takes to replace it.
pub struct Enforcer {
    maps: PolicyMaps,
    slots: SlotTable,
    versions: Versions<Arc<Policy>>,
    path: PathBuf,
    metrics: PolicyMetrics,
    /// Hash of the text that was refused last: the watcher need not report the same errors again.
    refused: Option<u64>,
}

/// What an earlier guard hands on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Names of its destinations.
    pub destinations: Vec<String>,
    /// Policies that it put in force.
    pub generation: u64,
}

/// What a reload did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// A new policy is in force; prefixes that it names.
    Replaced(usize),
    /// The file holds what is in force already, or what was refused already.
    Unchanged,
    /// The file holds what a trial took back; the command `reload` would load it.
    TakenBack,
}

/// Why a policy is not put in force; the old one stays.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// The file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The policy has errors; the report shows every one.
    #[error("{0}")]
    Faulty(String),
    /// The maps have no room for it.
    #[error("{0}")]
    TooLarge(String),
    /// The kernel refused.
    #[error(transparent)]
    Kernel(#[from] Refusal),
    /// `reload --confirm` where no other policy was in force before.
    #[error(
        "no other policy was in force before this one, so there is nothing to go back to; \
         change the file and use `reload --confirm` again"
    )]
    NothingBefore,
}

impl Enforcer {
    /// Puts the first policy in force. Destinations of an earlier guard keep a slot, so that what was counted for them
    /// goes on.
    pub fn start(
        maps: PolicyMaps,
        path: &Path,
        first: Policy,
        metrics: PolicyMetrics,
        before: &Before,
    ) -> Result<Self, Rejected> {
        let versions = Versions::new(Arc::new(first));
        let mut enforcer =
            Self { maps, slots: SlotTable::new(), versions, path: path.to_owned(), metrics, refused: None };
        enforcer.go_on(before)?;
        let first = Arc::clone(enforcer.versions.in_force());
        enforcer.publish(&first)?;
        Ok(enforcer)
    }

    /// Gives slots to the policy's names first, and then to those that only the earlier guard knew, as far as there is
    /// room.
    fn go_on(&mut self, before: &Before) -> Result<(), Rejected> {
        let names = &self.versions.in_force().compiled().destinations;
        self.slots.assign(names).map_err(|error| Rejected::TooLarge(error.to_string()))?;
        for name in &before.destinations {
            if let Err(error) = self.slots.assign(&[DestinationName::new(name)]) {
                tracing::warn!(%error, "what was counted for destinations of the earlier guard is not shown");
                break;
            }
        }
        self.metrics.go_on(before.generation);
        Ok(())
    }

    /// Reads the file again; on an error the old policy stays in force. Where the owner asks, a policy that is in
    /// force already is put there again.
    pub fn reload(&mut self, by: Asked) -> Result<Reloaded, Rejected> {
        let result = match self.try_reload(by) {
            Ok(Reloaded::Unchanged) if by == Asked::Owner => self.publish_again(),
            result => result,
        };
        self.count(&result);
        result
    }

    /// Reloads, and goes back unless [`Self::confirm`] comes within `trial`.
    pub fn reload_on_trial(&mut self, trial: Duration, now: Instant) -> Result<Reloaded, Rejected> {
        let result = self.try_reload(Asked::Owner);
        self.count(&result);
        let reloaded = result?;
        if self.versions.begin_trial(now + trial) { Ok(reloaded) } else { Err(Rejected::NothingBefore) }
    }

    /// Ends the trial, and the policy stays; `false` where there was none.
    pub fn confirm(&mut self) -> bool {
        self.versions.confirm()
    }

    /// Goes back to the policy from before the trial, if its time is over. `true` where it did.
    pub fn go_back_if_overdue(&mut self, now: Instant) -> Result<bool, Rejected> {
        let Some(policy) = self.versions.overdue(now).cloned() else { return Ok(false) };
        self.publish(&policy)?;
        self.versions.went_back();
        self.metrics.reloaded(ReloadResult::RolledBack);
        Ok(true)
    }

    /// Time that is left for a confirmation, while a trial runs.
    #[must_use]
    pub fn trial_left(&self, now: Instant) -> Option<Duration> {
        self.versions.trial_ends().map(|end| end.saturating_duration_since(now))
    }

    fn try_reload(&mut self, by: Asked) -> Result<Reloaded, Rejected> {
        let text = policy::read(&self.path)?;
        match self.versions.offer(&text, by) {
            Offer::InForce => return Ok(Reloaded::Unchanged),
            Offer::TakenBack => return Ok(Reloaded::TakenBack),
            Offer::Load if by == Asked::File && self.refused == Some(hash(&text)) => {
                return Ok(Reloaded::Unchanged);
            }
            Offer::Load => (),
        }
        self.refused = Some(hash(&text));
        let next = Arc::new(Policy::compile(text, &self.path).map_err(Rejected::Faulty)?);
        self.publish(&next)?;
        let rules = next.compiled().named_rules();
        self.versions.replaced(next);
        self.refused = None;
        Ok(Reloaded::Replaced(rules))
    }

    fn publish_again(&mut self) -> Result<Reloaded, Rejected> {
        let policy = Arc::clone(self.versions.in_force());
        self.publish(&policy)?;
        Ok(Reloaded::Replaced(policy.compiled().named_rules()))
    }

    fn count(&self, result: &Result<Reloaded, Rejected>) {
        match result {
            Ok(Reloaded::Replaced(_)) => self.metrics.reloaded(ReloadResult::Success),
            Ok(Reloaded::Unchanged | Reloaded::TakenBack) => (),
            Err(_) => self.metrics.reloaded(ReloadResult::Error),
        }
    }

    fn publish(&mut self, policy: &Policy) -> Result<(), Rejected> {
        let compiled = policy.compiled();
        let began = Instant::now();
        let image =
            lay_out(compiled, &mut self.slots).map_err(|error| Rejected::TooLarge(error.to_string()))?;
        let (needed, room) = (image.lines().len(), self.maps.capacity());
        if needed > room {
            return Err(Rejected::TooLarge(format!(
                "the policy takes {needed} lines of 64 octets, and the rule map holds {room}: \
                 restart the agent with a larger --max-prefixes, or use fewer prefixes"
            )));
        }
        let laid_out = began.elapsed();
        let generation = self.metrics.generation() + 1;
        if let Some(book) = self.maps.book() {
            book.enter(self.slots.iter().map(|(_, name)| name.as_str()))?;
            book.generation(generation)?;
        }
        self.maps.publish(Generation {
            lines: image.lines(),
            settings: &compiled.settings,
            trunks: &compiled.trunks,
        })?;
        tracing::info!(
            prefixes = compiled.rules.len(),
            lines = needed,
            lay_out_ms = laid_out.as_millis(),
            publish_ms = (began.elapsed() - laid_out).as_millis(),
            "a policy is in force"
        );
        let in_force = InForce {
            slots: Arc::new(self.slots.clone()),
            privacy: compiled.privacy,
            policy: Some(Arc::clone(compiled)),
            sha256: Some(Arc::clone(&policy.sha256)),
        };
        self.metrics.published(compiled.named_rules(), in_force);
        Ok(())
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
