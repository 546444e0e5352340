//! What the writer does with an open file at once: reads what is there, and writes a batch.

use rusqlite::{Connection, TransactionBehavior};

use super::{
    batch::{Batch, Change},
    record::{Block, Unfinished},
    row::{self, Put},
    shared::Shared,
};
use crate::{calls::CallId, limits::Kept};

/// What a file held when it was opened.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) unfinished: Vec<Unfinished>,
    pub(super) blocks: Vec<Block>,
    pub(super) kept: Vec<Kept>,
    pub(super) last_id: Option<CallId>,
    pub(super) rows: u64,
}

/// How many calls of a batch became what.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub(super) inserted: u64,
    pub(super) updated: u64,
    pub(super) refused: u64,
}

/// All of a batch, or nothing.
pub(super) fn write(
    connection: &mut Connection,
    batch: &Batch,
    shared: &Shared,
) -> rusqlite::Result<Written> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let hidden = shared.privacy().hidden_digits;
    let mut written = Written::default();
    for record in batch.calls() {
        match row::put(&transaction, record, hidden, &*shared.clock.wall)? {
            Put::Inserted => written.inserted += 1,
            Put::Updated => written.updated += 1,
            Put::Refused => written.refused += 1,
        }
    }
    for change in batch.blocks() {
        match change {
            Change::Set(block) => row::put_block(&transaction, block, hidden)?,
            Change::Lift(target, at) => row::lift_block(&transaction, target, *at, hidden)?,
        }
    }
    for (name, state) in batch.kept() {
        row::put_kept(&transaction, name.columns(), state)?;
    }
    transaction.commit()?;
    Ok(written)
}

/// Reads what the agent goes on with. Where the file is damaged, `found` has what could be read before.
pub(super) fn find(connection: &Connection, now: i64, found: &mut Found) -> rusqlite::Result<()> {
    let mut blocks = connection.prepare(row::SELECT_BLOCKS)?;
    for block in blocks.query_map([now], row::block)? {
        found.blocks.push(block?);
    }
    let mut kept = connection.prepare(row::SELECT_KEPT)?;
    for kept in kept.query_map([], row::kept)? {
        found.kept.push(kept?);
    }
    let mut statement = connection.prepare(row::SELECT_UNFINISHED)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match row::call(row) {
            Ok(call) => found.unfinished.push(Unfinished { call, resume: row.get(RESUME)? }),
            Err(error) => {
                tracing::warn!(%error, "a call that went on cannot be read; it is not followed further");
            }
        }
    }
    let last: Option<i64> = connection.query_row("SELECT max(id) FROM calls", [], |row| row.get(0))?;
    found.last_id = last.map(|id| CallId(id.cast_unsigned()));
    let rows: i64 = connection.query_row("SELECT count(*) FROM calls", [], |row| row.get(0))?;
    found.rows = rows.cast_unsigned();
    Ok(())
}

/// The column of `resume`, behind those of the call.
const RESUME: usize = 23;
