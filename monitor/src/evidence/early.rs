//! What is told although nothing can be written. Such a message has a name of its own, which says so, and the newest entry
//! that is on the disk as the journal's head; its own entry follows, with that name, when something can be written again.
//! Where the agent is killed before, the receiver has what this host has lost.

use std::{collections::BTreeSet, sync::Arc, time::SystemTime};

use super::{
    metrics::Waits,
    shared::Shared,
    transaction::{addresses, label, message, numbered},
    work::{Early, Work},
};
use crate::{incidents::Head, sinks::Address};

/// Puts what waits to be told before its addresses. Returns those that have something new.
pub(super) fn tell(
    work: &mut Work,
    last_delivery: &mut i64,
    told: &mut u64,
    head: Option<&Head>,
    shared: &Shared,
) -> BTreeSet<Address> {
    let (deliver, host) = (shared.deliver(), &shared.setting.host);
    let mut woken = BTreeSet::new();
    for tell in work.tells_mut().filter(|tell| tell.early.is_none()) {
        *told += 1;
        let since = tell.time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let id = format!("{}-unrecorded-{}-{told}", label(host), since.as_millis());
        let head = head.cloned().unwrap_or_else(|| Head { seq: 0, hash: NO_ENTRY.repeat(64) });
        let to = numbered(addresses(deliver.as_deref(), &tell.incident, tell.news), last_delivery);
        woken.extend(to.iter().map(|(_, address)| address.clone()));
        tell.early = Some(Early { message: Arc::new(message(tell, id, host, head)), to });
    }
    woken
}

/// What waits by sink, written or not.
pub(super) fn outboxes(mut written: Waits, work: &Work) -> Waits {
    for tell in work.tells() {
        for (_, address) in tell.early.iter().flat_map(|early| &early.to) {
            let (waiting, oldest) = written.entry(address.sink.clone()).or_default();
            *waiting += 1;
            oldest.get_or_insert(tell.time);
        }
    }
    for tried in work.tries.iter().filter(|tried| tried.made.outcome.is_end()) {
        if let Some((waiting, _)) = written.get_mut(&tried.address.sink) {
            *waiting = waiting.saturating_sub(1);
        }
    }
    written
}

/// A digit of the head of an empty journal.
const NO_ENTRY: &str = "0";
