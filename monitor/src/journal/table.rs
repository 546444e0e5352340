//! The table of the journal in `evidence.sqlite`: putting an entry at its end, and reading from any place on.

use std::{
    ops::ControlFlow,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use rustix::rand::{GetRandomFlags, getrandom};

use super::{Entry, Row, chain};
use crate::incidents::Head;

/// Puts an entry at the end of the journal; it is there when the transaction is committed.
pub fn append(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<Head> {
    let before = head(transaction)?;
    let (last, previous) =
        before.as_ref().map_or((0, chain::NOTHING_BEFORE), |head| (head.seq, head.hash.as_str()));
    let seq = last + 1;
    let time = stamp(entry.time);
    let kind = entry.kind.label();
    let (salt, content) = (salt()?, entry.content.to_string());
    let commitment = chain::commitment(&salt, &content);
    let hash = chain::hash(seq, &time, kind, &commitment, previous);
    let mut insert = transaction.prepare_cached(INSERT)?;
    insert.execute(params![column(seq), time, kind, salt, content, commitment, hash])?;
    Ok(Head { seq, hash })
}

/// The newest entry; none in an empty journal.
pub fn head(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    let mut select = connection.prepare_cached(HEAD)?;
    select.query_row([], |row| Ok(Head { seq: number(row.get(0)?), hash: row.get(1)? })).optional()
}

/// Hands out the entries from `from` on, in their order, until `take` has enough; one snapshot of the file, one row in
/// memory at a time.
pub fn rows(
    connection: &Connection,
    from: u64,
    mut take: impl FnMut(Row) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(SELECT)?;
    let mut rows = select.query([column(from)])?;
    while let Some(row) = rows.next()? {
        let row = Row {
            seq: number(row.get(0)?),
            time: row.get(1)?,
            kind: row.get(2)?,
            salt: row.get(3)?,
            content: row.get(4)?,
            commitment: row.get(5)?,
            hash: row.get(6)?,
            previous: None,
            withheld: false,
        };
        if take(row).is_break() {
            break;
        }
    }
    Ok(())
}

/// A moment as the journal writes it, always 24 letters; what lies outside of 1970 to 9999 is the nearest that it can
/// write.
pub(super) fn stamp(time: SystemTime) -> String {
    let time = time.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + LATEST);
    humantime::format_rfc3339_millis(time).to_string()
}

/// 256 bits of the kernel, hexadecimal.
fn salt() -> rusqlite::Result<String> {
    let mut octets = [0; 32];
    let mut filled = 0;
    while filled < octets.len() {
        filled += getrandom(&mut octets[filled..], GetRandomFlags::empty())
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    }
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// SQLite's integers have a sign; no journal has so many entries.
pub(super) fn column(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A number below nothing is nobody's: 0, which no entry has.
pub(super) fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}

/// The table, and what is to be deleted some day. Never changed: what comes later is another step.
pub const SCHEMA: &str = "
    CREATE TABLE journal (
        seq INTEGER PRIMARY KEY,
        time TEXT NOT NULL,
        kind TEXT NOT NULL,
        salt TEXT,
        content TEXT,
        commitment TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX journal_contents ON journal (seq, time) WHERE content IS NOT NULL AND kind <> 'retention';
";
/// The last second of the year 9999, from 1970.
const LATEST: Duration = Duration::from_secs(253_402_300_799);
const INSERT: &str = "INSERT INTO journal (seq, time, kind, salt, content, commitment, hash) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const HEAD: &str = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1";
const SELECT: &str =
    "SELECT seq, time, kind, salt, content, commitment, hash FROM journal WHERE seq >= ?1 ORDER BY seq";
