//! Deletes what was kept for as long as the policy says: incidents that are over with their messages and deliveries,
//! sealed numbers, contents of the journal. A little at a time, so that nothing has to wait, and by a clock that does not
//! jump.

use std::time::{Duration, SystemTime};

use rusqlite::{Transaction, params};

use super::row::{micros, signed};
use crate::{
    incidents::Head,
    journal,
    privacy::{Look, time_to_delete_by},
    sqlite::sweep::Deleted,
};

/// For how long what is over is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Incidents, from their end, with what was told of them. What is still to be delivered keeps its incident.
    pub incidents: Duration,
    /// Contents of the journal; the chain stays.
    pub journal: Duration,
}

/// Deletes some of what is due. Says which is the newest entry of the journal, where it has a new one.
pub(super) fn delete(
    transaction: &Transaction<'_>,
    retention: Retention,
    look: &Look,
) -> rusqlite::Result<Deleted<Option<Head>>> {
    let Some(wall) = time_to_delete_by(transaction, look)? else {
        return Ok(Deleted { is_all: true, said: None });
    };
    let cutoff = before(wall, retention.incidents);
    let mut due = transaction.prepare_cached(DUE)?;
    let due: Vec<i64> = due
        .query_map(params![micros(cutoff), signed(STEP as u64)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for statement in DELETE {
        let mut delete = transaction.prepare_cached(statement)?;
        for incident in &due {
            delete.execute([incident])?;
        }
    }
    transaction.prepare_cached(DELETE_SEALED)?.execute([micros(wall)])?;
    let is_all = due.len() < STEP;
    let said = if is_all { prune(transaction, retention, wall)? } else { None };
    Ok(Deleted { is_all, said })
}

fn prune(
    transaction: &Transaction<'_>,
    retention: Retention,
    wall: SystemTime,
) -> rusqlite::Result<Option<Head>> {
    let pruned = journal::prune(transaction, before(wall, retention.journal), wall)?;
    Ok(pruned.map(|(pruned, head)| {
        tracing::info!(
            from = pruned.from,
            to = pruned.to,
            "deleted contents of the journal: their time is over"
        );
        head
    }))
}

fn before(wall: SystemTime, time: Duration) -> SystemTime {
    wall.checked_sub(time).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Incidents of one step.
const STEP: usize = 100;
const DUE: &str = "SELECT id FROM incidents WHERE ended IS NOT NULL AND ended < ?1 AND NOT EXISTS (SELECT 1 FROM messages \
     JOIN deliveries ON deliveries.message = messages.id WHERE incident = incidents.id AND deliveries.ended IS NULL) ORDER BY ended LIMIT ?2";
const DELETE: [&str; 5] = [
    "DELETE FROM tries WHERE delivery IN \
     (SELECT deliveries.id FROM deliveries JOIN messages ON messages.id = message WHERE incident = ?1)",
    "DELETE FROM deliveries WHERE message IN (SELECT id FROM messages WHERE incident = ?1)",
    "DELETE FROM messages WHERE incident = ?1",
    "DELETE FROM sealed WHERE incident = ?1",
    "DELETE FROM incidents WHERE id = ?1",
];
const DELETE_SEALED: &str = "DELETE FROM sealed WHERE expires <= ?1";
