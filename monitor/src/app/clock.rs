//! Watches the host's clock for the journal.

use std::{sync::Arc, time::Duration, time::SystemTime};

use tokio::time;

use crate::{
    evidence::Ledger,
    journal::{ClockWatch, Reading},
    kernel::Discipline,
    privacy::Look,
};

/// Looks once a second until the task is dropped, and puts into the journal what is new.
pub(super) async fn watch(ledger: Arc<Ledger>) {
    let mut watch = ClockWatch::default();
    let mut tick = time::interval(LOOK);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Some(entry) = watch.look(reading()) {
            if let Some(seconds) = entry.content.get("set_by_seconds") {
                tracing::warn!(%seconds, "the clock of this host was set");
            }
            ledger.record(entry);
        }
    }
}

fn reading() -> Reading {
    let Look { wall, uptime, boot } = Look::now(SystemTime::now());
    let discipline = Discipline::read();
    Reading {
        wall,
        uptime,
        boot,
        discipline: discipline.map_err(|error| format!("the host does not say: {error}")),
    }
}

const LOOK: Duration = Duration::from_secs(1);
