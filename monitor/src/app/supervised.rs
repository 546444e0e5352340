//! What the service manager hears while the agent runs: one line on how it stands, and that what is vital goes on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time;

use crate::{
    control::TemporaryBlocks, guard::States, notify::Supervisor, sync::PolicyMetrics, watchdog::Heart,
};

/// How the agent stands, in one line.
#[derive(Clone)]
pub(super) struct Standing {
    pub(super) interfaces: States,
    pub(super) policy: PolicyMetrics,
    pub(super) blocks: Arc<TemporaryBlocks>,
    pub(super) dry_run: bool,
}

impl Standing {
    pub(super) fn line(&self) -> String {
        let states = self.interfaces.all();
        let mut parts = Vec::new();
        let guarded: Vec<_> = states
            .iter()
            .filter_map(|state| Some(format!("{} ({})", state.name, state.mode?.label())))
            .collect();
        if !guarded.is_empty() {
            let verb = if self.dry_run { "only counting on" } else { "guarding" };
            parts.push(format!("{verb} {}", guarded.join(", ")));
        }
        let gone: Vec<_> =
            states.iter().filter(|state| state.mode.is_none()).map(|state| &*state.name).collect();
        if !gone.is_empty() {
            parts.push(format!("NOT on {}, which is gone", gone.join(", ")));
        }
        parts.push(format!(
            "policy {} of {}",
            self.policy.generation(),
            counted(self.policy.rules(), "prefix", "prefixes")
        ));
        let mut blocks = 0;
        self.blocks.causes(&mut |_| blocks += 1);
        if blocks > 0 {
            parts.push(counted(blocks, "temporary block", "temporary blocks"));
        }
        parts.join("; ")
    }
}

/// Tells how the agent stands whenever that changes.
pub(super) async fn tell(supervisor: Supervisor, standing: Standing) {
    let (mut tick, mut told) = (time::interval(LOOK), standing.line());
    loop {
        tick.tick().await;
        let line = standing.line();
        if line != told {
            told.clone_from(&line);
            supervisor.status(line);
        }
    }
}

/// Feeds the watchdog of the service manager for as long as every vital task beats; without one there is nothing to do.
pub(super) async fn feed(supervisor: Supervisor, heart: Heart) {
    let Some(watchdog) = supervisor.watchdog() else { return };
    let patience = (watchdog / 2).max(LEAST_PATIENCE);
    let mut tick = time::interval((watchdog / 4).max(Duration::from_millis(1)));
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let mut complained = None;
    loop {
        tick.tick().await;
        let still = heart.stands_still(Instant::now(), patience);
        match still {
            None => supervisor.alive(),
            Some(task) if still != complained => {
                let seconds = patience.as_secs();
                tracing::error!(task, seconds, "a vital task stands still: the watchdog is left to bite");
            }
            Some(_) => (),
        }
        complained = still;
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How often it is looked whether the line has changed.
const LOOK: Duration = Duration::from_secs(1);
/// The tasks beat every second; a watchdog of less than this twice finds them late.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);
