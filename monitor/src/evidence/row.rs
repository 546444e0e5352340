//! Columns of the evidence: what is written where, and how it is read back.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    metrics::Waits,
    outcome::{Delivery, Outcome, Sealed, Try},
    work::{Tried, Waiting},
};
use crate::{
    incidents::{Incident, IncidentId, Message},
    sinks::Address,
};

/// Writes an incident as it is now.
pub(super) fn put_incident(connection: &Connection, incident: &Incident) -> rusqlite::Result<()> {
    let (began, latest, ended) = (incident.began, incident.latest, incident.ended);
    connection.prepare_cached(PUT_INCIDENT)?.execute(params![
        signed(incident.id.0),
        incident.kind.label(),
        incident.severity.label(),
        micros(began),
        micros(latest),
        ended.map(micros),
        document(incident)?,
    ])?;
    Ok(())
}

/// Writes a message; one that is there already stays.
pub(super) fn put_message(connection: &Connection, message: &Message) -> rusqlite::Result<()> {
    connection.prepare_cached(PUT_MESSAGE)?.execute(params![
        message.id,
        signed(message.incident.id.0),
        message.news.label(),
        micros(message.time),
        document(message)?,
    ])?;
    Ok(())
}

/// Puts a message into the outbox of an address.
pub(super) fn put_delivery(
    connection: &Connection,
    address: &Address,
    waiting: &Waiting,
) -> rusqlite::Result<()> {
    connection.prepare_cached(PUT_DELIVERY)?.execute(params![
        waiting.id,
        waiting.message.id,
        address.sink,
        address.contact,
        micros(waiting.queued),
        waiting.tries,
        waiting.tried.map(micros),
        waiting.next.map(micros),
    ])?;
    Ok(())
}

/// Writes a try, and what it means for its delivery.
pub(super) fn put_try(connection: &Connection, tried: &Tried) -> rusqlite::Result<()> {
    let Tried { delivery, tries, made, next, .. } = tried;
    let result = made.outcome.label();
    let took = i64::try_from(made.took.as_micros()).unwrap_or(i64::MAX);
    connection.prepare_cached(PUT_TRY)?.execute(params![
        delivery,
        micros(made.time),
        took,
        result,
        made.to,
        made.answer
    ])?;
    let at = micros(made.time + made.took);
    if made.outcome.is_end() {
        let mut end = connection.prepare_cached(END_DELIVERY)?;
        end.execute(params![delivery, tries, at, result, made.to, made.answer])?;
    } else {
        let mut defer = connection.prepare_cached(DEFER_DELIVERY)?;
        defer.execute(params![delivery, tries, at, next.map(micros)])?;
    }
    Ok(())
}

/// Keeps a sealed number.
pub(super) fn put_sealed(connection: &Connection, sealed: &Sealed) -> rusqlite::Result<()> {
    let Sealed { token, incident, sealed, expires } = sealed;
    connection.prepare_cached(PUT_SEALED)?.execute(params![
        token,
        signed(incident.0),
        sealed,
        micros(*expires)
    ])?;
    Ok(())
}

/// The first message of an address that waits, after a delivery.
pub(super) fn next(
    connection: &Connection,
    address: &Address,
    after: i64,
) -> rusqlite::Result<Option<Waiting>> {
    let mut select = connection.prepare_cached(NEXT)?;
    select.query_row(params![address.sink, address.contact, after], waiting).optional()
}

/// The addresses that have something waiting.
pub(super) fn addresses(connection: &Connection) -> rusqlite::Result<Vec<Address>> {
    let mut select = connection.prepare_cached(ADDRESSES)?;
    let address = |row: &Row<'_>| Ok(Address { sink: row.get(0)?, contact: row.get(1)? });
    select.query_map([], address)?.collect()
}

/// What waits, by sink: how much, and since when.
pub(super) fn outboxes(connection: &Connection) -> rusqlite::Result<Waits> {
    let mut select = connection.prepare_cached(OUTBOXES)?;
    let outbox = |row: &Row<'_>| {
        let oldest: Option<i64> = row.get(2)?;
        Ok((row.get(0)?, (unsigned(row.get(1)?), oldest.map(time))))
    };
    select.query_map([], outbox)?.collect()
}

/// Each delivery that waits, the oldest first: as many as can be read.
pub(super) fn all_waiting(connection: &Connection) -> rusqlite::Result<Vec<(Address, Waiting)>> {
    let mut select = connection.prepare_cached(ALL_WAITING)?;
    let mut rows = select.query([])?;
    let mut found = Vec::new();
    while let Ok(Some(row)) = rows.next() {
        if let Ok(waiting) = waiting(row) {
            found.push((Address { sink: row.get(6)?, contact: row.get(7)? }, waiting));
        }
    }
    Ok(found)
}

/// The incidents without an end.
pub(super) fn going_on(connection: &Connection) -> rusqlite::Result<Vec<Arc<Incident>>> {
    let mut select = connection.prepare_cached(GOING_ON)?;
    let mut rows = select.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row, 0) {
            Ok(incident) => found.push(Arc::new(incident)),
            Err(error) => {
                tracing::warn!(%error, "an incident that went on cannot be read; it is not followed further");
            }
        }
    }
    Ok(found)
}

/// The highest name of an incident.
pub(super) fn last_incident(connection: &Connection) -> rusqlite::Result<Option<IncidentId>> {
    let last: Option<i64> = connection.query_row(LAST_INCIDENT, [], |row| row.get(0))?;
    Ok(last.map(|id| IncidentId(unsigned(id))))
}

/// The highest name of a delivery; 0 where there is none.
pub(super) fn last_delivery(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(LAST_DELIVERY, [], |row| row.get(0))
}

/// A delivery and its name, without its tries.
pub(super) fn delivery(row: &Row<'_>) -> rusqlite::Result<(i64, Delivery)> {
    let ended: Option<i64> = row.get(5)?;
    let result: Option<String> = row.get(6)?;
    let result = result.and_then(|word| Outcome::from_label(&word)).unwrap_or(Outcome::Failed);
    let next: Option<i64> = row.get(4)?;
    Ok((
        row.get(0)?,
        Delivery {
            address: Address { sink: row.get(1)?, contact: row.get(2)? },
            queued: time(row.get(3)?),
            next: next.filter(|_| ended.is_none()).map(time),
            ended: ended.map(|at| (result, time(at))),
            tries: Vec::new(),
        },
    ))
}

/// A try.
pub(super) fn a_try(row: &Row<'_>) -> rusqlite::Result<Try> {
    let result: String = row.get(2)?;
    Ok(Try {
        time: time(row.get(0)?),
        took: Duration::from_micros(unsigned(row.get(1)?)),
        outcome: Outcome::from_label(&result).unwrap_or(Outcome::Failed),
        to: row.get(3)?,
        answer: row.get(4)?,
    })
}

/// A sealed number.
pub(super) fn sealed(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    Ok(Sealed {
        token: row.get(0)?,
        incident: IncidentId(unsigned(row.get(1)?)),
        sealed: row.get(2)?,
        expires: time(row.get(3)?),
    })
}

/// A document of a column.
pub(super) fn read<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}

/// Microseconds since 1970.
pub(super) fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A number as SQLite has it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let (tried, next): (Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?);
    Ok(Waiting {
        id: row.get(0)?,
        message: Arc::new(read(row, 1)?),
        queued: time(row.get(2)?),
        tries: row.get(3)?,
        tried: tried.map(time),
        next: next.map(time),
    })
}

fn time(micros: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(unsigned(micros))
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn document<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

const PUT_INCIDENT: &str = "INSERT INTO incidents (id, kind, severity, began, latest, ended, document) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET kind = ?2, severity = ?3, began = ?4, latest = ?5, ended = ?6, document = ?7";
const PUT_MESSAGE: &str =
    "INSERT OR IGNORE INTO messages (id, incident, news, time, document) VALUES (?1, ?2, ?3, ?4, ?5)";
const PUT_DELIVERY: &str = "INSERT OR IGNORE INTO deliveries (id, message, sink, contact, queued, tries, tried, next) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const PUT_TRY: &str =
    "INSERT INTO tries (delivery, time, took, result, recipient, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const END_DELIVERY: &str = "UPDATE deliveries SET tries = ?2, tried = ?3, next = NULL, ended = ?3, result = ?4, recipient = ?5, answer = ?6 WHERE id = ?1";
const DEFER_DELIVERY: &str = "UPDATE deliveries SET tries = ?2, tried = ?3, next = ?4 WHERE id = ?1";
const PUT_SEALED: &str =
    "INSERT OR IGNORE INTO sealed (token, incident, sealed, expires) VALUES (?1, ?2, ?3, ?4)";
const NEXT: &str = "SELECT deliveries.id, document, queued, tries, tried, next FROM deliveries JOIN messages ON messages.id = message \
     WHERE sink = ?1 AND contact IS ?2 AND ended IS NULL AND deliveries.id > ?3 ORDER BY deliveries.id LIMIT 1";
const ADDRESSES: &str = "SELECT DISTINCT sink, contact FROM deliveries WHERE ended IS NULL";
const OUTBOXES: &str = "SELECT sink, count(*), min(queued) FROM deliveries WHERE ended IS NULL GROUP BY sink";
const ALL_WAITING: &str = "SELECT deliveries.id, document, queued, tries, tried, next, sink, contact FROM deliveries \
     JOIN messages ON messages.id = message WHERE ended IS NULL ORDER BY deliveries.id";
const GOING_ON: &str = "SELECT document FROM incidents WHERE ended IS NULL ORDER BY id";
const LAST_INCIDENT: &str = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'incidents'";
const LAST_DELIVERY: &str = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'deliveries'";
/// Every statement that the writer needs: a file that takes them has the tables it should have.
pub(super) const STATEMENTS: [&str; 14] = [
    PUT_INCIDENT,
    PUT_MESSAGE,
    PUT_DELIVERY,
    PUT_TRY,
    END_DELIVERY,
    DEFER_DELIVERY,
    PUT_SEALED,
    NEXT,
    ADDRESSES,
    OUTBOXES,
    ALL_WAITING,
    GOING_ON,
    LAST_INCIDENT,
    LAST_DELIVERY,
];
