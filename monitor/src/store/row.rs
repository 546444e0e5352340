//! A call as a row, and a row as a call: the only place that knows the columns.

use std::{sync::Arc, time::SystemTime};

use monitor_common::abi::{Reason, Verdict};
use rusqlite::{Connection, Row, params, types::Type};

use super::record::{Block, Record, Stored, masked, micros, time};
use crate::{
    blocks::ByLimit,
    calls::{Call, CallId, CallResult, Origin, Route, Seconds, Timestamp},
    limits::Kept,
    policy::mask::mask_prefix,
};

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// A row came to be.
    Inserted,
    /// A row was changed.
    Updated,
    /// The call is over: nothing comes after that, so this is another call with its name.
    Refused,
}

/// Writes a call, and what it takes to follow it further for as long as it goes on.
pub(super) fn put(
    connection: &Connection,
    record: &Record,
    hidden_digits: u8,
    wall: &dyn Fn(Timestamp) -> SystemTime,
) -> rusqlite::Result<Put> {
    let call = masked(&record.call, hidden_digits);
    let id = call.id.0.cast_signed();
    let put = match execute(connection, UPDATE, &call, wall)? {
        0 => match execute(connection, INSERT, &call, wall)? {
            0 => return Ok(Put::Refused),
            _ => Put::Inserted,
        },
        _ => Put::Updated,
    };
    if !call.is_active() {
        connection.prepare_cached(FORGET)?.execute([id])?;
    } else if let Some(resume) = &record.resume {
        connection.prepare_cached(REMEMBER)?.execute(params![id, resume])?;
    }
    Ok(put)
}

fn execute(
    connection: &Connection,
    sql: &str,
    call: &Call,
    wall: &dyn Fn(Timestamp) -> SystemTime,
) -> rusqlite::Result<usize> {
    let at = |at: Option<Timestamp>| at.map(|at| micros(wall(at)));
    let length = |time: std::time::Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    connection.prepare_cached(sql)?.execute(params![
        call.id.0.cast_signed(),
        call.route.label(),
        call.origin.label(),
        &*call.destination,
        &*call.dialled,
        call.number.as_deref(),
        &*call.caller,
        call.source.to_string(),
        call.trunk.map(|trunk| trunk.to_string()),
        call.customer.as_deref(),
        call.verdict.label(),
        call.reason.label(),
        micros(wall(call.started)),
        at(call.rang),
        at(call.answered),
        at(call.ended),
        call.result.map(CallResult::label),
        call.status,
        call.attempts,
        call.legs_out,
        length(call.media.ingress),
        length(call.media.egress),
        call.is_whole,
    ])
}

/// A row of [`COLUMNS`].
pub(super) fn call(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let at = |index: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(timestamp));
    let length = |index: usize| {
        let micros: i64 = row.get(index)?;
        Ok::<_, rusqlite::Error>(std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    };
    let text = |index: usize| row.get::<_, Arc<str>>(index);
    let result: Option<Arc<str>> = row.get(16)?;
    Ok(Stored(Call {
        id: CallId(row.get::<_, i64>(0)?.cast_unsigned()),
        route: word(1, &text(1)?, Route::from_label)?,
        origin: word(2, &text(2)?, Origin::from_label)?,
        destination: text(3)?,
        dialled: text(4)?,
        number: row.get(5)?,
        caller: text(6)?,
        source: word(7, &text(7)?, |text| text.parse().ok())?,
        trunk: row.get::<_, Option<Arc<str>>>(8)?.map(|at| word(8, &at, |at| at.parse().ok())).transpose()?,
        customer: row.get(9)?,
        verdict: word(10, &text(10)?, Verdict::from_label)?,
        reason: word(11, &text(11)?, Reason::from_label)?,
        started: timestamp(row.get(12)?),
        rang: at(13)?,
        answered: at(14)?,
        ended: at(15)?,
        result: result.map(|result| word(16, &result, CallResult::from_label)).transpose()?,
        status: row.get(17)?,
        attempts: row.get(18)?,
        legs_out: row.get(19)?,
        media: Seconds { ingress: length(20)?, egress: length(21)? },
        is_whole: row.get(22)?,
    }))
}

/// A row of [`BLOCKS`].
pub(super) fn block(row: &Row<'_>) -> rusqlite::Result<Block> {
    Ok(Block {
        target: row.get(0)?,
        kind: row.get(1)?,
        reason: row.get(2)?,
        by: row.get(3)?,
        since: time(row.get(4)?),
        until: row.get::<_, Option<i64>>(5)?.map(time),
        cause: row.get(6)?,
        limit: by_limit(row.get(7)?, row.get(8)?),
    })
}

/// A token that cannot be read costs the operator's unblocking its count, and nothing else.
fn by_limit(name: Option<String>, token: Option<String>) -> Option<ByLimit> {
    Some(ByLimit { name: name?, token: token.and_then(|token| token.parse().ok()) })
}

/// A row of [`SELECT_KEPT`].
pub(super) fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let kind: String = row.get(0)?;
    Ok(Kept { kind: kind.into(), name: row.get(1)?, key: row.get(2)?, state: Some(row.get(3)?) })
}

/// Writes a state in the place of the one of the same kind, name and key; or forgets that.
pub(super) fn put_kept(
    connection: &Connection,
    [kind, name, key]: [&str; 3],
    state: Option<&str>,
) -> rusqlite::Result<()> {
    match state {
        Some(state) => connection.prepare_cached(KEEP)?.execute([kind, name, key, state]),
        None => connection.prepare_cached(KEEP_NOT)?.execute([kind, name, key]),
    }
    .map(drop)
}

/// Writes a block in the place of the one that its target has.
pub(super) fn put_block(connection: &Connection, block: &Block, hidden_digits: u8) -> rusqlite::Result<()> {
    lift_block(connection, &block.target, block.since, hidden_digits)?;
    let limit = block.limit.as_ref();
    connection.prepare_cached(INSERT_BLOCK)?.execute(params![
        block.target,
        block.kind,
        block.reason,
        block.by,
        micros(block.since),
        block.until.map(micros),
        block.cause,
        limit.map(|limit| &limit.name),
        limit.and_then(|limit| limit.token).map(|token| token.to_string()),
    ])?;
    Ok(())
}

/// Notes that a target is blocked no more; a number is masked from then on.
pub(super) fn lift_block(
    connection: &Connection,
    target: &str,
    at: SystemTime,
    hidden_digits: u8,
) -> rusqlite::Result<()> {
    let masked = mask_prefix(target, hidden_digits);
    connection.prepare_cached(LIFT_BLOCK)?.execute(params![target, micros(at), masked]).map(drop)
}

fn timestamp(micros: i64) -> Timestamp {
    Timestamp(u64::try_from(micros).unwrap_or(0))
}

fn word<T>(index: usize, text: &str, read: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    read(text).ok_or_else(|| {
        let what = format!("\"{text}\" is no word of this version");
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, what.into())
    })
}

/// The columns of a call, in the order that [`call`] reads.
macro_rules! columns {
    () => {
        "id, direction, origin, destination, dialled, number, caller, source, trunk, customer, verdict, reason, started, \
         rang, answered, ended, result, status, attempts, legs_out, media_ingress, media_egress, whole"
    };
}

/// Every call; conditions follow.
pub(super) const SELECT: &str = concat!("SELECT ", columns!(), " FROM calls");
/// Every call without an end, with its `resume` as column 23.
pub(super) const SELECT_UNFINISHED: &str = concat!(
    "SELECT ",
    columns!(),
    ", resume FROM calls LEFT JOIN unfinished ON unfinished.call = calls.id WHERE ended IS NULL ORDER BY started"
);
/// Every block that nobody took away and that is not over at `?1`, the oldest first.
pub(super) const SELECT_BLOCKS: &str = "SELECT target, kind, reason, set_by, since, until, cause, limit_name, limit_key FROM blocks \
     WHERE lifted IS NULL AND (until IS NULL OR until > ?1) ORDER BY id";
const UPDATE: &str = "UPDATE calls SET direction = ?2, origin = ?3, destination = ?4, dialled = ?5, number = ?6, \
     caller = ?7, source = ?8, trunk = ?9, customer = ?10, verdict = ?11, reason = ?12, started = ?13, rang = ?14, \
     answered = ?15, ended = ?16, result = ?17, status = ?18, attempts = ?19, legs_out = ?20, media_ingress = ?21, \
     media_egress = ?22, whole = ?23 WHERE id = ?1 AND ended IS NULL";
const INSERT: &str = concat!(
    "INSERT OR IGNORE INTO calls (",
    columns!(),
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)"
);
const REMEMBER: &str = "INSERT OR REPLACE INTO unfinished (call, resume) VALUES (?1, ?2)";
const FORGET: &str = "DELETE FROM unfinished WHERE call = ?1";
const INSERT_BLOCK: &str = "INSERT INTO blocks (target, kind, reason, set_by, since, until, cause, limit_name, limit_key) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const LIFT_BLOCK: &str = "UPDATE blocks SET lifted = ?2, target = CASE kind WHEN 'prefix' THEN ?3 ELSE target END \
     WHERE target = ?1 AND lifted IS NULL";
/// All that limits go on with.
pub(super) const SELECT_KEPT: &str = "SELECT kind, name, key, state FROM kept";
const KEEP: &str = "INSERT OR REPLACE INTO kept (kind, name, key, state) VALUES (?1, ?2, ?3, ?4)";
const KEEP_NOT: &str = "DELETE FROM kept WHERE kind = ?1 AND name = ?2 AND key = ?3";
/// Every statement that the writer needs: a file that takes them has the tables it should have.
pub(super) const STATEMENTS: [&str; 12] = [
    SELECT,
    SELECT_UNFINISHED,
    SELECT_BLOCKS,
    UPDATE,
    INSERT,
    REMEMBER,
    FORGET,
    INSERT_BLOCK,
    LIFT_BLOCK,
    SELECT_KEPT,
    KEEP,
    KEEP_NOT,
];
