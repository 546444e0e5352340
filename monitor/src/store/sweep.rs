//! Deletes what was kept for as long as the policy says, a little at a time, so that records do not have to wait, and
//! masks the numbers of blocks that are over.

use rusqlite::{Connection, Transaction, params};

use crate::{policy::mask::mask_prefix, sqlite::sweep::Deleted};

/// What is to be deleted and masked. Moments are microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// What ended before is deleted.
    pub(super) cutoff: i64,
    /// Blocks that ended by then are over.
    pub(super) over: i64,
    /// `[privacy] hidden_digits`.
    pub(super) hidden_digits: u8,
}

/// Deletes some of what is due. Says how many calls went.
pub(super) fn delete(transaction: &Transaction<'_>, due: Due) -> rusqlite::Result<Deleted<usize>> {
    let cutoff = due.cutoff;
    let mut deleted = transaction.prepare_cached(DELETE_ENDED)?.execute([cutoff])?;
    if deleted < STEP {
        let abandoned = cutoff.saturating_sub(LONGEST_UNHEARD_MICROS);
        transaction.prepare_cached(FORGET_ABANDONED)?.execute([abandoned])?;
        deleted += transaction.prepare_cached(DELETE_ABANDONED)?.execute([abandoned])?;
        transaction.prepare_cached(DELETE_BLOCKS)?.execute([cutoff])?;
        mask_blocks(transaction, due)?;
    }
    Ok(Deleted { is_all: deleted < STEP, said: deleted })
}

/// Masks the numbers of blocks that are over, and notes that they are: what is masked is never set again.
fn mask_blocks(connection: &Connection, due: Due) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(NUMBERS_OVER)?;
    let over: Vec<(i64, String)> = select
        .query_map([due.over], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut update = connection.prepare_cached(MASK_BLOCK)?;
    for (id, target) in over {
        let masked = mask_prefix(&target, due.hidden_digits);
        if masked != target {
            update.execute(params![id, masked])?;
        }
    }
    Ok(())
}

/// Calls of one step: some milliseconds.
const STEP: usize = 1000;
/// `[calls] longest_unheard` at most, 7 days: a call that began longer before the cutoff has lost its end.
const LONGEST_UNHEARD_MICROS: i64 = 7 * 24 * 3600 * 1_000_000;
const DELETE_ENDED: &str = "DELETE FROM calls WHERE id IN \
     (SELECT id FROM calls WHERE ended IS NOT NULL AND ended < ?1 ORDER BY ended LIMIT 1000)";
const FORGET_ABANDONED: &str =
    "DELETE FROM unfinished WHERE call IN (SELECT id FROM calls WHERE ended IS NULL AND started < ?1)";
const DELETE_ABANDONED: &str = "DELETE FROM calls WHERE ended IS NULL AND started < ?1";
const DELETE_BLOCKS: &str = "DELETE FROM blocks WHERE coalesce(lifted, until) < ?1";
const NUMBERS_OVER: &str = "SELECT id, target FROM blocks WHERE kind = 'prefix' AND coalesce(lifted, until) <= ?1 AND target NOT LIKE '%x'";
const MASK_BLOCK: &str = "UPDATE blocks SET target = ?2, lifted = coalesce(lifted, until) WHERE id = ?1";
