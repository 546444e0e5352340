//! Deletes what was kept for as long as the policy says, a little at a time, so that records do not have to wait.

use std::time::{Duration, Instant};

use rusqlite::Connection;

/// How far the deleting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sweep {
    /// Nothing to do until then.
    Resting(Instant),
    /// Rows are deleted.
    Deleting,
    /// Empty pages are given back to the disk.
    Shrinking,
}

impl Sweep {
    /// When the next step is due.
    pub(super) const fn due(self, now: Instant) -> Instant {
        match self {
            Self::Resting(until) => until,
            Self::Deleting | Self::Shrinking => now,
        }
    }

    /// One step: deletes some of what ended before `cutoff`, microseconds since 1970. Returns how many calls went.
    pub(super) fn step(
        &mut self,
        connection: &mut Connection,
        cutoff: i64,
        now: Instant,
    ) -> rusqlite::Result<usize> {
        match self {
            Self::Resting(_) => {
                *self = Self::Deleting;
                Ok(0)
            }
            Self::Deleting => {
                let deleted = delete(connection, cutoff)?;
                if deleted < STEP {
                    *self = Self::Shrinking;
                }
                Ok(deleted)
            }
            Self::Shrinking => {
                if !shrink(connection)? {
                    close_log(connection)?;
                    *self = Self::Resting(now + REST);
                }
                Ok(0)
            }
        }
    }
}

/// Takes the write-ahead log over into the file and empties it: what was deleted is still in there.
pub(super) fn close_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

fn delete(connection: &mut Connection, cutoff: i64) -> rusqlite::Result<usize> {
    let transaction = connection.transaction()?;
    let mut deleted = transaction.prepare_cached(DELETE_ENDED)?.execute([cutoff])?;
    if deleted < STEP {
        let abandoned = cutoff.saturating_sub(LONGEST_UNHEARD_MICROS);
        transaction.prepare_cached(FORGET_ABANDONED)?.execute([abandoned])?;
        deleted += transaction.prepare_cached(DELETE_ABANDONED)?.execute([abandoned])?;
        transaction.prepare_cached(DELETE_BLOCKS)?.execute([cutoff])?;
    }
    transaction.commit()?;
    Ok(deleted)
}

/// Gives some empty pages back; whether there are more.
fn shrink(connection: &Connection) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(SHRINK)?;
    let mut rows = statement.query([])?;
    // It gives back one page a step.
    while rows.next()?.is_some() {}
    drop(rows);
    let left: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    Ok(left > 0)
}

/// Calls of one step: some milliseconds.
const STEP: usize = 1000;
/// From the end of one sweep to the beginning of the next.
const REST: Duration = Duration::from_secs(600);
/// `[calls] longest_unheard` at most, 7 days: a call that began longer before the cutoff has lost its end.
const LONGEST_UNHEARD_MICROS: i64 = 7 * 24 * 3600 * 1_000_000;
const DELETE_ENDED: &str = "DELETE FROM calls WHERE id IN \
     (SELECT id FROM calls WHERE ended IS NOT NULL AND ended < ?1 ORDER BY ended LIMIT 1000)";
const FORGET_ABANDONED: &str =
    "DELETE FROM unfinished WHERE call IN (SELECT id FROM calls WHERE ended IS NULL AND started < ?1)";
const DELETE_ABANDONED: &str = "DELETE FROM calls WHERE ended IS NULL AND started < ?1";
const DELETE_BLOCKS: &str = "DELETE FROM blocks WHERE coalesce(lifted, until) < ?1";
const SHRINK: &str = "PRAGMA incremental_vacuum(256)";
