//! Deletes the contents whose time is over: salt and content go, and an entry says of which. The chain stays whole.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, Params, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Entry, EntryKind,
    table::{append, number, stamp},
};
use crate::incidents::Head;

/// What was deleted: the content of an entry of the kind `retention`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// The first entry whose content is gone.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// Contents that went now.
    pub deleted: u64,
    /// What was older than that, RFC 3339.
    pub before: String,
}

/// Deletes the contents of the entries that are older than `cutoff`, but for entries of the kind `retention`, which say
/// nothing of anybody and are needed to verify. None where nothing is due.
///
/// `now` is the time that retention goes by. The order of entries is that of their numbers and not that of their
/// times, which a clock that was wrong may have spoilt. So everything before the first entry that is young enough is as old
/// as the youngest before it, and times that cannot be (later than `now`, earlier than this software) say nothing.
pub fn prune(
    transaction: &Transaction<'_>,
    cutoff: SystemTime,
    now: SystemTime,
) -> rusqlite::Result<Option<(Pruned, Head)>> {
    let (cutoff, now) = (stamp(cutoff), stamp(now));
    let young = find(transaction, YOUNG, params![cutoff.as_str().max(OLDEST), now])?.unwrap_or(i64::MAX);
    let Some(to) = find(transaction, LAST, params![OLDEST, cutoff, young])? else { return Ok(None) };
    let Some(from) = find(transaction, FIRST, [])? else { return Ok(None) };
    let deleted = transaction.prepare_cached(DELETE)?.execute([from, to])?;
    let pruned = Pruned { from: number(from), to: number(to), deleted: deleted as u64, before: cutoff };
    let head = append(transaction, &Entry::now(EntryKind::Retention, json!(pruned)))?;
    Ok(Some((pruned, head)))
}

fn find(connection: &Connection, what: &str, with: impl Params) -> rusqlite::Result<Option<i64>> {
    connection.prepare_cached(what)?.query_row(with, |row| row.get(0)).optional()
}

/// No journal is older than this software.
const OLDEST: &str = "2026-01-01T00:00:00.000Z";
const YOUNG: &str = "SELECT seq FROM journal WHERE content IS NOT NULL AND kind <> 'retention' \
     AND time BETWEEN ?1 AND ?2 ORDER BY seq LIMIT 1";
const LAST: &str = "SELECT seq FROM journal WHERE content IS NOT NULL AND kind <> 'retention' \
     AND time >= ?1 AND time < ?2 AND seq < ?3 ORDER BY seq DESC LIMIT 1";
const FIRST: &str =
    "SELECT seq FROM journal WHERE content IS NOT NULL AND kind <> 'retention' ORDER BY seq LIMIT 1";
const DELETE: &str = "UPDATE journal SET salt = NULL, content = NULL \
     WHERE content IS NOT NULL AND kind <> 'retention' AND seq BETWEEN ?1 AND ?2";
