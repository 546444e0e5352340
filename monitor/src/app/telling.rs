//! What the agent does with its sinks beside the ledger: tests over the control socket, and a look at each Alertmanager.

use std::{sync::Arc, time::SystemTime};

use serde_json::json;
use tokio::runtime::Handle;

use crate::{
    evidence::{Ledger, Setting},
    incidents::Head,
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
