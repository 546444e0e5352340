//! What the agent does with its sinks beside the ledger: tests over the control socket, and a look at each Alertmanager.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use serde_json::json;
use tokio::{runtime::Handle, task::spawn_blocking, time};

use super::incidents::take_up;
use crate::{
    evidence::{Ledger, Setting},
    follow::Incidents,
    incidents::{Acknowledgement, Head, IncidentId},
    journal::{Entry, EntryKind},
    policy::Compiled,
    sinks::{
        Sinks,
        trial::{self, Trial, TrialResult},
    },
};

/// Sends a test through the sinks of these names, and puts what came back on record. Called in a thread of the runtime
/// that may wait.
pub(super) fn test(policy: &Compiled, ledger: &Ledger, names: &[String]) -> Result<Vec<Trial>, String> {
    // Opened anew: what was wrong with a secret and was put right since is found right.
    let sinks = Arc::new(Sinks::open(policy).0);
    let head = ledger.status().head.unwrap_or_else(|| Head { seq: 0, hash: "0".repeat(64) });
    let message = trial::message(&Setting::of_this_host().host, head, SystemTime::now());
    let trials = Handle::current().block_on(sinks.try_out(names, &message))?;
    for trial in trials.iter().filter(|trial| trial.result != TrialResult::NotTried) {
        let Trial { sink, to, result, answer, .. } = trial;
        let content = json!({
            "test": true, "message": message.id, "sink": sink, "to": to, "result": result, "answer": answer
        });
        ledger.record(Entry::now(EntryKind::Delivery, content));
    }
    Ok(trials)
}

/// Looks after what goes on at every Alertmanager; whoever silenced an incident there takes it up.
pub(super) async fn look_after(ledger: Arc<Ledger>, incidents: Incidents, state: PathBuf) {
    let mut tick = time::interval(Sinks::LOOK);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let host = Setting::of_this_host().host;
    loop {
        tick.tick().await;
        let Some(deliver) = ledger.deliverer() else { continue };
        let taken = deliver.look_after(&host, &ledger.incidents_going_on()).await;
        let (incidents, state) = (incidents.clone(), state.clone());
        let all = move || taken.into_iter().for_each(|(id, by)| take(id, by, &incidents, &state));
        if spawn_blocking(all).await.is_err() {
            tracing::error!("who silenced an incident at Alertmanager is not on record");
        }
    }
}

fn take(id: IncidentId, by: Acknowledgement, incidents: &Incidents, state: &Path) {
    let who = by.by.clone();
    match take_up(incidents, state, id, by) {
        Ok(_) => tracing::info!(incident = id.0, by = who, "taken up by a silence of Alertmanager"),
        Err(why) => tracing::debug!(incident = id.0, by = who, why, "a silence takes nothing up"),
    }
}
